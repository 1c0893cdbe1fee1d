#!/bin/bash
# The plug for the bench of mail ingestion (see bench/README.md): one mailbox over IMAP, SQLite, blobs in a folder,
# every reply handed to SMTP. Works as a copy or a link named contenders/cee_mailbot.sh.
. "$(dirname "$0")/_lib.sh"
CHECKOUT=${CEE_MAILBOT:-$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)}
BOT=("$CHECKOUT/.venv/bin/python" -P -m cee_mailbot --config "$CON_DIR/mailboxes.toml")
# As after an installation: bytecode is there, wherever the environment may have forbidden it.
unset PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX=${PYTHONPYCACHEPREFIX:-$WORK/bytecode}

case "$1" in
  version) "$CHECKOUT/.venv/bin/python" -P -m cee_mailbot --version ;;
  setup) ;;
  stop) ;;
  reset)
    rm -rf "${CON_DIR:?}"/*
    printf '%s\n' "$IMAP_PASS" > "$CON_DIR/password"
    cat > "$CON_DIR/mailboxes.toml" <<C
[storage]
database = "sqlite:///$CON_DIR/mailbot.db"
blobs = "$CON_DIR/blobs"
[replies]
transport = "smtp"
host = "$SMTP_HOST"
tcp_port = $SMTP_PORT
tls = "none"
[log]
level = "warning"
[[mailbox]]
name = "CEE-Electronics"
address = "CEE-Electronics@cbp.dhs.gov"
team = "007"
source = "imap"
host = "$IMAP_HOST"
tcp_port = $IMAP_PORT
tls = "none"
user = "$IMAP_USER"
password_file = "$CON_DIR/password"
activation = "2000-01-01T00:00:00Z"
C
    # The schema and the bytecode are an installation's work, not a poll's.
    "${BOT[@]}" status --json > "$CON_DIR/reset.json"
    ;;
  drain|poll) exec "${BOT[@]}" poll --json > "$CON_DIR/$1.json" ;;
  verify) sqlite3 "$CON_DIR/mailbot.db" "select count(*) from message where status != 'received'" 2>/dev/null ||
          "$CHECKOUT/.venv/bin/python" - "$CON_DIR/mailbot.db" <<'P'
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("select count(*) from message where status != 'received'").fetchone()[0])
P
    ;;
  *) echo "usage: $0 version|setup|reset|drain|poll|verify|stop" >&2; exit 2 ;;
esac

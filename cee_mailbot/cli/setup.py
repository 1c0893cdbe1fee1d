"""`init` and `check`: a first configuration, and whether it works."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from cee_mailbot.app import build
from cee_mailbot.cli.context import configuration, instant
from cee_mailbot.cli.output import print_json, print_lines
from cee_mailbot.errors import UserError, what_the_system_says
from cee_mailbot.operations import check
from cee_mailbot.resources import resource

SAMPLE = "config/mailboxes.toml"
SAMPLE_MAIL = "var/mail/CEE-Electronics"  # the Maildir that the sample reads


def add_arguments(command: ArgumentParser, name: str, _common: ArgumentParser) -> None:
    """The arguments of `init` and `check`."""
    if name == "init":
        command.add_argument("dir", nargs="?", type=Path, default=Path(), metavar="DIR", help="default: here")
        command.set_defaults(act=_init)
    else:
        command.set_defaults(act=_check)


def _init(arguments: Namespace) -> int:
    target = arguments.dir / SAMPLE
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(resource(SAMPLE).read_bytes())
        for folder in ("new", "cur", "tmp"):
            (arguments.dir / SAMPLE_MAIL / folder).mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise UserError(f"{target} is there already and stays as it is; name another folder") from error
    except OSError as error:
        raise UserError(f"can't write {what_the_system_says(error)}") from error
    if arguments.json:
        print_json({"written": str(target)})
    else:
        print_lines([f"wrote {target}; read it, then, in {arguments.dir}: cee-mailbot check"])
    return 0


def _check(arguments: Namespace) -> int:
    app = build(configuration(arguments), now=instant(arguments.now, "--now"))
    findings = list(check(app))
    if arguments.json:
        print_json({"ok": all(one.ok for one in findings), "checks": findings})
    else:
        print_lines(f"{'ok ' if one.ok else 'NO '} {one.what}: {one.words}" for one in findings)
    return 0 if all(one.ok for one in findings) else 1

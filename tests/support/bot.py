"""The program as its users run it: a configuration, and `python -m cee_mailbot` in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from tests.support.new_database import new_database

TIME_LIMIT = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Bot:
    """A folder with `mailboxes.toml`, the database and the blobs of one program."""

    folder: Path

    @property
    def database(self) -> Path:
        """Where its rows are."""
        return self.folder / "mailbot.db"

    @property
    def blobs(self) -> Path:
        """Where its bytes are."""
        return self.folder / "blobs"

    def configure(self, mailboxes: Sequence[dict[str, Any]], **tables: dict[str, Any]) -> None:
        """Writes the configuration; `tables` are those that stand once."""
        storage = {"database": f"sqlite:///{self.database}", "blobs": str(self.blobs)}
        whole = {"storage": storage, **tables, "mailbox": list(mailboxes)}
        (self.folder / "mailboxes.toml").write_text(tomlkit.dumps(whole), encoding="utf-8")

    def make_database(self) -> None:
        """Puts a database there that the program would have made: half a schema is another matter."""
        self.database.write_bytes(new_database())

    def command(self, *words: str) -> list[str]:
        """The words of a command line."""
        return [sys.executable, "-m", "cee_mailbot", "--config", str(self.folder / "mailboxes.toml"), *words]

    def start(
        self, *words: str, before: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """The command as a process that runs; `before` is a command that runs it and watches what it writes."""
        no_bytecode = {"PYTHONDONTWRITEBYTECODE": "1"} if before else {}
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(
                [*before, *self.command(*words)],
                cwd=self.folder,
                env=self._environment() | no_bytecode | dict(environment or {}),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def _environment(self) -> dict[str, str]:
        """Nothing of ours but where programs are."""
        return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}

    def run(
        self, *words: str, before: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Exit code and standard output of the command, which has come to its end."""
        with self.start(*words, before=before, environment=environment) as process:
            said, _ = process.communicate(timeout=TIME_LIMIT)
            return process.returncode, said

    def ask(self, *words: str) -> Any:
        """What a command prints as JSON; it must end well."""
        code, said = self.run(*words, "--json")
        assert code == 0, (words, said, self.log())
        return json.loads(said)

    def log(self) -> str:
        """The end of everything that was written to standard error."""
        return (self.folder / "log").read_text()[-4000:]

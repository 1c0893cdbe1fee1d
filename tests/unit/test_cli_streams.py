"""The command line where its streams are not as usual."""

import sys

import pytest

from cee_mailbot.cli import main


def test_a_closed_output_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller that closed standard output gets an exit code, and no traceback."""
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["subject", "DR,NokiaInc,345-67890123,2704"]) == 3

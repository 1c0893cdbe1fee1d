"""Lets `python -m cee_mailbot` do what `cee-mailbot` does."""

from cee_mailbot.cli import main

if __name__ == "__main__":
    raise SystemExit(main())

"""The whole thing on sample mail: a site, samples that arrive over days, and what became of each."""

from cee_mailbot.demo.running import Ran, run_samples
from cee_mailbot.demo.samples import samples
from cee_mailbot.demo.site import prepare
from cee_mailbot.demo.telling import Ended, Told

__all__ = ["Ended", "Ran", "Told", "prepare", "run_samples", "samples"]

"""The figures of a site in Prometheus' text form; nothing is kept between two calls, and nothing is global."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cee_mailbot.domain.alarms import RULES, Alarm, Watch
from cee_mailbot.watch_ledger import Figures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "cee_mailbot_"

# name: (what it says, its labels)
METRICS: dict[str, tuple[str, tuple[str, ...]]] = {
    "poll_last_completed_timestamp_seconds": ("When the last poll of a mailbox was completed.", ("mailbox", "team")),
    "poll_lag_seconds": ("How long ago that was, or polling began.", ("mailbox", "team")),
    "poll_failing": ("1 while the last poll of a mailbox failed.", ("mailbox", "team")),
    "message_last_arrived_timestamp_seconds": ("When the newest message arrived.", ("mailbox", "team")),
    "messages": ("Messages by what became of them.", ("mailbox", "outcome")),
    "messages_rejected": ("Rejected messages by reason; one may have several.", ("reason",)),
    "items": ("Items of the work queue by state.", ("team", "stage")),
    "replies": ("Replies by state.", ("stage",)),
    "replies_withheld": ("Withheld replies by reason.", ("reason",)),
    "outbox_oldest_seconds": ("For how long the oldest reply in line has been due.", ()),
    "breaker_open": ("1 while automatic replies are stopped.", ()),
    "disk_free_bytes": ("What is free where blobs are kept.", ()),
    "clock_skew_seconds": ("By how much mail servers' clocks are ahead of ours.", ()),
    "census_clean": ("1 when the last census was clean.", ()),
    "census_timestamp_seconds": ("When the last census was taken.", ()),
    "credential_end_timestamp_seconds": ("When the credential of a mailbox ends, where that is set.", ("mailbox",)),
    "alarm": ("1 while something needs a person, by reason.", ("reason",)),
}

Samples = Iterable[tuple[tuple[str, ...], float]]


def exposition(watch: Watch, figures: Figures, alarms: Collection[Alarm]) -> bytes:
    """The text of `/metrics`: every metric with what is known of it; what is not known has no sample."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once({**_of_watch(watch), **_of_figures(figures), "alarm": _of_alarms(alarms)}))
    return generate_latest(registry)


class _Once(Collector):
    """Gives these samples to the one who asks."""

    def __init__(self, samples: Mapping[str, Samples]) -> None:
        self._samples = samples

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, (does, labels) in METRICS.items():
            family = GaugeMetricFamily(PREFIX + name, does, labels=labels)
            for values, number in self._samples.get(name, ()):
                family.add_metric(values, number)
            yield family


def _of_watch(watch: Watch) -> dict[str, Samples]:
    boxes = [((one.mailbox, one.team), one) for one in watch.mailboxes]
    lag = [(labels, (watch.at - (one.last_completed or one.since)).total_seconds()) for labels, one in boxes]
    age = (watch.at - watch.oldest_due).total_seconds() if watch.oldest_due else 0.0
    return {
        "poll_last_completed_timestamp_seconds": _times((labels, one.last_completed) for labels, one in boxes),
        "poll_lag_seconds": lag,
        "poll_failing": [(labels, float(one.error is not None)) for labels, one in boxes],
        "message_last_arrived_timestamp_seconds": _times((labels, one.last_message) for labels, one in boxes),
        "credential_end_timestamp_seconds": _times(((one.mailbox,), one.credential_ends) for one in watch.mailboxes),
        "outbox_oldest_seconds": [((), max(0.0, age))],
        "breaker_open": [((), float(watch.breaker_opened_at is not None))],
        "disk_free_bytes": [] if watch.disk_free is None else [((), float(watch.disk_free))],
        "clock_skew_seconds": [((), watch.skew.total_seconds())],
        "census_clean": [] if watch.census_clean is None else [((), float(watch.census_clean))],
        "census_timestamp_seconds": _times([((), watch.census_at)]),
    }


def _of_figures(figures: Figures) -> dict[str, Samples]:
    return {
        "messages": _numbers(figures.messages),
        "items": _numbers(figures.items),
        "messages_rejected": _numbers({(reason,): number for reason, number in figures.rejected.items()}),
        "replies": _numbers({(state,): number for state, number in figures.replies.items()}),
        "replies_withheld": _numbers({(reason,): number for reason, number in figures.withheld.items()}),
    }


def _of_alarms(alarms: Collection[Alarm]) -> Samples:
    """Every reason, so that a rule can tell silence from a metric that went away."""
    sounding = {alarm.reason for alarm in alarms}
    return [((reason,), float(reason in sounding)) for reason, _ in RULES]


def _numbers(counts: Mapping[Any, int]) -> Samples:
    return [(tuple(labels), float(number)) for labels, number in sorted(counts.items())]


def _times(pairs: Iterable[tuple[tuple[str, ...], datetime | None]]) -> Samples:
    return [(labels, instant.timestamp()) for labels, instant in pairs if instant is not None]

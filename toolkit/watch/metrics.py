"""A report as Prometheus reads it: text format 0.0.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.domain.health import Belief
from toolkit.domain.holder import Foreign, Free, HeldBy, Split, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from toolkit.domain.holder import Holder
    from toolkit.watch.report import GroupReport, Report

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_WORDS: Final = {Free: "nobody", Foreign: "somebody else", Unknown: "unknown", Split: "split"}
Labels = tuple[tuple[str, str], ...]
Sample = tuple[Labels, float]


def text(report: Report) -> str:
    """Every metric with its help and type, the samples in the order of the groups."""
    return "".join(_family(*family) for family in _families(report))


def _families(report: Report) -> Iterator[tuple[str, str, str, list[Sample]]]:
    groups = report.groups
    yield (
        "failover_node_healthy",
        "gauge",
        "1 for a healthy node, 0 for an unhealthy one, absent while it is unknown.",
        [
            ((("group", name), ("node", node)), float(verdict.belief is Belief.HEALTHY))
            for name, group in groups.items()
            for node, verdict in group.verdicts.items()
            if verdict.belief is not Belief.UNKNOWN
        ],
    )
    yield (
        "failover_address_holder",
        "gauge",
        "1 for who holds an address: a node, or in brackets what else is known.",
        [
            ((("group", name), ("address", key), ("holder", _holder(holder))), 1.0)
            for name, group in groups.items()
            for key, holder in group.holders.items()
        ],
    )
    yield (
        "failover_hold",
        "gauge",
        "1 while a move that is wanted is held, by its rule.",
        [((("group", name), ("rule", group.hold)), 1.0) for name, group in groups.items() if group.hold],
    )
    yield "failover_running", "gauge", "1 while a run is in hand.", _each(report, lambda g: float(g.running))
    yield (
        "failover_snapshot_age_seconds",
        "gauge",
        "How old the knowledge of AWS is.",
        [
            ((("group", name),), group.snapshot_age_seconds)
            for name, group in groups.items()
            if group.snapshot_age_seconds is not None
        ],
    )
    yield (
        "failover_last_move_timestamp_seconds",
        "gauge",
        "When the last run that changed something began.",
        [((("group", name),), g.last_move_at) for name, g in groups.items() if g.last_move_at is not None],
    )
    yield from _counters(report)
    yield (
        "failover_away",
        "gauge",
        "1 while this part of AWS does not answer.",
        [((("part", part),), float(away)) for part, away in report.away.items()],
    )
    yield (
        "failover_round_late_seconds",
        "gauge",
        "The latest that a round began in the last minute or two.",
        [((), report.late_seconds)],
    )


def _counters(report: Report) -> Iterator[tuple[str, str, str, list[Sample]]]:
    yield (
        "failover_looks_total",
        "counter",
        "Looks by their outcome.",
        _counted({name: group.looks for name, group in report.groups.items()}, "outcome"),
    )
    yield (
        "failover_runs_total",
        "counter",
        "Runs by how they ended.",
        _counted({name: group.runs for name, group in report.groups.items()}, "status"),
    )
    yield (
        "failover_faults_total",
        "counter",
        "Faults of the program in what it does for a group.",
        _each(report, lambda g: float(g.faults)),
    )
    yield (
        "failover_reloads_total",
        "counter",
        "Reloads of the configuration by what came of them.",
        [((("result", result),), float(count)) for result, count in report.reloads.items()],
    )
    yield "failover_lines_lost_total", "counter", "Lines that could not be written.", [((), float(report.unheard))]


def _holder(holder: Holder) -> str:
    """A node's name, or one of few words for the rest: an error's text would make a new series each time."""
    return holder.node if isinstance(holder, HeldBy) else f"({_WORDS[type(holder)]})"


def _each(report: Report, value: Callable[[GroupReport], float]) -> list[Sample]:
    return [((("group", name),), value(group)) for name, group in report.groups.items()]


def _counted(counts: Mapping[str, Mapping[str, int]], label: str) -> list[Sample]:
    return [
        ((("group", name), (label, key)), float(count))
        for name, found in counts.items()
        for key, count in found.items()
    ]


def _family(name: str, kind: str, meaning: str, samples: list[Sample]) -> str:
    lines = [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{_labels(labels)} {value!r}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in labels) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')

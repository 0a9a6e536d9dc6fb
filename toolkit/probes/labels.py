"""What each probe of a group is called in observations and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from toolkit.domain.group import AlarmProbe, CommandProbe, HttpProbe, Probe, StatusProbe, TcpProbe


def labels(probes: Sequence[Probe]) -> tuple[str, ...]:
    """One name for each probe, in order; equal ones are told apart by a number."""
    names: list[str] = []
    for probe in probes:
        name, number = _name(probe), 1
        while name in names:
            number += 1
            name = f"{_name(probe)} #{number}"
        names.append(name)
    return tuple(names)


def _name(probe: Probe) -> str:
    match probe:
        case TcpProbe():
            return f"tcp {probe.port}"
        case HttpProbe():
            # Without the query, which may hold a key: names stand in journals, logs and on the metrics page.
            return f"{'https' if probe.tls else 'http'} :{probe.port}{probe.path.partition('?')[0]}"
        case CommandProbe():
            return f"command {probe.argv[0].rpartition('/')[2]}"
        case StatusProbe():
            return "ec2_status"
        case AlarmProbe():
            return f"alarm {probe.alarm}"
        case _:
            assert_never(probe)

"""A look that needs the network or a process, as data, and which looks of a round are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from toolkit.domain.group import AlarmProbe, CommandProbe, HttpProbe, Probe, StatusProbe, TcpProbe


class Part(Enum):
    """All of a round, only what this machine looks at itself, or only what AWS is asked for."""

    WHOLE = "whole"
    OURS = "ours"
    AWS = "aws"

    def has(self, probe: Probe) -> bool:
        """Whether looks by the probe belong to this part."""
        return self is Part.WHOLE or (self is Part.AWS) is isinstance(probe, StatusProbe | AlarmProbe)


@dataclass(frozen=True, slots=True)
class Look:
    """One look to make: whose, called what, by which probe, at which host and through which proxy.

    ``extra`` for one beside others of the same kind at once, which make up for what it loses on the way.
    """

    node: str
    label: str
    probe: TcpProbe | HttpProbe | CommandProbe
    host: str = ""
    via: str | None = None
    extra: bool = False

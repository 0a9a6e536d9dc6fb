"""A look that needs the network or a process, as data."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.domain.group import CommandProbe, HttpProbe, TcpProbe


@dataclass(frozen=True, slots=True)
class Look:
    """One look to make: whose, called what, by which probe, at which host and through which proxy."""

    node: str
    label: str
    probe: TcpProbe | HttpProbe | CommandProbe
    host: str = ""
    via: str | None = None

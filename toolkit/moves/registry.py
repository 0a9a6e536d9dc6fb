"""Every kind of address by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.moves import dns, eip, eni, ipv6, private_ip, route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.moves.shape import Kind

KINDS: Final[Mapping[str, Kind]] = {kind.KIND: kind for kind in (eip, private_ip, ipv6, eni, route, dns)}

"""Does the port accept a connection?"""

from __future__ import annotations

from toolkit.probes.connect import Target, connected


async def look(target: Target, *, timeout_seconds: float) -> str:
    """The port accepted a connection; raises what stood in the way."""
    async with connected(target, timeout_seconds=timeout_seconds):
        return "connection accepted"

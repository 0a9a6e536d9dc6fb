"""Groups to look at."""

from __future__ import annotations

from typing import Any

from toolkit.domain.group import Group, Health, Node, Probe, Verify

A = Node("db-1", "i-0123456789abcdef0")
B = Node("db-2", "i-0123456789abcdef1")


def group(*probes: Probe, nodes: tuple[Node, ...] = (A, B), verify: Verify | None = None, **health: Any) -> Group:
    """A group of those nodes, judged by those probes."""
    return Group("db", nodes, (), Health(probes=probes, **health), verify=verify or Verify())

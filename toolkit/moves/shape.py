"""The one shape of every kind of address: each module in this folder has these names, in this order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from toolkit.domain.fields import Field
from toolkit.domain.group import Address, Group, Node
from toolkit.domain.holder import Holder
from toolkit.domain.snapshot import Reads, Snapshot
from toolkit.domain.steps import Moves, Objection, Places


class Kind(Protocol):
    """What a kind of address knows; pure, over a snapshot."""

    @property
    def KIND(self) -> str: ...  # noqa: N802 - a module constant
    @property
    def FIELDS(self) -> tuple[Field, ...]: ...  # noqa: N802 - a module constant
    @property
    def IAM_READS(self) -> frozenset[str]: ...  # noqa: N802 - a module constant
    @property
    def IAM_WRITES(self) -> frozenset[str]: ...  # noqa: N802 - a module constant

    def build(self, values: Mapping[str, Any]) -> Address:
        """The address from values that fit FIELDS; raises ValueError with a sentence where they clash."""
        ...

    def reads(self, address: Address, group: Group) -> Reads:
        """What tells where the address is."""
        ...

    def needs(self, address: Address, group: Group) -> Reads:
        """What planning its move asks beyond ``reads``."""
        ...

    def places(self, address: Address, group: Group, snapshot: Snapshot) -> Places:
        """The place of each of its subjects."""
        ...

    def holder(self, address: Address, group: Group, snapshot: Snapshot) -> Holder:
        """Who holds it."""
        ...

    def holds(self, addresses: Sequence[Address], target: Node, group: Group, snapshot: Snapshot) -> list[Objection]:
        """The facts that keep the target from taking them."""
        ...

    def moves(self, addresses: Sequence[Address], target: Node, group: Group, snapshot: Snapshot) -> Moves:
        """The fewest calls that bring all of them to the target, from wherever they are."""
        ...

"""What AWS says of each group to this instance; a group that can't be read keeps no other one from being read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import CloudError, Unreachable
from toolkit.domain.group import ByTag
from toolkit.host.wanted import reads_for, wanted
from toolkit.pacing import Deadline, persist

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from toolkit.domain.group import Group, Node
    from toolkit.host.wanted import WantedAddress
    from toolkit.ports import Clock, Cloud

READ_SECONDS: Final = 5.0
_SINGLE_KINDS: Final = frozenset({"private_ip", "ipv6"})


@dataclass(frozen=True, slots=True)
class Look:
    """One group as AWS shows it now; ``node`` None where this instance is none of its nodes, or was not told.

    ``error`` is why the group could not be read: then nothing is known of it.
    """

    group: Group
    node: Node | None = None
    wanted: tuple[WantedAddress, ...] = ()
    error: CloudError | None = None

    @property
    def names(self) -> frozenset[str]:
        """Every address that is the group's, as far as its configuration tells, and AWS of its interfaces."""
        return frozenset(single_addresses(self.group)) | {each.address for each in self.wanted}


class Looker:
    """Looks for one instance."""

    def __init__(self, cloud: Cloud, *, instance: str, clock: Clock) -> None:
        self._cloud = cloud
        self._instance = instance
        self._clock = clock
        self._seen: dict[str, frozenset[str]] = {}

    def looks(self, groups: Sequence[Group]) -> list[Look]:
        """One for each group; raises CloudError when none of them can be read."""
        deadline = Deadline.after(self._clock, READ_SECONDS)
        found: list[Look] = []
        away: CloudError | None = None
        for group in groups:
            look = Look(group, error=away) if away else self._look(group, deadline)
            # Without any answer from AWS the other groups would only wait as long, each by itself.
            away = look.error if isinstance(look.error, Unreachable) else None
            found.append(look)
        errors = [look.error for look in found if look.error is not None]
        if errors and len(errors) == len(found):
            raise errors[0]
        self._seen |= {look.group.name: self._ever(look) for look in found if look.error is None}
        return found

    def spared(self, looks: Iterable[Look], present: Iterable[str]) -> frozenset[str]:
        """Which of the addresses that are ``present`` may be a group's that could not be read.

        Where such a group has an interface that was never seen, these are all that no other group claims.
        """
        every = list(looks)
        claimed = {name for look in every if look.error is None for name in self._ever(look)}
        unread = [look for look in every if look.error is not None]
        found = {name for look in unread for name in self._ever(look)}
        if any(look.group.of_kind("eni") and look.group.name not in self._seen for look in unread):
            found |= set(present) - claimed
        return frozenset(found)

    def _ever(self, look: Look) -> frozenset[str]:
        return self._seen.get(look.group.name, frozenset()) | look.names

    def _look(self, group: Group, deadline: Deadline) -> Look:
        try:
            return persist(lambda: self._now(group), deadline)
        except CloudError as error:
            return Look(group, error=error)

    def _now(self, group: Group) -> Look:
        known = replace(group, nodes=self._cloud.nodes_by_tag(group.nodes)) if isinstance(group.nodes, ByTag) else group
        me = next((node for node in known.members if node.instance == self._instance), None)
        if me is None:
            return Look(known)
        snapshot = self._cloud.read(reads_for(known, self._instance))
        return Look(known, me, wanted(known, self._instance, snapshot))


def single_addresses(group: Group) -> list[str]:
    """The addresses of a group that stand in its configuration and only one guest may have."""
    found = [a.key.split(":", 1)[1] for a in group.addresses if a.kind in _SINGLE_KINDS]
    routes = [a.key.removeprefix("route:") for a in group.of_kind("route")]
    return found + [route.rpartition("/")[0] for route in routes if route.endswith(("/32", "/128"))]

"""Done means re-read and true: on the API, in DNS from every resolver, through the address, and in the guest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import CloudError
from toolkit.domain.naming import View
from toolkit.domain.snapshot import Snapshot
from toolkit.engine.answering import GuestAnswers, guests
from toolkit.engine.expectations import names, through
from toolkit.engine.gather import laggards, reads_of
from toolkit.engine.outcome import Check
from toolkit.engine.stepper import GONE
from toolkit.engine.turning import NameAt, Through, proven, together
from toolkit.pacing import Deadline, persist, until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from toolkit.domain.group import Group, Node
    from toolkit.engine.turning import Looked
    from toolkit.engine.view import Ports

API_POLL_SECONDS: Final = 0.2


class Verifier:
    """Proves one group at one node, until the deadline."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def prove(
        self,
        group: Group,
        target: Node,
        *,
        goal: Mapping[str, str],
        deadline: Deadline,
        between: Callable[[], None] | None = None,
    ) -> tuple[Check, ...]:
        """Every check, passed or not; ``goal`` gives the place of each subject."""
        snapshot, checks = self._api(group, goal, deadline, between)
        checks += _target_gone(target, snapshot)
        if not all(check.passed for check in checks):
            return checks
        claims = self._claims(group, target, snapshot)
        return (*checks, *proven(claims, deadline, between or _nothing))

    def _claims(self, group: Group, target: Node, snapshot: Snapshot) -> list[Sequence[Looked]]:
        """What must turn together: each name at all of its resolvers, each address by itself."""
        servers = [(View.INSIDE, server) for server in group.verify.inside]
        servers += [(View.OUTSIDE, server) for server in group.verify.outside]
        claims: list[Sequence[Looked]] = [
            together(
                [
                    NameAt(expected, view, server, resolver=self._ports.resolver, clock=self._ports.clock)
                    for view, server in servers
                    if expected.is_seen(view)
                ]
            )
            for expected in names(group, target, snapshot)
        ]
        if group.verify.through:
            claims += [[Through(group, each, prober=self._ports.prober)] for each in through(group, target, snapshot)]
        if group.verify.guest and (addresses := guests(group, target, snapshot)):
            claims.append([GuestAnswers(group, target, addresses, ledger=self._ports.ledger)])
        return claims

    def _api(
        self,
        group: Group,
        goal: Mapping[str, str],
        deadline: Deadline,
        between: Callable[[], None] | None,
    ) -> tuple[Snapshot, tuple[Check, ...]]:
        wanted = reads_of(group)

        def look() -> Snapshot | None:
            snapshot = persist(lambda: self._ports.cloud.read(wanted), deadline, between=between)
            last.append(snapshot)
            return snapshot if laggards(group, goal, snapshot) == {} else None

        last: list[Snapshot] = []
        problem = ""
        try:
            until(look, deadline, every_seconds=API_POLL_SECONDS, between=between)
        except CloudError as error:
            problem = str(error)
        if not last:
            return Snapshot(), tuple(
                Check(subject, "api", passed=False, detail=problem, unread=True) for subject in goal
            )
        late = laggards(group, goal, last[-1])
        return last[-1], tuple(
            Check(
                subject,
                "api",
                passed=subject not in late,
                detail=place if subject not in late else f"still at {late[subject] or 'nobody'}, wanted {place}",
                homeless=late.get(subject) == "",
                unread=bool(problem) and subject in late,
            )
            for subject, place in goal.items()
        )


def _target_gone(target: Node, snapshot: Snapshot) -> tuple[Check, ...]:
    """A record still answers the address of an instance that is gone: what leads there is no proof by itself."""
    row = snapshot.instances.get(target.instance)
    if row is None or row.state not in GONE:
        return ()
    return (Check(target.name, "api", passed=False, detail=f"{target.instance} is {row.state}"),)


def _nothing() -> None:
    """Between two looks of a proof that no lease depends on."""

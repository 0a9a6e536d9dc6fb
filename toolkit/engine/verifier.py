"""Done means re-read and true: on the API, in DNS from every configured resolver, and through the address."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

from toolkit.domain.errors import CloudError
from toolkit.domain.health import Outcome
from toolkit.domain.snapshot import Snapshot
from toolkit.engine.expectations import names, through
from toolkit.engine.gather import places, reads_of
from toolkit.engine.outcome import Check
from toolkit.pacing import Deadline, persist, until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from toolkit.domain.group import Group, Node
    from toolkit.engine.expectations import NameExpectation
    from toolkit.ports import Answer, Clock, Cloud, Prober, Resolver

API_POLL_SECONDS: Final = 0.2
DNS_POLL_SECONDS: Final = 0.5
PROBE_POLL_SECONDS: Final = 0.3
RESOLVER_TIMEOUT_SECONDS: Final = 2.0


class Verifier:
    """Proves one group at one node, until the deadline."""

    def __init__(self, cloud: Cloud, resolver: Resolver, prober: Prober, clock: Clock) -> None:
        self._cloud = cloud
        self._resolver = resolver
        self._prober = prober
        self._clock = clock

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
        if not all(check.passed for check in checks):
            return checks
        jobs: list[Callable[[], Check]] = [
            partial(self._name, expectation, view, server, deadline=deadline)
            for expectation in names(group, target, snapshot)
            for view, servers in (("inside", group.verify.inside), ("outside", group.verify.outside))
            for server in servers
            if view == "inside" or not expectation.inside_only
        ]
        if group.verify.through:
            jobs += [
                partial(self._through, group, address, deadline=deadline)
                for address in through(group, target, snapshot)
            ]
        if not jobs:
            return checks
        with ThreadPoolExecutor(max_workers=min(32, len(jobs))) as pool:
            running = [pool.submit(job) for job in jobs]
            if between is not None:
                until(
                    lambda: True if all(job.done() for job in running) else None,
                    Deadline.after(self._clock, deadline.left_seconds + RESOLVER_TIMEOUT_SECONDS),
                    every_seconds=0.05,
                    between=between,
                )
            return (*checks, *(job.result() for job in running))

    def _api(
        self,
        group: Group,
        goal: Mapping[str, str],
        deadline: Deadline,
        between: Callable[[], None] | None,
    ) -> tuple[Snapshot, tuple[Check, ...]]:
        wanted = reads_of(group)

        def look() -> Snapshot | None:
            snapshot = persist(lambda: self._cloud.read(wanted), deadline, between=between)
            last.append(snapshot)
            return snapshot if self._laggards(group, goal, snapshot) == {} else None

        last: list[Snapshot] = []
        problem = ""
        try:
            until(look, deadline, every_seconds=API_POLL_SECONDS, between=between)
        except CloudError as error:
            problem = str(error)
        if not last:
            return Snapshot(), tuple(Check(subject, "api", passed=False, detail=problem) for subject in goal)
        late = self._laggards(group, goal, last[-1])
        return last[-1], tuple(
            Check(
                subject,
                "api",
                passed=subject not in late,
                detail=place if subject not in late else f"still at {late[subject] or 'nobody'}, wanted {place}",
            )
            for subject, place in goal.items()
        )

    def _laggards(self, group: Group, goal: Mapping[str, str], snapshot: Snapshot) -> dict[str, str]:
        here = places(group, snapshot)
        return {subject: here.get(subject, "") for subject, place in goal.items() if here.get(subject, "") != place}

    def _name(self, expectation: NameExpectation, view: str, server: str, *, deadline: Deadline) -> Check:
        right = expectation.inside if view == "inside" else expectation.outside
        last: list[Answer] = []

        def ask() -> bool | None:
            limit = max(0.1, min(RESOLVER_TIMEOUT_SECONDS, deadline.left_seconds))
            last.append(self._resolver.ask(expectation.name, server, timeout_seconds=limit))
            return True if last[-1].addresses and set(last[-1].addresses) <= right else None

        passed = bool(until(ask, deadline, every_seconds=DNS_POLL_SECONDS))
        said = ", ".join(last[-1].addresses) or last[-1].problem or "nothing"
        detail = said if passed else f"answers {said}, wanted {' or '.join(sorted(right)) or 'nothing'}"
        return Check(expectation.name, f"dns {view} {server}", passed=passed, detail=detail)

    def _through(self, group: Group, address: str, *, deadline: Deadline) -> Check:
        why = [""]

        def look() -> bool | None:
            seen = self._prober.through(group, address)
            why.append(seen.why)
            return True if seen.outcome is Outcome.PASSED else None

        passed = bool(until(look, deadline, every_seconds=PROBE_POLL_SECONDS))
        return Check(address, "through", passed=passed, detail=why[-1])

"""A cell of the matrix: one group, one trouble, one request; the run, the healing, the resume, the judgement."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from faults.endings import End, ended
from faults.site import Asked, Site
from faults.troubles import TROUBLES
from faults.verdicts import FIRST, GROUPS, SECOND, SLOW, THIRD, Cell, Played, Verdict, judged
from toolkit.domain.decision import Cause, Trigger

if TYPE_CHECKING:
    from faults.observed import ObservedEndpoint
    from faults.simulated import Breaking
    from faults.troubles import Setup
    from toolkit.engine.engine import Engine

DELAY_SECONDS: Final = 0.4


def requests_of(endpoint: ObservedEndpoint, url: str, group: str) -> tuple[Asked, ...]:
    """The requests of an undisturbed move of the group, in their order."""
    site = _site(endpoint, url, group)
    try:
        end = _go(site, site.engine(FIRST), FIRST)
        asked = site.heard() if end.word == "done" else []
        return tuple(Asked(call.service, call.mutating) for call in asked)
    finally:
        site.close()


def play(endpoint: ObservedEndpoint, url: str, cell: Cell, *, broken: Breaking = lambda engine: engine) -> Verdict:
    """The cell from a fresh world to its judgement; ``broken`` puts another engine in the place of the first."""
    site = _site(endpoint, url, cell.group)
    try:
        setup = TROUBLES[cell.trouble].set_up(site, cell.position)
        engine = broken(site.engine(FIRST, strike=setup.strike, switch=setup.switch))
        played = [_played(site, FIRST, _go(site, engine, FIRST))]
        if setup.strike:
            setup.strike.await_end()
        struck = setup.came_about()
        _healed(site, setup, played[0].end)
        played.append(_played(site, SECOND, _go(site, site.engine(SECOND, patient=True), SECOND, resumes=True)))
        if site.bereft():
            # A node that died under a finished run is no matter for ``resume``: the next failure run sees to it.
            third = _go(site, site.engine(THIRD, patient=True), THIRD, cause=Cause.FAILURE)
            played.append(_played(site, THIRD, third))
        elif site.stolen and site.apart():
            # What the robbed run had begun came after the thief's end: ``failover run`` brings it together.
            played.append(_played(site, THIRD, _go(site, site.engine(THIRD, patient=True), THIRD, to=site.whole_at())))
        verdict = replace(judged(cell, site.trace(site.history()), *played), struck=struck)
        leaked = site.leaked(run.end.said for run in played)
        return replace(verdict, unexplained=f"a planted secret came out: {leaked}") if leaked else verdict
    finally:
        site.settle()
        site.close()


def _site(endpoint: ObservedEndpoint, url: str, group: str) -> Site:
    site = Site(endpoint, url, GROUPS[group])
    if group == SLOW:
        endpoint.settings.change(eni_attach=DELAY_SECONDS, eni_detach=DELAY_SECONDS)
    return site


def _played(site: Site, owner: str, end: End) -> Played:
    return Played(owner, end, bool(site.history().unfinished()))


def _healed(site: Site, setup: Setup, first: End) -> None:
    site.settle(setup.wait_seconds)
    setup.heal(first.result)


def _go(
    site: Site,
    engine: Engine,
    owner: str,
    *,
    resumes: bool = False,
    cause: Cause = Cause.MANUAL,
    to: str = "db-2",
) -> End:
    observer = site.endpoint.observer
    observer.word("a run begins", run=owner, begins=True)
    trigger = Trigger(cause, "the matrix", time.time(), target=to if cause is Cause.MANUAL else None)
    group = site.group if owner == FIRST else site.patient
    end = ended(lambda: engine.resume(group) if resumes else engine.run(group, trigger))
    killed, hindered = end.word == "killed", site.hindered(owner)
    if killed or hindered:
        # Nobody else could know that its lease is free before it runs out.
        site.dead.add(owner)
    observer.word(f"the run is {end.word}", run=owner, dies=killed, ends=not killed, hindered=hindered)
    return end

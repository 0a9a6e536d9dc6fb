"""Each invariant can fail: an engine, or a world, that is broken on purpose is caught by the invariant it breaks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from faults.broken import Careless, Dawdling, Late, Meddling, Trusting, blabbing, keeping
from faults.cells import play
from faults.invariants import INVARIANTS, Trace, violations
from faults.observed import ObservedEndpoint, observed_lab
from faults.site import Site
from faults.verdicts import GROUPS, Cell, Verdict, totals
from support import planted
from toolkit.domain.decision import Cause, Trigger
from toolkit.domain.errors import CloudError
from toolkit.domain.steps import Call
from toolkit.engine.engine import Engine

TWO, HOMELESS, LEASE, OUTSIDE, UNPROVEN, STORY, KEPT = INVARIANTS
Lab = tuple[ObservedEndpoint, str]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with observed_lab() as running:
        yield running


@pytest.fixture
def site(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Site]:
    made = Site(*lab, GROUPS[getattr(request, "param", "eip")])
    yield made
    made.settle()
    made.close()


def moved(site: Site, engine: Engine, owner: str = "run-1", *, to: str = "db-2") -> None:
    site.endpoint.observer.word("a run begins", run=owner, begins=True)
    engine.run(site.group, Trigger(Cause.MANUAL, "a test", time.time(), target=to))


def seen(site: Site) -> Trace:
    return site.trace(site.history())


def with_cloud(engine: Engine, *before: Call, instead: bool = False) -> Engine:
    return Engine(replace(engine.ports, cloud=Meddling(engine.ports.cloud, *before, instead=instead)))


@pytest.mark.parametrize("site", GROUPS, indirect=True)
def test_a_sound_engine_breaks_no_invariant(site: Site) -> None:
    moved(site, site.engine("run-1"))
    assert violations(seen(site)) == {}


@pytest.mark.parametrize("site", ["dns"], indirect=True)
def test_an_engine_that_gives_a_name_to_both_nodes_is_caught(site: Site) -> None:
    values = [{"Value": site.ids[f"{node}-ip"]} for node in ("db-1", "db-2")]
    record = {"Name": site.ids["record"], "Type": "A", "TTL": 10, "ResourceRecords": values}
    change = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    both = Call("route53", "ChangeResourceRecordSets", {"HostedZoneId": site.ids["zone"], "ChangeBatch": change})
    moved(site, with_cloud(site.engine("run-1"), both, instead=True))
    assert TWO in violations(seen(site))


def test_an_engine_that_frees_an_address_before_it_takes_it_is_caught(site: Site) -> None:
    row = site.ec2.describe_addresses(AllocationIds=[site.ids["eip"]])["Addresses"][0]
    free = Call("ec2", "DisassociateAddress", {"AssociationId": row["AssociationId"]})
    moved(site, with_cloud(site.engine("run-1"), free))
    assert set(violations(seen(site))) == {HOMELESS}


def test_an_engine_that_moves_without_ever_taking_the_lease_is_caught(site: Site) -> None:
    other = site.engine("run-0").ports.ledger.acquire("db")
    moved(site, site.engine("run-1", ledger=lambda wire: Careless(site.ledger(wire, "run-1"), grant=other)))
    assert LEASE in violations(seen(site))


def test_an_engine_that_goes_on_with_an_old_number_is_caught(site: Site) -> None:
    """Before its own change another run takes over, moves everything and gives the lease back."""

    def overtaken() -> None:
        site.dead.add("run-1")
        moved(site, site.engine("run-2"), "run-2")
        moved(site, site.engine("run-3"), "run-3", to="db-1")

    late = site.engine("run-1", ledger=lambda wire: Careless(site.ledger(wire, "run-1")))
    ports = replace(late.ports, cloud=Late(late.ports.cloud, overtaken))
    moved(site, Engine(ports))
    assert any("after 3 had acted" in fault for fault in violations(seen(site))[LEASE])


def test_an_engine_that_touches_an_address_of_somebody_else_is_caught(site: Site) -> None:
    ids = {"AllocationId": site.ids["foreign-eip"], "NetworkInterfaceId": site.ids["foreign-eni"]}
    grab = Call("ec2", "AssociateAddress", {**ids, "PrivateIpAddress": "10.0.1.201", "AllowReassociation": True})
    moved(site, with_cloud(site.engine("run-1"), grab))
    assert set(violations(seen(site))) == {OUTSIDE}


def test_an_engine_that_believes_its_target_unseen_is_caught(site: Site) -> None:
    site.silence("db-2")
    blind = replace(site.engine("run-1").ports, prober=Trusting())
    moved(site, Engine(blind))
    assert set(violations(seen(site))) == {UNPROVEN}


def test_an_engine_whose_journal_tells_of_a_move_that_never_was_is_caught(site: Site) -> None:
    moved(site, with_cloud(site.engine("run-1"), instead=True))
    assert set(violations(seen(site))) == {STORY}


def test_an_engine_that_keeps_its_lease_is_caught_by_the_cell_that_it_plays(lab: Lab) -> None:
    verdict = play(*lab, Cell("eip", "answer lost after the effect", 3), broken=keeping)
    assert KEPT in verdict.violations
    assert not verdict.sound


def test_an_engine_that_writes_its_key_into_the_journal_is_caught_by_the_cell_that_it_plays(lab: Lab) -> None:
    cell = Cell("eip", "answer lost after the effect", 3)
    assert play(*lab, cell).sound
    verdict = play(*lab, cell, broken=blabbing(planted.SECRET_KEY))
    assert verdict.unexplained.startswith("a planted secret came out")


@pytest.mark.parametrize(
    ("site", "action"), [("ipv6", "AssignIpv6Addresses"), ("eni", "AttachNetworkInterface")], indirect=["site"]
)
def test_an_engine_that_asks_for_much_else_between_the_two_calls_is_caught(site: Site, action: str) -> None:
    ports = site.engine("run-1").ports
    foreign = {"NetworkInterfaceId": site.ids["foreign-eni"], "Ipv6Addresses": ["fd00::1"]}
    refused = Call("ec2", "UnassignIpv6Addresses", foreign)

    def ask() -> None:
        for _ in range(30):
            with suppress(CloudError):
                ports.cloud.call(refused)

    moved(site, Engine(replace(ports, cloud=Dawdling(ports.cloud, action, ask))))
    assert set(violations(seen(site))) == {HOMELESS}


def test_the_totals_count_what_is_wrong() -> None:
    cell = Cell("eip", "500 twice", 1)
    assert totals([]) == "cells tried 0, addresses lost 0, invariant violations 0, unexplained ends 0"
    assert "lost 1" in totals([Verdict(cell, "done", lost=("eip:1",))])
    assert "unexplained ends 1" in totals([Verdict(cell, "done", unexplained="why")])

"""Proof after a move: on the API, in DNS from both sides, through the address; each laggard by name."""

import threading
from dataclasses import replace

import pytest

from support.rig import engine, make_all, plan_to, ports
from toolkit.domain.events import Event, EventName, History
from toolkit.domain.group import Group, Verify
from toolkit.domain.health import Observation
from toolkit.engine.outcome import Check
from toolkit.engine.turning import POLL_SECONDS
from toolkit.engine.verifier import Verifier
from toolkit.engine.view import Ports
from toolkit.moves.dns import Dns
from toolkit.pacing import Deadline
from toolkit.testing import FakeProber, MemoryLedger, World, pair, throttled, unreachable

EIP_NAME = "ec2-203-0-113-1.eu-west-1.compute.amazonaws.com"
INSIDE, OUTSIDE = "10.0.0.2", "9.9.9.9"
BOTH = Verify(inside=(INSIDE,), outside=(OUTSIDE,), timeout_seconds=5.0)


def proof(world: World, *, moved: bool = True, through: Ports | None = None) -> dict[tuple[str, str], Check]:
    """What is proven of a move to db-2 by what and where, made or not."""
    plan = plan_to(world, "db-2")
    if moved:
        make_all(world, plan)
    verifier = Verifier(through or ports(world))
    limit = Deadline.after(world.clock, world.group.verify.timeout_seconds)
    checks = verifier.prove(world.group, world.node("db-2"), goal=plan.goal, deadline=limit)
    return {(check.subject, check.where): check for check in checks}


def verified(world: World, verify: Verify) -> World:
    world.group = replace(world.group, verify=verify)
    return world


def failed(checks: dict[tuple[str, str], Check]) -> set[tuple[str, str]]:
    return {key for key, check in checks.items() if not check.passed}


def test_every_subject_is_proven_on_the_api() -> None:
    world = pair()
    checks = proof(world)
    assert failed(checks) == set()
    assert {where for _, where in checks} == {"api"}
    assert len(checks) == len(plan_to(world, "db-1").goal)


def test_what_is_not_there_in_time_is_named_with_where_it_is() -> None:
    checks = proof(verified(pair("eip"), Verify(timeout_seconds=5.0)), moved=False)
    assert "still at eni-00000001/10.0.1.10" in checks[("eip:eipalloc-00000001", "api")].detail


def test_an_effect_that_comes_late_is_awaited_until_the_time_is_over() -> None:
    world = verified(pair("private_ip"), Verify(timeout_seconds=30.0))
    world.cloud.delays.private_ip_seconds = 20.0
    assert failed(proof(world)) == set()


def test_reads_that_fail_for_a_while_do_not_fail_the_proof() -> None:
    world = pair("eip")
    plan = plan_to(world, "db-2")
    make_all(world, plan)
    world.cloud.fail("read", throttled, times=5)
    result = engine(world).verify(world.group)
    assert (result.status, result.target) == ("done", "db-2")


def test_an_endpoint_that_stays_away_proves_nothing_and_says_so() -> None:
    world = verified(pair("eip"), Verify(timeout_seconds=5.0))
    plan = plan_to(world, "db-2")
    make_all(world, plan)
    world.cloud.fail("read", unreachable, times=100_000)
    verifier = Verifier(ports(world))
    (check,) = verifier.prove(
        world.group, world.node("db-2"), goal=plan.goal, deadline=Deadline.after(world.clock, 5.0)
    )
    assert not check.passed
    assert "Could not connect" in check.detail


def test_dns_is_not_asked_while_the_api_does_not_agree() -> None:
    world = verified(pair("eip"), BOTH)
    proof(world, moved=False)
    assert world.resolver.asked == []


def test_the_name_of_an_elastic_ip_answers_the_private_side_inside_and_the_public_one_outside() -> None:
    checks = proof(verified(pair("eip"), BOTH))
    assert checks[(EIP_NAME, f"dns inside {INSIDE}")].detail == "10.0.1.11"
    assert checks[(EIP_NAME, f"dns outside {OUTSIDE}")].detail == "203.0.113.1"
    assert failed(checks) == set()


def test_a_public_answer_inside_is_not_right() -> None:
    world = verified(pair("eip"), BOTH)
    world.resolver.answers[(EIP_NAME, INSIDE)] = ("203.0.113.1",)
    checks = proof(world)
    assert failed(checks) == {(EIP_NAME, f"dns inside {INSIDE}")}
    assert "answers 203.0.113.1, wanted 10.0.1.11" in checks[(EIP_NAME, f"dns inside {INSIDE}")].detail


def test_an_old_answer_beside_the_right_one_is_not_right() -> None:
    world = verified(pair("eip"), BOTH)
    world.resolver.answers[(EIP_NAME, INSIDE)] = ("10.0.1.11", "10.0.1.10")
    assert failed(proof(world)) == {(EIP_NAME, f"dns inside {INSIDE}")}


def test_names_that_are_right_at_the_first_look_are_asked_once_and_take_no_time() -> None:
    """Whatever their TTL: the public view's is a week."""
    world = verified(pair("eip"), BOTH)
    began = world.clock.monotonic()
    assert failed(proof(world)) == set()
    assert sorted(world.resolver.asked) == [(EIP_NAME, INSIDE), (EIP_NAME, OUTSIDE)]
    assert world.clock.monotonic() == began


@pytest.mark.parametrize("kept_seconds", [3.0, 12.5, 28.0])
def test_an_answer_in_a_cache_is_waited_out_and_no_longer(kept_seconds: float) -> None:
    """The second right answer is the end: its distance from the first is one poll."""
    world = verified(pair("eip"), replace(BOTH, timeout_seconds=30.0))
    world.resolver.keep(EIP_NAME, INSIDE, ["10.0.1.10"], seconds=kept_seconds)
    began = world.clock.monotonic()
    checks = proof(world)
    assert failed(checks) == set()
    assert "10.0.1.11, since" in checks[(EIP_NAME, f"dns inside {INSIDE}")].detail
    assert kept_seconds <= world.clock.monotonic() - began <= kept_seconds + 3 * POLL_SECONDS


def test_a_name_that_was_wrong_must_stay_right_until_that_answer_can_be_nowhere() -> None:
    """As with several caches behind one address, of which one turned."""
    world = verified(pair("eip"), replace(BOTH, timeout_seconds=30.0))
    world.resolver.keep(EIP_NAME, INSIDE, ["10.0.1.10"], seconds=20.0)
    world.clock.call_after(1.0, lambda: world.resolver.keep(EIP_NAME, INSIDE, [], seconds=0.0))
    began = world.clock.monotonic()
    assert failed(proof(world)) == set()
    assert world.clock.monotonic() - began >= 19.0


def test_a_right_answer_is_no_proof_while_an_older_one_may_still_be_somewhere() -> None:
    world = verified(pair("eip"), replace(BOTH, timeout_seconds=30.0))
    world.resolver.programs[INSIDE] = "9.18.28"
    world.resolver.keep(EIP_NAME, INSIDE, ["203.0.113.1"], seconds=604800.0)
    world.clock.call_after(10.0, lambda: world.resolver.keep(EIP_NAME, INSIDE, [], seconds=0.0))
    checks = proof(world)
    assert failed(checks) == {(EIP_NAME, f"dns inside {INSIDE}")}
    detail = checks[(EIP_NAME, f"dns inside {INSIDE}")].detail
    assert detail.startswith("answers 10.0.1.11: right, but an older answer may be in a cache for 6047")
    assert "`forward first`" in detail


def test_a_resolver_that_turns_back_while_another_lags_is_found() -> None:
    """All resolvers of a name are asked until all are right together."""
    world = verified(pair("eip"), replace(BOTH, timeout_seconds=30.0))
    world.resolver.keep(EIP_NAME, INSIDE, ["10.0.1.10"], seconds=20.0)
    world.clock.call_after(10.0, lambda: world.resolver.keep(EIP_NAME, OUTSIDE, ["10.0.1.10"], seconds=60.0))
    assert failed(proof(world)) == {(EIP_NAME, f"dns outside {OUTSIDE}")}


def test_a_laggard_is_named_with_its_cause_and_the_remedy() -> None:
    world = verified(pair("eip"), BOTH)
    world.resolver.programs[INSIDE] = "dnsmasq-2.90"
    world.resolver.keep(EIP_NAME, INSIDE, ["10.0.1.10"], seconds=3600.0)
    detail = proof(world)[(EIP_NAME, f"dns inside {INSIDE}")].detail
    assert detail.startswith("answers 10.0.1.10, wanted 10.0.1.11; the cache keeps the address of db-1 for 35")
    assert detail.endswith(
        "by `--min-cache-ttl`; remove `--min-cache-ttl` and restart the server, which empties its cache"
    )


def test_an_answer_in_pieces_is_not_right() -> None:
    """A program's single question gets the CNAME alone (dnsmasq's ``--cname``)."""
    world = verified(pair("eip"), BOTH)
    world.resolver.programs[INSIDE] = "dnsmasq-2.90"
    world.resolver.pieced.add(INSIDE)
    checks = proof(world)
    assert failed(checks) == {(EIP_NAME, f"dns inside {INSIDE}")}
    assert "target of dnsmasq's `--cname` must be known" in checks[(EIP_NAME, f"dns inside {INSIDE}")].detail


def test_a_resolver_that_does_not_answer_is_named() -> None:
    world = verified(pair("eip"), BOTH)
    world.resolver.silent.add(OUTSIDE)
    checks = proof(world)
    assert failed(checks) == {(EIP_NAME, f"dns outside {OUTSIDE}")}
    assert "did not answer" in checks[(EIP_NAME, f"dns outside {OUTSIDE}")].detail


def test_a_groups_own_record_is_proven_inside() -> None:
    checks = proof(verified(pair("dns"), BOTH))
    assert checks[("db.internal.example.com", f"dns inside {INSIDE}")].detail == "10.0.1.11"
    assert ("db.internal.example.com", f"dns outside {OUTSIDE}") not in checks


def test_a_groups_public_record_is_proven_outside_too() -> None:
    world = verified(pair("eip", "dns"), BOTH)
    public = Dns("Z0123456789ABC", "db.internal.example.com", public=True)
    world.group = replace(world.group, addresses=(world.group.addresses[0], public))
    checks = proof(world)
    assert checks[("db.internal.example.com", f"dns outside {OUTSIDE}")].detail == "203.0.113.1"
    assert failed(checks) == set()


def test_a_name_may_lead_to_a_public_record_of_the_group() -> None:
    world = verified(pair("dns"), replace(BOTH, names=("www.example.com",)))
    public = Dns("Z0123456789ABC", "db.internal.example.com", public=True)
    world.group = replace(world.group, addresses=(public,))
    world.resolver.aliases["www.example.com"] = "db.internal.example.com"
    assert failed(proof(world)) == set()


def test_a_name_may_lead_to_an_address_of_a_moved_interface() -> None:
    world = verified(pair("eni"), replace(BOTH, names=("db.example.com",), outside=()))
    world.resolver.answers[("db.example.com", INSIDE)] = ("10.0.1.201",)
    assert failed(proof(world)) == set()


def test_the_service_is_looked_at_through_every_address_that_carries_it() -> None:
    world = verified(pair(), Verify(through=True, timeout_seconds=5.0))
    assert failed(proof(world)) == set()
    assert set(world.prober.looked_through) == {
        "203.0.113.1",
        "10.0.1.50",
        "2001:db8:0:1::50",
        "10.0.1.201",
        "10.99.0.10",
    }


def test_an_address_without_a_service_behind_it_is_named() -> None:
    world = verified(pair("eip", "private_ip"), Verify(through=True, timeout_seconds=5.0))
    world.prober.silent_addresses.add("10.0.1.50")
    assert failed(proof(world)) == {("10.0.1.50", "through")}


def test_a_prefix_is_not_looked_through_as_it_names_no_host() -> None:
    world = verified(pair("route"), Verify(through=True, timeout_seconds=5.0))
    (route,) = world.group.addresses
    world.group = replace(world.group, addresses=(type(route)("10.99.0.0/24", ("rtb-00000001",), create=True),))  # type: ignore[call-arg]
    proof(world)
    assert world.prober.looked_through == []


def test_the_lease_is_looked_after_while_an_answer_is_awaited() -> None:
    """The prober here answers only once somebody has looked after the lease."""
    world = verified(pair("eip"), Verify(through=True, timeout_seconds=5.0))
    plan = plan_to(world, "db-2")
    make_all(world, plan)
    looked_after = threading.Event()

    class Waiting(FakeProber):
        def through(self, group: Group, address: str) -> Observation:
            assert looked_after.wait(30.0)
            return super().through(group, address)

    verifier = Verifier(replace(ports(world), prober=Waiting(world.clock)))
    limit = Deadline.after(world.clock, 5.0)
    checks = verifier.prove(world.group, world.node("db-2"), goal=plan.goal, deadline=limit, between=looked_after.set)
    assert all(check.passed for check in checks)


def waiting_for_the_guest(*kinds: str) -> World:
    return verified(pair(*kinds), Verify(guest=True, timeout_seconds=5.0))


def agent_says(world: World, node: str, *addresses: str) -> None:
    data = {"node": node, "instance": world.node(node).instance, "addresses": list(addresses)}
    world.ledger.note("db", Event(EventName.GUEST_READY, f"guest/{node}", world.clock.wall(), data))


@pytest.mark.parametrize("kind", ["private_ip", "ipv6", "eni", "route"])
def test_a_guest_that_must_be_ready_and_never_spoke_is_named_with_what_to_look_at(kind: str) -> None:
    world = waiting_for_the_guest(kind)
    ((_, where),) = missing = failed(proof(world))
    assert where == "guest db-2"
    assert "is `failover agent` running there?" in proof(world, moved=False)[next(iter(missing))].detail


def test_a_guest_is_ready_once_its_agent_said_so_of_every_address() -> None:
    world = waiting_for_the_guest("private_ip", "ipv6")
    subjects = [subject for subject, where in proof(world) if where == "guest db-2"]
    addresses = subjects[0].split(", ")
    agent_says(world, "db-2", addresses[0])
    assert "says that it answers to" in proof(world, moved=False)[(subjects[0], "guest db-2")].detail
    agent_says(world, "db-2", *addresses)
    assert failed(proof(world, moved=False)) == set()


def test_only_the_last_word_of_the_target_itself_counts() -> None:
    world = waiting_for_the_guest("private_ip")
    agent_says(world, "db-2", "10.0.1.50")
    agent_says(world, "db-2")
    agent_says(world, "db-1", "10.0.1.50")
    assert failed(proof(world)) == {("10.0.1.50", "guest db-2")}


def test_a_guest_that_comes_late_is_awaited() -> None:
    world = waiting_for_the_guest("private_ip")
    world.clock.call_after(3.0, lambda: agent_says(world, "db-2", "10.0.1.50"))
    assert failed(proof(world)) == set()


def test_a_journal_that_cannot_be_read_proves_no_guest() -> None:
    world = waiting_for_the_guest("private_ip")
    broken = replace(ports(world), ledger=Unreadable(world.clock))
    checks = proof(world, through=broken)
    assert "the journal could not be read" in checks[("10.0.1.50", "guest db-2")].detail


def test_what_a_guest_has_no_part_in_is_not_awaited() -> None:
    assert failed(proof(waiting_for_the_guest("eip", "dns"))) == set()


class Unreadable(MemoryLedger):
    """A ledger whose journal does not answer."""

    def history(self, group: str) -> History:
        raise unreachable(f"Query {group}")

"""Probes, resolvers, notifications and the witness of events, by script."""

from support.rig import seen
from toolkit.domain.health import Outcome
from toolkit.testing import FakeNotifier, World, pair

NAME = "ec2-203-0-113-1.eu-west-1.compute.amazonaws.com"


def outcomes(world: World) -> dict[str, Outcome]:
    hosts = {"db-1": "10.0.1.10", "db-2": "10.0.1.11"}
    snapshot = seen(world)
    return {look.node: look.outcome for look in world.prober.look(world.group, hosts, snapshot)}


def test_every_node_passes_until_a_test_says_otherwise() -> None:
    world = pair("eip")
    assert set(outcomes(world).values()) == {Outcome.PASSED}


def test_a_node_that_is_down_fails_and_one_that_is_unseen_was_not_looked_at() -> None:
    world = pair("eip")
    world.prober.down.add("db-1")
    world.prober.unseen.add("db-2")
    assert outcomes(world) == {"db-1": Outcome.FAILED, "db-2": Outcome.NOT_MADE}


def test_a_node_that_aws_calls_stopped_or_impaired_fails() -> None:
    world = pair("eip")
    world.cloud.stop(world.node("db-1").instance)
    world.cloud.impair(world.node("db-2").instance)
    assert set(outcomes(world).values()) == {Outcome.FAILED}


def test_the_name_of_an_elastic_ip_answers_by_side() -> None:
    world = pair("eip")
    assert world.resolver.ask(NAME, "10.0.0.2", timeout_seconds=1.0).addresses == ("10.0.1.10",)
    assert world.resolver.ask(NAME, "9.9.9.9", timeout_seconds=1.0).addresses == ("203.0.113.1",)


def test_aliases_are_followed_and_told() -> None:
    world = pair("eip")
    world.resolver.aliases |= {"db.example.com": "vip.example.com", "vip.example.com": NAME}
    answer = world.resolver.ask("db.example.com", "9.9.9.9", timeout_seconds=1.0)
    assert (answer.chain, answer.addresses) == (("vip.example.com", NAME), ("203.0.113.1",))


def test_aliases_that_go_round_end_without_an_answer() -> None:
    world = pair("eip")
    world.resolver.aliases |= {"a.example.com": "b.example.com", "b.example.com": "a.example.com"}
    assert world.resolver.ask("a.example.com", "9.9.9.9", timeout_seconds=1.0).problem == "no such name"


def test_a_silent_resolver_costs_its_time_limit() -> None:
    world = pair("eip")
    world.resolver.silent.add("9.9.9.9")
    answer = world.resolver.ask(NAME, "9.9.9.9", timeout_seconds=2.0)
    assert (answer.addresses, world.clock.slept) == ((), [2.0])


def test_a_notifier_keeps_what_it_was_given_and_answers_its_problem() -> None:
    world, notifier = pair("eip"), FakeNotifier(problem="no such topic")
    assert notifier.notify(world.group, "moved", {"to": "db-2"}) == "no such topic"
    assert notifier.sent == [("db", "moved", {"to": "db-2"})]

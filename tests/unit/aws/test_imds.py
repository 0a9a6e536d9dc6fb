from __future__ import annotations

from collections.abc import Iterator

import pytest

from toolkit.aws.imds import Identity, Imds
from toolkit.domain.errors import Missing, Refused, Terminal, Transient, Unreachable
from toolkit.testing.clock import FakeClock
from unit.aws.metadata import MAC, Service, serving

SELF = Identity("i-0123456789abcdef0", "eu-west-1", "eu-west-1a", MAC, "eni-0123456789abcdef0", "10.0.1.10")


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as service:
        yield service


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def imds(service: Service, clock: FakeClock) -> Imds:
    return Imds(service.url, clock=clock)


def test_an_instance_learns_who_it_is_with_one_token(imds: Imds, service: Service) -> None:
    assert imds.identity() == SELF
    assert len(service.tokens) == 1


def test_a_thing_that_is_not_there_is_none(imds: Imds) -> None:
    assert imds.get("spot/instance-action") is None


def test_a_tag_is_read_by_its_key(imds: Imds) -> None:
    assert imds.tag("failover:group") == "db"


def test_a_token_that_is_no_longer_taken_is_renewed_once(imds: Imds, service: Service) -> None:
    imds.get("mac")
    service.tokens.append("somebody rebooted")
    assert imds.get("mac") == MAC


def test_a_token_is_renewed_before_its_end(imds: Imds, service: Service, clock: FakeClock) -> None:
    imds.get("mac")
    clock.advance(21_600 - 30)
    imds.get("mac")
    assert len(service.tokens) == 2


def test_a_service_that_takes_no_token_is_not_asked_for_ever(imds: Imds, service: Service) -> None:
    service.broken = lambda path: 401 if path == "mac" else None
    with pytest.raises(Refused):
        imds.get("mac")
    assert service.asked == ["mac", "mac"]


def test_a_service_that_is_switched_off_is_a_refusal(imds: Imds, service: Service) -> None:
    service.broken = lambda _: 403
    with pytest.raises(Refused, match="switched off"):
        imds.identity()


def test_a_server_error_is_transient_and_a_strange_answer_terminal(imds: Imds, service: Service) -> None:
    service.broken = lambda path: 503 if path == "mac" else None
    with pytest.raises(Transient):
        imds.get("mac")
    service.broken = lambda path: 405 if path == "mac" else None
    with pytest.raises(Terminal):
        imds.get("mac")


def test_where_nothing_listens_the_error_names_containers_and_their_hop_limit(clock: FakeClock) -> None:
    with pytest.raises(Unreachable, match="hop limit"):
        Imds("http://127.0.0.1:1", clock=clock).get("mac")


def test_an_identity_that_is_not_all_there_yet_is_missing(imds: Imds, service: Service) -> None:
    del service.things["placement/region"]
    with pytest.raises(Missing, match="placement/region"):
        imds.identity()


def test_at_early_boot_the_service_is_asked_until_it_is_up(imds: Imds, service: Service, clock: FakeClock) -> None:
    service.broken = lambda _: 503
    clock.call_after(5.0, lambda: setattr(service, "broken", lambda _: None))
    began = clock.monotonic()
    assert imds.identity_within(60.0) == SELF
    assert 5.0 <= clock.monotonic() - began < 6.0


def test_patience_ends_at_the_deadline_with_the_last_error(imds: Imds, service: Service, clock: FakeClock) -> None:
    service.broken = lambda _: 503
    began = clock.monotonic()
    with pytest.raises(Transient):
        imds.identity_within(10.0)
    assert clock.monotonic() - began <= 10.0


def test_a_machine_whose_environment_forbids_metadata_asks_nobody(
    monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(Refused, match="AWS_EC2_METADATA_DISABLED"):
        Imds(clock=clock)


def test_the_endpoint_of_the_environment_is_asked(
    monkeypatch: pytest.MonkeyPatch, service: Service, clock: FakeClock
) -> None:
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url + "/")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert Imds(clock=clock).get("mac") == MAC

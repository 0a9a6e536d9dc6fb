"""A node asks who it is, at a boot that brings the answer late."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from toolkit.aws.whoami import Whoami, who_am_i
from toolkit.domain.errors import Refused, Unreachable
from toolkit.pacing import Deadline
from toolkit.testing import FakeClock

ME = Whoami("i-0123456789abcdef0", "eu-west-1")
TEXTS = {"instance-id": ME.instance, "placement/region": ME.region}


@dataclass
class Service:
    """A metadata service that takes its time, on a clock that costs none."""

    clock: FakeClock = field(default_factory=FakeClock)
    answers_after_seconds: float = 0.0
    up_at: float = 0.0
    off: bool = False
    texts: dict[str, str] = field(default_factory=lambda: dict(TEXTS))
    said: list[str] = field(default_factory=list)

    def ask(self, wait_seconds: float) -> Whoami:
        deadline = Deadline.after(self.clock, wait_seconds)
        return who_am_i(lambda seconds: Client(self, seconds), deadline, tell=self.said.append)


@dataclass
class Client:
    """One client of it, with its own time limit."""

    service: Service
    timeout_seconds: float

    def get(self, path: str) -> str | None:
        if self.service.off:
            raise Refused("IMDS", "403", "switched off")
        clock = self.service.clock
        clock.sleep(min(self.service.answers_after_seconds, self.timeout_seconds))
        if self.service.answers_after_seconds > self.timeout_seconds or clock.monotonic() < self.service.up_at:
            raise Unreachable("IMDS", "TimeoutError", "nothing answers", outcome_unknown=False)
        return self.service.texts.get(path)


def test_an_answer_at_once_needs_no_wait() -> None:
    service = Service()
    assert (service.ask(300.0), service.clock.slept, service.said) == (ME, [0.0, 0.0], [])


def test_a_service_that_takes_20_seconds_for_each_answer_is_understood() -> None:
    service = Service(answers_after_seconds=20.0)
    assert service.ask(300.0) == ME


def test_a_service_that_comes_up_20_seconds_late_is_waited_for_and_told_once() -> None:
    service = Service()
    service.up_at = service.clock.monotonic() + 20.0
    assert service.ask(300.0) == ME
    assert len(service.said) == 1


def test_an_identity_that_is_not_all_there_yet_is_waited_for() -> None:
    service = Service()
    del service.texts["placement/region"]
    service.clock.call_after(10.0, lambda: service.texts.update(TEXTS))
    assert service.ask(300.0) == ME


def test_no_service_at_all_ends_when_patience_does() -> None:
    service = Service()
    service.up_at = float("inf")
    began = service.clock.monotonic()
    with pytest.raises(Unreachable):
        service.ask(30.0)
    assert service.clock.monotonic() - began <= 32.0


def test_a_service_that_is_switched_off_is_not_waited_for() -> None:
    service = Service(off=True)
    with pytest.raises(Refused):
        service.ask(300.0)
    assert service.clock.slept == []

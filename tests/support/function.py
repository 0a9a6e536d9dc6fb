"""The Lambda function on a fake world: no AWS, no waiting, the same service, engine and output."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from notice import Home
from payloads import corpus
from service import Invocation, Service
from settings import Settings, Source
from toolkit.domain.errors import FailoverError
from toolkit.domain.group import AlarmProbe, Configuration, FileState, Group
from toolkit.engine.engine import Engine
from toolkit.engine.view import Ports
from toolkit.ports import Clock, Cloud, Watcher
from toolkit.testing import World, pair

TOPIC = f"arn:aws:sns:{corpus.REGION}:{corpus.ACCOUNT}:failover"
HOME = Home(corpus.ACCOUNT, corpus.REGION)
Answer = dict[str, Any] | FailoverError | Callable[[], dict[str, Any]]


@dataclass
class Requested:
    """AWS beside EC2: canned answers, and what was asked."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def request(
        self, service: str, action: str, params: Mapping[str, Any], *, region: str | None = None
    ) -> dict[str, Any]:
        del service, region
        self.asked.append((action, params))
        answer = self.answers.get(action, {})
        if isinstance(answer, FailoverError):
            raise answer
        return answer() if callable(answer) else answer


class FixedSource(Source):
    """A configuration that changes when the test says so."""

    def __init__(self, configuration: Configuration) -> None:
        self.settings = Settings(configuration, "1")

    def read(self, connection: object, *, known: Settings | None = None) -> Settings:
        del connection
        return known if known and known.version == self.settings.version else self.settings


@dataclass
class FakeWiring:
    """What serves the function, out of a fake world."""

    configuration: Configuration
    connection: Requested
    world: World

    @property
    def cloud(self) -> Cloud:
        return self.world.cloud

    @property
    def clock(self) -> Clock:
        return self.world.clock

    def engine(self, *, watcher: Watcher, run_seconds: float, wait_seconds: float) -> Engine:
        del wait_seconds
        world = self.world
        ports = Ports(world.cloud, world.ledger, world.prober, world.resolver, world.notifier, world.clock, watcher)
        return Engine(ports, run_seconds=run_seconds)


class Function:
    """A warm function with a group ``db`` that the alarm ``db-1-down`` and its instances lead to."""

    def __init__(self, world: World | None = None, **group: Any) -> None:
        self.world = world or pair("eip", "route")
        self.world.clock.set_wall(corpus.AT + 5)
        health = replace(self.world.group.health, probes=(AlarmProbe("{node}-down"),))
        self.group: Group = replace(self.world.group, **{"health": health, "notify_sns": TOPIC, **group})
        self.connection = Requested()
        self.out = io.StringIO()
        self.configuration = Configuration((self.group,), FileState("unused"))
        self.source = FixedSource(self.configuration)
        self.service = Service(
            self.source, self.connection, wire=lambda c: FakeWiring(c, self.connection, self.world), out=self.out
        )

    def __call__(self, event: object, *, seconds: float = 120.0) -> dict[str, Any]:
        """One invocation with so many seconds left."""
        ends = self.world.clock.monotonic() + seconds
        return self.service.handle(
            event, Invocation(HOME, "request-1", lambda: max(0.0, ends - self.world.clock.monotonic()))
        )

    def event(self, name: str) -> dict[str, Any]:
        """A payload of the corpus about db-1."""
        return corpus.filled(name, instance=self.world.node("db-1").instance)

    def break_first(self) -> None:
        """The service on db-1 dies, and its alarm says so."""
        self.world.prober.down.add("db-1")

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.getvalue().splitlines()]

    @property
    def logged(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if "_aws" not in line]

    def metric(self, name: str) -> float:
        """The sum of a metric over all that was written."""
        return float(sum(line.get(name, 0) for line in self.lines if "_aws" in line))

    @property
    def published(self) -> list[Mapping[str, Any]]:
        """What the function itself (not the engine) sent to the topic."""
        return [params for action, params in self.connection.asked if action == "Publish"]

    @property
    def completed(self) -> list[Mapping[str, Any]]:
        return [params for action, params in self.connection.asked if action == "CompleteLifecycleAction"]

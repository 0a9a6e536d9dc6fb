"""An invocation from its event to its result: read, find the groups, act on each, tell."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import routing
from acting import Actor
from answer import Answer
from notice import Home, Notice, Says
from telemetry import Telemetry
from toolkit.aws.notify import SnsNotifier
from toolkit.domain.errors import CloudError, FailoverError, UsageError
from trigger import triggers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TextIO

    from settings import Source
    from toolkit.aws.session import Requests
    from toolkit.domain.group import Configuration, Group
    from toolkit.engine.engine import Engine
    from toolkit.ports import Clock, Cloud, Watcher

    Wire = Callable[[Configuration], "Wired"]

# Kept back from the invocation's end, so that the journal is closed before Lambda stops the process.
MARGIN_SECONDS: Final = 5.0
_LEAST_SECONDS: Final = 5.0
_SIDE_BY_SIDE: Final = 8
# Rules of a hold that say that all is well: nobody needs to read that.
_QUIET: Final = frozenset({"holder-healthy", "failback-not-due"})


class Wired(Protocol):
    """What serves one configuration (``toolkit.bootstrap.Wiring``)."""

    @property
    def configuration(self) -> Configuration: ...
    @property
    def connection(self) -> Requests: ...
    @property
    def cloud(self) -> Cloud: ...
    @property
    def clock(self) -> Clock: ...

    def engine(self, *, watcher: Watcher, run_seconds: float, wait_seconds: float) -> Engine: ...


class UnfinishedError(Exception):
    """The invocation failed in a way that its repeat may cure: Lambda repeats it, then the dead-letter queue has it."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """What Lambda tells of one call: who we are, and the seconds that it may still take."""

    home: Home
    request_id: str
    remaining_seconds: Callable[[], float]

    @classmethod
    def of(cls, context: Any) -> Invocation:
        arn = str(context.invoked_function_arn).split(":")
        home = Home(account=arn[4], region=arn[3])
        return cls(home, str(context.aws_request_id), lambda: context.get_remaining_time_in_millis() / 1000.0)


class Service:
    """The function between invocations: configuration and connection, kept warm."""

    def __init__(self, source: Source, connection: Requests, *, wire: Wire, out: TextIO | None = None) -> None:
        self._source = source
        self._wire = wire
        self._connection = connection
        self._out = out
        self._settings = source.read(connection)
        self._wiring = wire(self._settings.configuration)

    def handle(self, event: object, invocation: Invocation) -> dict[str, Any]:
        """The result of one event; raises UnfinishedError for what a repeat may cure."""
        telemetry = Telemetry(self._wiring.clock, request_id=invocation.request_id, out=self._out)
        try:
            return self._handled(event, invocation, telemetry)
        except UsageError as error:
            telemetry.refused(str(error))
            return {"status": "refused", "reason": str(error), "request_id": invocation.request_id, "answers": []}
        finally:
            telemetry.flush()

    def _handled(self, event: object, invocation: Invocation, telemetry: Telemetry) -> dict[str, Any]:
        notices = triggers(event, invocation.home, now=self._wiring.clock.wall())
        if any(notice.shape == "schedule" for notice in notices):
            self._refresh()
        answers: list[Answer] = []
        for notice in notices:
            answers += self._answered(notice, invocation, telemetry)
        telemetry.flush()
        open_ends = [answer.as_json() for answer in answers if answer.retry]
        if open_ends:
            raise UnfinishedError(json.dumps(open_ends))
        told = [answer.as_json() for answer in answers]
        return {"status": _status(answers), "request_id": invocation.request_id, "answers": told}

    def _answered(self, notice: Notice, invocation: Invocation, telemetry: Telemetry) -> list[Answer]:
        """What became of one notice, told in log, metrics and messages."""
        if notice.says is Says.REFUSED:
            telemetry.refused(notice.why)
            return [Answer("", "refused", notice.why)]
        telemetry.say("trigger", trigger=notice.shape, says=notice.says.value, why=notice.why, happened_at=notice.at)
        try:
            groups = routing.groups_of(notice, self._wiring.configuration, self._wiring.cloud)
        except CloudError as error:
            groups, answers = (), [Answer.failed("", error)]
        else:
            answers = self._acted(notice, groups, invocation, telemetry)
        for answer in answers:
            telemetry.answered(answer, notice)
        for group, answer in zip(groups, answers, strict=False):
            self._notify(notice, group, answer, telemetry)
        if groups:
            self._complete(notice, answers, telemetry)
        return answers

    def _acted(
        self, notice: Notice, groups: Sequence[Group], invocation: Invocation, telemetry: Telemetry
    ) -> list[Answer]:
        """One answer for each group, several groups side by side; within the time that is left."""
        if not groups:
            return [Answer("", "ignored", f"{notice.why}: no group here has that alarm or instance")]
        total = invocation.remaining_seconds() - MARGIN_SECONDS
        if total < _LEAST_SECONDS:
            why = f"only {total + MARGIN_SECONDS:.1f} s of the invocation are left"
            return [Answer(group.name, "failed", why, retry=True) for group in groups]
        verify = min(total / 2, max(group.verify.timeout_seconds for group in groups))
        lease = self._wiring.configuration.lease_seconds
        engine = self._wiring.engine(
            watcher=telemetry, run_seconds=total - verify, wait_seconds=min(1.4 * lease, (total - verify) / 2)
        )
        actor = Actor(engine, self._wiring.connection)
        with ThreadPoolExecutor(max_workers=min(_SIDE_BY_SIDE, len(groups))) as pool:
            return list(pool.map(lambda group: actor.act(notice, group, verify_seconds=verify), groups))

    def _notify(self, notice: Notice, group: Group, answer: Answer, telemetry: Telemetry) -> None:
        """Tell people what the engine does not: why nothing was moved although something is wrong."""
        urgent = notice.says in {Says.DOWN, Says.LEAVING, Says.ASK} or answer.status != "hold"
        silent = answer.status in {"ignored", "lease_held"} or answer.rule in _QUIET or answer.retry
        if silent or not urgent or (answer.result is not None and (answer.result.steps or answer.status == "done")):
            return
        subject = f"failover {group.name}: {answer.status}, {answer.rule or answer.reason}"
        problem = SnsNotifier(self._wiring.connection).notify(group, subject, answer.as_json())
        if problem:
            telemetry.say("notification_failed", level="error", group=group.name, reason=problem)

    def _complete(self, notice: Notice, answers: Iterable[Answer], telemetry: Telemetry) -> None:
        """Let Auto Scaling go on, unless a repeat of the event may still bring the addresses away first."""
        hook = notice.hook
        if hook is None or any(answer.retry for answer in answers):
            return
        lost = hook.terminating and any(answer.status in {"error", "failed", "unverified"} for answer in answers)
        params = {
            "AutoScalingGroupName": hook.group,
            "LifecycleHookName": hook.name,
            "LifecycleActionToken": hook.token,
            "InstanceId": hook.instance,
            "LifecycleActionResult": "ABANDON" if lost else "CONTINUE",
        }
        try:
            self._wiring.connection.request("autoscaling", "CompleteLifecycleAction", params)
        except FailoverError as error:
            # Auto Scaling goes on by itself when the hook's time is over.
            telemetry.say("lifecycle_action_not_completed", level="error", reason=str(error))

    def _refresh(self) -> None:
        """Take a changed configuration over; the one at hand serves on when it can't be read."""
        try:
            settings = self._source.read(self._connection, known=self._settings)
        except CloudError:
            return
        if settings is not self._settings:
            self._settings = settings
            self._wiring = self._wire(settings.configuration)


def _status(answers: Iterable[Answer]) -> str:
    """One word for all: the same for all groups, or ``mixed``."""
    found = {answer.status for answer in answers}
    return found.pop() if len(found) == 1 else "mixed"

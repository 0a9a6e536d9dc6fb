"""From an alarm to a function: what no emulator delivers (``MOTO.md`` §6), at least once, twice, late, in any order."""

import json
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from toolkit.lab.lab import REGION, LabError

ACCOUNT = "123456789012"
PROGRAM = Path(__file__).with_name("alarms_sandbox.py")
# Of an asynchronous invocation that fails (AWS.md §5); the minutes between them are left out.
RETRIES = 2
RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


@dataclass(frozen=True)
class Ending:
    """How one invocation ended: a result, an error, or neither when its process was killed; what it printed."""

    result: Mapping[str, Any] | None
    error: str | None
    log: tuple[Mapping[str, Any], ...] = ()

    @property
    def killed(self) -> bool:
        """Whether the process ended before the handler did."""
        return self.result is None and self.error is None


class Sandbox:
    """One copy of the function in a clean interpreter: cold at first, then warm; one event at a time.

    ``folder`` is the unpacked zip, ``runtime`` stands for the packages of Lambda's own. A context manager that ends
    the process.
    """

    def __init__(
        self, folder: Path, *, runtime: Path, environment: Mapping[str, str], python: str = sys.executable
    ) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - an interpreter and a folder, no shell
            [python, "-I", "-S", str(PROGRAM), str(folder), str(runtime), "handler.handler"],
            env={"AWS_LAMBDA_FUNCTION_NAME": "failover", "AWS_REGION": REGION, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def invoke(self, event: object, *, seconds: float = 60.0) -> Ending:
        """One invocation, killed when its time is over, as Lambda does."""
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:failover"
        asked = {"event": event, "arn": arn, "request_id": str(uuid4()), "seconds": seconds}
        timer = threading.Timer(seconds, self._process.kill)
        timer.start()
        try:
            line = self._exchange(json.dumps(asked))
        finally:
            timer.cancel()
            timer.join()
        if not line:
            return Ending(None, None)
        told = json.loads(line)
        log = tuple(json.loads(each) for each in told["log"].splitlines())
        return Ending(told["result"], told["error"], log)

    def stop(self) -> None:
        """End the process; does nothing the second time."""
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _exchange(self, line: str) -> str:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            return ""
        try:
            stdin.write(line + "\n")
            stdin.flush()
        except BrokenPipeError:
            return ""
        return stdout.readline()


@dataclass
class Alarm:
    """A CloudWatch alarm that calls a function: only a change of its state is an event (``AWS.md`` §5)."""

    name: str
    instance: str | None = None
    state: str = "OK"
    history: list[dict[str, Any]] = field(default_factory=list)

    def turn(self, state: str, *, late_seconds: float = 0.0) -> list[dict[str, Any]]:
        """The event of a change to ``state``, none if it is in it already; it may tell of a moment long ago."""
        if state == self.state:
            return []
        previous, self.state = self.state, state
        at = datetime.fromtimestamp(datetime.now(UTC).timestamp() - late_seconds, UTC)
        time = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"
        dimensions = {"InstanceId": self.instance} if self.instance else {}
        metric = {"namespace": "AWS/EC2", "name": "StatusCheckFailed", "dimensions": dimensions}
        event = {
            "source": "aws.cloudwatch",
            "alarmArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{self.name}",
            "accountId": ACCOUNT,
            "time": time,
            "region": REGION,
            "alarmData": {
                "alarmName": self.name,
                "state": {"value": state, "reason": "the lab says so", "timestamp": time},
                "previousState": {"value": previous, "reason": "before", "timestamp": time},
                "configuration": {"metrics": [{"id": "m1", "metricStat": {"metric": metric, "period": 60}}]},
            },
        }
        self.history.append(event)
        return [event]


def deliver(
    sandbox: Callable[[], Sandbox],
    events: Sequence[object],
    *,
    copies: int = 1,
    side_by_side: int = 1,
    order: random.Random | None = None,
) -> list[Ending]:
    """Every copy of every event to one of so many sandboxes at once; an invocation that fails is repeated.

    ``order`` shuffles them. A sandbox that died is replaced. The endings stand in the order in which they came.
    """
    queue = [event for event in events for _ in range(copies)]
    if order is not None:
        order.shuffle(queue)
    endings: list[Ending] = []
    with ThreadPoolExecutor(max_workers=side_by_side) as pool:
        for share in pool.map(lambda number: _served(sandbox, queue[number::side_by_side]), range(side_by_side)):
            endings += share
    return endings


def _served(sandbox: Callable[[], Sandbox], events: Sequence[object]) -> list[Ending]:
    """What one sandbox, or one after the other, makes of its events."""
    endings: list[Ending] = []
    serving = sandbox()
    try:
        for event in events:
            for _ in range(1 + RETRIES):
                endings.append(serving.invoke(event))
                if endings[-1].killed:
                    serving.stop()
                    serving = sandbox()
                if endings[-1].result is not None:
                    break
    finally:
        serving.stop()
    return endings


def own_runtime(folder: Path) -> Path:
    """A folder that stands for the packages of Lambda's runtime: this environment's boto3 and what it needs."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in RUNTIME:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise LabError(f"{name} is not installed")
        origin = Path(spec.origin)
        place = origin.parent if spec.submodule_search_locations else origin
        link = folder / place.name
        with suppress(FileExistsError):  # also where another thread was quicker
            link.symlink_to(place)
    return folder

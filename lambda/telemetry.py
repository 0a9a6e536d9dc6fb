"""What is told of an invocation: structured log lines, and metrics in CloudWatch's embedded format.

A line of either is one JSON object on standard output. Log lines come out of the run's own events, so that none
knows a fact that the journal lacks; the event that came in is never printed.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import TYPE_CHECKING, Any, Final, TextIO

from toolkit.domain.events import Event, EventName

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from answer import Answer
    from notice import Notice
    from toolkit.ports import Clock

NAMESPACE: Final = "Failover"
_BEFORE_THE_MOVE: Final = {EventName.RUN_STARTED, EventName.STEPS_STARTED}
_PHASES: Final = ("gathered", "decided", "moved", "verified")
# A plan is in the journal; a line of the log is for reading.
_LONG: Final = {"plan"}


class Telemetry:
    """One invocation's log and metrics; the watcher of its runs.

    structlog costs as much to import as a quarter of a client, so lines wait until the first call that moves
    something is made (or until nothing will move).
    """

    def __init__(self, clock: Clock, *, request_id: str, out: TextIO | None = None) -> None:
        self._clock = clock
        self._out = out or sys.stdout
        self._bound = {"request_id": request_id}
        self._lock = threading.Lock()
        self._waiting: list[tuple[str, str, float, dict[str, Any]]] = []

    def happened(self, event: Event) -> None:
        """``ports.Watcher``: one line for each event of a run."""
        data = {key: value for key, value in event.data.items() if key not in _LONG}
        self.say(event.name.value, at=event.at, **data, run_id=event.run)
        if event.name not in _BEFORE_THE_MOVE or "structlog" in sys.modules:
            self.flush()

    def say(self, what: str, *, level: str = "info", at: float | None = None, **data: Any) -> None:
        """A line, written with the next that is urgent."""
        self._waiting.append((what, level, self._clock.wall() if at is None else at, data))

    def flush(self) -> None:
        """Write every line that waits."""
        if not self._waiting:
            return
        import structlog  # noqa: PLC0415 - see the class

        render = structlog.processors.JSONRenderer(default=str)
        logger = structlog.wrap_logger(
            structlog.PrintLogger(self._out), processors=[structlog.processors.add_log_level, _dated, render]
        ).bind(**self._bound)
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for what, level, at, data in waiting:
            getattr(logger, level)(what, at=at, **data)

    def answered(self, answer: Answer, notice: Notice) -> None:
        """The end of one group's part, in the log and in metrics."""
        level = "error" if answer.status in {"error", "failed", "incomplete"} else "info"
        self.say("answered", level=level, trigger=notice.shape, **answer.as_json())
        self._measure(answer)

    def refused(self, error: str) -> None:
        """An event that nothing was done for."""
        self.say("event_refused", level="error", reason=error)
        self._emit({}, {"EventsRefused": (1, "Count")})

    def _measure(self, answer: Answer) -> None:
        result = answer.result
        moved = bool(result and result.steps and answer.status in {"done", "unverified"})
        values: dict[str, tuple[float, str]] = {
            "Moves": (int(moved), "Count"),
            "Failures": (int(answer.status in {"error", "failed", "incomplete"}), "Count"),
            "VerificationFailures": (int(answer.status == "unverified"), "Count"),
        }
        before = 0.0
        for phase in _PHASES:
            if result and phase in result.timings_ms:
                values[f"{phase.capitalize()}Time"] = (round(result.timings_ms[phase] - before, 1), "Milliseconds")
                before = result.timings_ms[phase]
        self._emit({"Group": answer.group}, values)
        if answer.rule:
            self._emit({"Group": answer.group, "Rule": answer.rule}, {"Holds": (1, "Count")})

    def _emit(self, dimensions: dict[str, str], values: dict[str, tuple[float, str]]) -> None:
        """One object of the embedded metric format."""
        metrics = [{"Name": name, "Unit": unit} for name, (_, unit) in values.items()]
        directive = {"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": metrics}
        line = {
            "_aws": {"Timestamp": int(self._clock.wall() * 1000), "CloudWatchMetrics": [directive]},
            **self._bound,
            **dimensions,
            **{name: value for name, (value, _) in values.items()},
        }
        self._out.write(json.dumps(line) + "\n")
        self._out.flush()


def _dated(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The time of the event itself rather than of its line."""
    del logger, method
    from datetime import UTC, datetime  # noqa: PLC0415 - beside structlog, after the move

    return {**line, "timestamp": datetime.fromtimestamp(line.pop("at"), UTC).isoformat()}

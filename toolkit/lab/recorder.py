"""Every call that reaches the endpoint, in order."""

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from toolkit.lab.call import Call
from toolkit.lab.exchange import Answer, Handler, Request

FIRST_ERROR = 400
XML_CODE = re.compile(rb"<Code>([^<]+)</Code>")


def error_code(answer: Answer) -> str | None:
    """The AWS error code that an answer carries, if it is an error."""
    if answer.status < FIRST_ERROR:
        return None
    if "json" in answer.content_type and answer.body.startswith(b"{"):
        kind = str(json.loads(answer.body).get("__type", ""))
        return kind.rpartition("#")[2] or str(answer.status)
    found = XML_CODE.search(answer.body)
    return found.group(1).decode() if found else str(answer.status)


@dataclass
class Recorder:
    """Notes each call before it is handled and completes the note when it is answered or dropped.

    ``also`` is told of each request before anything else.
    """

    also: Callable[[Request], None] | None = None
    clock: Callable[[], float] = time.monotonic
    _calls: dict[int, Call] = field(default_factory=dict)
    _sequence: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def calls(self) -> list[Call]:
        """The calls so far, in the order in which they came."""
        with self._lock:
            return list(self._calls.values())

    def clear(self) -> None:
        """Forgets all calls; numbers start again at 1."""
        with self._lock:
            self._calls.clear()
            self._sequence = 0

    def around(self, inner: Handler) -> Handler:
        """A handler that records what passes to ``inner``."""

        def record(request: Request) -> Answer:
            if self.also:
                self.also(request)
            call = self._begin(request)
            answer: Answer | None = None
            try:
                answer = inner(request)
            finally:
                self._end(call, answer)
            return answer

        return record

    def _begin(self, request: Request) -> Call:
        with self._lock:
            self._sequence += 1
            call = Call(
                sequence=self._sequence,
                service=request.service,
                action=request.action,
                params=request.params,
                mutating=request.mutating,
                user_agent=request.user_agent,
                region=request.region,
                started=self.clock(),
            )
            self._calls[call.sequence] = call
            return call

    def _end(self, call: Call, answer: Answer | None) -> None:
        status = answer.status if answer else None
        code = error_code(answer) if answer else None
        done = replace(call, status=status, error_code=code, ended=self.clock())
        with self._lock:
            if self._calls.get(call.sequence) is call:
                self._calls[call.sequence] = done

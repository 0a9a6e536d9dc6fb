"""``failover watch`` as a process of its own, and what it says as it happens."""

from __future__ import annotations

import json
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.command import Command
    from support.planted import Program

PATIENCE_SECONDS = 45.0


@dataclass
class Watching:
    """A running watcher; ``lines`` grow while it speaks."""

    process: Program
    lines: list[dict[str, Any]] = field(default_factory=list)
    spoken: threading.Condition = field(default_factory=threading.Condition)

    def listen(self) -> None:
        for text in self.process.lines("stderr"):
            line = json.loads(text) if text.startswith("{") else {"topic": "broken", "text": text}
            with self.spoken:
                self.lines.append(line)
                self.spoken.notify_all()
        with self.spoken:
            self.spoken.notify_all()

    def until(self, *topics: str, words: str = "") -> dict[str, Any]:
        """The first line on one of the topics (or event of that name) with these words in it, once it is said."""

        def found() -> dict[str, Any] | None:
            said = (line for line in self.lines if {line.get("topic"), line.get("event")} & set(topics))
            return next((line for line in said if words in str(line.get("text", ""))), None)

        deadline = time.monotonic() + PATIENCE_SECONDS
        with self.spoken:
            while (line := found()) is None:
                left = deadline - time.monotonic()
                assert left > 0, f"never said: {topics} {words}; said: {self.lines}"
                self.spoken.wait(min(left, 1.0))
        return line

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        """Its exit code, once it has ended by itself."""
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def watching(
    failover: Command, *arguments: str, starts: signal.Signals | None = None, **environment: str
) -> Iterator[Watching]:
    """A watcher that is gone at the end, whatever happened; ``starts`` is a signal sent to it at once."""
    process = failover.start("watch", "--listen", "off", *arguments, **environment)
    if starts is not None:
        process.send_signal(starts)
    found = Watching(process)
    ears = threading.Thread(target=found.listen)
    ears.start()
    try:
        yield found
    finally:
        process.kill()
        process.wait()
        ears.join()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()

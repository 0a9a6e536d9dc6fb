"""One copy of a function, as Lambda runs it: ``python -I -S alarms_sandbox.py FOLDER RUNTIME HANDLER``.

Reads one JSON line for each invocation from standard input and writes one for each end; what the function prints
goes into that line. Imports nothing but what FOLDER (the unpacked zip) and RUNTIME (Lambda's own packages) hold.
"""

import importlib
import io
import json
import sys
import time
import traceback
from typing import Any


class Context:
    """What a handler may ask of its invocation."""

    def __init__(self, *, arn: str, request_id: str, seconds: float) -> None:
        self.invoked_function_arn = arn
        self.aws_request_id = request_id
        self._ends = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends - time.monotonic()) * 1000))


def main() -> None:
    """Serve until standard input ends."""
    folder, runtime, entry = sys.argv[1:]
    answers, sys.stdout = sys.stdout, io.StringIO()
    sys.path[:0] = [folder, runtime]
    module, _, name = entry.rpartition(".")
    for line in sys.stdin:
        asked = json.loads(line)
        context = Context(arn=asked["arn"], request_id=asked["request_id"], seconds=asked["seconds"])
        end: dict[str, Any] = {"result": None, "error": None}
        try:
            end["result"] = getattr(importlib.import_module(module), name)(asked["event"], context)
        except Exception as error:  # noqa: BLE001 - Lambda, too, turns every exception into an answer
            end["error"] = f"{type(error).__name__}: {error}"
            end["trace"] = traceback.format_exc()
        end["log"] = sys.stdout.getvalue()
        sys.stdout.seek(0)
        sys.stdout.truncate()
        answers.write(json.dumps(end) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()

"""A list of what callers asked IAM for, for checking policies against what really happened."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from toolkit.lab.iam.asking import demands

if TYPE_CHECKING:
    from toolkit.lab.exchange import Request

_RUN: Final = re.compile(r"failover-toolkit/\S+ run/(\S+)")
_GENERATED: Final = re.compile(r"[0-9a-f]{8}(\.\d+)?")


class _Nothing:
    """Facts for a list of types, which needs no world."""

    account = ""

    def tags(self, resource_id: str) -> Mapping[str, str]:
        del resource_id
        return {}

    def ends(self, attachment_id: str) -> Mapping[str, str]:
        return {"instance": attachment_id, "network-interface": attachment_id}


class Tally:
    """Appends a line of JSON to a file for each kind of request that the toolkit makes, the first time.

    ``key`` is the access key, ``run`` what the toolkit calls itself (``run`` for one of its own numbers, empty for
    any other program), ``asks`` the actions with the types of their resources.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def note(self, request: Request) -> None:
        """Append the request unless one like it was noted before."""
        found = _RUN.search(request.user_agent)
        run = _GENERATED.sub("run", found.group(1)) if found else ""
        line = json.dumps({"key": request.access_key, "run": run, "asks": _asks(request)}) + "\n"
        with self._lock:
            if line in self._seen:
                return
            self._seen.add(line)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(line)


def _asks(request: Request) -> dict[str, list[str]]:
    try:
        found = demands(request, _Nothing())
    except (LookupError, TypeError, ValueError):
        return {f"{request.service}:{request.action}": ["?"]}
    asks: dict[str, set[str]] = {}
    for demand in found:
        asks.setdefault(demand.action, set()).add(demand.type)
    return {action: sorted(types) for action, types in sorted(asks.items())}

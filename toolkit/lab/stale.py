"""Reads that lag behind writes, as EC2's eventual consistency allows (AWS.md §2)."""

import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from toolkit.lab.exchange import Answer, Handler, Request

REMEMBERED_READS = 64
Key = tuple[str, str, str]


def _key(request: Request) -> Key:
    return request.service, request.action, json.dumps(request.params, sort_keys=True)


@dataclass
class PastAnswers:
    """What the reads asked so far would have answered just before each recent write.

    A read is known once it was asked, with the same parameters; one that nobody asked before the write
    is answered from the present.
    """

    clock: Callable[[], float]
    _reads: OrderedDict[Key, Request] = field(default_factory=OrderedDict)
    _past: dict[Key, list[tuple[float, Answer]]] = field(default_factory=dict)

    def note(self, request: Request) -> None:
        """Remembers that this read is asked."""
        self._reads[_key(request)] = request
        self._reads.move_to_end(_key(request))
        while len(self._reads) > REMEMBERED_READS:
            self._reads.popitem(last=False)

    def before_write(self, inner: Handler, *, seconds: float) -> None:
        """Asks every remembered read again, to be shown for ``seconds``."""
        until = self.clock() + seconds
        for key, request in list(self._reads.items()):
            self._past.setdefault(key, []).append((until, inner(request)))

    def answer(self, request: Request) -> Answer | None:
        """The oldest answer that may still be shown, if there is one."""
        now = self.clock()
        current = [entry for entry in self._past.get(_key(request), []) if entry[0] > now]
        self._past[_key(request)] = current
        return current[0][1] if current else None

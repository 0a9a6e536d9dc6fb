"""The lab's process: ``python -m toolkit.lab.server``.

Prints one line of JSON with its addresses once it answers, and ends on SIGTERM, on Ctrl-C, or when its
standard input closes, as it does when its parent dies.
"""

import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

# moto's catalogue of machine images takes half a second to build and no failover reads it.
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

from toolkit.lab.control import controlled
from toolkit.lab.endpoint import Endpoint
from toolkit.lab.listener import Listener
from toolkit.lab.network import listening


@dataclass(frozen=True)
class Running:
    """A lab that answers: its endpoint and where it listens."""

    endpoint: Endpoint
    url: str

    def addresses(self) -> dict[str, str]:
        """What a client needs to know to use it."""
        return {"url": self.url, **asdict(self.endpoint.places)}


@contextmanager
def running(port: int = 0) -> Iterator[Running]:
    """A lab in this process until the block ends; port 0 takes a free one."""
    endpoint = Endpoint()
    with listening(endpoint.surroundings) as endpoint.places:
        listener = Listener(port, handler=controlled(endpoint, inner=endpoint.metadata.around(endpoint)))
        serving = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield Running(endpoint, listener.url)
        finally:
            endpoint.faults.clear()
            listener.shutdown()
            listener.server_close()
            serving.join()


def told_to_stop() -> threading.Event:
    """An event that SIGTERM and Ctrl-C set; to be called on the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _when_input_closes(act: Callable[[], None]) -> None:
    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        act()

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Serves until told to stop."""
    stop = told_to_stop()
    _when_input_closes(stop.set)
    with running() as lab:
        # What the imports made stays: without it, each full collection would stop all calls for 0.1 s.
        gc.collect()
        gc.freeze()
        sys.stdout.write(json.dumps(lab.addresses()) + "\n")
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main()

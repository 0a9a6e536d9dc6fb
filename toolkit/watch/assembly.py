"""A watcher with real threads around its loop."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from toolkit.probes import Probes
from toolkit.watch.eyes import LoopEyes, open_eyes
from toolkit.watch.outside import Outside
from toolkit.watch.report import Report, report
from toolkit.watch.threads import Mailbox, Threads
from toolkit.watch.voice import Hearer, Voice
from toolkit.watch.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.domain.group import Configuration
    from toolkit.engine.engine import Engine
    from toolkit.ports import Clock
    from toolkit.watch.outside import Sources, Supervisor

READERS: Final = 4
VOTERS: Final = 4
# A run waits for its proof most of the time: after the loss of a zone a hundred groups move at once, and with a
# resolver away each takes a minute.
RUNNERS: Final = 256


@dataclass(frozen=True, slots=True)
class Given:
    """``Sources`` that never change: a configuration and an engine at hand."""

    given: Configuration
    wired: Engine

    def configuration(self) -> Configuration:
        return self.given

    def engine(self, configuration: Configuration) -> Engine:
        del configuration
        return self.wired


@dataclass(frozen=True, slots=True)
class Assembled:
    """A watcher that is ready for ``run``, and how other threads and signals speak to it."""

    watcher: Watcher
    eyes: LoopEyes
    voice: Voice
    clock: Clock
    inbox: Mailbox

    def run(self) -> None:
        """Watch until ``stop``; in the thread of the caller."""
        self.watcher.run()

    def stop(self) -> None:
        """End after the runs in hand; from any thread or signal handler."""
        self.inbox.put(self.watcher.stop)

    def reload(self) -> None:
        """Take the configuration anew; from any thread or signal handler."""
        self.inbox.put(self.watcher.reload)

    def report(self) -> Report:
        return report(self.watcher, self.voice, self.clock)


@contextmanager
def assembled(
    sources: Sources, clock: Clock, *, hearer: Hearer, supervisor: Supervisor, observer: str
) -> Iterator[Assembled]:
    """A watcher of what ``sources`` configure; its threads end with the block. ``observer`` is its name in votes."""
    inbox, voice = Mailbox(), Voice(hearer, clock.wall)
    with ExitStack() as stack:

        def threads(name: str, most: int) -> Threads:
            made = Threads(inbox, name=name, most=most)
            stack.callback(made.close)
            return made

        with open_eyes(Probes(), inbox) as eyes:
            outside = Outside(
                sources=sources,
                clock=clock,
                inbox=inbox,
                eyes=eyes,
                readers=threads("read", READERS),
                askers=threads("ask", 1),
                voters=threads("vote", VOTERS),
                tellers=threads("tell", 1),
                runners=threads("run", RUNNERS),
                supervisor=supervisor,
                voice=voice,
                observer=observer,
            )
            yield Assembled(Watcher(outside), eyes, voice, clock, inbox)

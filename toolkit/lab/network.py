"""The lab's network: two SOCKS5 proxies and two DNS servers, in an event loop on a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from toolkit.lab.answerer import Answerer, DnsServer
from toolkit.lab.conditions import Conditions
from toolkit.lab.places import Places
from toolkit.lab.services import Network, Services
from toolkit.lab.socks import Proxy
from toolkit.lab.state import State
from toolkit.lab.zones import View, Zone


@dataclass(kw_only=True)
class Surroundings:
    """Both sides of the lab's network over one state of the world.

    ``vpc`` names the VPC that "inside" means; None while there is none.
    """

    state: Callable[[], State]
    zones: Callable[[], Sequence[Zone]]
    vpc: Callable[[], str | None]
    conditions: Conditions
    services: Services = field(default_factory=Services)

    def __post_init__(self) -> None:
        self.answerers = {
            side: Answerer(inside=side, views=self._views_from(inside=side), conditions=self.conditions)
            for side in (True, False)
        }

    def _views_from(self, *, inside: bool) -> Callable[[], tuple[View, View]]:
        def views() -> tuple[View, View]:
            state, zones = self.state(), self.zones()
            within = View(state=state, zones=zones, vpc=self.vpc())
            without = View(state=state, zones=zones)
            return (within, without) if inside else (without, within)

        return views

    def network(self, *, inside: bool) -> Network:
        """What connections from one side meet; names in them are resolved by that side's answerer."""
        answerer = self.answerers[inside]

        def address_of(name: str) -> str | None:
            return next((row.value for row in answerer.resolve(name, kind="A").rows if row.kind == "A"), None)

        return Network(
            inside=inside,
            state=self.state,
            names=address_of,
            services=self.services,
            conditions=self.conditions,
        )

    def reset(self) -> None:
        """No services, no cuts, good weather."""
        self.services.reset()
        self.conditions.restore()
        for answerer in self.answerers.values():
            answerer.forget()


@contextmanager
def listening(surroundings: Surroundings) -> Iterator[Places]:
    """The network's servers on free loopback ports until the block ends."""
    proxies = [Proxy(surroundings.network(inside=side)) for side in (True, False)]
    resolvers = [DnsServer(surroundings.answerers[side]) for side in (True, False)]
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="lab-network", daemon=True)
    thread.start()

    async def start() -> Places:
        return Places(
            socks_inside=await proxies[0].start(),
            socks_outside=await proxies[1].start(),
            dns_inside=await resolvers[0].start(),
            dns_outside=await resolvers[1].start(),
        )

    async def stop() -> None:
        for proxy in proxies:
            await proxy.stop()
        for resolver in resolvers:
            await resolver.stop()
        await loop.shutdown_default_executor()

    try:
        yield asyncio.run_coroutine_threadsafe(start(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

"""The lab's network as seen from one side: which instance an address leads to, and what listens there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from ipaddress import ip_address

from toolkit.lab.conditions import Conditions
from toolkit.lab.state import State

Target = tuple[str, int]


class Reply(IntEnum):
    """How a connection attempt ends, in SOCKS5's numbers (RFC 1928)."""

    SUCCEEDED = 0
    HOST_UNREACHABLE = 4
    REFUSED = 5
    COMMAND_NOT_SUPPORTED = 7


@dataclass
class Services:
    """What listens on the instances, and which instances are cut off from the network.

    A target of None is the lab's own responder.
    """

    _targets: dict[tuple[str, int], Target | None] = field(default_factory=dict)
    _cut: set[str] = field(default_factory=set)

    def listen(self, instance: str, *, port: int, target: Target | None) -> None:
        """From now on the instance's port leads to the target."""
        self._targets[instance, port] = target

    def close(self, instance: str, *, port: int) -> None:
        """From now on nothing listens on that port."""
        self._targets.pop((instance, port), None)

    def cut(self, instance: str) -> None:
        """No packet reaches the instance any more, though it runs."""
        self._cut.add(instance)

    def heal(self, instance: str) -> None:
        """Packets reach the instance again."""
        self._cut.discard(instance)

    def reset(self) -> None:
        """Nothing listens, nothing is cut."""
        self._targets.clear()
        self._cut.clear()

    def is_cut(self, instance: str) -> bool:
        """Whether the instance is cut off."""
        return instance in self._cut

    def at(self, instance: str, *, port: int) -> tuple[bool, Target | None]:
        """Whether something listens there, and where it really is."""
        return (instance, port) in self._targets, self._targets.get((instance, port))


@dataclass(kw_only=True)
class Network:
    """One side's view of the lab's network."""

    inside: bool
    state: Callable[[], State]
    names: Callable[[str], str | None]
    services: Services
    conditions: Conditions

    def reach(self, host: str, *, port: int) -> tuple[Reply | None, str, Target | None]:
        """What a connection attempt meets: a reply (None: silence), the instance, the real target."""
        instance = self.at(self.address(host))
        if instance is None:
            return self._silence(), "", None
        listening, target = self.services.at(instance, port=port)
        return (Reply.SUCCEEDED if listening else Reply.REFUSED), instance, target

    def address(self, host: str) -> str | None:
        """The address that a host means on this side, None when its name means none."""
        return host if _is_address(host) else self.names(host)

    def at(self, address: str | None) -> str | None:
        """The instance that packets for an address reach now, if any."""
        holder = self.state().holder(address, inside=self.inside) if address else None
        if holder is None or holder.instance is None or holder.instance_state != "running":
            return None
        return None if self.services.is_cut(holder.instance) else holder.instance

    def _silence(self) -> Reply | None:
        answers = {"timeout": None, "unreachable": Reply.HOST_UNREACHABLE, "refused": Reply.REFUSED}
        return answers[self.conditions.silence]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True

"""A group: addresses that move together, the nodes that may hold them, and how it is judged and proven."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Node:
    """An EC2 instance that may hold the group's addresses.

    ``interface`` is None for the instance's primary interface; ``host`` is where probes go, None for
    the private address of that interface.
    """

    name: str
    instance: str
    interface: str | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class ByTag:
    """Things found by a tag at the beginning of each run, instead of being listed."""

    key: str
    value: str


@dataclass(frozen=True)
class Address:
    """One movable thing; each kind is a subclass in ``toolkit.moves``.

    ``key`` names it in plans, journals and reports, and is unique in a configuration.
    """

    kind: ClassVar[str] = ""

    @property
    def key(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class TcpProbe:
    """Healthy when a connection to the port is accepted within the time limit."""

    port: int
    timeout_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """Healthy when a GET answers with the expected status (and text, if given) within the time limit.

    ``tls_name`` is the name that the server's certificate must have; None: the target's own address.
    """

    port: int
    path: str = "/"
    tls: bool = False
    expect: int = 200
    contains: str | None = None
    tls_name: str | None = None
    timeout_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class CommandProbe:
    """Healthy when the program exits with 0; ``{node}``, ``{instance}``, ``{host}`` are filled in, no shell."""

    argv: tuple[str, ...]
    timeout_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class StatusProbe:
    """Healthy when the instance runs and no EC2 status check reports it impaired."""


@dataclass(frozen=True, slots=True)
class AlarmProbe:
    """Healthy when the CloudWatch alarm of that name is not in ALARM; ``{node}`` is filled in."""

    alarm: str


Probe: TypeAlias = TcpProbe | HttpProbe | CommandProbe | StatusProbe | AlarmProbe


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many of how many observers must agree before anything moves."""

    observers: int
    of: int


@dataclass(frozen=True, slots=True)
class Health:
    """How nodes are judged: ``fall`` failures in a row make Unhealthy, ``rise`` passes Healthy.

    ``anchors`` (host:port) are what the observer must reach to trust its own eyes; ``via`` is a SOCKS5
    proxy (``socks5://host:port``) that probes go through.
    """

    probes: tuple[Probe, ...] = (StatusProbe(),)
    interval_seconds: float = 1.0
    fall: int = 3
    rise: int = 2
    any_of: bool = False
    anchors: tuple[str, ...] = ()
    via: str | None = None
    quorum: Quorum | None = None


@dataclass(frozen=True, slots=True)
class AutoFailback:
    """Back to the preferred node once it has been healthy that long, inside the daily UTC window if one is given."""

    stable_seconds: float = 600.0
    window: str | None = None


Failback: TypeAlias = Literal["manual", "never"] | AutoFailback


@dataclass(frozen=True, slots=True)
class FenceDetach:
    """Rung: take the old holder's data interface (not the primary one) off it."""

    timeout_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class FenceIsolate:
    """Rung: leave the old holder's interface with nothing but this security group."""

    security_group: str
    timeout_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class FenceStop:
    """Rung: stop the old holder, forced and without its own shutdown (``AWS.md`` §6)."""

    timeout_seconds: float = 60.0


Fence: TypeAlias = FenceDetach | FenceIsolate | FenceStop


@dataclass(frozen=True, slots=True)
class Policy:
    """When the group may move by itself, how often, and what is done to the old holder first.

    ``force_detach_seconds`` is the patience with an interface's detachment before it is forced; None: never.
    """

    failback: Failback = "manual"
    cooldown_seconds: float = 300.0
    max_moves: int = 3
    max_moves_window_seconds: float = 3600.0
    fence: tuple[Fence, ...] = ()
    force_detach_seconds: float | None = None
    max_snapshot_age_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Verify:
    """What is proven after a move: names at resolvers (host or host:port), and a probe through the address.

    With ``guest`` the agent on the target must have told the journal that its machine has the addresses.
    ``via`` is the SOCKS5 proxy of the probe through public addresses, None for none.
    """

    names: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    through: bool = False
    guest: bool = False
    timeout_seconds: float = 60.0
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Addresses that move together. Nodes stand in order of preference."""

    name: str
    nodes: tuple[Node, ...] | ByTag
    addresses: tuple[Address, ...]
    health: Health = field(default_factory=Health)
    policy: Policy = field(default_factory=Policy)
    verify: Verify = field(default_factory=Verify)
    notify_sns: str | None = None

    @property
    def members(self) -> tuple[Node, ...]:
        """The nodes; a group by tag must have been resolved before (``toolkit.engine``)."""
        if isinstance(self.nodes, ByTag):
            raise TypeError(f"group {self.name}: its nodes are not resolved yet")
        return self.nodes

    def node(self, name: str) -> Node | None:
        return next((node for node in self.members if node.name == name), None)

    def of_kind(self, kind: str) -> tuple[Address, ...]:
        return tuple(address for address in self.addresses if address.kind == kind)


@dataclass(frozen=True, slots=True)
class DynamoState:
    """Lease and journal in a DynamoDB table (keys ``group`` and ``item``)."""

    table: str


@dataclass(frozen=True, slots=True)
class FileState:
    """Lease and journal in a folder of this machine: guards against other programs on it only."""

    folder: str


State: TypeAlias = DynamoState | FileState


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that the user wrote; ``region`` None: AWS_REGION decides.

    ``lease_seconds`` is how long an owner that says nothing keeps the lease.
    """

    groups: tuple[Group, ...]
    state: State
    region: str | None = None
    lease_seconds: float = 15.0

    def group(self, name: str) -> Group | None:
        return next((group for group in self.groups if group.name == name), None)

"""EC2's request token buckets, one for each action (AWS.md §3, MOTO.md §8)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from toolkit.lab.exchange import Request


@dataclass(frozen=True)
class Size:
    """A bucket's capacity in requests and its refill in requests per second."""

    capacity: float
    refill_per_second: float


READ = Size(100, 20)
READ_UNFILTERED = Size(50, 10)
WRITE = Size(50, 5)
EXCEPTIONS: Mapping[str, Size] = {
    "AssignPrivateIpAddresses": Size(100, 5),
    "UnassignPrivateIpAddresses": Size(100, 5),
    "AssignIpv6Addresses": Size(100, 5),
    "CreateNetworkInterface": Size(100, 5),
    "DeleteNetworkInterface": Size(100, 5),
    "ModifyNetworkInterfaceAttribute": Size(100, 5),
    "ModifyInstanceMetadataOptions": Size(100, 5),
    "TerminateInstances": Size(100, 5),
    "CreateTags": Size(100, 10),
    "RunInstances": Size(5, 2),
    "StartInstances": Size(5, 2),
}
# Beside the request bucket, these draw one token for each instance named.
INSTANCES: Mapping[str, Size] = {
    "RunInstances": Size(1000, 2),
    "StartInstances": Size(1000, 2),
    "StopInstances": Size(1000, 20),
    "TerminateInstances": Size(1000, 20),
}
COSTLY_WHEN_UNFILTERED = frozenset(
    {
        "DescribeInstances",
        "DescribeInstanceStatus",
        "DescribeNetworkInterfaces",
        "DescribeSecurityGroups",
        "DescribeVolumes",
        "DescribeSnapshots",
        "DescribeSpotInstanceRequests",
    }
)


def bucket_of(request: Request) -> tuple[str, Size]:
    """The bucket that a request draws from: its name and size."""
    action = request.action
    if action.startswith(("Describe", "Get")):
        narrowed = any(key.startswith(("Filter.", "MaxResults")) or ".1" in key for key in request.params)
        if action in COSTLY_WHEN_UNFILTERED and not narrowed:
            return f"{action} unfiltered", READ_UNFILTERED
        return action, READ
    return action, EXCEPTIONS.get(action, WRITE)


def instances_named(request: Request) -> int:
    """How many instances a request starts, stops or ends."""
    if request.action == "RunInstances":
        return int(str(request.params.get("MaxCount", 1)))
    return sum(1 for key in request.params if key.startswith("InstanceId."))


@dataclass
class TokenBucket:
    """Tokens that come back at a steady rate, up to a capacity."""

    size: Size
    clock: Callable[[], float]
    neighbour_per_second: float = 0.0
    _tokens: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens, self._at = self.size.capacity, self.clock()

    def take(self, count: int = 1) -> bool:
        """Whether the tokens were there; if so they are gone."""
        now = self.clock()
        gained = (now - self._at) * (self.size.refill_per_second - self.neighbour_per_second)
        self._tokens = min(self.size.capacity, max(0.0, self._tokens + gained))
        self._at = now
        if self._tokens < count:
            return False
        self._tokens -= count
        return True


@dataclass
class Buckets:
    """All buckets of one account and region; the caller holds a lock."""

    clock: Callable[[], float]
    scale: float = 1.0
    neighbour_per_second: float = 0.0
    _buckets: dict[str, TokenBucket] = field(default_factory=dict)

    def admits(self, request: Request) -> bool:
        """Whether AWS would serve this request now; draws the tokens if so."""
        if request.service != "ec2":
            return True
        name, size = bucket_of(request)
        if not self._bucket(name, size).take():
            return False
        if request.action not in INSTANCES:
            return True
        instances = self._bucket(f"{request.action} instances", INSTANCES[request.action])
        return instances.take(instances_named(request))

    def _bucket(self, name: str, size: Size) -> TokenBucket:
        if name not in self._buckets:
            scaled = Size(size.capacity * self.scale, size.refill_per_second * self.scale)
            self._buckets[name] = TokenBucket(scaled, self.clock, self.neighbour_per_second)
        return self._buckets[name]

"""Faults as data: what goes wrong, on which calls. The same in Python and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self

When = Literal["before", "after"]


@dataclass(frozen=True, kw_only=True)
class Latency:
    """The call takes longer: ``seconds`` plus up to ``jitter_seconds``, before or after its effect."""

    seconds: float = 0.0
    jitter_seconds: float = 0.0
    when: When = "before"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An error answer, with or without the call's effect."""

    code: str = "InternalError"
    status: int = 500
    message: str = "An internal error has occurred"
    when: When = "before"


@dataclass(frozen=True, kw_only=True)
class Drop:
    """The connection closes without an answer, before or after the call's effect."""

    when: When = "before"


@dataclass(frozen=True, kw_only=True)
class Stale:
    """For ``seconds`` after a write, EC2 reads answer as they would have before it (AWS.md §2, consistency)."""

    seconds: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Deny:
    """IAM says no; EC2 adds a message that only sts:DecodeAuthorizationMessage can read."""


@dataclass(frozen=True, kw_only=True)
class Expire:
    """The credentials are past their time: ``RequestExpired`` from EC2, ``ExpiredTokenException`` elsewhere."""


@dataclass(frozen=True, kw_only=True)
class BlackHole:
    """The connection is accepted and nothing is ever answered, until the fault is cleared."""


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """EC2's request buckets at their real sizes (MOTO.md §8), full at the start.

    ``scale`` multiplies sizes and refills; ``neighbour_per_second`` is what somebody else in the account
    takes out of every bucket.
    """

    scale: float = 1.0
    neighbour_per_second: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Kill:
    """The process ``pid`` gets SIGKILL, before or after the call's effect, and the connection closes."""

    pid: int
    when: When = "after"


Effect = Latency | Refusal | Drop | Stale | Deny | Expire | BlackHole | Throttle | Kill
EFFECTS: Mapping[str, type[Effect]] = {
    "latency": Latency,
    "refusal": Refusal,
    "drop": Drop,
    "stale": Stale,
    "deny": Deny,
    "expire": Expire,
    "black_hole": BlackHole,
    "throttle": Throttle,
    "kill": Kill,
}


@dataclass(frozen=True)
class Fault:
    """An effect on the calls that fit every pattern given.

    ``service``, ``action``, ``user_agent`` and the values of ``params`` are shell patterns; ``action`` may
    name several, split by ``|``. Among the calls that fit, counted from 1, the fault acts from number
    ``first`` on, ``count`` times (None: for ever), each time with ``probability`` drawn from ``seed``;
    with ``per_action`` each action is counted by itself. After ``seconds`` the fault is over.
    """

    effect: Effect
    service: str = field(default="*", kw_only=True)
    action: str = field(default="*", kw_only=True)
    params: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    mutating: bool | None = field(default=None, kw_only=True)
    user_agent: str = field(default="*", kw_only=True)
    first: int = field(default=1, kw_only=True)
    count: int | None = field(default=None, kw_only=True)
    probability: float = field(default=1.0, kw_only=True)
    seed: int = field(default=0, kw_only=True)
    per_action: bool = field(default=False, kw_only=True)
    seconds: float | None = field(default=None, kw_only=True)

    def to_json(self) -> dict[str, Any]:
        """The fault as a JSON object."""
        kind = next(name for name, effect in EFFECTS.items() if type(self.effect) is effect)
        return {**asdict(self), "effect": {"kind": kind, **asdict(self.effect)}}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The fault that a JSON object describes.

        Raises:
            ValueError: an unknown kind or key.
        """
        effect = dict(document.get("effect", {}))
        kind = EFFECTS.get(str(effect.pop("kind", "")))
        if kind is None:
            raise ValueError(f"effect.kind is one of {', '.join(EFFECTS)}")
        matching = {key: value for key, value in document.items() if key != "effect"}
        unknown = set(effect) - {f.name for f in fields(kind)} | set(matching) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"unknown in a fault: {', '.join(sorted(unknown))}")
        return cls(kind(**effect), **matching)

"""How the lab's network, names and metadata behave: good weather by default."""

from dataclasses import dataclass, fields
from typing import Literal, get_args, get_type_hints

DnsMode = Literal["right", "slow", "lost", "truncated", "wrong_view", "flip_flop", "servfail"]
Silence = Literal["timeout", "unreachable", "refused"]
ImdsMode = Literal["on", "slow", "off", "silent"]


@dataclass(kw_only=True)
class Conditions:
    """Switches that tests turn while the lab runs. Times are in seconds.

    ``silence`` is what a caller meets at an address whose instance is down, cut off or nowhere: AWS answers
    nothing at all (``timeout``), which costs a test its time. ``dns_side`` says which answerer misbehaves,
    ``dns_flip_seconds`` for how long after a change ``flip_flop`` gives the old answer in turn with the new one.
    ``route53_sync_seconds`` is how long a change stays PENDING and unseen by the name servers.
    ``inside_vpc`` is the VPC that "inside" means; empty: the seeded world's, else the busiest one.
    """

    inside_vpc: str = ""
    silence: Silence = "unreachable"
    dns_mode: DnsMode = "right"
    dns_side: Literal["both", "inside", "outside"] = "both"
    dns_delay_seconds: float = 0.2
    dns_flip_seconds: float = 60.0
    route53_sync_seconds: float = 0.0
    imds_mode: ImdsMode = "on"
    imds_delay_seconds: float = 0.2
    imds_lag_seconds: float = 0.0
    imds_tags: bool = False
    switch_interval_seconds: float = 0.005

    def check(self, name: str, value: object) -> None:
        """Nothing, when the switch has that position.

        Raises:
            ValueError: it has not.
        """
        choices = get_args(get_type_hints(Conditions)[name])
        kind = type(getattr(self, name))
        number = kind is float and isinstance(value, int | float) and not isinstance(value, bool)
        if (value not in choices) if choices else not (number or type(value) is kind):
            raise ValueError(f"setting {name} cannot be {value!r}")

    def restore(self) -> None:
        """Every switch back to its default."""
        for known in fields(self):
            setattr(self, known.name, known.default)

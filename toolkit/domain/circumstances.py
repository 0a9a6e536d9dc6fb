"""What is known about one answer to one name, as the rules that look for its cause see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from toolkit.domain.answers import Answer, Failure
from toolkit.domain.naming import Expectation, Standing, View, amazon_domain

AMAZON_RESOLVERS: Final = frozenset({"169.254.169.253", "fd00:ec2::253", "[fd00:ec2::253]"})


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known beside the answer; None where it is not known.

    ``software`` is what the server calls itself; ``upstream_alive`` whether it can resolve other names;
    ``others_right`` whether another resolver of the same side is right; ``hostnames_off`` whether AWS gives
    the Elastic IP no public name.
    """

    software: str | None = None
    upstream_alive: bool | None = None
    others_right: bool | None = None
    hostnames_off: bool | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """All that a rule may look at."""

    answer: Answer
    view: View
    standing: Standing
    known: Circumstances
    expected: Expectation

    @property
    def server(self) -> str:
        """bind, dnsmasq, unbound or an empty text."""
        text = (self.known.software or "").lower()
        for name in ("dnsmasq", "unbound"):
            if text.startswith(name):
                return name
        return "bind" if text[:2] in {"9.", "10"} or text.startswith("bind") else ""

    @property
    def amazon_domain(self) -> str:
        return amazon_domain(self.answer.name, *self.answer.chain)

    @property
    def is_amazon(self) -> bool:
        return self.answer.resolver in AMAZON_RESOLVERS

    @property
    def failed_as(self) -> Failure | None:
        return self.answer.failure


Told: TypeAlias = tuple[str, str]
Rule: TypeAlias = Callable[[Case], Told | None]

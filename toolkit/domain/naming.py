"""Whether a name leads where it should, seen from inside the VPC and from outside: pure judgement."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from toolkit.domain.answers import Answer

# RFC 1918, RFC 6598, loopback and link-local: what an IPv4 address inside a VPC can be.
_PRIVATE: Final = tuple(
    ipaddress.ip_network(block)
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16")
)
# AWS.md §4: us-east-1 has a form of its own; the suffix depends on the partition.
_OWN_NAME: Final = re.compile(r"ec2-(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})\.(?:compute-1|[a-z0-9-]+\.compute)\..+")

_AMAZON: Final = re.compile(r"\.compute(?:-1)?\.(.+)$")


class View(StrEnum):
    """From where a name is asked."""

    INSIDE = "inside"
    OUTSIDE = "outside"


class Standing(StrEnum):
    """What an answer is worth, from good to bad."""

    RIGHT = "right"
    UNKNOWN = "unknown"
    DISAGREEING = "disagreeing"
    STALE = "stale"
    WRONG_VIEW = "wrong view"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Expectation:
    """The addresses that a name may answer on each side now, and those that it answered under an earlier holder.

    ``earlier`` gives the node by its address. An empty side expects nothing of it and is judged by the kind
    of address alone. ``inside_only`` is a name that the outside need not know.
    """

    name: str
    inside: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()
    earlier: Mapping[str, str] = field(default_factory=dict)
    inside_only: bool = False

    def is_seen(self, view: View) -> bool:
        """Whether the name is promised to that side."""
        return view is View.INSIDE or not self.inside_only

    def right(self, view: View) -> frozenset[str]:
        return self.inside if view is View.INSIDE else self.outside


@dataclass(frozen=True, slots=True)
class Judgement:
    """One resolver's answer to one name, judged; ``cause`` and ``remedy`` are empty where all is well.

    ``cause`` of a Right answer is a warning: it will not stay right at the next move.
    """

    name: str
    resolver: str
    view: View
    standing: Standing
    answer: Answer
    cause: str = ""
    remedy: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "resolver": self.resolver,
            "view": self.view.value,
            "standing": self.standing.value,
            "cause": self.cause,
            "remedy": self.remedy,
            "answer": self.answer.as_json(),
        }


def is_public(address: str) -> bool:
    """Whether an IPv4 address is one of the internet, as an Elastic IP is; IPv6 has one address for both sides."""
    try:
        literal = ipaddress.ip_address(address)
    except ValueError:
        return False
    return isinstance(literal, ipaddress.IPv4Address) and not any(literal in block for block in _PRIVATE)


def amazon_domain(*names: str) -> str:
    """The domain of the partition that these names of Elastic IPs are in; the largest one where none tells."""
    found = (_AMAZON.search(name.lower()) for name in names)
    return next((match[1] for match in found if match), "amazonaws.com")


def by_name_alone(name: str) -> Expectation:
    """What can be expected of a name without asking AWS: an Elastic IP's own name has the public address in it."""
    own = _OWN_NAME.fullmatch(name.lower())
    return Expectation(name, outside=frozenset({".".join(own.groups())}) if own else frozenset())


def standing(answer: Answer, view: View, expected: Expectation) -> Standing:
    """What the answer is worth against what AWS says now; the worst of its addresses decides."""
    if answer.failure is not None and answer.failure.is_no_answer:
        return Standing.UNKNOWN
    if not answer.addresses or not answer.whole:
        return Standing.MISSING
    return max((_of_address(address, view, expected) for address in answer.addresses), key=list(Standing).index)


def _of_address(address: str, view: View, expected: Expectation) -> Standing:
    right = expected.right(view)
    if address in right:
        return Standing.RIGHT
    other = expected.outside if view is View.INSIDE else expected.inside
    if address in other:
        return Standing.WRONG_VIEW
    if address in expected.earlier:
        return Standing.STALE
    if is_public(address) is (view is View.INSIDE) and ":" not in address:
        return Standing.WRONG_VIEW
    return Standing.UNKNOWN if right else Standing.RIGHT


def together(judgements: Sequence[Judgement]) -> Standing:
    """What a name is worth on the whole: resolvers of one side that differ in what they say disagree.

    One that gave no answer is no disagreement, it is Unknown; all wrong alike is that wrong.
    """
    if not judgements:
        return Standing.UNKNOWN
    standings = {judgement.standing for judgement in judgements}
    for view in View:
        heard = [j for j in judgements if j.view is view and j.standing is not Standing.UNKNOWN]
        if len({(j.standing, j.answer.addresses) for j in heard}) > 1 and len({j.answer.addresses for j in heard}) > 1:
            return Standing.DISAGREEING
    return max(standings, key=list(Standing).index)


def laggards(judgements: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """Those that are not right, by name and resolver."""
    return tuple(
        sorted((j for j in judgements if j.standing is not Standing.RIGHT), key=lambda j: (j.name, j.resolver))
    )

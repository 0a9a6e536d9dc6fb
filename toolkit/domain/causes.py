"""Why a name is not answered rightly, and what to do: one rule per pitfall (``AWS.md`` §4)."""

from __future__ import annotations

from typing import Final

from toolkit.domain.absences import MISSING
from toolkit.domain.answers import Answer, Failure
from toolkit.domain.circumstances import Case, Circumstances, Rule, Told
from toolkit.domain.naming import Expectation, Judgement, Standing, View, is_public, standing

# AWS.md §4: the VPC's resolver gives 60 s, the public view was seen with 604800 s.
INSIDE_TTL_SECONDS: Final = 60
LEAKED_TTL_SECONDS: Final = 3600


def judge(answer: Answer, view: View, expected: Expectation, known: Circumstances) -> Judgement:
    """The answer's standing with the likeliest cause and its remedy, each one line."""
    found = standing(answer, view, expected)
    case = Case(answer, view, found, known, expected)
    rules = _RULES[found]
    cause, remedy = next((told for rule in rules if (told := rule(case)) is not None), ("", ""))
    return Judgement(answer.name, answer.resolver, view, found, answer, cause, remedy)


def _unanswered(case: Case) -> Told | None:
    problem = case.answer.problem or ""
    match case.failed_as:
        case Failure.SILENT:
            return problem, "see whether UDP and TCP port 53 reach it from here, or name another resolver"
        case Failure.CLOSED:
            return problem, "start the name server there, or correct the port"
        case Failure.UNREACHABLE:
            return problem, "see this machine's routes and address families"
        case Failure.GARBLED:
            return problem, "see whether the port belongs to a name server"
    return None


def _stranger(case: Case) -> Told | None:
    said = ", ".join(case.answer.addresses)
    if case.view is View.INSIDE and not any(is_public(address) for address in case.answer.addresses):
        return (
            f"{said} is no address of this group now: of a holder that is gone, or of a record changed by hand",
            "empty the server's cache, and compare the name with `failover dns name`",
        )
    return (
        f"{said} is no address of this group: a name of another account, or a record changed by hand",
        "compare the name with `failover dns name`",
    )


def _long_ttl(case: Case) -> Told | None:
    ttl = case.answer.ttl
    if case.view is not View.INSIDE or ttl is None or ttl <= INSIDE_TTL_SECONDS:
        return None
    how = {
        "dnsmasq": "`--min-cache-ttl` makes its TTL",
        "unbound": "`cache-min-ttl` makes its TTL",
        "bind": "`min-cache-ttl` makes its TTL",
    }.get(case.server, "its TTL is")
    option = {"dnsmasq": "min-cache-ttl", "unbound": "cache-min-ttl", "bind": "min-cache-ttl"}.get(case.server, "")
    remedy = f"remove `{option}` from {case.answer.resolver}" if option else "lower the TTL of the records on the way"
    return f"right now, but {how} {ttl} s: it will answer the old address that long after the next move", remedy


def _kept_stale(case: Case) -> Told | None:
    if not any("stale" in remark for remark in case.answer.remarks):
        return None
    return (
        "the server serves stale answers while it can't reach its upstream (BIND serve-stale, unbound serve-expired)",
        f"turn it off for {case.amazon_domain}, or mend its way to the VPC's resolver",
    )


def _kept_long(case: Case) -> Told | None:
    option = {"dnsmasq": "`--min-cache-ttl`", "unbound": "`cache-min-ttl`", "bind": "`min-cache-ttl`"}.get(case.server)
    if option is None or (case.answer.ttl or 0) <= INSIDE_TTL_SECONDS:
        return None
    return (
        f"the cache keeps the address of {_earlier(case)} for {case.answer.ttl} s more, by {option}",
        f"remove {option} and restart the server, which empties its cache",
    )


def _kept(case: Case) -> Told | None:
    return (
        f"the cache still has the address of {_earlier(case)}, for {case.answer.ttl} s more",
        "wait that long, or empty the cache (`rndc flush`, `unbound-control flush NAME`, SIGHUP for dnsmasq)",
    )


def _earlier(case: Case) -> str:
    return ", ".join(
        dict.fromkeys(case.expected.earlier[a] for a in case.answer.addresses if a in case.expected.earlier)
    )


def _vpc_attributes(case: Case) -> Told | None:
    # Only a VPC's resolver gives the public view so short a life; the internet gives it a week (AWS.md §4).
    of_a_vpc = case.is_amazon or case.known.hostnames_off or (case.answer.ttl or 0) <= INSIDE_TTL_SECONDS
    if case.view is not View.INSIDE or not of_a_vpc:
        return None
    return (
        "a VPC's own resolver gives the public view: DNS hostnames are off, or a peering has no remote resolution",
        "enable enableDnsSupport and enableDnsHostnames in the VPC, AllowDnsResolutionFromRemoteVpc on the peering",
    )


def _public_leak(case: Case) -> Told | None:
    if case.view is not View.INSIDE or (case.answer.ttl or 0) <= LEAKED_TTL_SECONDS:
        return None
    if case.server == "bind":
        return (
            f"BIND asked the internet itself (`forward first`), and keeps the public view for {case.answer.ttl} s",
            "write `forward only;` in the zone or the options, then `rndc flush`",
        )
    return (
        f"the public view leaked into this cache and stays for {case.answer.ttl} s more",
        "let the server forward to the VPC's resolver only, then empty its cache",
    )


def _other_upstream(case: Case) -> Told | None:
    if case.view is not View.INSIDE:
        return None
    return (
        "the server asks upstreams of different views, or only public ones",
        "leave no other upstream than the VPC's resolver (or an inbound endpoint), in resolv.conf too",
    )


def _private_outside(case: Case) -> Told | None:
    if case.view is not View.OUTSIDE:
        return None
    return (
        "a private address is given to the outside: this server is inside the VPC, or forwards there",
        "take a resolver outside the VPC for this side, and keep the private zone out of the public one",
    )


_RULES: Final[dict[Standing, tuple[Rule, ...]]] = {
    Standing.RIGHT: (_long_ttl,),
    Standing.UNKNOWN: (_unanswered, _stranger),
    Standing.DISAGREEING: (),
    Standing.STALE: (_kept_stale, _kept_long, _kept),
    Standing.WRONG_VIEW: (_vpc_attributes, _public_leak, _other_upstream, _private_outside),
    Standing.MISSING: MISSING,
}

"""Why a name has no address at a resolver: one rule per pitfall (``AWS.md`` §4)."""

from __future__ import annotations

from typing import Final

from toolkit.domain.answers import Failure
from toolkit.domain.circumstances import Case, Rule, Told
from toolkit.domain.naming import View


def _pieced(case: Case) -> Told | None:
    if case.answer.whole:
        return None
    cause = "the server gives the CNAME alone, so that a program which asks once finds no address"
    if case.server == "dnsmasq":
        return (
            f"{cause}: the target of dnsmasq's `--cname` must be known to dnsmasq itself, not to its upstream",
            "put the CNAME into the zone upstream (Route 53, BIND) instead of `--cname`",
        )
    return cause, "ask a recursive server, not one that only serves its own zones"


def _rebind(case: Case) -> Told | None:
    blocked = any(remark.startswith(("blocked", "filtered")) for remark in case.answer.remarks)
    if case.failed_as not in {Failure.EMPTY, Failure.REFUSED} or case.view is not View.INSIDE:
        return None
    if case.server == "dnsmasq" or (blocked and not case.server):
        return (
            "rebind protection (dnsmasq `--stop-dns-rebind`) strips private addresses from a public name",
            f"add `rebind-domain-ok=/{case.amazon_domain}/` (and the domain of your own name) to dnsmasq",
        )
    if case.server == "unbound":
        return (
            "unbound's `private-address` strips private addresses from a public name",
            f'add `private-domain: "{case.amazon_domain}"` (and the domain of your own name) to unbound',
        )
    return None


def _deny_answer(case: Case) -> Told | None:
    if case.failed_as is not Failure.SERVFAIL or case.server != "bind" or not case.known.upstream_alive:
        return None
    return (
        "BIND's `deny-answer-addresses` refuses private addresses for a public name",
        f'add `except-from {{ "{case.amazon_domain}"; }}` (and the domain of your own name) to it',
    )


def _policy(case: Case) -> Told | None:
    zone, last = case.answer.policy, ([case.answer.name, *case.answer.chain])[-1]
    if zone is None:
        return None
    cause = f"the response policy zone {zone} of this server hides the name"
    return cause, f"let `{last} CNAME rpz-passthru.` stand in {zone}"


def _vpc_off(case: Case) -> Told | None:
    # With enableDnsSupport off the VPC's own resolver answers nothing (AWS.md §4); the name is gone on both sides.
    if case.failed_as is not Failure.SERVFAIL or case.view is not View.INSIDE or not case.known.hostnames_off:
        return None
    return (
        "the VPC's own resolver is off: AWS gives the address no name, and the server's upstream does not answer",
        "enable enableDnsSupport and enableDnsHostnames in the VPC",
    )


def _shadowed(case: Case) -> Told | None:
    zone, domain = case.answer.denied_by or "", case.amazon_domain
    exists = bool(case.expected.inside) and not case.known.hostnames_off
    if not exists or case.view is not View.INSIDE or not zone.endswith((f"compute.{domain}", f"compute-1.{domain}")):
        return None
    return (
        f"a zone {zone} of your own shadows AWS's: a zone that matches is asked alone, without falling through",
        "remove that zone and use a name of your own with a CNAME to the address's public name",
    )


def _gone(case: Case) -> Told | None:
    problem = case.answer.problem or ""
    if case.failed_as not in {Failure.NXDOMAIN, Failure.EMPTY}:
        return None
    if case.answer.chain:
        target = case.answer.chain[-1]
        return problem, f"correct the CNAME: {target} is gone (`failover dns name` prints the right one)"
    if case.known.hostnames_off:
        return problem, "enable enableDnsHostnames in the VPC; without it an Elastic IP has no public name"
    return problem, "see whether the name is spelled rightly and its record exists on this side"


_REMEDIES: Final = {
    Failure.SERVFAIL: "the server's own upstream does not answer it: see its forwarders and its log",
    Failure.REFUSED: "allow this client (`allow-query`, `allow-recursion`, `access-control`), or ask another server",
    Failure.LAME: "name a resolver that answers for others, not the zone's own server",
    Failure.LOOP: "break the circle; one CNAME, to the address's public name, is enough",
    Failure.TOO_LONG: "shorten the CNAMEs; one, to the address's public name, is enough",
    Failure.BAD_NAME: "give a host name",
}


def _otherwise(case: Case) -> Told | None:
    remedy = _REMEDIES.get(case.failed_as) if case.failed_as else None
    return (case.answer.problem or "", remedy) if remedy else None


MISSING: Final[tuple[Rule, ...]] = (_pieced, _rebind, _deny_answer, _policy, _vpc_off, _shadowed, _gone, _otherwise)

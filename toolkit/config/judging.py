"""How a group is judged, ruled and proven, from checked values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from toolkit.config.faults import Faults, Path
from toolkit.domain.group import (
    AlarmProbe,
    AutoFailback,
    CommandProbe,
    Failback,
    Fence,
    FenceDetach,
    FenceIsolate,
    FenceStop,
    Health,
    HttpProbe,
    Policy,
    Probe,
    Quorum,
    StatusProbe,
    TcpProbe,
    Verify,
)

_Values = Mapping[str, Any]

# Key in the text, attribute in the domain: for whatever is not called the same.
HEALTH_NAMES: Final = {"interval": "interval_seconds", "fall": "fall", "rise": "rise", "any": "any_of", "via": "via"}
POLICY_NAMES: Final = {
    "cooldown": "cooldown_seconds",
    "force_detach": "force_detach_seconds",
    "max_snapshot_age": "max_snapshot_age_seconds",
}
VERIFY_NAMES: Final = {"through": "through", "guest": "guest", "timeout": "timeout_seconds", "via": "via"}
_LIMIT: Final = {"timeout": "timeout_seconds"}


def health(values: _Values, path: Path, faults: Faults) -> Health:
    """How nodes are judged; a quorum that can't be reached is a fault."""
    quorum = None
    if "quorum" in values:
        quorum = Quorum(**values["quorum"])
        if quorum.observers > quorum.of:
            problem = f"{quorum.observers} of {quorum.of} observers can never agree"
            faults.bad((*path, "quorum", "observers"), problem, f"write {quorum.of} or fewer")
    probes: dict[str, Any] = (
        {"probes": tuple(_probe(probe) for probe in values["probes"])} if "probes" in values else {}
    )
    return Health(
        **probes,
        anchors=values.get("anchors", ()),
        quorum=quorum,
        **_renamed(values, HEALTH_NAMES),
    )


def policy(values: _Values, path: Path, faults: Faults) -> Policy:
    """When the group moves by itself; a window without length is a fault."""
    limits = {}
    if "max_moves" in values:
        limits = {"max_moves": values["max_moves"]["count"], "max_moves_window_seconds": values["max_moves"]["window"]}
    return Policy(
        failback=_failback(values.get("failback", "manual"), (*path, "failback"), faults),
        fence=tuple(_rung(rung) for rung in values.get("fence", ())),
        **limits,
        **_renamed(values, POLICY_NAMES),
    )


def verify(values: _Values, path: Path, judged: Health, faults: Faults) -> Verify:
    """What is proven; a probe through the address needs one that goes over the network."""
    if values.get("through") and not any(isinstance(probe, TcpProbe | HttpProbe) for probe in judged.probes):
        problem = "no tcp or http probe is there to send through the address"
        faults.bad((*path, "through"), problem, "add one to `health: probes:`, or leave `through:` out")
    resolvers = values.get("resolvers", {})
    return Verify(
        names=values.get("names", ()),
        inside=resolvers.get("inside", ()),
        outside=resolvers.get("outside", ()),
        **_renamed(values, VERIFY_NAMES),
    )


def _renamed(values: _Values, names: Mapping[str, str]) -> dict[str, Any]:
    return {names[key]: value for key, value in values.items() if key in names}


def _probe(values: str | _Values) -> Probe:
    if isinstance(values, str):
        return StatusProbe()
    limit = _renamed(values, _LIMIT)
    if "tcp" in values:
        return TcpProbe(values["tcp"], **limit)
    if "command" in values:
        return CommandProbe(values["command"], **limit)
    if "alarm" in values:
        return AlarmProbe(values["alarm"])
    scheme, _, target = (
        values["http"].partition(":") if values["http"].startswith("http") else ("http", "", values["http"])
    )
    port, _, path = target.removeprefix("//").removeprefix(":").partition("/")
    extras = {key: values[key] for key in ("expect", "contains", "tls_name") if key in values}
    return HttpProbe(int(port), path=f"/{path}", tls=scheme == "https", **extras, **limit)


def _failback(values: str | _Values, path: Path, faults: Faults) -> Failback:
    match values:
        case "manual":
            return "manual"
        case "never":
            return "never"
        case str():
            auto: _Values = {}
        case _:
            auto = values["auto"]
    window = auto.get("window")
    if window is not None and len(set(window.split("-"))) == 1:
        faults.bad(
            (*path, "auto", "window"), f"{window} ends when it begins", "leave the window out if any time is right"
        )
    return AutoFailback(window=window, **_renamed(auto, {"stable": "stable_seconds"}))


def _rung(values: str | _Values) -> Fence:
    spelled = {values: {}} if isinstance(values, str) else values
    ((name, given),) = spelled.items()
    if name == "isolate":
        detail = {"security_group": given} if isinstance(given, str) else given
        return FenceIsolate(detail["security_group"], **_renamed(detail, _LIMIT))
    limit = _renamed(given, _LIMIT)
    return FenceStop(**limit) if name == "stop" else FenceDetach(**limit)

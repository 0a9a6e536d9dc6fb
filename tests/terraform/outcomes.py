"""What ``terraform test -json -verbose`` says, event by event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_ENDS: Final = frozenset(("pass", "fail", "error", "skip"))

# The provider's mocks invent ids without a form: this is the form that AWS gives them.
_FORMS: Final[Mapping[str, tuple[str, str]]] = {
    "aws_instance": ("id", "i-"),
    "aws_network_interface": ("id", "eni-"),
    "aws_eip": ("allocation_id", "eipalloc-"),
    "aws_route_table": ("id", "rtb-"),
    "aws_security_group": ("id", "sg-"),
    "aws_route53_zone": ("zone_id", "Z"),
}


@dataclass(frozen=True)
class Resource:
    """A resource in the state of a run, with the address of its module in front."""

    address: str
    type: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class State:
    """What a run that applied left: resources and outputs."""

    file: str
    run: str
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """All of one call: how many runs passed, what went wrong in words, and the states."""

    passed: int
    failed: int
    faults: tuple[str, ...]
    states: tuple[State, ...]


def read(text: str) -> Outcome:
    """The events of one ``terraform test``; lines that are no JSON are faults."""
    ends: list[str] = []
    faults: list[str] = []
    states: list[State] = []
    for event in _events(text, faults):
        match event.get("type"):
            case "test_run" if event["test_run"].get("status") in _ENDS:
                ends.append(event["test_run"]["status"])
            case "diagnostic" if event["diagnostic"]["severity"] == "error":
                faults.append(_fault(event))
            case "test_cleanup":
                faults.append(event["@message"])
            case "test_state" if "outputs" in event["test_state"]:
                states.append(_state(event))
            case _:
                pass
    passed = ends.count("pass")
    return Outcome(passed, len(ends) - passed, tuple(faults), tuple(states))


def _events(text: str, faults: list[str]) -> Iterator[Mapping[str, Any]]:
    for line in text.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            faults.append(line)
        else:
            yield event


def _fault(event: Mapping[str, Any]) -> str:
    diagnostic = event["diagnostic"]
    where = " ".join(str(event[key]) for key in ("@testfile", "@testrun") if key in event)
    return f"{where}: {diagnostic['summary']}: {diagnostic.get('detail', '')}".strip()


def _state(event: Mapping[str, Any]) -> State:
    outputs = {name: output["value"] for name, output in event["test_state"]["outputs"].items()}
    resources = tuple(_resources(event["test_state"]["root_module"]))
    return State(event["@testfile"], event["@testrun"], resources, outputs)


def _resources(module: Mapping[str, Any]) -> Iterator[Resource]:
    for found in module.get("resources", ()):
        if found["mode"] == "managed":
            yield Resource(found["address"], found["type"], found["values"])
    for child in module.get("child_modules", ()):
        yield from _resources(child)


def formed(state: State, value: Any) -> Any:
    """The value with each invented id in the form that AWS gives such ids."""
    ids: dict[str, str] = {}
    for resource in state.resources:
        attribute, prefix = _FORMS.get(resource.type, ("", ""))
        invented = resource.values.get(attribute)
        if isinstance(invented, str):
            digits = hashlib.sha256(invented.encode()).hexdigest()[:17]
            ids[invented] = prefix + (digits.upper() if prefix == "Z" else digits)
    return _replaced(value, ids)


def _replaced(value: Any, ids: Mapping[str, str]) -> Any:
    match value:
        case dict():
            return {key: _replaced(item, ids) for key, item in value.items()}
        case list():
            return [_replaced(item, ids) for item in value]
        case str():
            return ids.get(value, value)
        case _:
            return value

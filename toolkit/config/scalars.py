"""Single values against their shape; each gives the value in its final form, or notes a fault."""

from __future__ import annotations

import ipaddress
from typing import Any

from toolkit.config import durations
from toolkit.config.faults import Faults, Path, nearest, shown
from toolkit.config.shapes import Duration, Words
from toolkit.domain.fields import Cidr, Flag, Ip, Text, Whole

_ADDRESS_EXAMPLES = {4: "10.0.1.50", 6: "2600:1f18::50"}


def text(spec: Text, value: Any, path: Path, faults: Faults) -> Any:
    """A string that its pattern matches as a whole."""
    if not isinstance(value, str):
        return _mistyped(spec.what, f'write it as text, in quotes, such as "{spec.example}"', value, path, faults)
    if not spec.accepts(value):
        return faults.bad(path, f"{shown(value)} is not {spec.what}", f"write one such as {spec.example}")
    return value


def whole(spec: Whole, value: Any, path: Path, faults: Faults) -> Any:
    """A whole number in its bounds."""
    bounds = f"{spec.minimum}" if spec.minimum == spec.maximum else f"a number from {spec.minimum} to {spec.maximum}"
    # JSON knows one kind of number: 3.0 is whole.
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return _mistyped(spec.what, f"write {bounds}", value, path, faults)
    if not spec.minimum <= value <= spec.maximum:
        return faults.bad(path, f"{shown(value)} is not {spec.what}", f"write {bounds}")
    return int(value)


def flag(spec: Flag, value: Any, path: Path, faults: Faults) -> Any:
    """True or false, no word that sounds like it."""
    if isinstance(value, bool):
        return value
    return faults.bad(path, f"{shown(value)} does not say {spec.what}", "write true or false, without quotes")


def word(spec: Words, value: Any, path: Path, faults: Faults) -> Any:
    """One of the words."""
    if value in spec.options and isinstance(value, str):
        return value
    meant = nearest(value, spec.options) if isinstance(value, str) else None
    remedy = f"write {meant}" if meant else f"write one of {', '.join(spec.options)}"
    return faults.bad(path, f"{shown(value)} is not {spec.what}", remedy)


def duration(spec: Duration, value: Any, path: Path, faults: Faults) -> Any:
    """Seconds."""
    units = "with its unit, such as 500ms, 10s, 5m or 1h"
    if isinstance(value, int | float) and not isinstance(value, bool):
        problem = f"{shown(value)} has no unit, and {spec.what} needs one"
        return faults.bad(path, problem, f"write {shown(value)}s if seconds are meant")
    if not isinstance(value, str):
        return _mistyped(spec.what, f"write a time {units}", value, path, faults)
    read = durations.seconds(value)
    if read is None:
        return faults.bad(path, f"{shown(value)} is not a time", f"write a number {units}")
    if not spec.minimum_seconds <= read <= spec.maximum_seconds:
        low, high = durations.spelled(spec.minimum_seconds), durations.spelled(spec.maximum_seconds)
        return faults.bad(path, f"{value} can't be {spec.what}", f"write a time from {low} to {high}")
    return read


def address(spec: Ip, value: Any, path: Path, faults: Faults) -> Any:
    """A literal address in its shortest form."""
    example = _ADDRESS_EXAMPLES[spec.version]
    if not isinstance(value, str):
        return _mistyped(spec.what, f'write it as text, in quotes, such as "{example}"', value, path, faults)
    try:
        read = ipaddress.ip_address(value)
    except ValueError:
        read = None
    if read is None or read.version != spec.version or "%" in value:
        return faults.bad(path, f"{shown(value)} is not {spec.what}", f"write one such as {example}")
    return str(read)


def network(spec: Cidr, value: Any, path: Path, faults: Faults) -> Any:
    """A network in its shortest form, refused when it has host bits."""
    if not isinstance(value, str):
        return _mistyped(spec.what, 'write it as text, such as "10.99.0.10/32"', value, path, faults)
    head, slash, length = value.partition("/")
    try:
        loose = ipaddress.ip_network(value, strict=False) if slash and length.isdecimal() else None
    except ValueError:
        loose = None
    if loose is None or "%" in value:
        return faults.bad(path, f"{shown(value)} is not {spec.what}", "write a network such as 10.99.0.10/32")
    if ipaddress.ip_address(head) != loose.network_address:
        return faults.bad(path, f"{value} is not {spec.what}: it names a host inside a network", f"write {loose}")
    return str(loose)


def _mistyped(what: str, remedy: str, value: Any, path: Path, faults: Faults) -> Any:
    return faults.bad(path, f"{shown(value)} is not {what}", remedy)

"""A value against its shape: what is right comes back in its final form, what is wrong becomes a fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, assert_never

from toolkit.config import scalars
from toolkit.config.faults import BAD, Faults, Path, nearest, shown
from toolkit.config.shapes import ByKind, Choice, Duration, Items, Key, MapOf, Record, Spec, Words
from toolkit.domain.fields import NAME, Cidr, Flag, Ip, ListOf, PerNode, Text, Whole


def check(spec: Spec, value: Any, path: Path, faults: Faults) -> Any:
    """The value as its shape reads it; mappings and lists keep their good parts, BAD stands for what has none."""
    return _checker(spec)(value, path, faults)


def _checker(spec: Spec) -> Callable[[Any, Path, Faults], Any]:  # noqa: C901, PLR0911, PLR0912 - one line per shape
    match spec:
        case Text():
            return lambda *at: scalars.text(spec, *at)
        case Whole():
            return lambda *at: scalars.whole(spec, *at)
        case Flag():
            return lambda *at: scalars.flag(spec, *at)
        case Ip():
            return lambda *at: scalars.address(spec, *at)
        case Cidr():
            return lambda *at: scalars.network(spec, *at)
        case Duration():
            return lambda *at: scalars.duration(spec, *at)
        case Words():
            return lambda *at: scalars.word(spec, *at)
        case ListOf():
            return lambda *at: _distinct(spec, *at)
        case Items():
            return lambda *at: _items(spec, *at)
        case PerNode():
            return lambda *at: _entries(MapOf("a mapping by node name", NAME, spec.item), *at)
        case MapOf():
            return lambda *at: _entries(spec, *at)
        case Record():
            return lambda *at: _record(spec, *at)
        case Choice():
            return lambda *at: _choice(spec, *at)
        case ByKind():
            return lambda *at: _by_kind(spec, *at)
        case _:
            assert_never(spec)


def _items(spec: Items, value: Any, path: Path, faults: Faults) -> Any:
    if not isinstance(value, list):
        return faults.bad(path, f"{shown(value)} is not {spec.what}", "write a list, each item after a dash")
    if len(value) < spec.minimum:
        count = "nothing" if not value else f"only {len(value)}"
        return faults.bad(path, f"{count} is listed as {spec.what}", f"list {spec.minimum} or more")
    return tuple(check(spec.item, item, (*path, index), faults) for index, item in enumerate(value))


def _distinct(spec: ListOf, value: Any, path: Path, faults: Faults) -> Any:
    items = _items(Items("a list", spec.item, minimum=1), value, path, faults)
    if items is BAD:
        return BAD
    for index, item in enumerate(items):
        if item is not BAD and item in items[:index]:
            faults.bad((*path, index), f"{shown(item)} is listed twice", "leave one of them out")
    return items


def _entries(spec: MapOf, value: Any, path: Path, faults: Faults) -> Any:
    if not isinstance(value, dict):
        return faults.bad(path, f"{shown(value)} is not {spec.what}", "write `key: value` pairs")
    if not value or (spec.maximum is not None and len(value) > spec.maximum):
        wanted = "at least one" if spec.maximum is None else f"exactly {spec.maximum}"
        return faults.bad(path, f"{len(value)} entries do not make {spec.what}", f"write {wanted}")
    entries = {}
    for key, item in value.items():
        if not spec.key.accepts(key):
            faults.bad((*path, key), f"{shown(key)} is not {spec.key.what}", f"write one such as {spec.key.example}")
        entries[key] = check(spec.item, item, (*path, key), faults)
    return entries


def _record(spec: Record, value: Any, path: Path, faults: Faults) -> Any:
    if not isinstance(value, dict):
        return faults.bad(path, f"{shown(value)} is not {spec.what}", f"write {_outline(spec)}")
    known = {key.name: key for key in spec.keys}
    meant = _unknown_keys(value, known, path, faults)
    for key in spec.keys:
        if key.required and key.name not in value and key.name not in meant:
            faults.bad((*path, key.name), f"{spec.what} lacks `{key.name}`", f"add it: {_phrase(key.doc)}")
    return {name: check(known[name].spec, item, (*path, name), faults) for name, item in value.items() if name in known}


def _unknown_keys(value: Mapping[str, Any], known: Mapping[str, Key], path: Path, faults: Faults) -> set[str]:
    """Faults the keys that are not known; gives the known ones that were probably meant."""
    meant = set()
    for name in value:
        if name in known:
            continue
        near = nearest(name, [key for key in known if key not in value])
        meant |= {near} if near else set()
        remedy = f"did you mean `{near}`?" if near else f"leave it out, or write one of {', '.join(known)}"
        faults.bad((*path, name), f"{shown(name)} is no key here", remedy)
    return meant


def _choice(spec: Choice, value: Any, path: Path, faults: Faults) -> Any:
    if isinstance(value, str) and (value in spec.words or spec.text):
        return value if value in spec.words or spec.text is None else scalars.text(spec.text, value, path, faults)
    if isinstance(value, list) and spec.items:
        return _items(spec.items, value, path, faults)
    if isinstance(value, dict):
        record = next((record for record in spec.records if record.keys[0].name in value), None)
        if record is None and len(spec.records) == 1:
            record = spec.records[0]
        if record is not None:
            return _record(record, value, path, faults)
    words = value if isinstance(value, dict) else [value] if isinstance(value, str) else []
    known = [*spec.words, *(record.keys[0].name for record in spec.records)]
    near = next((meant for word in words if (meant := nearest(word, known)) and meant != word), None)
    hint = f"did you mean `{near}`? Write" if near else "write"
    return faults.bad(path, f"{_named(value)} is not {spec.what}", f"{hint} {spec.example}")


def _by_kind(spec: ByKind, value: Any, path: Path, faults: Faults) -> Any:
    if not isinstance(value, dict) or "kind" not in value:
        kinds = ", ".join(spec.records)
        return faults.bad(path, f"{_named(value)} does not say which kind it is", f"add `kind:`, one of {kinds}")
    kind = scalars.word(Words("a kind of address", tuple(spec.records)), value["kind"], (*path, "kind"), faults)
    return BAD if kind is BAD else _record(spec.records[kind], value, path, faults)


def _named(value: Any) -> str:
    if isinstance(value, dict) and value:
        return f"a mapping with {', '.join(shown(key) for key in list(value)[:3])}"
    return shown(value)


def _phrase(sentence: str) -> str:
    return f"{sentence[0].lower()}{sentence[1:].removesuffix('.')}"


def _outline(spec: Record) -> str:
    wanted = [key.name for key in spec.keys if key.required] or [key.name for key in spec.keys][:2]
    return f"a mapping with {', '.join(f'`{name}:`' for name in wanted)}"

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

from toolkit.config.building import build
from toolkit.config.checking import check
from toolkit.config.faults import Faults
from toolkit.config.keys import whole
from toolkit.domain.fields import Field, Whole
from toolkit.domain.group import Address
from toolkit.moves.shape import Kind

_FIELDS = (
    Field("low", Whole("a bound", 0, 9), "The low one.", required=True),
    Field("high", Whole("a", 0, 9), "Other."),
)


class _Range(Address):
    kind = "range"

    @property
    def key(self) -> str:
        return "range"


def _build(values: Mapping[str, Any]) -> Address:
    if values["high"] is not None and values["low"] > values["high"]:
        raise ValueError("low is above high")
    return _Range()


_KINDS = {"range": cast("Kind", SimpleNamespace(KIND="range", FIELDS=_FIELDS, build=_build))}


def _faults(*addresses: Mapping[str, Any]) -> list[tuple[str, str]]:
    nodes = [{"name": f"db-{n}", "instance": f"i-0123456{n}"} for n in (1, 2)]
    data = {"version": 1, "state": {"file": "/x"}, "groups": {"db": {"nodes": nodes, "addresses": list(addresses)}}}
    faults = Faults()
    build(check(whole(_KINDS), data, (), faults), faults, _KINDS)
    return [(fault.path, fault.problem) for fault in faults.listed(lambda _: 0)]


def test_a_kind_declares_its_own_keys_and_needs_no_line_here() -> None:
    assert _faults({"kind": "range", "low": 1}) == []


def test_what_a_kind_refuses_is_a_fault_of_that_address() -> None:
    found = _faults({"kind": "range", "low": 5, "high": 1})
    assert found == [("groups.db.addresses[0]", "low is above high")]


def test_a_kind_is_not_asked_about_values_that_have_a_fault() -> None:
    found = _faults({"kind": "range", "high": 10})
    assert [path for path, _ in found] == ["groups.db.addresses[0].low", "groups.db.addresses[0].high"]

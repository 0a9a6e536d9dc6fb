from __future__ import annotations

from itertools import chain
from typing import Final

import pytest

from terraform import actions

_GRANTED: Final = actions.granted()


@pytest.mark.parametrize("kind", sorted(actions.declared()))
def test_terraform_grants_each_kind_exactly_what_it_declares(kind: str) -> None:
    assert _GRANTED["moves"][kind] == actions.declared()[kind], "run `make iam`"


def test_terraform_knows_every_kind_of_address_and_no_other() -> None:
    assert set(_GRANTED["moves"]) == set(actions.declared()), "run `make iam`"


def test_every_granted_write_names_the_resource_types_that_must_allow_it() -> None:
    writes = set(chain.from_iterable(kind["writes"] for kind in _GRANTED["moves"].values()))
    fences = set(chain.from_iterable(_GRANTED["fence"].values()))
    assert (writes | fences) <= set(_GRANTED["resources"])


def test_no_resource_type_is_kept_for_an_action_that_nothing_uses() -> None:
    used = {
        *chain.from_iterable(action for kind in _GRANTED["moves"].values() for action in kind.values()),
        *chain.from_iterable(_GRANTED["fence"].values()),
    }
    assert set(_GRANTED["resources"]) <= used


def test_no_action_is_granted_by_a_pattern() -> None:
    assert "*" not in actions.FILE.read_text()

from __future__ import annotations

import json
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fields import ForeignEventError, MalformedEventError, UnknownEventError
from notice import Home, Notice, Says
from payloads import corpus, mutants
from support.function import Function
from trigger import triggers

HOME: Final = Home(corpus.ACCOUNT, corpus.REGION)
REFUSALS: Final = (ForeignEventError, MalformedEventError, UnknownEventError)
# 10,000 events in all: shares that workers take side by side, examples of a share, events of an example.
SHARES, EXAMPLES, EVENTS = 4, 125, 20


@pytest.mark.parametrize("share", range(SHARES))
@settings(max_examples=EXAMPLES)
@given(events=st.lists(mutants.events(), min_size=EVENTS, max_size=EVENTS))
def test_a_broken_event_is_refused_in_one_line_or_means_what_stands_in_it(share: int, events: list[object]) -> None:
    del share
    for event in events:
        notices, refusal = _read(event)
        assert 0 < len(refusal) < 600 or notices
        assert "\n" not in refusal
        written = json.dumps(event)
        for notice in notices:
            if notice.says in {Says.DOWN, Says.LEAVING}:
                assert corpus.ACCOUNT in written
                assert all(instance in written for instance in notice.instances)
                assert notice.alarm or notice.instances


@pytest.mark.parametrize("share", range(SHARES))
@settings(max_examples=25)
@given(events=st.lists(mutants.events(), min_size=10, max_size=10))
def test_the_function_moves_nothing_for_a_broken_event_whatever_is_down(share: int, events: list[object]) -> None:
    del share
    function = Function()
    function.break_first()
    for event in events:
        result = function(event)
        assert result["status"]
        refused = bool(_read(event)[1])
        assert (result["status"] == "refused") >= refused
        if function.world.cloud.made:
            assert not refused
            return
        assert {"reason"} <= set(result) or all(answer["reason"] for answer in result["answers"])


def _read(event: object) -> tuple[tuple[Notice, ...], str]:
    try:
        return triggers(event, HOME, now=corpus.AT), ""
    except REFUSALS as error:
        return (), str(error)

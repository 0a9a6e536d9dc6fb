"""Composite alarms, which moto holds but cannot make (MOTO.md §6): their rules, their states, who is shown them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from toolkit.lab.refusals import refuse

if TYPE_CHECKING:
    from moto.cloudwatch.models import Alarm

    from toolkit.lab.exchange import Answer, Handler, Request

PUT: Final = "PutCompositeAlarm"
METRIC: Final = "PutMetricAlarm"
SERVICES: Final = frozenset({"cloudwatch", "monitoring"})
OK: Final = 200
_ASKS: Final = re.compile(r'(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]+)"|([^"\s()]+))\s*\)')
_WORD: Final = re.compile(rf"\s*({_ASKS.pattern}|AND\b|OR\b|NOT\b|TRUE\b|FALSE\b|[()])\s*")


def around(inner: Handler) -> Handler:
    """A handler that makes composite alarms, keeps their states and shows them to who asks for their type."""

    def serve(request: Request) -> Answer:
        if request.service not in SERVICES:
            return inner(request)
        alarms: dict[str, Alarm] = get_backend("cloudwatch")[DEFAULT_ACCOUNT_ID][request.region].alarms
        if request.action == "DescribeAlarms":
            return _shown(request, inner, alarms)
        answer = _put(request, inner, alarms) if request.action == PUT else inner(request)
        if request.mutating:
            _settle(alarms)
        return answer

    return serve


def holds(rule: str, states: Mapping[str, str]) -> bool:
    """Whether a composite alarm's rule is true, given the states of alarms by name.

    Raises:
        ValueError: the text is no rule.
        KeyError: the rule asks for an alarm that there is not.
    """
    words = deque(_words(rule))
    found = _either(words, states)
    if words:
        raise ValueError(f"what is {words[0]!r} in {rule!r}?")
    return found


def _words(rule: str) -> list[str]:
    found, at = [], 0
    while at < len(rule):
        word = _WORD.match(rule, at)
        if word is None:
            raise ValueError(f"what is {rule[at:]!r} in {rule!r}?")
        found.append(word.group(1))
        at = word.end()
    return found


def _either(words: deque[str], states: Mapping[str, str]) -> bool:
    found = _both(words, states)
    while words and words[0] == "OR":
        words.popleft()
        found = _both(words, states) or found
    return found


def _both(words: deque[str], states: Mapping[str, str]) -> bool:
    found = _one(words, states)
    while words and words[0] == "AND":
        words.popleft()
        found = _one(words, states) and found
    return found


def _one(words: deque[str], states: Mapping[str, str]) -> bool:
    word = words.popleft() if words else ""
    asks = _ASKS.fullmatch(word)
    if asks:
        state, quoted, bare = asks.groups()
        return states[(quoted or bare).rpartition(":alarm:")[2]] == state
    if word == "NOT":
        return not _one(words, states)
    if word == "(":
        found = _either(words, states)
        if not words or words.popleft() != ")":
            raise ValueError("a parenthesis is not closed")
        return found
    if word in {"TRUE", "FALSE"}:
        return word == "TRUE"
    raise ValueError(f"{word!r} is no alarm")


def _put(request: Request, inner: Handler, alarms: dict[str, Alarm]) -> Answer:
    """What moto makes of it is a metric alarm, and its answer as empty; the rule makes that one composite."""
    rule = str(request.params.get("AlarmRule", ""))
    try:
        holds(rule, _states(alarms))
    except (KeyError, ValueError) as fault:
        return refuse(request, "ValidationError", message=f"AlarmRule: {fault}")
    answer = inner(
        replace(
            request,
            target=request.target.replace(PUT, METRIC),
            headers={name: value.replace(PUT, METRIC) for name, value in request.headers.items()},
            body=request.body.replace(f"Action={PUT}".encode(), f"Action={METRIC}".encode()),
        )
    )
    if answer.status == OK:
        alarms[str(request.params["AlarmName"])].rule = rule
    return answer


def _shown(request: Request, inner: Handler, alarms: dict[str, Alarm]) -> Answer:
    """Alarms of the types asked for and no other, metric alarms by default: moto shows those of every type."""
    wanted = request.members("AlarmTypes") or ["MetricAlarm"]
    whole = dict(alarms)
    for name, alarm in whole.items():
        if ("MetricAlarm" if alarm.rule is None else "CompositeAlarm") not in wanted:
            del alarms[name]
    try:
        return inner(request)
    finally:
        alarms.clear()
        alarms.update(whole)


def _settle(alarms: Mapping[str, Alarm]) -> None:
    """Every composite alarm follows its rule, through as many of them as stand on each other."""
    composites = {name: alarm.rule for name, alarm in alarms.items() if alarm.rule is not None}
    for _ in composites:
        for name, rule in composites.items():
            try:
                state = "ALARM" if holds(rule, _states(alarms)) else "OK"
            except KeyError:
                continue  # an alarm under it was deleted, which AWS refuses
            if state != alarms[name].state_value:
                alarms[name].update_state(f"{rule} is {'true' if state == 'ALARM' else 'false'}", "{}", state)


def _states(alarms: Mapping[str, Alarm]) -> dict[str, str]:
    return {name: alarm.state_value for name, alarm in alarms.items()}

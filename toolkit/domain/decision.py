"""Whether to move, and where to: pure, and every node and address considered gets a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from toolkit.domain.errors import UsageError
from toolkit.domain.group import Group
from toolkit.domain.health import Belief, Verdict
from toolkit.domain.holder import Foreign, HeldBy, Holder, Unknown, present
from toolkit.domain.steps import Objection

if TYPE_CHECKING:
    from collections.abc import Callable


class Cause(StrEnum):
    """Who asks for a run."""

    MANUAL = "manual"
    FAILURE = "failure"
    FAILBACK = "failback"
    RECLAIM = "reclaim"
    RECONCILE = "reconcile"


@dataclass(frozen=True, slots=True)
class Trigger:
    """Who asks, why, when it happened (wall-clock seconds). A hint: health is judged again before anything moves.

    ``target`` None: the first proven node in order of preference. ``overrides`` are names of rules that a
    person sets aside; only opinions can be. ``fences`` lets a person's move climb the policy's ladder of
    fences, as every move after a failure does. ``leaving`` are instances that will be taken away: none of them
    is a target, and that one still works does not keep the addresses there.
    """

    cause: Cause
    why: str
    at: float
    target: str | None = None
    overrides: frozenset[str] = frozenset()
    fences: bool = False
    leaving: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reason:
    """What was thought about one node or address."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Move:
    """Go: all addresses to this node."""

    target: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """Stay, by this rule."""

    rule: str
    why: str
    reasons: tuple[Reason, ...] = ()


Decision: TypeAlias = Move | Hold


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision may look at.

    ``holders`` by address key, ``verdicts`` and ``objections`` by node name; times are wall-clock seconds.
    """

    holders: Mapping[str, Holder]
    verdicts: Mapping[str, Verdict]
    objections: Mapping[str, tuple[Objection, ...]]
    now: float
    snapshot_age_seconds: float = 0.0
    move_times: tuple[float, ...] = ()
    observer_cut_off: str | None = None


def decide(group: Group, trigger: Trigger, situation: Situation) -> Decision:
    """Move or hold, after every rule in its order."""
    refused = sorted(trigger.overrides - OPINIONS)
    if refused:
        raise UsageError(f"{', '.join(refused)} can't be overridden: only {', '.join(sorted(OPINIONS))} are opinions")
    for rule in _WORLD_RULES:
        hold = rule(group, trigger, situation)
        if hold is not None and hold.rule not in trigger.overrides:
            return hold
    target = _target(group, trigger, situation)
    if isinstance(target, Hold):
        return target
    hold = _not_proven_dead(group, trigger, situation, target=target)
    if hold is not None and hold.rule not in trigger.overrides:
        return hold
    for rule in _PACE_RULES:
        hold = rule(group, trigger, situation)
        if hold is not None and hold.rule not in trigger.overrides and trigger.cause in _PACED:
            return hold
    return Move(target, _reasons(group, situation))


OPINIONS: Final = frozenset(
    {
        *("target-not-healthy", "holder-healthy", "holder-not-proven-dead"),
        *("observer-cut-off", "cooldown", "max-moves"),
    }
)
# What AWS itself says of a node that serves nobody any more.
_GONE: Final = frozenset({"target-missing", "target-not-running"})
_PACED: Final = frozenset({Cause.FAILURE, Cause.FAILBACK, Cause.RECONCILE})


def _snapshot_old(group: Group, trigger: Trigger, situation: Situation) -> Hold | None:
    del trigger
    limit = group.policy.max_snapshot_age_seconds
    if situation.snapshot_age_seconds <= limit:
        return None
    return Hold("snapshot-old", f"what is known of AWS is {situation.snapshot_age_seconds:.0f} s old, over {limit:g} s")


def _holder_unknown(group: Group, trigger: Trigger, situation: Situation) -> Hold | None:
    del group, trigger
    for key, holder in situation.holders.items():
        if isinstance(holder, Unknown):
            return Hold("holder-unknown", f"{key}: {holder.why}")
    return None


def _address_foreign(group: Group, trigger: Trigger, situation: Situation) -> Hold | None:
    del group, trigger
    for key, holder in situation.holders.items():
        if isinstance(holder, Foreign):
            return Hold("address-foreign", f"{key} is held by {holder}; an address of somebody else is never taken")
    return None


def _observer_cut_off(group: Group, trigger: Trigger, situation: Situation) -> Hold | None:
    del group, trigger
    why = situation.observer_cut_off
    return Hold("observer-cut-off", f"{why}: it is this place that is cut off") if why else None


def _cooldown(group: Group, trigger: Trigger, situation: Situation) -> Hold | None:
    del trigger
    cooldown = group.policy.cooldown_seconds
    ago = min(_moved_ago(situation, within_seconds=cooldown), default=None)
    if ago is None:
        return None
    return Hold("cooldown", f"the last move was {ago:.0f} s ago; {cooldown - ago:.0f} s of the cooldown are left")


def _max_moves(group: Group, trigger: Trigger, situation: Situation) -> Hold | None:
    del trigger
    window = group.policy.max_moves_window_seconds
    recent = _moved_ago(situation, within_seconds=window)
    if len(recent) < group.policy.max_moves:
        return None
    return Hold("max-moves", f"{len(recent)} moves in the last {window:.0f} s; the limit is {group.policy.max_moves}")


def _moved_ago(situation: Situation, *, within_seconds: float) -> list[float]:
    """How many seconds ago each move was, of those that so many seconds hold.

    One that is as little ahead of the clock was just now, by a clock that differs; one that is further ahead comes
    from a clock that was wrong, and tells nothing of when it was.
    """
    passed = (situation.now - at for at in situation.move_times)
    return [max(0.0, seconds) for seconds in passed if -within_seconds <= seconds < within_seconds]


_Rule: TypeAlias = "Callable[[Group, Trigger, Situation], Hold | None]"
_WORLD_RULES: Final[tuple[_Rule, ...]] = (_snapshot_old, _holder_unknown, _address_foreign, _observer_cut_off)
_PACE_RULES: Final[tuple[_Rule, ...]] = (_cooldown, _max_moves)


def _target(group: Group, trigger: Trigger, situation: Situation) -> str | Hold:
    if trigger.target is not None:
        if set(situation.holders.values()) == {HeldBy(trigger.target)}:
            return trigger.target
        hold = _unfit(trigger.target, trigger, situation)
        return hold or trigger.target
    present = _present(group, situation)
    going = {node.name for node in group.members if node.instance in trigger.leaving}
    healthy = [name for name in present if name not in going and _believed(name, situation) is Belief.HEALTHY]
    if healthy and trigger.cause is not Cause.FAILBACK and "holder-healthy" not in trigger.overrides:
        if set(situation.holders.values()) == {HeldBy(healthy[0])}:
            return Hold("holder-healthy", f"{healthy[0]} holds everything and is healthy", _reasons(group, situation))
        return _unfit(healthy[0], trigger, situation) or healthy[0]
    return _candidate(group, trigger, situation)


def _not_proven_dead(group: Group, trigger: Trigger, situation: Situation, *, target: str) -> Hold | None:
    """Nothing is taken from a node of which nobody knows whether it works, unless somebody names the target."""
    if trigger.target is not None:
        return None
    for node in group.members:
        losing = node.name in _present(group, situation) and node.name != target
        if not losing or node.instance in trigger.leaving or _believed(node.name, situation) is not Belief.UNKNOWN:
            continue
        if not any(objection.rule in _GONE for objection in situation.objections.get(node.name, ())):
            verdict = situation.verdicts.get(node.name)
            why = f"{node.name} holds addresses and is not proven dead: {verdict.why if verdict else 'not looked at'}"
            return Hold("holder-not-proven-dead", why, _reasons(group, situation))
    return None


def _candidate(group: Group, trigger: Trigger, situation: Situation) -> str | Hold:
    """The first node in order of preference that is proven healthy and can take everything."""
    last: Hold | None = None
    for node in group.members:
        if node.instance in trigger.leaving:
            continue
        hold = _unfit(node.name, trigger, situation)
        if hold is None:
            return node.name
        if _believed(node.name, situation) is Belief.HEALTHY:
            last = hold
    why = "; ".join(f"{name}: {verdict.why}" for name, verdict in situation.verdicts.items())
    return last or Hold("no-node-healthy", f"no node is proven healthy ({why})", _reasons(group, situation))


def _unfit(name: str, trigger: Trigger, situation: Situation) -> Hold | None:
    objections = situation.objections.get(name, ())
    if objections:
        first = objections[0]
        return Hold(first.rule, f"{first.subject}: {first.why}", tuple(Reason(o.subject, o.why) for o in objections))
    if _believed(name, situation) is Belief.HEALTHY or "target-not-healthy" in trigger.overrides:
        return None
    verdict = situation.verdicts.get(name)
    return Hold("target-not-healthy", f"{name} is not proven healthy: {verdict.why if verdict else 'not looked at'}")


def _believed(name: str, situation: Situation) -> Belief:
    verdict = situation.verdicts.get(name)
    return verdict.belief if verdict else Belief.UNKNOWN


def _present(group: Group, situation: Situation) -> list[str]:
    """The nodes that hold something now, in order of preference."""
    names = present(situation.holders.values())
    return [node.name for node in group.members if node.name in names]


def _reasons(group: Group, situation: Situation) -> tuple[Reason, ...]:
    found = [Reason(key, f"held by {holder}") for key, holder in situation.holders.items()]
    for node in group.members:
        verdict = situation.verdicts.get(node.name)
        found.append(Reason(node.name, f"{verdict.belief}: {verdict.why}" if verdict else "not looked at"))
        found.extend(Reason(o.subject, f"{node.name} can't: {o.why}") for o in situation.objections.get(node.name, ()))
    return tuple(found)

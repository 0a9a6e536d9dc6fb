"""How a run ended, as its caller saw it, and whether that tells a person what happened and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from support.named_commands import names_a_command, wrong_commands
from toolkit.cli.root import told
from toolkit.domain.errors import ExitCode, FailoverError
from toolkit.domain.remedies import after_error
from toolkit.testing import Killed

if TYPE_CHECKING:
    from toolkit.engine.outcome import Result

# What a run that is over may say, and the exit code that says the same to a script (DESIGN.md §8).
_CODES: Final[Mapping[str, frozenset[ExitCode]]] = {
    "done": frozenset({ExitCode.DONE}),
    "unverified": frozenset({ExitCode.UNVERIFIED}),
    "hold": frozenset({ExitCode.HOLD}),
    "failed": frozenset({ExitCode.REFUSED, ExitCode.UNREACHABLE, ExitCode.HOLD, ExitCode.USAGE}),
    "incomplete": frozenset({ExitCode.INCOMPLETE, ExitCode.REFUSED, ExitCode.UNREACHABLE}),
}
# A permission that is missing, or what a person has to look at or do where there is no command for it.
_PERMISSION: Final = re.compile(r"permission [a-z0-9-]+:[A-Z][A-Za-z0-9]+")
# It begins a sentence or a part of one, and says with at least two more words what is to be looked at or done.
_ACT: Final = re.compile(
    r"(?:^|[;:,] (?:then )?(?:or )?|\band |\bor )"
    r"(?:assign|choose|correct|create|detach|free|give|look at|move|name|renew|run it|see whether|start|take|turn|wait)"
    r"(?: [\w'`/-]+){2}"
)
RESUME: Final = "`failover resume"
STATUS: Final = "`failover status"


@dataclass(frozen=True)
class End:
    """The word for it, the result if there is one, what a person would miss in it, and all that he is told."""

    word: str
    result: Result | None = None
    unexplained: str = ""
    said: str = ""


def ended(work: Callable[[], Result]) -> End:
    """Let a run go to its end, whatever that is."""
    try:
        result = work()
    except Killed:
        return End("killed")
    except FailoverError as error:
        remedy = after_error(error) or str(error)
        wrong = missing(str(error), remedy, error.exit_code)
        return End(f"stopped: {type(error).__name__}", unexplained=wrong, said=told(error))
    except Exception as error:  # noqa: BLE001 - whatever a user would see as a traceback
        return End("crashed", unexplained=f"{type(error).__name__}: {error}")
    said = f"{result.reason}; {result.remedy}"
    if result.exit_code not in _CODES.get(result.status, frozenset()):
        return End(result.status, result, f"exit {int(result.exit_code)} for a run that is {result.status}", said)
    return End(result.status, result, missing(result.reason, result.remedy, result.exit_code), said)


def missing(reason: str, remedy: str, code: ExitCode) -> str:
    """What a person misses in an end: why, what to do, and commands that exist; empty when nothing."""
    if not reason.strip("; "):
        return f"exit {int(code)} without a reason"
    wrong = wrong_commands(f"{reason}; {remedy}")
    if wrong:
        return f"{wrong[0]}: {reason}; {remedy}"
    # What begins so goes on with what the reason ends with.
    act = f"{reason}; {remedy}" if remedy.startswith("then ") else remedy
    if code is ExitCode.DONE or names_a_command(act) or _PERMISSION.search(act) or _ACT.search(act):
        return ""
    return f"exit {int(code)} says nothing to do: {reason}; {remedy}"


def misled(end: End, *, open_run: bool) -> str:
    """What is wrong with the advice to resume: there is nothing to resume, or there is and nobody says so.

    An error may leave it to ``failover status`` whether a run is open, as who raised it need not know; one of a
    journal that broke off tells to look, as nobody knows what a broken disk has kept.
    """
    if end.word == "killed":
        return ""
    named = RESUME in end.said
    if open_run and not named:
        return f"{end.word}, a run is open, and nothing names {RESUME}`: {end.said}"
    leaves_it_open = end.result is None and (STATUS in end.said or end.word == "stopped: Incomplete")
    if named and not open_run and not leaves_it_open:
        return f"{end.word} names {RESUME}`, and no run is open: {end.said}"
    return ""

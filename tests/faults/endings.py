"""How a run ended, as its caller saw it, and whether that tells a person what happened and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from support.named_commands import names_a_command, wrong_commands
from toolkit.cli.root import told
from toolkit.domain.errors import ExitCode, FailoverError
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
_ACT: Final = re.compile(r"\b(?:look at|see whether|renew|check|free some|choose|correct|run it again)\b")


@dataclass(frozen=True)
class End:
    """The word for it, the result if there is one, and what a person would miss in it."""

    word: str
    result: Result | None = None
    unexplained: str = ""


def ended(work: Callable[[], Result]) -> End:
    """Let a run go to its end, whatever that is."""
    try:
        result = work()
    except Killed:
        return End("killed")
    except FailoverError as error:
        code = error.exit_code
        return End(f"stopped: {type(error).__name__}", unexplained=missing(told(error), code))
    except Exception as error:  # noqa: BLE001 - whatever a user would see as a traceback
        return End("crashed", unexplained=f"{type(error).__name__}: {error}")
    if result.exit_code not in _CODES.get(result.status, frozenset()):
        return End(result.status, result, f"exit {int(result.exit_code)} for a run that is {result.status}")
    return End(result.status, result, missing(f"{result.reason}; {result.remedy}", result.exit_code))


def missing(text: str, code: ExitCode) -> str:
    """What a person misses in a message; empty when it says what to do, or when there is nothing to do."""
    if not text.strip("; "):
        return f"exit {int(code)} without a word"
    wrong = wrong_commands(text)
    if wrong:
        return f"{wrong[0]}: {text}"
    if code is ExitCode.DONE or names_a_command(text) or _PERMISSION.search(text) or _ACT.search(text):
        return ""
    return f"exit {int(code)} says nothing to do: {text}"

"""The judge of endings can fail: a run that ends without a word, without a way on, or by a wrong code is told."""

from dataclasses import replace

import pytest

from faults.endings import End, ended, misled, missing
from toolkit.domain.errors import ExitCode, LeaseLost, Transient
from toolkit.domain.remedies import ENDS, ERRORS, HOLDS
from toolkit.engine.outcome import Result


def result(status: str, reason: str, code: ExitCode) -> Result:
    return Result(status, reason, "db", "run-1", code)


@pytest.mark.parametrize(
    ("reason", "remedy", "told"),
    [
        ("", "run `failover resume`", "without a reason"),
        ("; ", "run `failover resume`", "without a reason"),
        ("it went wrong", "", "says nothing to do"),
        ("it went wrong: run `failover resume`", "", "says nothing to do"),
        ("target-source-dest-check: it is on", "correct", "says nothing to do"),
        ("it went wrong", "that is not correct", "says nothing to do"),
        ("it went wrong", "check", "says nothing to do"),
        ("it went wrong", "you may choose", "says nothing to do"),
        ("it went wrong", "try `failover mend`", "no `failover mend`"),
        ("it went wrong", "try `failover resume --now`", "no --now"),
    ],
)
def test_an_end_that_leads_nowhere_is_unexplained(reason: str, remedy: str, told: str) -> None:
    assert told in missing(reason, remedy, ExitCode.INCOMPLETE)


@pytest.mark.parametrize(
    "remedy",
    [
        "run `failover resume --group db`",
        "aws sts decode-authorization-message shows why",
        "the credentials lack the permission ec2:AssociateAddress",
        "look at this machine's own network",
        "then run it again",
    ],
)
def test_an_end_with_a_command_a_permission_or_a_thing_to_do_is_explained(remedy: str) -> None:
    assert missing("the disk is full; free some space on that disk", remedy, ExitCode.INCOMPLETE) == ""


@pytest.mark.parametrize("remedy", [*HOLDS.values(), *ENDS.values(), *filter(None, ERRORS.values())])
def test_every_remedy_of_the_product_says_what_to_do_by_itself(remedy: str) -> None:
    assert missing("the disk is full; free some space on that disk", remedy, ExitCode.INCOMPLETE) == ""


def test_a_word_to_resume_goes_with_an_open_run_and_an_open_run_with_a_word_to_resume() -> None:
    told, silent = "the cause; run `failover resume --group db`", "the cause; run it again"
    end = End("incomplete", result("incomplete", "the cause", ExitCode.INCOMPLETE), said=told)
    assert misled(end, open_run=True) == ""
    assert "no run is open" in misled(end, open_run=False)
    assert "nothing names" in misled(replace(end, said=silent), open_run=True)
    assert misled(replace(end, said=silent), open_run=False) == misled(End("killed"), open_run=True) == ""


def test_an_error_may_leave_it_to_the_status_whether_a_run_is_open() -> None:
    end = End("stopped: Refused", said="no permission; `failover status` shows it; `failover resume`")
    assert misled(end, open_run=False) == ""
    assert misled(replace(end, said="no permission; `failover resume`"), open_run=False)
    assert misled(replace(end, said="no permission; `failover status`"), open_run=True)


def test_an_exit_code_that_does_not_fit_its_status_is_unexplained() -> None:
    assert ended(lambda: result("done", "all is well", ExitCode.HOLD)).unexplained == "exit 3 for a run that is done"
    assert ended(lambda: result("mended", "all is well", ExitCode.DONE)).unexplained


def test_a_hold_by_a_rule_that_nobody_knows_still_says_where_to_look() -> None:
    assert ended(lambda: result("hold", "a-new-rule: why", ExitCode.HOLD)).unexplained == ""


def test_an_error_is_explained_by_its_own_words_or_by_the_table() -> None:
    def lost() -> Result:
        raise LeaseLost("the lease is gone")

    def away() -> Result:
        raise Transient("DescribeInstances", "InternalError", "An internal error has occurred")

    assert ended(lost) == ended(lost)
    assert (ended(lost).word, ended(lost).unexplained) == ("stopped: LeaseLost", "")
    assert ended(away).unexplained == ""


def test_what_a_user_would_see_as_a_traceback_is_unexplained() -> None:
    def crash() -> Result:
        raise ZeroDivisionError("division by zero")

    assert ended(crash).unexplained == "ZeroDivisionError: division by zero"

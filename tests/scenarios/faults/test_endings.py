"""The judge of endings can fail: a run that ends without a word, without a way on, or by a wrong code is told."""

import pytest

from faults.endings import ended, missing
from toolkit.domain.errors import ExitCode, LeaseLost, Transient
from toolkit.engine.outcome import Result


def result(status: str, reason: str, code: ExitCode) -> Result:
    return Result(status, reason, "db", "run-1", code)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "without a word"),
        ("; ", "without a word"),
        ("it went wrong", "says nothing to do"),
        ("try `failover mend`", "no `failover mend`"),
        ("try `failover resume --now`", "no --now"),
    ],
)
def test_a_message_that_leads_nowhere_is_unexplained(text: str, told: str) -> None:
    assert told in missing(text, ExitCode.INCOMPLETE)


@pytest.mark.parametrize(
    "text",
    [
        "run `failover resume --group db`",
        "aws sts decode-authorization-message shows why",
        "the credentials lack the permission ec2:AssociateAddress",
        "free some space on that disk",
    ],
)
def test_a_message_with_a_command_a_permission_or_a_thing_to_do_is_explained(text: str) -> None:
    assert missing(text, ExitCode.INCOMPLETE) == ""


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

"""What the services of a node tell systemd and their log."""

from __future__ import annotations

import errno
import io
import os
from contextlib import redirect_stderr

import pytest

from toolkit.cli.agent import notices
from toolkit.cli.saying import note


class Refusing(io.StringIO):
    """A log that takes nothing."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def write(self, text: str) -> int:
        raise OSError(self.number, f"{os.strerror(self.number)}: {text}")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EPIPE])
def test_a_log_that_takes_no_line_keeps_nobody_from_work(number: int) -> None:
    with redirect_stderr(Refusing(number)):
        note("failover agent: add 10.0.1.50 to eth0")


def test_an_error_of_several_lines_is_no_further_word_to_systemd() -> None:
    told = notices("nothing is touched: DescribeInstances: broken\nSTOPPING=1\r\nMAINPID=1")
    assert [notice.partition("=")[0] for notice in told] == ["READY", "WATCHDOG", "STATUS"]
    assert not any("\n" in notice or "\r" in notice for notice in told)

"""What the agent tells systemd."""

from __future__ import annotations

from toolkit.cli.agent import notices


def test_an_error_of_several_lines_is_no_further_word_to_systemd() -> None:
    told = notices("nothing is touched: DescribeInstances: broken\nSTOPPING=1\r\nMAINPID=1")
    assert [notice.partition("=")[0] for notice in told] == ["READY", "WATCHDOG", "STATUS"]
    assert not any("\n" in notice or "\r" in notice for notice in told)

from __future__ import annotations

from typing import Any, Final

import pytest

from terraform import scan

_CLEAN: Final[dict[str, Any]] = {
    "results": {"failed_checks": []},
    "summary": {"passed": 9, "failed": 0, "skipped": 2, "parsing_errors": 0},
}
_FAILED: Final = {
    "check_id": "CKV_AWS_1",
    "check_name": "No stars",
    "file_path": "/modules/x/main.tf",
    "resource": "aws_x.y",
}


def test_a_scan_without_a_failed_check_ends_in_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert scan.judged(_CLEAN) == 0
    assert "9 passed, 0 failed, 2 skipped with a reason" in capsys.readouterr().out


def test_a_failed_check_ends_in_1_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    report = {"results": {"failed_checks": [_FAILED]}, "summary": _CLEAN["summary"] | {"failed": 1}}
    assert scan.judged(report) == 1
    assert "/modules/x/main.tf aws_x.y: CKV_AWS_1 No stars" in capsys.readouterr().out


@pytest.mark.parametrize("change", [{"parsing_errors": 1}, {"passed": 0}])
def test_a_scan_that_could_not_read_the_code_ends_in_1(change: dict[str, int]) -> None:
    assert scan.judged(_CLEAN | {"summary": _CLEAN["summary"] | change}) == 1

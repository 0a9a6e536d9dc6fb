"""The dependency audit, against an index of its own on loopback."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar, Final

import pytest

from security import audit
from security.audit import Accepted, Found, Weakness
from security.locked import Pin, pins

TODAY: Final = dt.date(2026, 11, 21)
CLICK: Final = Pin("click", "8.2.0", ())
RICH: Final = Pin("rich", "14.0.0", ())
ADVISORY: Final = {
    "id": "PYSEC-2026-1",
    "aliases": ["CVE-2026-0001"],
    "fixed_in": ["8.2.1"],
    "withdrawn": None,
}


class Index(BaseHTTPRequestHandler):
    """JSON pages by path; any other page is not there."""

    pages: ClassVar[dict[str, Any]] = {}

    def do_GET(self) -> None:
        page = self.pages.get(self.path)
        body = json.dumps(page).encode()
        self.send_response(404 if page is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        del format, args


@contextmanager
def index(pages: Mapping[Pin, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """An index whose JSON pages list these advisories."""
    found = {f"/pypi/{pin.name}/{pin.version}/json": {"vulnerabilities": rows} for pin, rows in pages.items()}
    server = HTTPServer(("127.0.0.1", 0), type("Pages", (Index,), {"pages": found}))
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/pypi"
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


def looked(pages: Mapping[Pin, Sequence[Mapping[str, Any]]]) -> Found:
    with index(pages) as base:
        return audit.look([CLICK, RICH], audit.asking(base))


def accepting(until: dt.date = TODAY) -> Accepted:
    return Accepted("CVE-2026-0001", "click", "why", until)


def test_a_known_weakness_is_named_with_its_cure_and_ends_in_1(capsys: pytest.CaptureFixture[str]) -> None:
    found = looked({CLICK: [ADVISORY], RICH: []})
    assert audit.told(found, (), TODAY, required=False) == 1
    assert "click 8.2.0: PYSEC-2026-1, CVE-2026-0001; fixed in 8.2.1" in capsys.readouterr().out


def test_nothing_known_ends_in_0_and_tells_how_many_were_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.told(looked({CLICK: [], RICH: []}), (), TODAY, required=True) == 0
    assert "2 packages asked about, 0 to be seen to" in capsys.readouterr().out


def test_an_advisory_that_was_withdrawn_is_none() -> None:
    assert not looked({CLICK: [ADVISORY | {"withdrawn": "2026-01-01T00:00:00Z"}], RICH: []}).weaknesses


@pytest.mark.parametrize(("required", "code"), [(False, 0), (True, 2)])
def test_an_index_that_answers_nothing_is_said_to_have_told_nothing(
    required: bool,  # noqa: FBT001 - a parameter of the test
    code: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert audit.told(looked({}), (), TODAY, required=required) == code
    said = capsys.readouterr().out
    assert "NOT DONE for 2 of 2 packages" in said
    assert "0 to be seen to" not in said


def test_after_a_first_question_without_an_answer_no_other_is_asked() -> None:
    asked: list[str] = []

    def ask(pin: Pin) -> Sequence[Mapping[str, Any]]:
        asked.append(pin.name)
        raise ConnectionError("no route")

    audit.look([RICH, CLICK], ask)
    assert asked == ["click"]


def test_a_package_that_the_index_does_not_know_is_told_as_not_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.told(looked({CLICK: []}), (), TODAY, required=False) == 0
    said = capsys.readouterr().out
    assert "NOT DONE for 1 of 2 packages" in said
    assert "1 packages asked about" in said


def test_an_exception_stands_until_its_last_day_and_no_longer() -> None:
    found = Found(1, (Weakness(CLICK, ("PYSEC-2026-1", "CVE-2026-0001"), ()),), {})
    assert audit.faults(found, [accepting()], TODAY) == []
    (over,) = audit.faults(found, [accepting(until=TODAY - dt.timedelta(days=1))], TODAY)
    assert "which is over" in over


def test_an_exception_is_for_its_package_only() -> None:
    found = Found(1, (Weakness(RICH, ("CVE-2026-0001",), ()),), {})
    assert len(audit.faults(found, [accepting()], TODAY)) == 2


def test_an_exception_that_nothing_needs_is_a_fault_unless_nobody_could_be_asked() -> None:
    (needless,) = audit.faults(Found(1, (), {}), [accepting()], TODAY)
    assert "nothing has it any more" in needless
    assert audit.faults(Found(0, (), {"click": "HTTP Error 404"}), [accepting()], TODAY) == []


def test_an_exception_needs_a_reason_and_a_day() -> None:
    whole = '[[accepted]]\nid = "CVE-1"\npackage = "x"\nreason = "why"\nuntil = 2027-01-01\n'
    assert audit.accepted(whole)[0].until == dt.date(2027, 1, 1)
    with pytest.raises(TypeError, match="until"):
        audit.accepted(whole.replace("until = 2027-01-01\n", ""))


def test_the_committed_exceptions_can_be_read() -> None:
    assert all(each.reason for each in audit.accepted(audit.ACCEPTED.read_text(encoding="utf-8")))


def test_only_an_index_over_tls_is_asked() -> None:
    with pytest.raises(ValueError, match="https"):
        audit.asking("file:///etc")(CLICK)


def test_every_pin_of_the_lock_is_read_with_its_hashes() -> None:
    found = pins()
    assert len(found) > 50
    assert all(pin.hashes for pin in found)
    assert {"boto3", "ruff", "moto"} <= {pin.name for pin in found}


def test_a_line_of_the_lock_without_a_version_is_a_fault() -> None:
    with pytest.raises(ValueError, match="no pin"):
        pins("click>=8\n    --hash=sha256:00\n")

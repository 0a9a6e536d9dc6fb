"""Secrets that people, AWS and check programs put where they do not belong are not repeated."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from support.look_groups import A, group
from support.look_servers import LOOPBACK, saying, serving
from toolkit.aws.errors import translate
from toolkit.aws.session import Keys
from toolkit.cli.root import run
from toolkit.domain.group import CommandProbe, HttpProbe
from toolkit.domain.masking import masked, without_values
from toolkit.domain.snapshot import Snapshot
from toolkit.probes import Probes
from toolkit.probes.labels import labels

ECHOED = "FwoGZXIvYXdzEXAMPLE"
# What AWS's query services say of a wrong signature: the request, and with it the session token.
WRONG_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key"
    " and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request"
    f" should have been\n'POST\n/\n\nhost:ec2.eu-west-1.amazonaws.com\nx-amz-security-token:{ECHOED}\n\nhost'\n"
)
DEBUGGED = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
from toolkit.aws.session import Connection, Keys
from toolkit.domain.errors import FailoverError
connection = Connection("eu-west-1", endpoint_url=sys.argv[1], keys=Keys("lab", sys.argv[2], sys.argv[3]))
try:
    connection.request("ec2", "DescribeAddresses", {})
except FailoverError as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pass@db.example.com:8080/x is wrong", "https://…@db.example.com:8080/x is wrong"),
        ("socks5://u:p@127.0.0.1:1080", "socks5://…@127.0.0.1:1080"),
        ("no match. The Canonical String for this request should have been 'POST\n/\nhost:x", "no match."),
        ("'x-amz-security-token': 'FwoG', host", "'x-amz-security-token': '…', host"),
        ("mail to someone@example.com, http://example.com/a@b", "mail to someone@example.com, http://example.com/a@b"),
    ],
)
def test_names_passwords_and_signed_requests_in_a_text_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("code", ["SignatureDoesNotMatch", "InvalidSignatureException", "Strange"])
def test_an_error_of_aws_that_repeats_the_signed_request_does_not_give_the_session_token_away(code: str) -> None:
    answer = ClientError({"Error": {"Code": code, "Message": WRONG_SIGNATURE}}, "DescribeAddresses")
    told = str(translate(answer, service="ec2", action="DescribeAddresses"))
    assert ECHOED not in told
    assert "does not match" in told


def test_debug_logs_of_the_aws_client_do_not_hold_the_session_token() -> None:
    """In a process of its own, against a port where nobody listens; whoever wants to see it says so by its logger."""
    program = [sys.executable, "-c", DEBUGGED, "http://127.0.0.1:1", "secret-key-EXAMPLE", ECHOED]
    run_ = subprocess.run(program, capture_output=True, text=True, check=True, timeout=60)
    assert "Unreachable" in run_.stdout
    assert "DEBUG:botocore" in run_.stdout
    assert ECHOED not in run_.stdout + run_.stderr
    assert "secret-key-EXAMPLE" not in run_.stdout + run_.stderr
    assert logging.getLogger("botocore").level == logging.NOTSET


def test_credentials_that_are_printed_show_the_access_key_alone() -> None:
    shown = repr(Keys("lab", "secret-key-EXAMPLE", ECHOED))
    assert "lab" in shown
    assert "secret-key-EXAMPLE" not in shown
    assert ECHOED not in shown


@pytest.mark.parametrize("where", ["https://admin:hunter2@db:8080/healthz", "http://admin:hunter2@:8080/"])
def test_a_password_in_the_url_of_a_probe_is_refused_and_not_repeated(
    where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "failover.yaml"
    file.write_text(
        f"version: 1\nstate: {{file: {tmp_path}}}\ngroups:\n  db:\n    health: {{probes: [{{http: '{where}'}}]}}\n"
    )
    assert run(["config", "check", str(file)]) == 2
    assert run(["config", "check", "--json", str(file)]) == 2
    assert run(["plan", "--config", str(file)]) == 2
    shown = "".join(capsys.readouterr())
    assert "is not a port and path to ask" in shown
    assert "hunter2" not in shown


def test_what_a_server_answers_is_judged_and_never_repeated() -> None:
    body = b"HTTP/1.1 200 OK\r\nSet-Cookie: key=swordfish\r\nContent-Length: 17\r\n\r\npassword=hunter2!"
    with serving(saying(body)) as port:
        probes = (HttpProbe(port, contains="ok"), HttpProbe(port, expect=204), HttpProbe(port))
        seen = Probes().look(group(*probes, nodes=(A,)), {A.name: LOOPBACK}, Snapshot())
    assert [look.outcome.value for look in seen] == ["failed", "failed", "passed"]
    assert not [look.why for look in seen if "hunter2" in look.why or "swordfish" in look.why]


def test_a_probe_is_named_without_its_query_and_two_of_the_same_path_are_told_apart() -> None:
    probes = [HttpProbe(8080, "/healthz?key=hunter2"), HttpProbe(8080, "/healthz?key=swordfish")]
    assert labels(probes) == ("http :8080/healthz", "http :8080/healthz #2")


def test_the_last_words_of_a_check_program_are_kept_without_the_secrets_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2hunter2")
    words = ("/bin/sh", "-c", 'echo "cannot log in to mysql://root:swordfish@db with $DATABASE_PASSWORD"; exit 1')
    (seen,) = Probes().look(group(CommandProbe(words), nodes=(A,)), {}, Snapshot())
    assert seen.why == "exit code 1: cannot log in to mysql://…@db with …"


def test_only_variables_that_are_named_as_secrets_are_masked_and_no_short_ones() -> None:
    environ = {"HOME": "/home/...", "AWS_SECRET_ACCESS_KEY": "abcdefgh", "X_TOKEN": "yes", "DB_PASSWD": "abcdefghij"}
    assert without_values("abcdefghij abcdefgh yes /home/...", environ) == "… … yes /home/..."

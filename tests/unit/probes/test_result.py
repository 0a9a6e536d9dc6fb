from __future__ import annotations

import errno
import os
import socket
import ssl

import pytest

from toolkit.domain.health import Outcome
from toolkit.probes.result import Failed, NotMade, duration, in_words

FAILED, NOT_MADE = Outcome.FAILED, Outcome.NOT_MADE


def system(code: int) -> OSError:
    return OSError(code, os.strerror(code))


@pytest.mark.parametrize(
    ("error", "outcome", "why"),
    [
        (system(errno.ECONNREFUSED), FAILED, "connection refused"),
        (system(errno.EHOSTUNREACH), FAILED, "host unreachable"),
        (system(errno.ECONNRESET), FAILED, "connection reset"),
        (system(errno.ETIMEDOUT), FAILED, "connection timed out"),
        (system(errno.EIO), FAILED, os.strerror(errno.EIO)),
        (TimeoutError(), FAILED, "no answer within 500 ms"),
        (ssl.SSLError(1, "wrong version"), FAILED, "TLS: wrong version"),
        (EOFError(), FAILED, "connection closed before the answer was complete"),
        (Failed("HTTP 503"), FAILED, "HTTP 503"),
        (system(errno.ENETUNREACH), NOT_MADE, "this machine has no route to that network"),
        (system(errno.EMFILE), NOT_MADE, "this process has no file descriptor left"),
        (system(errno.EADDRNOTAVAIL), NOT_MADE, "this machine has no free port or no address of that family"),
        (system(errno.EPERM), NOT_MADE, "this machine's firewall forbids it"),
        (socket.gaierror(-2, "not known"), NOT_MADE, "the host's name has no address here: not known"),
        (NotMade("no proxy"), NOT_MADE, "no proxy"),
        (KeyError("x"), NOT_MADE, "KeyError: 'x'"),
    ],
)
def test_an_error_of_this_machine_is_told_from_one_of_the_target(error: Exception, outcome: Outcome, why: str) -> None:
    assert in_words(error, timeout_seconds=0.5) == (outcome, why)


def test_time_limits_read_as_people_write_them() -> None:
    assert [duration(seconds) for seconds in (0.05, 0.5, 1.0, 2.5)] == ["50 ms", "500 ms", "1 s", "2.5 s"]

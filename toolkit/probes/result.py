"""What a look can end in besides success, and the words for it."""

from __future__ import annotations

import errno
import socket
import ssl
from typing import Final

from toolkit.detection.anchors import OBSERVER
from toolkit.domain.health import Outcome
from toolkit.probes.look import Look


class Failed(Exception):
    """The target was looked at and is not well; the text says why."""


class NotMade(Exception):
    """The look itself could not be made, so it says nothing about the target."""


# These are the watcher's own state, never the target's.
_OWN_FAULTS: Final = {
    errno.ENETUNREACH: "this machine has no route to that network",
    errno.ENETDOWN: "this machine's network is down",
    errno.EADDRNOTAVAIL: "this machine has no free port or no address of that family",
    errno.EMFILE: "this process has no file descriptor left",
    errno.ENFILE: "this machine has no file descriptor left",
    errno.ENOBUFS: "this machine has no socket buffer left",
    errno.ENOMEM: "this machine has no memory left",
    errno.EACCES: "this machine's firewall forbids it",
    errno.EPERM: "this machine's firewall forbids it",
    errno.EAFNOSUPPORT: "this machine does not speak that address family",
}
_TARGET_FAULTS: Final = {
    errno.ECONNREFUSED: "connection refused",
    errno.EHOSTUNREACH: "host unreachable",
    errno.EHOSTDOWN: "host down",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection closed",
    errno.ETIMEDOUT: "connection timed out",
}


def duration(seconds: float) -> str:
    """A time limit as people write it: 500 ms, 5 s."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:g} s"


def in_words(error: Exception, *, timeout_seconds: float) -> tuple[Outcome, str]:
    """What an error of a look says about the target, and how to say it."""
    if isinstance(error, OSError):
        return _system(error, timeout_seconds=timeout_seconds)
    match error:
        case Failed():
            return Outcome.FAILED, str(error)
        case EOFError():
            return Outcome.FAILED, "connection closed before the answer was complete"
        case NotMade():
            return Outcome.NOT_MADE, str(error)
        case _:
            return Outcome.NOT_MADE, f"{type(error).__name__}: {error}"


def met(look: Look, error: Exception) -> tuple[Outcome, str]:
    """What an error says that a look has met; an anchor that refuses was reached, which is all that is asked of it."""
    if look.node == OBSERVER and isinstance(error, ConnectionRefusedError):
        return Outcome.PASSED, "reached: connection refused"
    return in_words(error, timeout_seconds=look.probe.timeout_seconds)


def _system(error: OSError, *, timeout_seconds: float) -> tuple[Outcome, str]:
    match error:
        case TimeoutError() if error.errno is None:
            return Outcome.FAILED, f"no answer within {duration(timeout_seconds)}"
        case ssl.SSLCertVerificationError():
            return Outcome.FAILED, f"certificate refused: {error.verify_message}"
        case ssl.SSLError():
            return Outcome.FAILED, f"TLS: {getattr(error, 'reason', None) or error}"
        case socket.gaierror():
            return Outcome.NOT_MADE, f"the host's name has no address here: {error.strerror}"
    if error.errno in _OWN_FAULTS:
        return Outcome.NOT_MADE, _OWN_FAULTS[error.errno]
    return Outcome.FAILED, _TARGET_FAULTS.get(error.errno or 0, error.strerror or str(error))

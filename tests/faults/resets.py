"""Connections that end with a reset (RST), as a firewall or a dying host ends them, and not with a polite FIN."""

from __future__ import annotations

import socket
import struct
import threading
from typing import TYPE_CHECKING, Any, Final

from toolkit.lab.listener import Listener

if TYPE_CHECKING:
    from toolkit.lab.exchange import Answer, Handler, Request

# On, and no time at all: what is closed so sends a reset (socket(7)).
_AT_ONCE: Final = struct.pack("ii", 1, 0)
_served = threading.local()


class ResetConnectionError(Exception):
    """The connection of this request ends here, without an answer and without a word."""


class ResettingListener(Listener):
    """A listener whose handler may end a connection by a reset."""

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection, whose socket its thread knows."""
        _served.socket, _served.reset = request, False
        super().finish_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Without the FIN that would come before a reset."""
        if getattr(_served, "reset", False):
            self.close_request(request)
        else:
            super().shutdown_request(request)


class Resets:
    """The layer that resets the connection of one request, counted from when it was armed, by a user agent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = 0
        self._after = False
        self._seen = 0

    def arm(self, at: int, *, after: bool) -> None:
        """Reset the at-th request of the toolkit from now, before its effect or after it; 0 for none."""
        with self._lock:
            self._at, self._after, self._seen = at, after, 0

    def around(self, inner: Handler) -> Handler:
        def pass_on(request: Request) -> Answer:
            with self._lock:
                self._seen += "failover" in request.user_agent
                now = "failover" in request.user_agent and self._seen == self._at
            if now and not self._after:
                reset()
            answer = inner(request)
            if now:
                reset()
            return answer

        return pass_on


def reset() -> None:
    """End the connection that this thread serves."""
    _served.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    _served.reset = True
    raise ResetConnectionError

"""The innermost layers: one lock for each service, then the WSGI applications that hold the world."""

import io
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from urllib.parse import unquote, urlsplit
from wsgiref.types import WSGIApplication, WSGIEnvironment

from toolkit.lab.exchange import Answer, Handler, Request
from toolkit.lab.refusals import refuse

ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


@dataclass
class ServiceLocks:
    """A lock for each service: what moto reads and then writes, nobody changes in between."""

    _locks: defaultdict[str, threading.RLock] = field(default_factory=lambda: defaultdict(threading.RLock))
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _whole: threading.RLock = field(default_factory=threading.RLock)

    def of(self, service: str) -> threading.RLock:
        """The lock of one service."""
        with self._guard:
            return self._locks[service]

    @contextmanager
    def all(self) -> Iterator[None]:
        """Holds every lock that exists; one caller at a time, in one order."""
        with self._guard:
            locks = [self._locks[name] for name in sorted(self._locks)]
        with self._whole, ExitStack() as held:
            for lock in locks:
                held.enter_context(lock)
            yield

    def around(self, inner: Handler) -> Handler:
        """A handler that lets one request of each service through at a time."""

        def serialise(request: Request) -> Answer:
            with self.of(request.service):
                return inner(request)

        return serialise


def _environment(request: Request) -> WSGIEnvironment:
    parts = urlsplit(request.target)
    host = request.headers.get("host", "127.0.0.1")
    environment: WSGIEnvironment = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path).encode().decode("latin-1"),
        "QUERY_STRING": parts.query,
        "REQUEST_URI": request.target,
        "RAW_URI": request.target,
        "SERVER_NAME": host.partition(":")[0],
        "SERVER_PORT": host.partition(":")[2] or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    skipped = {"content-type", "content-length", "transfer-encoding", "expect"}
    for name, value in request.headers.items():
        if name not in skipped:
            environment["HTTP_" + name.upper().replace("-", "_")] = value
    return environment


def from_wsgi(application: WSGIApplication) -> Handler:
    """A WSGI application as a handler."""

    def call(request: Request) -> Answer:
        head: list[tuple[int, tuple[tuple[str, str], ...]]] = []
        body = io.BytesIO()

        def start_response(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: ExcInfo | None = None,  # noqa: ARG001 - named by WSGI
            /,
        ) -> object:
            head[:] = [(int(status.split(maxsplit=1)[0]), tuple(headers))]
            return body.write

        chunks = application(_environment(request), start_response)  # type: ignore[arg-type]
        try:
            for chunk in chunks:
                body.write(chunk)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        status, headers = head[0]
        return Answer(status=status, headers=headers, body=body.getvalue())

    return call


def gaps_shown(inner: Handler) -> Handler:
    """A handler that turns the store's own crashes into errors that no SDK retries.

    moto answers an action or filter it does not know with an HTML page and status 500 (MOTO.md §9): as it is,
    that would be retried as if AWS had hiccuped.
    """

    def show(request: Request) -> Answer:
        try:
            answer = inner(request)
        except Exception as fault:  # noqa: BLE001 - whatever breaks inside is shown to the caller
            return refuse(request, "LabNotImplemented", message=f"{request.action}: {type(fault).__name__}: {fault}")
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR and "html" in answer.content_type:
            return refuse(request, "LabNotImplemented", message=f"{request.action}: the lab cannot do this")
        return answer

    return show

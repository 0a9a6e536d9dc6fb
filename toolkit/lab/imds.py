"""IMDSv2 for every lab instance, under ``/_imds/INSTANCE`` of the endpoint (AWS.md §7)."""

import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from toolkit.lab.conditions import Conditions
from toolkit.lab.exchange import Answer, Dropped, Handler, Request
from toolkit.lab.metadata import Tree

PREFIX = "/_imds/"
VERSION = re.compile(r"(latest|\d{4}-\d{2}-\d{2})(?:/(.*))?")
TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER = "x-aws-ec2-metadata-token"  # noqa: S105 - a header's name
LONGEST_TTL_SECONDS = 21_600
SILENCE_CHECK_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class Subject:
    """An instance as its metadata service finds it; ``tree`` is everything under a version."""

    running: bool
    enabled: bool
    tokens_required: bool
    tags: bool
    tree: Tree


@dataclass(kw_only=True)
class Metadata:
    """The metadata services of all instances: tokens, notices, and what each serves."""

    subject: Callable[[str, Mapping[str, str]], Subject | None]
    conditions: Conditions
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    _notices: dict[str, dict[str, str]] = field(default_factory=dict)
    _served: dict[str, tuple[float, Subject]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reset(self) -> None:
        """No tokens, no notices."""
        with self._lock:
            self._tokens.clear()
            self._notices.clear()
            self._served.clear()

    def notice(self, instance: str, *, path: str, text: str | None) -> None:
        """Puts a text under ``meta-data``, such as ``spot/instance-action``; None takes it away."""
        with self._lock:
            notices = self._notices.setdefault(instance, {})
            notices.pop(path, None)
            if text is not None:
                notices[path] = text

    def around(self, inner: Handler) -> Handler:
        """A handler that answers metadata paths and passes everything else to ``inner``."""

        def serve(request: Request) -> Answer:
            if not request.path.startswith(PREFIX):
                return inner(request)
            instance, _, rest = request.path.removeprefix(PREFIX).partition("/")
            return self._serve(request, instance=instance, path=rest)

        return serve

    def _serve(self, request: Request, *, instance: str, path: str) -> Answer:
        self._weather()
        subject = self._subject(instance)
        if subject is None or not subject.running:
            raise Dropped
        if self.conditions.imds_mode == "off" or not subject.enabled:
            return _plain(HTTPStatus.FORBIDDEN)
        wanted = VERSION.fullmatch(path.rstrip("/"))
        if wanted is None:
            return _plain(HTTPStatus.NOT_FOUND)
        below = wanted[2] or ""
        if below == "api/token":
            return self._token(request, instance=instance)
        if request.method not in {"GET", "HEAD"}:
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED)
        if not self._admitted(request, instance=instance, required=subject.tokens_required):
            return _plain(HTTPStatus.UNAUTHORIZED)
        return self._read(subject, below)

    def _weather(self) -> None:
        if self.conditions.imds_mode == "slow":
            self.sleep(self.conditions.imds_delay_seconds)
        while self.conditions.imds_mode == "silent":
            self.sleep(SILENCE_CHECK_SECONDS)

    def _subject(self, instance: str) -> Subject | None:
        """The instance, as it was up to ``imds_lag_seconds`` ago."""
        with self._lock:
            notices = dict(self._notices.get(instance, {}))
            seen, known = self._served.get(instance, (0.0, None))
        if known and self.clock() - seen < self.conditions.imds_lag_seconds:
            return known
        found = self.subject(instance, notices)
        if found:
            with self._lock:
                self._served[instance] = (self.clock(), found)
        return found

    def _token(self, request: Request, *, instance: str) -> Answer:
        if request.method != "PUT":
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED, headers=(("Allow", "OPTIONS, PUT"),))
        if "x-forwarded-for" in request.headers:
            return _plain(HTTPStatus.FORBIDDEN)
        ttl = request.headers.get(TTL_HEADER, "")
        if not ttl.isdigit() or not 1 <= int(ttl) <= LONGEST_TTL_SECONDS:
            return _plain(HTTPStatus.BAD_REQUEST)
        token = secrets.token_urlsafe(40)
        with self._lock:
            self._tokens[token] = (instance, self.clock() + int(ttl))
        return _plain(HTTPStatus.OK, text=token, headers=((TTL_HEADER, ttl),))

    def _admitted(self, request: Request, *, instance: str, required: bool) -> bool:
        token = request.headers.get(TOKEN_HEADER)
        if token is None:
            return not required
        with self._lock:
            owner, until = self._tokens.get(token, ("", 0.0))
        return owner == instance and self.clock() < until

    def _read(self, subject: Subject, path: str) -> Answer:
        hidden = path.startswith("meta-data/tags") and not (subject.tags or self.conditions.imds_tags)
        found: str | Tree | None = subject.tree
        for part in filter(None, path.split("/")):
            found = found.get(part) if isinstance(found, Mapping) else None
        if found is None or hidden:
            return _plain(HTTPStatus.NOT_FOUND)
        if isinstance(found, str):
            return _plain(HTTPStatus.OK, text=found)
        names = (name if isinstance(below, str) else f"{name}/" for name, below in sorted(found.items()))
        shown = (name for name in names if name != "tags/" or subject.tags or self.conditions.imds_tags)
        return _plain(HTTPStatus.OK, text="\n".join(shown))


def _plain(status: HTTPStatus, *, text: str | None = None, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    body = f"{status.value} - {status.phrase}" if text is None else text
    return Answer(status=status, headers=(("Content-Type", "text/plain"), *headers), body=body.encode())

"""The WSGI layer that answers EC2 as EC2 does, and lets moto answer the rest."""

from __future__ import annotations

import re
import time
import traceback
import uuid
from collections.abc import Callable, Iterable
from io import BytesIO
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.iam.models import get_account_id_from

from toolkit.lab.ec2 import wire
from toolkit.lab.ec2.errors import Ec2Error, dry_run, not_in_the_lab
from toolkit.lab.ec2.guards import GUARDS
from toolkit.lab.ec2.operations import OPERATIONS
from toolkit.lab.ec2.passed import PASSED
from toolkit.lab.ec2.request import Request
from toolkit.lab.ec2.settings import Settings
from toolkit.lab.ec2.world import WORLD

Fields = list[tuple[str, str]]

_SCOPE = re.compile(r"Credential=(?P<key>[^/,]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_STATUS_TEXT = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 412: "Precondition Failed"}
_SERVER_FAULT = 500
# moto writes a subnet's IPv6 state as the text of a Python dict.
_BLURRED_STATE = re.compile(
    rb"\{(?:'|&#39;|&apos;)State(?:'|&#39;|&apos;): (?:'|&#39;|&apos;)(\w+)(?:'|&#39;|&apos;)\}"
)


class StrictEc2:
    """EC2 with its guards in front of moto; every other service goes to the inner application."""

    def __init__(
        self,
        inner: WSGIApplication,
        *,
        settings: Settings | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        WORLD.settings = settings or Settings()
        WORLD.clock = clock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one HTTP request."""
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        if not scope or scope["service"] != "ec2":
            return self._inner(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        text = body.decode() or environ.get("QUERY_STRING", "")
        fields = parse_qsl(text, keep_blank_values=True)
        request_id = str(uuid.uuid4())
        try:
            with WORLD.lock:
                status, answer = self._answer(environ, scope, fields, request_id=request_id)
        except Ec2Error as error:
            status, answer = error.status, wire.render_error(error, request_id=request_id)
        except Exception as fault:  # noqa: BLE001 - a fault of the lab must not look like a retryable 500 of AWS
            environ["wsgi.errors"].write(traceback.format_exc())
            shown = Ec2Error("LabFault", f"{type(fault).__name__}: {fault}")
            status, answer = shown.status, wire.render_error(shown, request_id=request_id)
        reason = "OK" if status < 400 else _STATUS_TEXT.get(status, "Error")  # noqa: PLR2004 - HTTP statuses
        headers = [
            ("Content-Type", "text/xml;charset=UTF-8"),
            ("Content-Length", str(len(answer))),
            ("x-amzn-requestid", request_id),
        ]
        start_response(f"{status} {reason}", headers)
        return [answer]

    def _answer(
        self, environ: WSGIEnvironment, scope: re.Match[str], fields: Fields, *, request_id: str
    ) -> tuple[int, bytes]:
        action = dict(fields).get("Action", "")
        model = wire.operation(action)
        if model is None:
            raise Ec2Error("InvalidAction", f"The action {action} is not valid for this web service.")
        if action not in OPERATIONS and action not in PASSED:
            raise not_in_the_lab(f"the operation {action}")
        try:
            region = WORLD.region(scope["region"], account=get_account_id_from(scope["key"]))
        except KeyError:
            raise not_in_the_lab(f"the region {scope['region']}") from None
        now = WORLD.clock()
        region.settle(now)
        params = wire.parse(model, fields)
        if params.get("DryRun") and not (region.settings.dry_run_checks_ids and action in OPERATIONS):
            raise dry_run()
        request = Request(action, params, region, now)
        if action in OPERATIONS:
            answer = wire.render(model, OPERATIONS[action](request), request_id=request_id)
            region.settle(now)  # what takes no time is done when the answer leaves
            return 200, answer
        if guard := GUARDS.get(action):
            guard(request)
        return self._pass(environ, action)

    def _pass(self, environ: WSGIEnvironment, action: str) -> tuple[int, bytes]:
        statuses: list[str] = []

        def note(status: str, *_rest: object) -> Callable[[bytes], object]:
            statuses.append(status)
            return lambda _data: None

        try:
            chunks = self._inner(environ, note)
            answer = _BLURRED_STATE.sub(rb"\1", b"".join(chunks))
        except Exception as fault:
            raise not_in_the_lab(f"{action} with these parameters ({fault})") from fault
        if close := getattr(chunks, "close", None):
            close()
        status = int(statuses[0].split()[0])
        if status >= _SERVER_FAULT:
            # moto answers what it does not know with an HTML page, which no AWS client understands.
            raise not_in_the_lab(f"{action} with these parameters")
        return status, answer

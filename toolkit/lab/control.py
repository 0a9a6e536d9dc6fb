"""The control endpoint: what tests and ``failover lab`` ask of the lab under ``/_lab/``."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError

from toolkit.lab.ec2.errors import Ec2Error
from toolkit.lab.endpoint import Endpoint
from toolkit.lab.exchange import Answer, Handler, Request, json_answer
from toolkit.lab.fault import Fault
from toolkit.lab.worlds import KINDS

PREFIX = "/_lab/"
Body = Mapping[str, Any]
Route = Callable[[Endpoint, Body], object]
POWER = {"stop": "stop_instances", "start": "start_instances", "terminate": "terminate_instances"}


def _calls(endpoint: Endpoint, _: Body) -> object:
    return [call.to_json() for call in endpoint.recorder.calls()]


def _forget_calls(endpoint: Endpoint, _: Body) -> None:
    endpoint.recorder.clear()


def _faults(endpoint: Endpoint, _: Body) -> object:
    return [fault.to_json() for fault in endpoint.faults.in_force()]


def _add_fault(endpoint: Endpoint, body: Body) -> None:
    endpoint.faults.add(Fault.from_json(body))


def _clear_faults(endpoint: Endpoint, _: Body) -> None:
    endpoint.faults.clear()


def _grant(endpoint: Endpoint, body: Body) -> None:
    endpoint.guard.grant(str(body["key"]), body["policy"])


def _reset(endpoint: Endpoint, _: Body) -> None:
    endpoint.reset()


def _seed(endpoint: Endpoint, body: Body) -> object:
    return endpoint.seed(str(body["world"]), kinds=body.get("kinds") or KINDS).to_json()


def _world(endpoint: Endpoint, _: Body) -> object:
    return endpoint.world.to_json() if endpoint.world else None


def _places(endpoint: Endpoint, _: Body) -> object:
    return asdict(endpoint.places)


def _settings(endpoint: Endpoint, _: Body) -> object:
    return endpoint.known_settings()


def _change(endpoint: Endpoint, body: Body) -> None:
    endpoint.change(body)


def _power(endpoint: Endpoint, body: Body) -> None:
    call = getattr(endpoint.clients("ec2"), POWER[str(body["verb"])])
    call(InstanceIds=[str(body["instance"])])


def _impair(endpoint: Endpoint, body: Body) -> None:
    chosen = {"check": "instance", "status": "impaired", **body}
    endpoint.impair(chosen["instance"], check=chosen["check"], status=chosen["status"])


def _listen(endpoint: Endpoint, body: Body) -> None:
    target = body.get("target")
    services = endpoint.surroundings.services
    real = (str(target[0]), int(target[1])) if target else None
    services.listen(str(body["instance"]), port=int(body["port"]), target=real)


def _hang_up(endpoint: Endpoint, body: Body) -> None:
    endpoint.surroundings.services.close(str(body["instance"]), port=int(body["port"]))


def _cut(endpoint: Endpoint, body: Body) -> None:
    endpoint.surroundings.services.cut(str(body["instance"]))


def _heal(endpoint: Endpoint, body: Body) -> None:
    endpoint.surroundings.services.heal(str(body["instance"]))


def _notice(endpoint: Endpoint, body: Body) -> None:
    endpoint.metadata.notice(str(body["instance"]), path=str(body["path"]), text=body.get("text"))


def _state(endpoint: Endpoint, _: Body) -> object:
    return asdict(endpoint.state())


ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", "calls"): _calls,
    ("DELETE", "calls"): _forget_calls,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "policies"): _grant,
    ("POST", "reset"): _reset,
    ("POST", "seed"): _seed,
    ("GET", "world"): _world,
    ("GET", "places"): _places,
    ("GET", "settings"): _settings,
    ("POST", "settings"): _change,
    ("POST", "power"): _power,
    ("POST", "impair"): _impair,
    ("POST", "listen"): _listen,
    ("DELETE", "listen"): _hang_up,
    ("POST", "cut"): _cut,
    ("DELETE", "cut"): _heal,
    ("POST", "notice"): _notice,
    ("GET", "state"): _state,
}


def controlled(endpoint: Endpoint, *, inner: Handler) -> Handler:
    """A handler that answers the control paths and passes everything else to ``inner``."""

    def control(request: Request) -> Answer:
        if not request.path.startswith(PREFIX):
            return inner(request)
        route = ROUTES.get((request.method, request.path.removeprefix(PREFIX)))
        if route is None:
            known = ", ".join(f"{method} {PREFIX}{path}" for method, path in ROUTES)
            return json_answer({"error": f"there are {known}"}, status=HTTPStatus.NOT_FOUND)
        try:
            return json_answer(route(endpoint, json.loads(request.body or b"{}")))
        except (ValueError, TypeError, ClientError, Ec2Error) as fault:
            return json_answer({"error": str(fault)}, status=HTTPStatus.BAD_REQUEST)
        except KeyError as missing:
            return json_answer({"error": f"unknown or missing: {missing}"}, status=HTTPStatus.BAD_REQUEST)

    return control

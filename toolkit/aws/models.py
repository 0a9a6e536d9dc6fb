"""botocore's service models, cut down to what the toolkit calls, and kept in a folder.

Parsing EC2's whole model is the largest part of a fresh process (DESIGN §5). A cut is a build product: it is
made from the installed botocore the first time a service is used, is named after that botocore's version,
and is only a shortcut: what it lacks comes from botocore's own files.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import botocore
from botocore.loaders import Loader

OPERATIONS: Final[Mapping[str, frozenset[str]]] = {
    "ec2": frozenset(
        [
            "AssociateAddress",
            "DisassociateAddress",
            "AssignPrivateIpAddresses",
            "UnassignPrivateIpAddresses",
            "AssignIpv6Addresses",
            "UnassignIpv6Addresses",
            "AttachNetworkInterface",
            "DetachNetworkInterface",
            "ModifyNetworkInterfaceAttribute",
            "ReplaceRoute",
            "CreateRoute",
            "DeleteRoute",
            "StopInstances",
            "DescribeAddresses",
            "DescribeInstances",
            "DescribeInstanceStatus",
            "DescribeInstanceTypes",
            "DescribeNetworkInterfaces",
            "DescribeRouteTables",
            "DescribeSubnets",
            "DescribeVpcAttribute",
        ]
    ),
    "dynamodb": frozenset(["GetItem", "PutItem", "UpdateItem", "Query", "TransactWriteItems", "DescribeTable"]),
    "route53": frozenset(["ChangeResourceRecordSets", "GetChange", "GetHostedZone", "ListResourceRecordSets"]),
    "cloudwatch": frozenset(["DescribeAlarms", "PutMetricData"]),
    "sns": frozenset(["Publish", "GetTopicAttributes"]),
    "autoscaling": frozenset(["CompleteLifecycleAction"]),
    "ssm": frozenset(["GetParameter"]),
    "s3": frozenset(["GetObject"]),
}
PACKED: Final = Path(__file__).parent / "cuts"
_FORMAT = "1"
_SERVICE_MODEL = "service-2"
_OTHERS_WRITE = 0o022
# botocore looks up an endpoint's region rules by these names (its endpoints.json); STS serves assumed roles.
_ENDPOINT_NAMES: Final = frozenset(
    {"autoscaling", "dynamodb", "ec2", "monitoring", "route53", "s3", "sns", "ssm", "sts"}
)


def digest() -> str:
    """Names the cut: botocore's version and what is kept of it."""
    kept = json.dumps({name: sorted(operations) for name, operations in OPERATIONS.items()}, sort_keys=True)
    return f"{botocore.__version__}-{hashlib.sha256((_FORMAT + kept).encode()).hexdigest()[:8]}"


def folders() -> tuple[Path, ...]:
    """Where cuts are looked for: packed beside this module (the Lambda zip), then the user's cache, if there is one."""
    with suppress(RuntimeError):  # a user without a home
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
        return PACKED, cache / "failover-toolkit" / "botocore"
    return (PACKED,)


def cut(model: Mapping[str, Any], operations: frozenset[str]) -> dict[str, Any]:
    """A service model with these operations only, the shapes they need, and no documentation."""
    kept = {name: body for name, body in model["operations"].items() if name in operations}
    wanted: set[str] = set()
    queue = [name for body in kept.values() for name in _references(body)]
    while queue:
        name = queue.pop()
        if name not in wanted:
            wanted.add(name)
            queue.extend(_references(model["shapes"][name]))
    shapes = {name: body for name, body in model["shapes"].items() if name in wanted}
    slim = {key: value for key, value in model.items() if key not in {"operations", "shapes", "documentation"}}
    return slim | {"operations": _undocumented(kept), "shapes": _undocumented(shapes)}


def cut_endpoints(data: Mapping[str, Any]) -> dict[str, Any]:
    """The table of endpoints with the services that are called."""
    partitions = [
        {**partition, "services": {k: v for k, v in partition["services"].items() if k in _ENDPOINT_NAMES}}
        for partition in data["partitions"]
    ]
    return {**data, "partitions": partitions}


class SlimLoader(Loader):
    """botocore's loader with the cuts in front: reads them, makes missing ones, and never fails for them."""

    def __init__(self, *places: Path) -> None:
        super().__init__()
        named = tuple(place / digest() for place in places or folders())
        # What the Lambda zip packs serves whichever botocore its runtime has: the format of models is a contract
        # (AWS_DATA_PATH rests on it), while that version changes by date.
        self._places = named if places else (PACKED, *named)
        self._read: dict[str, Any] = {}

    def load_service_model(self, service_name: str, type_name: str, api_version: Any | None = None) -> Any:
        if service_name not in OPERATIONS or api_version is not None:
            return super().load_service_model(service_name, type_name, api_version)
        name = f"{service_name}.{type_name}"
        found = self._kept(name)
        if found is None:
            found = super().load_service_model(service_name, type_name, None)
            if type_name == _SERVICE_MODEL:
                found = cut(found, OPERATIONS[service_name])
            self._keep(name, found)
        return found

    def load_data_with_path(self, name: str) -> tuple[dict[str, Any], str]:
        if name != "endpoints":
            found: tuple[dict[str, Any], str] = super().load_data_with_path(name)
            return found
        data = self._kept(name)
        if data is not None:
            return data, self.BUILTIN_DATA_PATH
        data, path = super().load_data_with_path(name)
        if not self.is_builtin_path(path):
            return data, path
        data = cut_endpoints(data)
        self._keep(name, data)
        return data, path

    def _kept(self, name: str) -> Any | None:
        if name not in self._read:
            self._read[name] = next((data for place in self._places if (data := _load(place / f"{name}.json"))), None)
        return self._read[name]

    def _keep(self, name: str, data: Mapping[str, Any]) -> None:
        self._read[name] = data
        store(self._places[-1], name, data)


def store(folder: Path, name: str, data: Mapping[str, Any]) -> bool:
    """Write one cut so that readers see all of it or nothing; False when this machine does not allow it."""
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, delete=False) as file:
            json.dump(data, file, separators=(",", ":"))
        Path(file.name).replace(folder / f"{name}.json")
        return True
    return False


def _load(path: Path) -> Any | None:
    """A kept cut, None when there is none or when somebody else could have written it.

    What is packed beside this module is trusted as the module is, whoever unpacked it (Lambda does, as a user of
    its own).
    """
    with suppress(OSError, ValueError), path.open("rb") as file:
        info = os.fstat(file.fileno())
        ours = info.st_uid in {0, os.geteuid()} and not info.st_mode & _OTHERS_WRITE
        if ours or path.is_relative_to(Path(__file__).parent):
            return json.load(file)
    return None


def _references(node: Any) -> list[str]:
    if isinstance(node, Mapping):
        here = [node["shape"]] if isinstance(node.get("shape"), str) else []
        return here + [name for value in node.values() for name in _references(value)]
    if isinstance(node, list):
        return [name for value in node for name in _references(value)]
    return []


def _undocumented(node: Any) -> Any:
    if isinstance(node, Mapping):
        # A member may itself be called "documentation"; only texts are dropped.
        return {k: _undocumented(v) for k, v in node.items() if k != "documentation" or not isinstance(v, str)}
    return [_undocumented(value) for value in node] if isinstance(node, list) else node

"""What the real provider refuses by its form alone, and the schema-only providers let pass: ARNs and ids."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from terraform.outcomes import Resource

# Arguments that hold an ARN and are not called one.
_NAMES: Final = frozenset(
    ("alarm_actions", "destination", "insufficient_data_actions", "log_destination", "ok_actions")
)
# Named like one, and set by nobody but the provider: nothing refuses what a mock invents for them.
_COMPUTED: Final = frozenset(
    {"dashboard_arn", "host_resource_group_arn", "invoke_arn", "outpost_arn", "qualified_arn", "qualified_invoke_arn"}
    | {"signing_job_arn", "signing_profile_version_arn", "stream_arn"}
)
_OF_ANOTHER: Final = frozenset(("aws_cloudwatch_event_target", "aws_sns_topic_policy"))
_POLICIES: Final = frozenset(("aws_iam_role_policy", "aws_sns_topic_policy", "aws_sqs_queue_policy"))


def malformed(resource: Resource, partition: str | None) -> Iterator[str]:
    """Each argument of a resource that the real provider would refuse; without a partition, any one will do."""
    prefix, place = ("arn:", "") if partition is None else (f"arn:{partition}:", f" of the partition {partition}")
    for path, text in _texts(resource.values):
        if _holds_an_arn(resource.type, path) and not text.startswith(prefix):
            yield f"{resource.address}: {path} is {text!r}, which is no ARN{place}"
        if path == "launch_template.id" and not text.startswith("lt-"):
            yield f"{resource.address}: {path} is {text!r}, which is no id of a launch template"
    if resource.type in _POLICIES and resource.values.get("policy"):
        for text in _named(resource.values["policy"]):
            if text != "*" and not text.startswith(prefix):
                yield f"{resource.address} names {text} in the partition {partition or 'it is in'}"


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a resource with its dotted path; the number of a block or of a list's item is not part of it."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from _texts(inner, f"{path}.{name}" if path else name)
        case list():
            for inner in value:
                yield from _texts(inner, path)
        case str():
            yield path, value


def _holds_an_arn(kind: str, path: str) -> bool:
    name = path.rpartition(".")[2]
    if path == "role":
        return kind == "aws_lambda_function"
    if path == "arn":
        return kind in _OF_ANOTHER
    return name in _NAMES or (name.endswith("arn") and path not in _COMPUTED)


def _named(policy: str) -> Iterator[str]:
    for statement in json.loads(policy).get("Statement", ()):
        resources = statement["Resource"]
        yield from [resources] if isinstance(resources, str) else resources

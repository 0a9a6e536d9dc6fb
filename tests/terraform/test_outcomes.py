"""The events of ``terraform test -json -verbose``, in the shape in which Terraform 1.11 writes them."""

from __future__ import annotations

import json
from typing import Any

from terraform import outcomes


def _lines(*events: dict[str, Any]) -> str:
    return "\n".join(json.dumps(event) for event in events)


def _run(name: str, status: str) -> dict[str, Any]:
    return {"type": "test_run", "@testrun": name, "test_run": {"run": name, "progress": "complete", "status": status}}


def test_runs_that_ended_are_counted_and_those_in_progress_are_not() -> None:
    starting = {"type": "test_run", "test_run": {"run": "a", "progress": "starting"}}
    found = outcomes.read(_lines(starting, _run("a", "pass"), _run("b", "fail"), _run("c", "skip")))
    assert (found.passed, found.failed) == (1, 2)


def test_an_error_names_its_file_and_run() -> None:
    event = {
        "type": "diagnostic",
        "@testfile": "tests/a.tftest.hcl",
        "@testrun": "b",
        "diagnostic": {"severity": "error", "summary": "Test assertion failed", "detail": "too open"},
    }
    assert outcomes.read(_lines(event)).faults == ("tests/a.tftest.hcl b: Test assertion failed: too open",)


def test_a_warning_is_no_fault() -> None:
    event = {"type": "diagnostic", "diagnostic": {"severity": "warning", "summary": "Deprecated"}}
    assert outcomes.read(_lines(event)).faults == ()


def test_resources_left_behind_are_a_fault() -> None:
    assert outcomes.read(_lines({"type": "test_cleanup", "@message": "left some"})).faults == ("left some",)


def test_a_line_that_is_no_event_is_a_fault() -> None:
    assert outcomes.read("terraform: not found").faults == ("terraform: not found",)


def test_a_state_gives_managed_resources_of_all_modules_and_the_outputs() -> None:
    instance = {"address": "module.node.aws_instance.a", "mode": "managed", "type": "aws_instance", "values": {}}
    data = {"address": "data.aws_region.x", "mode": "data", "type": "aws_region", "values": {}}
    event = {
        "type": "test_state",
        "@testfile": "tests/a.tftest.hcl",
        "@testrun": "b",
        "test_state": {
            "root_module": {"resources": [data], "child_modules": [{"resources": [instance]}]},
            "outputs": {"name": {"value": "x"}},
        },
    }
    [state] = outcomes.read(_lines(event)).states
    assert [resource.address for resource in state.resources] == ["module.node.aws_instance.a"]
    assert state.outputs == {"name": "x"}

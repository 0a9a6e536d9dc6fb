"""What the tally says of the calls that it saw."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from toolkit.lab.exchange import Request
from toolkit.lab.iam import Tally


def _request(action: str, run: str = "", **params: str) -> Request:
    body = "&".join(f"{key}={value}" for key, value in {"Action": action, **params}.items())
    return Request(
        method="POST",
        target="/",
        headers={
            "authorization": "AWS4-HMAC-SHA256 Credential=node/20261121/eu-west-1/ec2/aws4_request, x",
            "content-type": "application/x-www-form-urlencoded",
            "user-agent": f"Botocore/1 failover-toolkit/0.1 run/{run}" if run else "Botocore/1",
        },
        body=body.encode(),
    )


def _lines(file: Path, *requests: Request) -> list[dict[str, Any]]:
    tally = Tally(file)
    for request in requests:
        tally.note(request)
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_call_is_told_with_its_caller_and_the_types_of_its_resources(tmp_path: Path) -> None:
    call = _request("AssociateAddress", "lambda", AllocationId="a", NetworkInterfaceId="e", PrivateIpAddress="p")
    asks = {"ec2:AssociateAddress": ["elastic-ip", "network-interface"]}
    assert _lines(tmp_path / "x", call) == [{"key": "node", "run": "lambda", "asks": asks}]


def test_the_same_kind_of_call_is_told_once_whatever_the_number_of_its_run(tmp_path: Path) -> None:
    runs = ("0123abcd", "0123abcd.2", "fedcba98")
    calls = [_request("StopInstances", run, **{"InstanceId.1": f"i-{run}"}) for run in runs]
    assert [line["run"] for line in _lines(tmp_path / "x", *calls)] == ["run"]


def test_a_call_without_a_rule_is_told_with_a_question_mark(tmp_path: Path) -> None:
    (line,) = _lines(tmp_path / "x", _request("CreateVpc"))
    assert line["asks"] == {"ec2:CreateVpc": ["?"]}
    assert not line["run"]


def test_several_tallies_may_write_one_file(tmp_path: Path) -> None:
    _lines(tmp_path / "x", _request("DescribeAddresses"))
    assert len(_lines(tmp_path / "x", _request("DescribeSubnets"))) == 2

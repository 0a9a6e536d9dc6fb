"""``failover lab``: the same world, driven from a shell."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from toolkit.cli.root import run
from toolkit.lab import Lab

from . import socks
from .conftest import Clients
from .metadata_caller import read

COMMAND = Path(sys.executable).with_name("failover")
Drive = Callable[..., Any]


@pytest.fixture
def drive(lab: Lab, capsys: pytest.CaptureFixture[str]) -> Drive:
    """Runs ``failover lab`` against the lab; gives what it printed, as JSON when it is that."""

    def call(*arguments: str, code: int = 0) -> Any:
        capsys.readouterr()
        ended = run(["lab", "--url", lab.url, *arguments])
        shown = capsys.readouterr()
        assert ended == code, shown.err
        text = shown.out + shown.err
        return json.loads(text) if text.startswith("{") else text

    return call


def test_up_prints_what_to_export_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    file = tmp_path / "failover.json"
    arguments = [str(COMMAND), "lab", "up", "--world", "cross-az", "--write", str(file)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "world cross-az is ready" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        exported, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "stopped" in said
    names = dict(line.removeprefix("export ").split("=", 1) for line in exported.splitlines())
    assert names["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert names["FAILOVER_CONFIG"] == str(file)
    assert "app" in json.loads(file.read_text())["groups"]


def test_up_on_a_taken_port_says_so(lab: Lab) -> None:
    port = lab.url.rpartition(":")[2]
    ended = subprocess.run(
        [str(COMMAND), "lab", "up", "--port", port], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 2
    assert f"cannot listen on port {port}" in ended.stderr


def test_without_a_lab_to_drive_it_says_how_to_name_one() -> None:
    environment = {"PATH": "/usr/bin:/bin"}
    ended = subprocess.run(
        [str(COMMAND), "lab", "reset"], capture_output=True, text=True, check=False, env=environment, timeout=60
    )
    assert ended.returncode == 2
    assert "AWS_ENDPOINT_URL" in ended.stderr


def test_a_seeded_world_can_be_printed_as_configuration(lab: Lab, drive: Drive) -> None:
    ids = drive("seed", "cross-az")
    assert drive("config")["groups"]["app"]["nodes"][0]["instance"] == ids["app-1"]
    assert lab.world() is not None


def test_a_configuration_of_no_world_is_refused(drive: Drive) -> None:
    assert "no world is seeded" in drive("config", code=2)


def test_reset_empties_the_lab(lab: Lab, drive: Drive) -> None:
    lab.seed("cross-az")
    drive("reset")
    assert lab.world() is None


def test_settings_are_changed_and_shown(drive: Drive) -> None:
    drive("set", "eni_detach=5", "dns_mode=slow", "imds_tags=true")
    settings = drive("set")
    assert (settings["eni_detach"], settings["dns_mode"], settings["imds_tags"]) == (5, "slow", True)


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [("speed=3", "no such setting"), ("dns_mode=odd", "cannot be 'odd'"), ("eni_detach", "give eni_detach as")],
)
def test_a_wrong_setting_is_refused(drive: Drive, setting: str, complaint: str) -> None:
    assert complaint in drive("set", setting, code=2)


def test_a_fault_is_put_in_force_listed_and_cleared(lab: Lab, drive: Drive, client: Clients) -> None:
    drive("fault", "refusal", "code=InternalError", "--action", "DescribeAddresses", "--count", "1")
    assert drive("fault")["faults"][0]["effect"]["code"] == "InternalError"
    with pytest.raises(ClientError, match="InternalError"):
        client("ec2").describe_addresses()
    drive("fault", "--clear")
    assert drive("fault")["faults"] == []
    assert lab.calls()[0].error_code == "InternalError"


def test_a_fault_with_an_unknown_detail_is_refused(drive: Drive) -> None:
    assert "unknown in a fault: second" in drive("fault", "latency", "second=1", code=2)


def test_calls_are_shown_filtered_and_forgotten(drive: Drive, client: Clients) -> None:
    client("ec2").describe_addresses()
    client("ec2").allocate_address(Domain="vpc")
    assert "ec2:DescribeAddresses" in drive("calls")
    assert [call["action"] for call in drive("calls", "--mutating", "--json")["calls"]] == ["AllocateAddress"]
    drive("calls", "--clear")
    assert drive("calls", "--json")["calls"] == []


def states(client: Clients, instance: str) -> str:
    found: Any = client("ec2").describe_instances(InstanceIds=[instance])
    return str(found["Reservations"][0]["Instances"][0]["State"]["Name"])


def test_instances_are_stopped_started_and_terminated_by_role(lab: Lab, drive: Drive, client: Clients) -> None:
    node = lab.seed("cross-az")["app-1"]
    for command, state in (
        ("stop-instance", "stopped"),
        ("start-instance", "running"),
        ("terminate-instance", "terminated"),
    ):
        drive(command, "app-1")
        assert states(client, node) == state


def test_an_instance_that_does_not_exist_is_refused(drive: Drive) -> None:
    assert "InvalidInstanceID" in drive("stop-instance", "i-0123456789abcdef0", code=2)


def test_an_instance_is_impaired_and_healed(lab: Lab, drive: Drive, client: Clients) -> None:
    node = lab.seed("cross-az")["app-1"]

    def check() -> str:
        found: Any = client("ec2").describe_instance_status(InstanceIds=[node])
        return str(found["InstanceStatuses"][0]["InstanceStatus"]["Status"])

    drive("impair", "app-1")
    assert check() == "impaired"
    drive("impair", "app-1", "--ok")
    assert check() == "ok"


def test_an_instance_is_cut_and_healed(lab: Lab, drive: Drive) -> None:
    world = lab.seed("cross-az")
    drive("cut", "app-1")
    assert socks.reply(lab.socks_outside, world["eip-ip"]) != 0
    drive("cut", "app-1", "--heal")
    assert socks.reply(lab.socks_outside, world["eip-ip"]) == 0


def test_a_spot_notice_can_be_given(lab: Lab, drive: Drive) -> None:
    world = lab.seed("cross-az")
    drive("spot-notice", "app-1", "--action", "stop")
    assert json.loads(read(lab, world["app-1"], "spot/instance-action"))["action"] == "stop"


def test_grant_holds_a_key_to_the_policy_in_a_file(drive: Drive, lab: Lab, client: Clients, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    allow = {"Effect": "Allow", "Action": "ec2:DescribeAddresses", "Resource": "*"}
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": allow}))
    drive("grant", "lab", str(file))
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        client("ec2").describe_instances()
    assert client("ec2").describe_addresses()["Addresses"] == []
    lab.reset()


@pytest.mark.parametrize("text", [None, "{", '{"Statement": {"Effect": "Perhaps"}}'])
def test_grant_says_what_is_wrong_with_the_file(drive: Drive, tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "policy.json"
    if text is not None:
        file.write_text(text)
    said = drive("grant", "lab", str(file), code=2)
    assert "policy.json" in said or "Effect is Allow or Deny" in said

"""Faults act on the calls they name, and on no other."""

import subprocess
import sys
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from toolkit.lab import (
    BlackHole,
    Deny,
    Drop,
    Expire,
    Fault,
    Kill,
    Lab,
    LabError,
    Latency,
    Refusal,
    Stale,
    Throttle,
)
from toolkit.lab.exchange import Answer, Dropped, Request
from toolkit.lab.fault import Effect
from toolkit.lab.faults import Faults

from .conftest import Clients


def code_of(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response: Any = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_refusal_before_the_effect_leaves_no_effect(lab: Lab, client: Clients) -> None:
    ec2 = client("ec2")
    lab.fault(Fault(Refusal(code="InternalError", status=500), action="AllocateAddress"))
    with pytest.raises(ClientError) as raised:
        ec2.allocate_address(Domain="vpc")
    assert code_of(raised) == ("InternalError", 500)
    assert ec2.describe_addresses()["Addresses"] == []


def test_a_refusal_after_the_effect_leaves_the_effect(lab: Lab, client: Clients) -> None:
    ec2 = client("ec2")
    lab.fault(Fault(Refusal(when="after"), action="AllocateAddress"))
    with pytest.raises(ClientError):
        ec2.allocate_address(Domain="vpc")
    assert len(ec2.describe_addresses()["Addresses"]) == 1


@pytest.mark.parametrize(("when", "effects"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_answers_nothing(lab: Lab, client: Clients, when: Any, effects: int) -> None:
    ec2 = client("ec2")
    lab.fault(Fault(Drop(when=when), action="AllocateAddress"))
    with pytest.raises(ConnectionClosedError):
        ec2.allocate_address(Domain="vpc")
    assert len(ec2.describe_addresses()["Addresses"]) == effects
    assert lab.calls()[0].status is None
    assert lab.calls()[0].ended is not None


def test_a_fault_acts_from_its_first_call_on_and_as_often_as_told(lab: Lab, client: Clients) -> None:
    ec2 = client("ec2")
    lab.fault(Fault(Refusal(), action="DescribeAddresses", first=2, count=2))
    outcomes = []
    for _ in range(5):
        try:
            ec2.describe_addresses()
        except ClientError:
            outcomes.append("refused")
        else:
            outcomes.append("served")
    assert outcomes == ["served", "refused", "refused", "served", "served"]


def test_a_fault_per_action_counts_each_action_by_itself(lab: Lab, client: Clients) -> None:
    ec2 = client("ec2")
    lab.fault(Fault(Refusal(code="RequestLimitExceeded", status=503), per_action=True, count=1))
    for call in (ec2.describe_addresses, ec2.describe_vpcs):
        with pytest.raises(ClientError, match="RequestLimitExceeded"):
            call()
        call()


class NoPast:
    """Nothing to remember."""

    def keep(self) -> object:
        """Never called."""
        raise NotImplementedError

    def ask(self, kept: object, request: Request) -> Answer:
        """Never called."""
        raise NotImplementedError


@pytest.mark.parametrize("effect", [Drop(), BlackHole()])
def test_a_fault_is_over_after_its_time(effect: Effect) -> None:
    now = [0.0]
    faults = Faults(NoPast(), clock=lambda: now[0])
    serve = faults.around(lambda _: Answer(status=200))
    faults.add(Fault(effect, seconds=0.01))
    with pytest.raises(Dropped):
        serve(Request(method="GET", target="/"))
    now[0] = 0.01
    assert serve(Request(method="GET", target="/")).status == 200


def test_a_fault_on_a_parameter_spares_other_values(lab: Lab, client: Clients) -> None:
    ec2 = client("ec2")
    first, second = (ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(2))
    lab.fault(Fault(Refusal(), params={"AllocationId.1": first}))
    assert ec2.describe_addresses(AllocationIds=[second])["Addresses"]
    with pytest.raises(ClientError):
        ec2.describe_addresses(AllocationIds=[first])


def test_a_fault_on_a_json_member_reads_its_dotted_path(lab: Lab, client: Clients) -> None:
    lab.seed("cross-az")
    dynamodb = client("dynamodb")
    lab.fault(Fault(Refusal(code="InternalServerError"), params={"Key.group.S": "db"}))
    key = {"item": {"S": "lease"}}
    assert "Item" not in dynamodb.get_item(TableName="failover-state", Key={"group": {"S": "web"}, **key})
    with pytest.raises(ClientError):
        dynamodb.get_item(TableName="failover-state", Key={"group": {"S": "db"}, **key})


def test_a_fault_on_writes_spares_reads_and_dry_runs(lab: Lab, client: Clients) -> None:
    ec2 = client("ec2")
    lab.fault(Fault(Refusal(), mutating=True))
    ec2.describe_addresses()
    with pytest.raises(ClientError, match="DryRunOperation"):
        ec2.allocate_address(Domain="vpc", DryRun=True)
    with pytest.raises(ClientError, match="InternalError"):
        ec2.allocate_address(Domain="vpc")


def test_the_same_seed_gives_the_same_misfortune(lab: Lab, client: Clients) -> None:
    ec2 = client("ec2")

    def misfortunes() -> list[bool]:
        lab.clear_faults()
        lab.clear_calls()
        lab.fault(Fault(Refusal(), action="DescribeAddresses", probability=0.5, seed=7))
        for _ in range(12):
            try:
                ec2.describe_addresses()
            except ClientError:
                continue
        return [call.error_code is not None for call in lab.calls()]

    first = misfortunes()
    assert first == misfortunes()
    assert 0 < sum(first) < len(first)


def test_latency_lengthens_the_call(lab: Lab, client: Clients) -> None:
    ec2 = client("ec2")
    lab.fault(Fault(Latency(seconds=0.03, jitter_seconds=0.01), action="DescribeAddresses"))
    ec2.describe_addresses()
    call = lab.calls()[0]
    assert call.ended is not None
    assert call.ended - call.started >= 0.03


def test_a_denied_action_is_unauthorized_with_an_encoded_message(lab: Lab, client: Clients) -> None:
    lab.fault(Fault(Deny(), action="AllocateAddress"))
    with pytest.raises(ClientError, match="Encoded authorization failure message: ") as raised:
        client("ec2").allocate_address(Domain="vpc")
    assert code_of(raised) == ("UnauthorizedOperation", 403)


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("ec2", "describe_addresses", "RequestExpired"),
        ("dynamodb", "list_tables", "ExpiredTokenException"),
        ("sts", "get_caller_identity", "ExpiredToken"),
    ],
)
def test_expired_credentials_are_refused_by_every_service_in_its_own_words(
    lab: Lab, client: Clients, service: str, call: str, code: str
) -> None:
    lab.fault(Fault(Expire()))
    with pytest.raises(ClientError) as raised:
        getattr(client(service), call)()
    assert code_of(raised)[0] == code


def test_a_black_hole_never_answers_and_lets_go_when_cleared(lab: Lab, client: Clients) -> None:
    lab.fault(Fault(BlackHole(), action="DescribeAddresses"))
    with pytest.raises(ReadTimeoutError):
        client("ec2", read_timeout_seconds=0.05).describe_addresses()
    assert lab.calls()[0].ended is None
    lab.clear_faults()
    client("ec2").describe_addresses()


def test_the_buckets_refuse_the_request_after_the_last_token(lab: Lab, client: Clients) -> None:
    lab.fault(Fault(Throttle(scale=0.1)))
    ec2 = client("ec2")
    with pytest.raises(ClientError) as raised:  # noqa: PT012 - which one is refused depends on the refill
        for _ in range(50):
            ec2.describe_addresses()
    assert code_of(raised) == ("RequestLimitExceeded", 503)
    assert len(lab.calls()) > 10


def test_a_neighbour_can_drink_the_whole_bucket(lab: Lab, client: Clients) -> None:
    lab.fault(Fault(Throttle(scale=0.02, neighbour_per_second=1000.0)))
    ec2 = client("ec2")
    ec2.describe_addresses()
    for _ in range(3):
        with pytest.raises(ClientError, match="RequestLimitExceeded"):
            ec2.describe_addresses()


def test_reads_after_a_write_show_the_world_before_it(lab: Lab, client: Clients) -> None:
    ec2 = client("ec2")
    lab.fault(Fault(Stale(seconds=60.0), action="Describe*"))
    assert ec2.describe_addresses()["Addresses"] == []
    ec2.allocate_address(Domain="vpc")
    assert ec2.describe_addresses()["Addresses"] == []
    lab.clear_faults()
    assert len(ec2.describe_addresses()["Addresses"]) == 1


def test_a_stale_read_that_nobody_made_before_shows_the_past_too(lab: Lab, client: Clients) -> None:
    world = lab.seed("pair")
    ec2 = client("ec2")
    lab.fault(Fault(Stale(seconds=60.0), action="Describe*"))
    moved = ec2.associate_address(AllocationId=world["eip"], NetworkInterfaceId=world["db-2-eni"])
    rows = ec2.describe_addresses(AllocationIds=[world["eip"]])["Addresses"]
    assert rows[0]["NetworkInterfaceId"] == world["db-1-eni"]
    assert rows[0]["AssociationId"] != moved["AssociationId"]
    lab.clear_faults()
    rows = ec2.describe_addresses(AllocationIds=[world["eip"]])["Addresses"]
    assert rows[0]["NetworkInterfaceId"] == world["db-2-eni"]


def test_a_stale_read_shows_the_world_before_the_last_writes_only(lab: Lab, client: Clients) -> None:
    ec2 = client("ec2")
    ec2.allocate_address(Domain="vpc")
    lab.fault(Fault(Stale(seconds=60.0), action="Describe*"))
    ec2.allocate_address(Domain="vpc")
    ec2.allocate_address(Domain="vpc")
    assert len(ec2.describe_addresses()["Addresses"]) == 1


def test_writes_are_never_stale(lab: Lab, client: Clients) -> None:
    world = lab.seed("pair")
    ec2 = client("ec2")
    lab.fault(Fault(Stale(seconds=60.0)))
    gone = ec2.describe_addresses(AllocationIds=[world["eip"]])["Addresses"][0]["AssociationId"]
    ec2.disassociate_address(AssociationId=gone)
    with pytest.raises(ClientError, match="InvalidAssociationID"):
        ec2.disassociate_address(AssociationId=gone)


def test_a_stale_read_catches_up_after_its_time(lab: Lab, client: Clients) -> None:
    ec2 = client("ec2")
    lab.fault(Fault(Stale(seconds=0.03), action="Describe*"))
    ec2.describe_addresses()
    ec2.allocate_address(Domain="vpc")
    time.sleep(0.04)
    assert len(ec2.describe_addresses()["Addresses"]) == 1


def test_a_kill_ends_the_process_once_the_call_took_effect(lab: Lab, client: Clients) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as victim:
        lab.fault(Fault(Kill(pid=victim.pid), action="AllocateAddress"))
        with pytest.raises(ConnectionClosedError):
            client("ec2").allocate_address(Domain="vpc")
        assert victim.wait(10) == -9
    assert len(client("ec2").describe_addresses()["Addresses"]) == 1


def test_a_fault_of_unknown_kind_is_refused(lab: Lab) -> None:
    with pytest.raises(LabError, match=r"effect\.kind is one of"):
        lab.request("POST", "faults", body={"effect": {"kind": "bad luck"}})


def test_a_fault_with_an_unknown_key_is_refused(lab: Lab) -> None:
    with pytest.raises(LabError, match="unknown in a fault: probabilty"):
        lab.request("POST", "faults", body={"effect": {"kind": "drop"}, "probabilty": 0.5})

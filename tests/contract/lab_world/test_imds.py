"""Instance metadata as IMDSv2 serves it (AWS.md §7)."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, RemoteDisconnected
from urllib.parse import urlsplit

import pytest
from botocore.utils import InstanceMetadataFetcher

from toolkit.lab import Lab, World
from toolkit.lab.conditions import Conditions
from toolkit.lab.exchange import Request
from toolkit.lab.imds import Metadata, Subject

from .conftest import Clients
from .metadata_caller import TOKEN, TTL, ask, read, token


@pytest.fixture
def world(lab: Lab) -> World:
    return lab.seed("pair")


@pytest.mark.parametrize("ttl", [None, "0", "21601", "soon"])
def test_a_token_needs_a_life_between_a_second_and_six_hours(lab: Lab, world: World, ttl: str | None) -> None:
    headers = {TTL: ttl} if ttl else {}
    assert ask(lab.imds(world["db-1"]), "latest/api/token", method="PUT", headers=headers)[0] == 400


def test_a_forwarded_request_gets_no_token(lab: Lab, world: World) -> None:
    headers = {TTL: "60", "X-Forwarded-For": "10.0.1.20"}
    assert ask(lab.imds(world["db-1"]), "latest/api/token", method="PUT", headers=headers)[0] == 403


def test_a_token_is_put_not_got(lab: Lab, world: World) -> None:
    assert ask(lab.imds(world["db-1"]), "latest/api/token")[0] == 405


@pytest.mark.parametrize("headers", [{}, {TOKEN: "invented"}])
def test_without_a_good_token_nothing_is_told(lab: Lab, world: World, headers: Mapping[str, str]) -> None:
    assert ask(lab.imds(world["db-1"]), "latest/meta-data/instance-id", headers=headers)[0] == 401


def test_a_token_of_another_instance_is_worth_nothing(lab: Lab, world: World) -> None:
    headers = token(lab.imds(world["db-2"]))
    assert ask(lab.imds(world["db-1"]), "latest/meta-data/instance-id", headers=headers)[0] == 401


def test_an_instance_that_allows_version_1_needs_no_token(lab: Lab, world: World, client: Clients) -> None:
    client("ec2").modify_instance_metadata_options(InstanceId=world["db-1"], HttpTokens="optional")
    assert ask(lab.imds(world["db-1"]), "latest/meta-data/instance-id") == (200, world["db-1"])


def test_an_instance_whose_service_is_off_answers_403(lab: Lab, world: World, client: Clients) -> None:
    client("ec2").modify_instance_metadata_options(InstanceId=world["db-1"], HttpEndpoint="disabled")
    assert ask(lab.imds(world["db-1"]), "latest/api/token", method="PUT", headers={TTL: "60"})[0] == 403


def test_an_instance_knows_who_and_where_it_is(lab: Lab, world: World) -> None:
    assert read(lab, world["db-1"], "instance-id") == world["db-1"]
    assert read(lab, world["db-1"], "local-ipv4") == "10.0.1.10"
    assert read(lab, world["db-1"], "placement/region") == "eu-west-1"
    assert read(lab, world["db-1"], "placement/availability-zone") == "eu-west-1a"
    assert read(lab, world["db-1"], "placement/availability-zone-id") == "euw1-az1"


def test_an_interface_lists_its_addresses(lab: Lab, world: World) -> None:
    base = f"network/interfaces/macs/{read(lab, world['db-1'], 'mac')}"
    assert read(lab, world["db-1"], f"{base}/interface-id") == world["db-1-eni"]
    assert read(lab, world["db-1"], f"{base}/device-number") == "0"
    assert read(lab, world["db-1"], f"{base}/local-ipv4s").split() == ["10.0.1.10", "10.0.1.50"]
    assert read(lab, world["db-1"], f"{base}/ipv6s") == world["ipv6"]
    assert set(read(lab, world["db-1"], f"{base}/public-ipv4s").split()) == {
        world["eip-ip"],
        world["eip-floating-ip"],
    }
    assert read(lab, world["db-1"], f"{base}/ipv4-associations/{world['eip-ip']}") == "10.0.1.10"
    assert read(lab, world["db-1"], f"{base}/vpc-id") == world["vpc"]


def test_every_interface_is_listed_by_its_mac(lab: Lab, world: World) -> None:
    macs = read(lab, world["db-1"], "network/interfaces/macs/").split()
    assert len(macs) == 3
    assert all(mac.endswith("/") for mac in macs)


def test_an_instance_without_public_address_has_no_such_path(lab: Lab, world: World) -> None:
    base = lab.imds(world["db-2"])
    assert ask(base, "latest/meta-data/public-ipv4", headers=token(base))[0] == 404


def test_metadata_follows_a_move(lab: Lab, world: World, client: Clients) -> None:
    client("ec2").associate_address(AllocationId=world["eip"], NetworkInterfaceId=world["db-2-eni"])
    assert read(lab, world["db-2"], "public-ipv4") == world["eip-ip"]


def test_metadata_can_lag_behind_a_move(lab: Lab, world: World, client: Clients) -> None:
    lab.set(imds_lag_seconds=600.0)
    assert read(lab, world["db-1"], "public-ipv4") == world["eip-ip"]
    client("ec2").associate_address(AllocationId=world["eip"], NetworkInterfaceId=world["db-2-eni"])
    assert read(lab, world["db-1"], "public-ipv4") == world["eip-ip"]


def test_tags_are_told_when_the_instance_allows_it(lab: Lab, world: World, client: Clients) -> None:
    assert read(lab, world["db-1"], "tags/instance/failover:group") == "db"
    client("ec2").modify_instance_metadata_options(InstanceId=world["db-1"], InstanceMetadataTags="disabled")
    base = lab.imds(world["db-1"])
    assert ask(base, "latest/meta-data/tags/instance", headers=token(base))[0] == 404


def test_a_spot_notice_appears_when_there_is_one(lab: Lab, world: World) -> None:
    base = lab.imds(world["db-1"])
    assert ask(base, "latest/meta-data/spot/instance-action", headers=token(base))[0] == 404
    lab.spot_notice(world["db-1"], action="stop")
    assert json.loads(read(lab, world["db-1"], "spot/instance-action"))["action"] == "stop"
    lab.notice(world["db-1"], "spot/instance-action", text=None)
    assert ask(base, "latest/meta-data/spot/instance-action", headers=token(base))[0] == 404


def test_the_identity_document_names_the_instance(lab: Lab, world: World) -> None:
    base = lab.imds(world["db-1"])
    _, text = ask(base, "latest/dynamic/instance-identity/document", headers=token(base))
    assert json.loads(text)["instanceId"] == world["db-1"]


def test_the_sdk_finds_credentials_through_it(lab: Lab, world: World) -> None:
    fetcher = InstanceMetadataFetcher(timeout=10, num_attempts=1, env={}, base_url=lab.imds(world["db-1"]))
    credentials = fetcher.retrieve_iam_role_credentials()
    assert credentials["access_key"] == "lab"
    assert credentials["role_name"] == "lab-node"


def test_a_service_that_is_off_answers_403(lab: Lab, world: World) -> None:
    lab.set(imds_mode="off")
    assert ask(lab.imds(world["db-1"]), "latest/meta-data/")[0] == 403


def test_a_silent_service_answers_when_it_is_no_longer_silent(lab: Lab, world: World) -> None:
    lab.set(imds_mode="silent")
    parts = urlsplit(lab.imds(world["db-1"]))
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=0.03)
    connection.request("GET", f"{parts.path}/latest/meta-data/")
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()
    lab.set(imds_mode="on")
    assert read(lab, world["db-1"], "instance-id") == world["db-1"]


def test_a_stopped_instance_has_no_metadata(lab: Lab, world: World) -> None:
    lab.stop_instance(world["db-1"])
    with pytest.raises(RemoteDisconnected):
        ask(lab.imds(world["db-1"]), "latest/meta-data/")


def test_a_token_ends_when_its_life_does() -> None:
    now = [0.0]
    subject = Subject(running=True, enabled=True, tokens_required=True, tags=False, tree={"a": "b"})
    service = Metadata(subject=lambda _instance, _notices: subject, conditions=Conditions(), clock=lambda: now[0])
    serve = service.around(lambda _: pytest.fail("not a metadata path"))
    path = "/_imds/i-1/latest"
    put = Request(method="PUT", target=f"{path}/api/token", headers={TTL.lower(): "2"})
    get = Request(method="GET", target=f"{path}/a", headers={TOKEN.lower(): serve(put).body.decode()})
    assert serve(get).status == 200
    now[0] = 2.0
    assert serve(get).status == 401

"""Route 53's changes, where moto is kinder than AWS (MOTO.md §6)."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from toolkit.lab import Lab, World

from .conftest import Clients

RECORD = "db.internal.example.com"


@pytest.fixture
def world(lab: Lab) -> World:
    return lab.seed("pair")


def change(client: Clients, world: World, action: str, *, value: str, name: str = RECORD) -> dict[str, Any]:
    rows = {"Name": name, "Type": "A", "TTL": 10, "ResourceRecords": [{"Value": value}]}
    made: Any = client("route53").change_resource_record_sets(
        HostedZoneId=world["zone"],
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": rows}]},
    )
    info: dict[str, Any] = made["ChangeInfo"]
    return info


def status(client: Clients, info: dict[str, Any]) -> str:
    return str(client("route53").get_change(Id=info["Id"])["ChangeInfo"]["Status"])


def addresses(client: Clients, world: World) -> list[str]:
    found: Any = client("route53").list_resource_record_sets(HostedZoneId=world["zone"])
    held = [row for row in found["ResourceRecordSets"] if row["Type"] == "A"]
    return [entry["Value"] for row in held for entry in row["ResourceRecords"]]


def test_every_change_has_an_id_of_its_own_and_starts_pending(client: Clients, world: World) -> None:
    first = change(client, world, "UPSERT", value="10.0.1.20")
    second = change(client, world, "UPSERT", value="10.0.1.10")
    assert first["Id"] != second["Id"]
    assert first["Status"] == "PENDING"


def test_a_change_is_in_sync_when_its_time_has_come(lab: Lab, client: Clients, world: World) -> None:
    assert status(client, change(client, world, "UPSERT", value="10.0.1.20")) == "INSYNC"
    lab.set(route53_sync_seconds=600.0)
    assert status(client, change(client, world, "UPSERT", value="10.0.1.10")) == "PENDING"


def test_a_record_that_exists_cannot_be_created_again(client: Clients, world: World) -> None:
    with pytest.raises(ClientError, match=r"InvalidChangeBatch.*but it already exists"):
        change(client, world, "CREATE", value="10.0.1.99")


def test_a_record_is_deleted_only_by_its_present_values(client: Clients, world: World) -> None:
    with pytest.raises(ClientError, match=r"InvalidChangeBatch.*do not match the current values"):
        change(client, world, "DELETE", value="10.0.1.99")
    with pytest.raises(ClientError, match=r"InvalidChangeBatch.*was not found"):
        change(client, world, "DELETE", value="10.0.1.10", name="no.internal.example.com")
    change(client, world, "DELETE", value="10.0.1.10")
    assert addresses(client, world) == []


def test_a_change_to_a_zone_that_does_not_exist_is_refused(client: Clients, world: World) -> None:
    elsewhere = World(name="none", ids={"zone": "Z0123456789ABCDEFGHIJ"}, configuration={})
    with pytest.raises(ClientError, match="NoSuchHostedZone"):
        change(client, elsewhere, "UPSERT", value="10.0.1.20")
    assert world.name == "pair"

"""Issue 3, must show 2: what AWS moved is really in the one guest and really gone from the other."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.booting import Machines, machines
from support.command import COMMAND, LIMIT_SECONDS, Ended
from support.guests import Guest, Wire, eventually, wired

if TYPE_CHECKING:
    from support.witness import Witness
    from toolkit.lab import Lab, World

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]

FLOATING = "10.0.1.50"
OVERLAY = "10.99.0.10"
VIP = "10.0.1.60"


@dataclass(frozen=True)
class Site:
    """The lab's pair as namespaces, and a client beside them."""

    lab: Lab
    world: World
    nodes: Machines
    wire: Wire
    guests: dict[str, Guest]
    folder: Path

    @property
    def client(self) -> Guest:
        return self.guests["client"]

    def words(self, name: str) -> list[str]:
        record = self.folder / f"{name}.record"
        return ["agent", "--netns", self.guests[name].namespace, "--record", str(record)]

    def agent(self, name: str) -> Ended:
        """One round of that node's agent."""
        end = self.nodes.run(self.world[role(name)], *self.words(name), "--once", "--json")
        assert end.code == 0, end
        return end

    def move(self, target: str) -> None:
        end = self.nodes.command.move(target)
        assert end.code == 0, end


def role(name: str) -> str:
    return {"one": "db-1", "two": "db-2"}[name]


@pytest.fixture
def kinds() -> tuple[str, ...]:
    return ("private_ip", "route")


@pytest.fixture
def site(lab: Lab, witness: Witness, tmp_path: Path, kinds: tuple[str, ...]) -> Iterator[Site]:
    world = lab.seed("pair", kinds=kinds)
    nodes = machines(lab, tmp_path, world.configuration)
    one, two = (mac_of(witness, world[f"db-{number}-eni"]) for number in (1, 2))
    with wired(one=(one, "10.0.1.10/24"), two=(two, "10.0.1.20/24"), client=("", "10.0.1.100/24")) as (wire, guests):
        yield Site(lab, world, nodes, wire, guests, tmp_path)


def mac_of(witness: Witness, interface: str) -> str:
    (row,) = witness.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
    return str(row["MacAddress"])


def test_the_client_reaches_the_new_node_at_the_same_address_after_a_move(site: Site) -> None:
    one, two = site.guests["one"], site.guests["two"]
    with one.serving("one"), two.serving("two"):
        site.agent("one")
        site.agent("two")
        assert (one.has(FLOATING), two.has(FLOATING)) == (True, False)
        assert site.client.reaches(FLOATING) == "one"
        site.move("db-2")
        site.agent("one")
        site.agent("two")
        assert (one.has(FLOATING), two.has(FLOATING)) == (False, True)
        # A VPC sends by its own mapping; a bridge by what the client last heard.
        site.client.ip("neigh", "flush", "dev", "eth0")
        assert site.client.reaches(FLOATING) == "two"


def test_an_overlay_address_is_on_the_loopback_device_of_its_holder_alone(site: Site) -> None:
    site.agent("one")
    site.move("db-2")
    site.agent("one")
    site.agent("two")
    assert OVERLAY not in site.guests["one"].addresses()["lo"]
    assert OVERLAY in site.guests["two"].addresses()["lo"]


def test_what_somebody_else_added_outlives_the_agent(site: Site) -> None:
    one = site.guests["one"]
    one.ip("addr", "add", "10.0.1.5/32", "dev", "eth0")
    one.ip("rule", "add", "from", "10.0.1.10", "lookup", "10000", "priority", "10000")
    before = one.ip("-j", "rule", "show")
    site.agent("one")
    site.move("db-2")
    site.agent("one")
    assert one.addresses()["eth0"] == ["10.0.1.10", "10.0.1.5"]
    assert one.ip("-j", "rule", "show") == before


def test_what_cloud_init_added_at_the_subnets_length_outlives_the_agents_own(site: Site) -> None:
    one = site.guests["one"]
    site.agent("one")
    one.ip("addr", "add", f"{FLOATING}/24", "dev", "eth0")
    site.move("db-2")
    end = site.agent("one")
    assert lengths(one) == [24]
    assert site.agent("one").body["reason"] != end.body["reason"], "the next round tells of what is left"


def test_an_address_that_a_person_gave_the_standby_by_hand_is_told_and_left(site: Site) -> None:
    two = site.guests["two"]
    two.ip("addr", "add", f"{FLOATING}/32", "dev", "eth0")
    end = site.agent("two")
    assert two.has(FLOATING)
    assert FLOATING in end.body["reason"]


def test_a_dry_run_says_what_it_would_do_and_does_nothing(site: Site) -> None:
    end = site.nodes.run(site.world["db-1"], *site.words("one"), "--dry-run")
    assert f"ip addr add {FLOATING}/32 dev eth0" in end.out.splitlines()
    assert not site.guests["one"].has(FLOATING)


def test_agents_that_keep_running_follow_a_move_and_end_when_they_are_told(site: Site) -> None:
    one, two = site.guests["one"], site.guests["two"]
    running = [
        site.nodes.start(site.world[role(name)], *site.words(name), "--interval", "0.2") for name in ("one", "two")
    ]
    try:
        assert eventually(lambda: one.has(FLOATING))
        site.move("db-2")
        assert eventually(lambda: two.has(FLOATING) and not one.has(FLOATING))
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        ends = [process.communicate(timeout=LIMIT_SECONDS) for process in running]
    assert [process.returncode for process in running] == [0, 0], ends


def test_a_full_disk_under_its_log_keeps_no_address_away(site: Site) -> None:
    command = site.nodes.command
    metadata = {
        "AWS_EC2_METADATA_DISABLED": "",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": site.lab.imds(site.world["db-1"]),
    }
    with Path("/dev/full").open("wb") as full:
        words = [str(COMMAND), *site.words("one"), "--once"]
        subprocess.run(words, env=command.environment | metadata, stdout=full, stderr=full, check=False)
    assert site.guests["one"].has(FLOATING)


def test_while_the_api_is_away_a_running_agent_keeps_what_it_has(site: Site) -> None:
    site.agent("one")
    end = site.nodes.run(site.world["db-1"], *site.words("one"), "--once", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert end.code == 8
    assert site.guests["one"].has(FLOATING)


@pytest.mark.parametrize("kinds", [("eni",)])
def test_a_hot_attached_interface_answers_from_its_own_table_and_leaves_nothing_behind(
    site: Site, witness: Witness
) -> None:
    one, two = site.guests["one"], site.guests["two"]
    mac = mac_of(witness, site.world["vip-eni"])
    site.move("db-2")
    site.wire.plug(two, "eth1", mac=mac)
    site.agent("two")
    with two.serving("two"):
        assert site.client.reaches(VIP) == "two"
    assert [rule["src"] for rule in own_rules(two)] == [VIP]
    routes = json.loads(two.ip("-j", "route", "show", "table", str(own_rules(two)[0]["table"])))
    assert {route["dst"]: route["dev"] for route in routes} == {"default": "eth1", "10.0.1.0/24": "eth1"}
    site.move("db-1")
    site.wire.unplug(two, "eth1")
    site.wire.plug(one, "eth1", mac=mac)
    site.agent("two")
    site.agent("one")
    assert own_rules(two) == []
    with one.serving("one"):
        site.client.ip("neigh", "flush", "dev", "eth0")
        assert site.client.reaches(VIP) == "one"


def lengths(guest: Guest) -> list[int]:
    """The prefix lengths at which the machine has the floating address."""
    rows: list[dict[str, Any]] = json.loads(guest.ip("-j", "addr", "show"))
    return [entry["prefixlen"] for row in rows for entry in row["addr_info"] if entry["local"] == FLOATING]


def own_rules(guest: Guest) -> list[dict[str, Any]]:
    """The rules in the toolkit's own range."""
    rules: list[dict[str, Any]] = json.loads(guest.ip("-j", "rule", "show"))
    return [rule for rule in rules if 17_800 <= rule["priority"] < 17_900]

"""What no AWS call can do: make an instance impaired, empty the world."""

from __future__ import annotations

from typing import Literal, get_args

from toolkit.lab.ec2.errors import not_found
from toolkit.lab.ec2.managed import lend
from toolkit.lab.ec2.world import WORLD

Check = Literal["instance", "system"]
CheckStatus = Literal["ok", "impaired", "insufficient-data", "initializing"]


def impair(instance_id: str, *, check: Check = "instance", status: CheckStatus = "impaired") -> None:
    """Set what a status check of an instance says; ``status="ok"`` heals it, and so does a stop.

    Raises:
        Ec2Error: there is no such instance.
        ValueError: no such check or status.
    """
    if check not in get_args(Check) or status not in get_args(CheckStatus):
        raise ValueError(f"no status check {check} with {status}")
    with WORLD.lock:
        for region in WORLD.settled():
            if machine := region.machines.get(instance_id):
                if check == "instance":
                    machine.instance_check = status
                else:
                    machine.system_check = status
                return
    raise not_found("i", instance_id)


def impair_zone(zone: str, *, status: Literal["available", "impaired"] = "impaired") -> None:
    """Let an availability zone fail, or heal: its own state, and both checks of every instance in it.

    Raises:
        ValueError: no region in use has such a zone.
    """
    check: CheckStatus = "ok" if status == "available" else "impaired"
    with WORLD.lock:
        for region in WORLD.settled():
            for known in region.store.zones.get(region.name, []):
                if known.name == zone:
                    known.state = status
                    for machine in region.machines.values():
                        if machine.zone == zone:
                            machine.instance_check = machine.system_check = check
                    return
    raise ValueError(f"no such zone: {zone}")


def lend_address(allocation_id: str, *, subnet_id: str, service: str) -> str:
    """Let an AWS service (``nlb``, ``rds``, ...) own a free Elastic IP; returns its interface's id.

    Raises:
        Ec2Error: an unknown id, or the address is in use.
    """
    with WORLD.lock:
        for region in WORLD.settled():
            if elastic := region.elastics.get(allocation_id):
                interface = lend(region, elastic, subnet=region.subnet(subnet_id), service=service)
                elastic.service_managed = service
                return interface.id
    raise not_found("eipalloc", allocation_id)


def reset() -> None:
    """Empty every region, forget what was pending, return the settings to their defaults."""
    WORLD.reset()

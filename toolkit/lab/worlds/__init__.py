"""Named worlds to fail over in."""

import copy
from collections.abc import Collection

from toolkit.lab.world import World
from toolkit.lab.worlds.appliance import appliance
from toolkit.lab.worlds.builder import Builder
from toolkit.lab.worlds.cross_az import cross_az
from toolkit.lab.worlds.fleet import fleet
from toolkit.lab.worlds.pair import pair
from toolkit.lab.worlds.three_tier import three_tier

WORLDS = {"pair": pair, "cross-az": cross_az, "three-tier": three_tier, "appliance": appliance}
KINDS = ("eip", "private_ip", "ipv6", "eni", "route", "dns")


def build(name: str, builder: Builder) -> World:
    """Builds the world of that name.

    Raises:
        ValueError: no such world.
    """
    if name.startswith("fleet:") and name.removeprefix("fleet:").isdigit():
        return fleet(builder, size=int(name.removeprefix("fleet:")))
    if name not in WORLDS:
        raise ValueError(f"no such world: {name}; there are {', '.join(WORLDS)} and fleet:N")
    return WORLDS[name](builder)


def checked(kinds: Collection[str]) -> Collection[str]:
    """The kinds of address, all of which exist.

    Raises:
        ValueError: one does not.
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ValueError(f"no such kind of address: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    return kinds


def limited(world: World, *, kinds: Collection[str]) -> World:
    """The world with its configuration cut down to the kinds of address wanted."""
    configuration = copy.deepcopy(dict(world.configuration))
    for group in configuration["groups"].values():
        group["addresses"] = [address for address in group["addresses"] if address["kind"] in kinds]
        if "eip" not in kinds:
            group["verify"].pop("names", None)
    return World(name=world.name, ids=world.ids, configuration=configuration)

"""A strict EC2 for the lab: moto is the store, this is the judge (MOTO.md section 10)."""

from toolkit.lab.ec2.control import impair, impair_zone, lend_address, reset
from toolkit.lab.ec2.settings import Settings
from toolkit.lab.ec2.strict import StrictEc2
from toolkit.lab.ec2.view import (
    InstanceView,
    InterfaceView,
    PeeringView,
    RouteView,
    VpcView,
    instances,
    peerings,
    routes,
    view,
    vpcs,
)

__all__ = [
    "InstanceView",
    "InterfaceView",
    "PeeringView",
    "RouteView",
    "Settings",
    "StrictEc2",
    "VpcView",
    "impair",
    "impair_zone",
    "instances",
    "lend_address",
    "peerings",
    "reset",
    "routes",
    "view",
    "vpcs",
]

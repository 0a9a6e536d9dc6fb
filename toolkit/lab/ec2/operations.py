"""Every EC2 operation that the lab answers itself."""

from __future__ import annotations

from toolkit.lab.ec2 import (
    addresses,
    associations,
    attachments,
    attributes,
    instances,
    interfaces,
    ipv6,
    launch,
    lifecycle,
    managed,
    private_ips,
    routes,
)
from toolkit.lab.ec2.request import Handler

OPERATIONS: dict[str, Handler] = {
    **addresses.OPERATIONS,
    **associations.OPERATIONS,
    **attachments.OPERATIONS,
    **attributes.OPERATIONS,
    **instances.OPERATIONS,
    **interfaces.OPERATIONS,
    **ipv6.OPERATIONS,
    **launch.OPERATIONS,
    **lifecycle.OPERATIONS,
    **managed.OPERATIONS,
    **private_ips.OPERATIONS,
    **routes.OPERATIONS,
}

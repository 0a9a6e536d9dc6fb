"""Who an instance of the lab is, by its metadata and by EC2."""

from __future__ import annotations

from toolkit.aws.gateway import AwsCloud
from toolkit.aws.imds import Imds
from toolkit.domain.snapshot import Reads
from toolkit.lab import Lab
from toolkit.testing.clock import FakeClock


def test_an_instance_is_the_one_that_ec2_knows(lab: Lab, cloud: AwsCloud) -> None:
    world = lab.seed("pair")
    identity = Imds(lab.imds(world["db-2"]), clock=FakeClock()).identity()
    row = cloud.read(Reads(instances=frozenset({identity.instance}))).instances[world["db-2"]]
    assert (identity.interface, identity.private_ip) == (row.primary_interface, row.private_ip)
    assert (identity.region, identity.zone) == ("eu-west-1", row.zone)

"""What IAM looks at: the tags of a resource, and the ends of an attachment."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.lab.ec2.world import WORLD


def tags(resource_id: str) -> Mapping[str, str]:
    """The resource's tags; none for one that there is not."""
    with WORLD.lock:
        found = (region.store.tags.get(resource_id) for region in WORLD.settled())
        return dict(next((row for row in found if row), {}))


def ends(attachment_id: str) -> Mapping[str, str]:
    """The instance and the interface of an attachment, by their types in ARNs; nobody's where there is none."""
    with WORLD.lock:
        for region in WORLD.settled():
            for interface in region.interfaces.values():
                if interface.attachment and interface.attachment.id == attachment_id:
                    return {"instance": interface.attachment.instance_id, "network-interface": interface.id}
    return {"instance": "none", "network-interface": "none"}

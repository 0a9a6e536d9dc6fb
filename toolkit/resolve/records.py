"""The CNAME record that leads a name of your own to an address, as each server wants it written."""

from __future__ import annotations

import json
from typing import Final

from toolkit.domain.naming import amazon_domain

TTL_SECONDS: Final = 60


def bind(name: str, target: str, *, ttl: int = TTL_SECONDS) -> str:
    """A line of a zone file, for BIND and everything that reads zone files."""
    return f"{name}. {ttl} IN CNAME {target}."


def dnsmasq(name: str, target: str, *, ttl: int = TTL_SECONDS) -> str:
    """Dnsmasq's ``cname`` can't do it, since its target must be local: the zone goes to a server that can."""
    del ttl
    zone = name.partition(".")[2] or name
    return f"# put the CNAME into the zone upstream, not into cname=\nrebind-domain-ok=/{amazon_domain(target)}/{zone}/"


def route53(name: str, target: str, *, ttl: int = TTL_SECONDS) -> str:
    """A change batch for ``aws route53 change-resource-record-sets --change-batch``."""
    record = {"Name": f"{name}.", "Type": "CNAME", "TTL": ttl, "ResourceRecords": [{"Value": f"{target}."}]}
    return json.dumps({"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]})

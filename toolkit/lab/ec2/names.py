"""The DNS names that EC2 gives to addresses (AWS.md section 4)."""

from __future__ import annotations

_SUFFIXES = {"cn-": "amazonaws.com.cn", "eusc-": "amazonaws.eu"}


def _suffix(region: str) -> str:
    return next((suffix for start, suffix in _SUFFIXES.items() if region.startswith(start)), "amazonaws.com")


def public_name(address: str, *, region: str) -> str:
    """The public host name of a public IPv4 address."""
    dashed = address.replace(".", "-")
    if region == "us-east-1":
        return f"ec2-{dashed}.compute-1.amazonaws.com"
    return f"ec2-{dashed}.{region}.compute.{_suffix(region)}"


def private_name(address: str, *, region: str) -> str:
    """The private host name of a private IPv4 address."""
    dashed = address.replace(".", "-")
    return f"ip-{dashed}.ec2.internal" if region == "us-east-1" else f"ip-{dashed}.{region}.compute.internal"

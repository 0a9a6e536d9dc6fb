"""Asks name servers, one at a time and by name, what an address is."""

from toolkit.resolve.resolver import DnsResolver

__all__ = ["DnsResolver"]

"""Looks at nodes and through addresses: TCP, HTTP, commands, EC2 status checks, CloudWatch alarms."""

from toolkit.probes.looking import Probes

__all__ = ["Probes"]

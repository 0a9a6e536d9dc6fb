"""Refusals that several operations share; codes as AWS uses them (``AWS.md`` §2)."""

from __future__ import annotations

from toolkit.domain.errors import CloudError, Missing, Refused, Terminal


def missing(action: str, kind: str, thing: str) -> CloudError:
    """An id that this account and Region do not have."""
    return Missing(action, f"Invalid{kind}ID.NotFound", f"{thing} does not exist")


def invalid(action: str, message: str) -> CloudError:
    """A parameter whose value makes no sense here."""
    return Terminal(action, "InvalidParameterValue", message)


def not_permitted(action: str, message: str) -> CloudError:
    """An act that EC2 never allows on this thing."""
    return Terminal(action, "OperationNotPermitted", message)


def not_yours(action: str) -> CloudError:
    """An AWS service owns it."""
    return Refused(action, "AuthFailure", "You do not have permission to access the specified resource")

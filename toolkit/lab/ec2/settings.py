"""How the lab's EC2 behaves where AWS lets it vary: delays, quotas, and points that AWS leaves unsettled."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args, get_type_hints

Refusal = Literal["InvalidParameterValue", "Resource.AlreadyAssigned"]


@dataclass(kw_only=True)
class Settings:
    """One switch per open question, changed while the lab runs.

    Delays are in seconds, from the call until the state has settled; 0 settles before the next call.
    """

    eni_attach: float = 0.0
    eni_detach: float = 0.0
    eni_detach_forced: float = 0.0
    private_ip_move: float = 0.0
    instance_start: float = 0.0
    instance_stop: float = 0.0
    instance_stop_forced: float = 0.0

    eip_quota: int = 5  # AWS.md 1.1, L-0263D0A3
    interface_quota: int = 5000  # AWS.md 1.3, L-DF5E4CA3
    route_quota: int = 500  # AWS.md 1.5

    # Very old accounts were reported with False (AWS.md 1.1, L).
    allow_reassociation_default: bool = True
    # Whether AllowReassociation=False also protects the address that the target carries (AWS.md 1.1, L: no).
    reassociation_guards_target: bool = False
    # MOTO.md, "Not settled": the AssociationId of an idempotent repetition.
    reassociate_same_target_keeps_id: bool = True
    # Documentation says idempotent, field reports say InvalidAssociationID.NotFound (MOTO.md section 2 row 14).
    stale_disassociate: Literal["error", "ok"] = "error"
    # Whether an address that is remapped away gives its old holder a new public address (AWS.md 1.1, U).
    remap_restores_public_ip: bool = False
    # MOTO.md section 3 row 22: the code for a held private address without AllowReassignment.
    refused_assign_code: Refusal = "InvalidParameterValue"
    # What both interfaces show while a private address moves (AWS.md 1.4: asynchronous, no order promised).
    moving_private_ip_shows: Literal["old", "both", "none"] = "old"
    # AWS.md section 2 lists both for a held IPv6 address; none is quoted from a real answer.
    refused_ipv6_code: Literal["InvalidParameterValue", "InvalidIPAddress.InUse"] = "InvalidParameterValue"
    # AWS.md section 2 B: "the list says you may get InvalidParameterValue instead".
    in_use_interface_code: Literal["InvalidNetworkInterface.InUse", "InvalidParameterValue"] = (
        "InvalidNetworkInterface.InUse"
    )
    # AWS.md 1.3 gives the interface statuses attaching and detaching; field reports show in-use instead.
    interface_status_in_transition: Literal["transition", "in-use"] = "in-use"
    # AWS.md 1.5: handle both.
    missing_route_code: Literal["InvalidParameterValue", "InvalidRoute.NotFound"] = "InvalidParameterValue"
    # AWS.md 1.5, U.
    stopped_target_route: Literal["active", "blackhole"] = "blackhole"
    # MOTO.md, "Not settled".
    dry_run_checks_ids: bool = True
    # AWS.md section 4, U: whether an address on a secondary private address has a public name of its own.
    secondary_public_name: bool = True

    def change(self, **values: object) -> None:
        """Take new values, all or none.

        Raises:
            ValueError: an unknown name, or a value of the wrong type or outside the choices.
        """
        hints = get_type_hints(type(self))
        for name, value in values.items():
            if name not in hints:
                raise ValueError(f"no such setting: {name}")
            if not _fits(value, hints[name]):
                raise ValueError(f"setting {name} cannot be {value!r}")
        for name, value in values.items():
            setattr(self, name, value)

    def restore(self) -> None:
        """Return every switch to its default."""
        for field in fields(self):
            setattr(self, field.name, field.default)


def _fits(value: object, hint: object) -> bool:
    if choices := get_args(hint):
        return value in choices
    if isinstance(value, bool):
        return hint is bool
    if hint is float:
        return isinstance(value, int | float) and value >= 0
    return hint is int and isinstance(value, int) and value >= 0

"""What the lab's EC2 refuses, with EC2's own codes and sentences.

Codes are those of AWS.md section 2; a sentence that AWS.md quotes is quoted here.
"""

from __future__ import annotations

import re

_ID_FAMILIES = {
    "eipalloc": ("InvalidAllocationID", "InvalidAllocationID", "The allocation ID '{id}' does not exist"),
    "eipassoc": ("InvalidAssociationID", "InvalidAssociationID", "The association ID '{id}' does not exist"),
    "eni": (
        "InvalidNetworkInterfaceID",
        "InvalidNetworkInterfaceId",
        "The networkInterface ID '{id}' does not exist",
    ),
    "eni-attach": (
        "InvalidAttachmentID",
        "InvalidAttachmentID",
        "The attachment ID '{id}' does not exist",
    ),
    "i": ("InvalidInstanceID", "InvalidInstanceID", "The instance ID '{id}' does not exist"),
    "subnet": ("InvalidSubnetID", "InvalidSubnetId", "The subnet ID '{id}' does not exist"),
    "rtb": ("InvalidRouteTableID", "InvalidRouteTableId", "The routeTable ID '{id}' does not exist"),
    "sg": ("InvalidGroup", "InvalidGroupId", "The security group '{id}' does not exist"),
    "vpc": ("InvalidVpcID", "InvalidVpcId", "The vpc ID '{id}' does not exist"),
}


class Ec2Error(Exception):
    """A refusal as EC2 would send it: a code, a sentence and an HTTP status."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def not_found(prefix: str, resource_id: str) -> Ec2Error:
    """The refusal for an id that is well formed and unknown, or malformed.

    The spelling differs between the two (``...ID.NotFound``, ``...Id.Malformed``): AWS.md section 2.
    """
    found, malformed, sentence = _ID_FAMILIES[prefix]
    if re.fullmatch(rf"{prefix}-([0-9a-f]{{8}}|[0-9a-f]{{17}})", resource_id):
        return Ec2Error(f"{found}.NotFound", sentence.format(id=resource_id))
    return Ec2Error(f"{malformed}.Malformed", f'Invalid id: "{resource_id}" (expecting "{prefix}-...")')


def invalid_value(message: str) -> Ec2Error:
    """A parameter's value that EC2 refuses."""
    return Ec2Error("InvalidParameterValue", message)


def invalid_combination(message: str) -> Ec2Error:
    """Parameters that exclude each other."""
    return Ec2Error("InvalidParameterCombination", message)


def missing(parameter: str) -> Ec2Error:
    """A parameter that the call needs and lacks."""
    return Ec2Error("MissingParameter", f"The request must contain the parameter {parameter}")


def not_permitted(message: str) -> Ec2Error:
    """An act that EC2 never allows on this resource."""
    return Ec2Error("OperationNotPermitted", message)


def managed_by_aws() -> Ec2Error:
    """The refusal for an address or interface that an AWS service owns (AWS.md 1.1, NAT gateway, NLB)."""
    return Ec2Error("AuthFailure", "You do not have permission to access the specified resource.", status=403)


def dry_run() -> Ec2Error:
    """The answer to DryRun when the real call would have been tried (AWS.md section 2 C, HTTP 412)."""
    return Ec2Error("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", status=412)


def not_in_the_lab(what: str) -> Ec2Error:
    """The lab's own refusal: better a loud stop than a wrong answer. Never an EC2 code."""
    return Ec2Error("LabNotImplemented", f"The lab's EC2 does not imitate {what}.", status=400)

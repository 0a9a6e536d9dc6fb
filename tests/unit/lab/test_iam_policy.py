"""What the lab makes of a policy: AWS's rules for statements, patterns and conditions."""

from __future__ import annotations

from typing import Any, Final

import pytest

from toolkit.lab.iam import Policy

_ARN: Final = "arn:aws:ec2:eu-west-1:123456789012:elastic-ip/eipalloc-1"


def _policy(**more: Any) -> Policy:
    return Policy({"Statement": [{"Effect": "Allow", "Action": ["ec2:AssociateAddress"], "Resource": [_ARN], **more}]})


def _allows(policy: Policy, **context: tuple[str, ...]) -> bool:
    return policy.allows("ec2:AssociateAddress", _ARN, {key.replace("_", ":"): value for key, value in context.items()})


def test_what_no_statement_names_is_refused() -> None:
    assert _allows(_policy())
    assert not _policy().allows("ec2:DisassociateAddress", _ARN, {})
    assert not _policy().allows("ec2:AssociateAddress", _ARN.replace("eipalloc-1", "eipalloc-2"), {})


def test_a_denial_outweighs_every_permission() -> None:
    deny = {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    assert not _allows(Policy({"Statement": [allow, deny]}))
    assert _allows(Policy({"Statement": allow}))


@pytest.mark.parametrize(("pattern", "fits"), [("ec2:associateaddress", True), ("ec2:A*s", True), ("ec2:A", False)])
def test_the_case_of_an_action_does_not_count_and_a_star_stands_for_anything(pattern: str, *, fits: bool) -> None:
    assert _allows(_policy(Action=[pattern])) is fits


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        (_ARN[:-1] + "?", True),
        (_ARN.upper(), False),
        ("arn:aws:ec2:*:*:elastic-ip/*", True),
        (_ARN[:-1] + "[1]", False),
    ],
)
def test_the_case_of_a_resource_counts_and_only_two_signs_are_patterns(pattern: str, *, fits: bool) -> None:
    assert _allows(_policy(Resource=[pattern])) is fits


@pytest.mark.parametrize(
    ("operator", "given", "fits"),
    [
        ("StringEquals", ("a",), True),
        ("StringEquals", ("A",), False),
        ("StringEquals", (), False),
        ("StringLike", ("a",), True),
        ("ArnEquals", ("b",), True),
        ("ArnEquals", (), False),
        ("StringNotEquals", ("a",), False),
        ("StringNotEquals", ("c",), True),
        ("StringNotEquals", (), True),
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "c"), False),
        ("ForAllValues:StringEquals", (), True),
        ("ForAnyValue:StringEquals", ("c", "b"), True),
        ("ForAnyValue:StringEquals", ("c",), False),
        ("ForAnyValue:StringEquals", (), False),
    ],
)
def test_a_condition_holds_as_its_operator_says(operator: str, given: tuple[str, ...], *, fits: bool) -> None:
    policy = _policy(Condition={operator: {"X:Key": ["a", "b"]}})
    assert _allows(policy, x_key=given) is fits


def test_every_condition_of_a_statement_must_hold() -> None:
    policy = _policy(Condition={"StringEquals": {"x:a": "1", "x:b": "2"}})
    assert _allows(policy, x_a=("1",), x_b=("2",))
    assert not _allows(policy, x_a=("1",))


@pytest.mark.parametrize(
    "element",
    [{"Condition": {"Bool": {"x:y": "true"}}}, {"NotAction": ["ec2:*"]}, {"Principal": "*"}, {"Effect": "allow"}],
)
def test_what_is_not_judged_here_is_never_taken_for_a_yes(element: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"does not judge|Effect"):
        _policy(**element)

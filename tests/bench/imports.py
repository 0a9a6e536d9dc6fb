"""What a fresh process pays before it can decide."""

from __future__ import annotations

from collections.abc import Iterator

from bench.clock import medians, python
from bench.figures import Figure

_ROUNDS = 7


def measure() -> Iterator[Figure]:
    """The deciding half of the product, imported, against a boto3 client, made."""
    seconds = medians(
        {
            "decide": python("import toolkit.moves.registry, toolkit.engine.planner"),
            "client": python("import boto3; boto3.client('ec2', region_name='eu-west-1')"),
        },
        rounds=_ROUNDS,
    )
    yield Figure(
        promise="a fresh process that can plan vs. import boto3; boto3.client('ec2')",
        at_most=0.5,
        measured=seconds["decide"] / seconds["client"],
        unit="x",
        note=f"{seconds['decide'] * 1000:.0f} ms, {seconds['client'] * 1000:.0f} ms",
    )

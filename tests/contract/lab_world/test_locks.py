"""Conditional writes are atomic, as on AWS (MOTO.md §7), however many write at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from botocore.exceptions import ClientError

from toolkit.lab import Lab

from .conftest import Clients

WRITERS = 8


@pytest.fixture
def eager_switching(lab: Lab) -> Iterator[None]:
    """The server's threads switch as often as they can, which on bare moto makes several winners."""
    lab.set(switch_interval_seconds=1e-5)
    yield
    lab.set(switch_interval_seconds=0.005)


def winners(write: Callable[[int, int], Any], *, rounds: int) -> list[int]:
    """How many of the writers succeeded, for each round."""
    barrier = Barrier(WRITERS)

    def attempt(writer: int) -> list[bool]:
        won = []
        for number in range(rounds):
            barrier.wait(30)
            try:
                write(number, writer)
            except ClientError as refused:
                code = refused.response["Error"]["Code"]
                assert code in {"ConditionalCheckFailedException", "PreconditionFailed"}
                won.append(False)
            else:
                won.append(True)
        return won

    with ThreadPoolExecutor(WRITERS) as pool:
        return [sum(row) for row in zip(*pool.map(attempt, range(WRITERS)), strict=True)]


@pytest.mark.usefixtures("eager_switching")
def test_one_of_many_conditional_puts_wins_in_dynamodb(lab: Lab, client: Clients) -> None:
    lab.seed("cross-az")
    dynamodb = client("dynamodb")

    def put(number: int, writer: int) -> None:
        dynamodb.put_item(
            TableName="failover-state",
            Item={"group": {"S": f"g{number}"}, "item": {"S": "lease"}, "owner": {"N": str(writer)}},
            ConditionExpression="attribute_not_exists(#g)",
            ExpressionAttributeNames={"#g": "group"},
        )

    assert winners(put, rounds=200) == [1] * 200


@pytest.mark.usefixtures("eager_switching")
def test_one_of_many_conditional_puts_wins_in_s3(client: Clients) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="failover-state", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def put(number: int, writer: int) -> None:
        s3.put_object(Bucket="failover-state", Key=f"lease-{number}", Body=b"%d" % writer, IfNoneMatch="*")

    assert winners(put, rounds=50) == [1] * 50

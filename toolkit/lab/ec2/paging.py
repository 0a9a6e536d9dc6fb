"""Pages of a listing, with EC2's limits on their size."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from toolkit.lab.ec2.errors import Ec2Error, invalid_combination, invalid_value
from toolkit.lab.ec2.wire import Row

_SMALLEST = 5
_LARGEST = 1000


def page(rows: list[Row], params: Row, *, member: str, ids: str) -> Row:
    """The answer that shows the asked page, with a NextToken when more follow.

    Raises:
        Ec2Error: MaxResults outside 5 to 1000, together with ids, or a token that is not one.
    """
    size = params.get("MaxResults")
    start = _start(params.get("NextToken"))
    if size is None:
        return {member: rows[start:]}
    if params.get(ids):
        raise invalid_combination(f"The parameter {ids} cannot be used with the parameter maxResults")
    if not _SMALLEST <= size <= _LARGEST:
        raise invalid_value(
            f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000."
        )
    end = start + size
    answer: Row = {member: rows[start:end]}
    if end < len(rows):
        answer["NextToken"] = urlsafe_b64encode(f"from {end}".encode()).decode()
    return answer


def _start(token: str | None) -> int:
    if not token:
        return 0
    try:
        word, number = urlsafe_b64decode(token).decode().split()
        if word == "from":
            return int(number)
    except ValueError:
        pass
    raise Ec2Error("InvalidNextToken", "The token is invalid.")

"""The DynamoDB table of leases and journals, one request at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from toolkit.aws import rows
from toolkit.aws.errors import meaning_of
from toolkit.aws.rows import Item, LeaseRow
from toolkit.domain.errors import Conflict, Missing, Transient

if TYPE_CHECKING:
    from toolkit.aws.session import Connection
    from toolkit.ports import Clock

_TRANSACTION: Final = "TransactWriteItems"
_CONDITION_FAILED: Final = "ConditionalCheckFailed"
_CREATE: Final = (
    "aws dynamodb create-table --table-name {table} --billing-mode PAY_PER_REQUEST"
    " --attribute-definitions AttributeName=group,AttributeType=S AttributeName=item,AttributeType=S"
    " --key-schema AttributeName=group,KeyType=HASH AttributeName=item,KeyType=RANGE"
)


class OtherVersionError(Exception):
    """The lease is not the one that a write was conditional on; ``row`` is what stands there, if anything."""

    def __init__(self, row: LeaseRow | None) -> None:
        self.row = row
        super().__init__("the lease has changed")


class StateTable:
    """Requests to the table; raises CloudError, Missing with the way to create it when there is no such table."""

    def __init__(self, connection: Connection, name: str, *, clock: Clock) -> None:
        self._connection = connection
        self._name = name
        self._clock = clock

    def lease(self, group: str) -> LeaseRow | None:
        """The lease as it stands now, None when the group never had one."""
        key = {"group": {"S": group}, "item": {"S": rows.LEASE}}
        answer = self._request("GetItem", {"TableName": self._name, "Key": key, "ConsistentRead": True})
        return rows.lease_row(answer["Item"]) if answer.get("Item") else None

    def write(self, group: str, row: LeaseRow, events: Sequence[Item], *, if_version: str | None) -> None:
        """Put the lease and append events in one, if the lease has that version (None: if there is no lease yet).

        Raises OtherVersionError.
        """
        now = self._clock.wall()
        condition: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(#v)" if if_version is None else "#v = :v",
            "ExpressionAttributeNames": {"#v": "version"},
            # Tells one's own write that was repeated on its way from somebody else's (AWS.md §6).
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if if_version is not None:
            condition["ExpressionAttributeValues"] = {":v": {"S": if_version}}
        lease = {"Put": {"TableName": self._name, "Item": rows.lease_item(group, row, updated_at=now), **condition}}
        puts = [{"Put": {"TableName": self._name, "Item": item}} for item in events]
        try:
            self._request(_TRANSACTION, {"TransactItems": [lease, *puts]})
        except Conflict as error:
            raise _reason(error) from error

    def note(self, item: Item) -> None:
        """Put one event item beside the lease, on no condition; as a transaction, which needs no further permission."""
        self._request(_TRANSACTION, {"TransactItems": [{"Put": {"TableName": self._name, "Item": item}}]})

    def events(self, group: str) -> list[Item]:
        """All event items of a group, oldest first."""
        return self.items(group, rows.EVENT_PREFIX)

    def items(self, group: str, prefix: str) -> list[Item]:
        """All items of a group whose names begin so, in the order of their names."""
        params: dict[str, Any] = {
            "TableName": self._name,
            "ConsistentRead": True,
            "KeyConditionExpression": "#g = :g AND begins_with(#i, :e)",
            "ExpressionAttributeNames": {"#g": "group", "#i": "item"},
            "ExpressionAttributeValues": {":g": {"S": group}, ":e": {"S": prefix}},
        }
        found: list[Item] = []
        while True:
            answer = self._request("Query", params)
            found += answer["Items"]
            if not answer.get("LastEvaluatedKey"):
                return found
            params["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _request(self, action: str, params: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._connection.request("dynamodb", action, params)
        except Missing as error:
            text = f"there is no table {self._name} in {self._connection.region}; create it: "
            raise Missing(action, error.code, text + _CREATE.format(table=self._name)) from error


def _reason(error: Conflict) -> Exception:
    """Why a transaction was cancelled: the lease's condition, or something that has nothing to do with it."""
    cause = error.__cause__
    reasons: list[Any] = list(cause.response.get("CancellationReasons", ())) if isinstance(cause, ClientError) else []
    if reasons and reasons[0].get("Code") == _CONDITION_FAILED:
        old = reasons[0].get("Item")
        return OtherVersionError(rows.lease_row(old) if old else None)
    code = next((str(r["Code"]) for r in reasons if r.get("Code") not in {None, "None"}), error.code)
    kind = meaning_of(code).kind
    if issubclass(kind, Transient):
        return Transient(error.action, code, error.message, outcome_unknown=False)
    return kind(error.action, code, error.message)

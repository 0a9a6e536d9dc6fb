"""What is DynamoDB's own: lost answers, round trips, the waiter's clock, a missing table."""

from __future__ import annotations

import hashlib

import pytest

from contract.ledger.places import LEASE_SECONDS, TABLE, dynamo
from toolkit.aws import rows
from toolkit.aws.ledger import DynamoLedger, Tenancy
from toolkit.aws.session import Connection
from toolkit.domain.errors import JournalBroken, LeaseHeld, LeaseLost, Missing, Transient
from toolkit.domain.events import Event, EventName
from toolkit.lab import Lab
from toolkit.lab.fault import Drop, Fault, Refusal
from toolkit.testing.clock import FakeClock

STARTED = Event(EventName.RUN_STARTED, "run-1", 1.5, {"target": "db-2"})
DONE = Event(EventName.STEP_DONE, "run-1", 2.5)
ENDED = Event(EventName.RUN_ENDED, "run-1", 3.5)
LOST_ANSWER = Fault(Drop(when="after"), action="TransactWriteItems", count=1)
LOST_REQUEST = Fault(Drop(when="before"), action="TransactWriteItems", count=1)


@pytest.fixture
def ledger(connection: Connection) -> DynamoLedger:
    return dynamo(connection, "a", clock=FakeClock())


def actions(lab: Lab) -> list[str]:
    return [call.action for call in lab.calls()]


def test_a_lease_is_taken_in_one_round_trip_after_a_look(ledger: DynamoLedger, lab: Lab) -> None:
    ledger.acquire("db", opening=[STARTED])
    assert actions(lab) == ["GetItem", "TransactWriteItems"]


def test_a_lease_that_this_ledger_saw_free_is_taken_without_a_look(ledger: DynamoLedger, lab: Lab) -> None:
    ledger.release(ledger.acquire("db"))
    lab.clear_calls()
    ledger.acquire("db", opening=[STARTED])
    assert actions(lab) == ["TransactWriteItems"]


def test_a_lease_that_nobody_ever_had_is_taken_without_a_look_once_that_was_seen(
    ledger: DynamoLedger, lab: Lab
) -> None:
    assert ledger.owner("db") is None
    lab.clear_calls()
    ledger.acquire("db", opening=[STARTED])
    assert actions(lab) == ["TransactWriteItems"]


def test_asking_for_the_owner_is_a_look_that_spares_the_next_one(
    ledger: DynamoLedger, connection: Connection, lab: Lab
) -> None:
    other = dynamo(connection, "b", clock=FakeClock())
    other.release(other.acquire("db"))
    ledger.owner("db")
    lab.clear_calls()
    assert ledger.acquire("db").previous is not None
    assert actions(lab) == ["TransactWriteItems"]


def test_a_lease_that_was_taken_since_it_was_seen_free_is_found_held(
    ledger: DynamoLedger, connection: Connection
) -> None:
    ledger.release(ledger.acquire("db"))
    dynamo(connection, "b", clock=FakeClock()).acquire("db")
    with pytest.raises(LeaseHeld, match="held by b"):
        ledger.acquire("db")


def test_a_lease_that_was_taken_and_given_back_since_is_taken_all_the_same(
    ledger: DynamoLedger, connection: Connection
) -> None:
    ledger.release(ledger.acquire("db"))
    other = dynamo(connection, "b", clock=FakeClock())
    other.release(other.acquire("db"))
    assert ledger.acquire("db").fence == 3


@pytest.mark.parametrize("fault", [LOST_ANSWER, LOST_REQUEST], ids=["answer", "request"])
def test_an_acquisition_whose_answer_was_lost_can_be_asked_again(ledger: DynamoLedger, lab: Lab, fault: Fault) -> None:
    lab.fault(fault)
    with pytest.raises(Transient):
        ledger.acquire("db", opening=[STARTED])
    grant = ledger.acquire("db", opening=[STARTED])
    assert grant.fence == 1
    assert ledger.append(grant, [DONE]).fence == 1
    assert ledger.history("db").events == (STARTED, DONE)


@pytest.mark.parametrize("fault", [LOST_ANSWER, LOST_REQUEST], ids=["answer", "request"])
def test_an_acquisition_without_a_look_whose_answer_was_lost_is_known_as_ones_own(
    ledger: DynamoLedger, lab: Lab, fault: Fault
) -> None:
    ledger.release(ledger.acquire("db"))
    lab.fault(fault)
    with pytest.raises(Transient):
        ledger.acquire("db", opening=[STARTED])
    assert ledger.acquire("db", opening=[STARTED]).fence == 2
    assert ledger.history("db").events == (STARTED,)


@pytest.mark.parametrize("fault", [LOST_ANSWER, LOST_REQUEST], ids=["answer", "request"])
def test_an_append_whose_answer_was_lost_is_made_once(ledger: DynamoLedger, lab: Lab, fault: Fault) -> None:
    grant = ledger.acquire("db")
    lab.fault(fault)
    with pytest.raises(Transient):
        ledger.append(grant, [STARTED])
    grant = ledger.append(grant, [STARTED])
    ledger.append(grant, [DONE])
    assert ledger.history("db").events == (STARTED, DONE)


@pytest.mark.parametrize("fault", [LOST_ANSWER, LOST_REQUEST], ids=["answer", "request"])
def test_two_lost_answers_in_a_row_do_not_double_events(ledger: DynamoLedger, lab: Lab, fault: Fault) -> None:
    grant = ledger.acquire("db")
    for each in (fault, LOST_ANSWER):
        lab.fault(each)
        with pytest.raises(Transient):
            ledger.append(grant, [STARTED])
        lab.clear_faults()
    ledger.append(grant, [STARTED])
    assert ledger.history("db").events == (STARTED,)


def test_other_events_than_those_that_got_lost_are_written_after_them(ledger: DynamoLedger, lab: Lab) -> None:
    grant = ledger.acquire("db")
    lab.fault(LOST_ANSWER)
    with pytest.raises(Transient):
        ledger.append(grant, [STARTED])
    ledger.append(grant, [DONE])
    assert ledger.history("db").events == (STARTED, DONE)


@pytest.mark.parametrize("fault", [LOST_ANSWER, LOST_REQUEST], ids=["answer", "request"])
def test_a_release_whose_answer_was_lost_can_be_asked_again(ledger: DynamoLedger, lab: Lab, fault: Fault) -> None:
    grant = ledger.acquire("db")
    lab.fault(fault)
    with pytest.raises(Transient):
        ledger.release(grant, [ENDED])
    ledger.release(grant, [ENDED])
    assert ledger.owner("db") is None
    assert ledger.history("db").events == (ENDED,)


def test_a_release_that_arrived_unheard_does_not_count_as_a_lease(ledger: DynamoLedger, lab: Lab) -> None:
    grant = ledger.acquire("db")
    lab.fault(LOST_ANSWER)
    with pytest.raises(Transient):
        ledger.release(grant)
    again = ledger.acquire("db")
    assert again.fence == 2
    assert ledger.owner("db") == "a"


def test_a_throttled_write_is_transient_and_known_not_to_be_made(ledger: DynamoLedger, lab: Lab) -> None:
    grant = ledger.acquire("db")
    lab.fault(Fault(Refusal(code="ThrottlingException", status=400), action="TransactWriteItems", count=1))
    with pytest.raises(Transient) as refused:
        ledger.append(grant, [STARTED])
    assert not refused.value.outcome_unknown
    ledger.append(grant, [STARTED])
    assert ledger.history("db").events == (STARTED,)


def test_a_lease_whose_owner_lost_it_says_who_took_it(connection: Connection) -> None:
    clock = FakeClock()
    owner, waiter = dynamo(connection, "a", clock=clock), dynamo(connection, "b", clock=clock, wait_seconds=60.0)
    grant = owner.acquire("db")
    waiter.acquire("db")
    with pytest.raises(LeaseLost, match="taken over by b"):
        owner.append(grant, [DONE])


def test_a_waiter_takes_over_after_a_term_of_silence_by_its_own_clock_alone(connection: Connection) -> None:
    elsewhere, here = FakeClock(wall_seconds=4_000_000_000.0), FakeClock(wall_seconds=1.0)
    dynamo(connection, "a", clock=elsewhere).acquire("db")
    began = here.monotonic()
    grant = dynamo(connection, "b", clock=here, wait_seconds=60.0).acquire("db")
    assert grant.owner == "b"
    assert LEASE_SECONDS <= here.monotonic() - began < LEASE_SECONDS + 1.0


def test_a_holder_stops_before_any_waiter_may_take_over(ledger: DynamoLedger) -> None:
    clock = FakeClock()
    assert ledger.acquire("db").until - clock.monotonic() < LEASE_SECONDS * 0.95


def test_a_waiter_gives_up_at_its_limit_and_says_how_long_the_lease_has_left(connection: Connection) -> None:
    clock = FakeClock()
    dynamo(connection, "a", clock=clock).acquire("db")
    with pytest.raises(LeaseHeld) as refused:
        dynamo(connection, "b", clock=clock, wait_seconds=5.0).acquire("db")
    assert refused.value.expires_in_seconds == pytest.approx(LEASE_SECONDS - 5.0, abs=0.1)


def test_a_waiter_gets_the_lease_as_soon_as_it_is_given_back(connection: Connection) -> None:
    clock = FakeClock()
    owner = dynamo(connection, "a", clock=clock)
    grant = owner.acquire("db")
    clock.call_after(3.0, lambda: owner.release(grant))
    began = clock.monotonic()
    dynamo(connection, "b", clock=clock, wait_seconds=60.0).acquire("db")
    assert clock.monotonic() - began < 4.0


def test_a_missing_table_is_an_error_that_says_how_to_create_it(connection: Connection) -> None:
    ledger = DynamoLedger(connection, "no-such-table", Tenancy("a"), clock=FakeClock())
    for use in (ledger.acquire, ledger.history, ledger.owner):
        with pytest.raises(Missing, match="aws dynamodb create-table --table-name no-such-table"):
            use("db")


def test_events_too_large_for_an_item_are_split_and_come_back_whole(
    ledger: DynamoLedger, connection: Connection
) -> None:
    # Hex digits of a hash do not compress below half.
    noise = "".join(hashlib.sha512(str(n).encode()).hexdigest() for n in range(9_000))
    large = Event(EventName.RUN_STARTED, "run-1", 1.0, {"plan": noise})
    grant = ledger.acquire("db", opening=[large])
    ledger.append(grant, [DONE])
    query = {
        "TableName": TABLE,
        "KeyConditionExpression": "#g = :g",
        "ExpressionAttributeNames": {"#g": "group"},
        "ExpressionAttributeValues": {":g": {"S": "db"}},
        "Select": "COUNT",
    }
    assert connection.request("dynamodb", "Query", query)["Count"] > 3
    assert ledger.history("db").events == (large, DONE)


def test_a_history_of_several_pages_is_read_to_its_end(ledger: DynamoLedger) -> None:
    noise = "".join(hashlib.sha512(str(n).encode()).hexdigest() for n in range(4_500))
    large = [Event(EventName.RUN_STARTED, f"run-{n}", 1.0, {"plan": noise + str(n)}) for n in range(4)]
    grant = ledger.acquire("db")
    for event in large:
        grant = ledger.append(grant, [event])
    assert list(ledger.history("db").events) == large


def test_events_expire_after_ninety_days_and_the_lease_never(ledger: DynamoLedger, connection: Connection) -> None:
    ledger.acquire("db", opening=[STARTED])
    items = connection.request("dynamodb", "Scan", {"TableName": TABLE})["Items"]
    expiries = {item["item"]["S"]: item.get("expires", {}).get("N") for item in items}
    assert expiries.pop(rows.LEASE) is None
    assert [int(seconds or 0) for seconds in expiries.values()] == [int(FakeClock().wall()) + 90 * 86_400]


def test_a_hold_by_itself_expires_after_a_day_so_that_looks_at_sound_groups_do_not_pile_up(
    ledger: DynamoLedger, connection: Connection
) -> None:
    held = Event(EventName.RUN_HELD, "run-1", 1.0, {"rule": "holder-healthy"})
    ledger.release(ledger.append(ledger.acquire("db"), [STARTED, held]), [held])
    items = connection.request("dynamodb", "Scan", {"TableName": TABLE})["Items"]
    kept = sorted(int(item["expires"]["N"]) - int(FakeClock().wall()) for item in items if "expires" in item)
    assert kept == [86_400, 90 * 86_400]


def test_an_item_that_is_no_lease_is_a_broken_journal(ledger: DynamoLedger, connection: Connection) -> None:
    alien = {"group": {"S": "db"}, "item": {"S": rows.LEASE}, "version": {"S": "v"}}
    connection.request("dynamodb", "PutItem", {"TableName": TABLE, "Item": alien})
    with pytest.raises(JournalBroken, match="group db"):
        ledger.acquire("db")


def test_an_item_that_is_no_event_is_a_broken_journal(ledger: DynamoLedger, connection: Connection) -> None:
    alien = {"group": {"S": "db"}, "item": {"S": "event#x"}, "write": {"N": "0"}, "events": {"S": "[{}]"}}
    connection.request("dynamodb", "PutItem", {"TableName": TABLE, "Item": alien})
    with pytest.raises(JournalBroken):
        ledger.history("db")

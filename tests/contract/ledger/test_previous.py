"""When whoever had the lease before could act last: what tells a run whether its reads may have missed something."""

from __future__ import annotations

from contract.ledger.places import Place


def test_nobody_had_the_first_lease_before(place: Place) -> None:
    assert place.ledger("a").acquire("db").previous is None


def test_an_owner_that_gave_the_lease_back_acted_no_later_than_that(place: Place) -> None:
    owner = place.ledger("a")
    owner.release(owner.acquire("db"))
    place.clock.advance(10.0)
    previous = place.ledger("b").acquire("db").previous
    assert previous is not None
    assert previous <= place.clock.wall() - 10.0


def test_an_owner_that_never_gave_the_lease_back_may_have_acted_until_now(place: Place) -> None:
    """Its last write may be as old as its lease is long, and its last change newer than another's reads."""
    place.die_holding("db")
    place.clock.advance(10.0)
    assert place.ledger("b").acquire("db").previous == place.clock.wall()

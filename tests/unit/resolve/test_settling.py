from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from toolkit.domain.naming import Standing
from toolkit.domain.settling import News, Proof


def fed(*answers: tuple[float, bool, int | None]) -> Proof:
    proof = Proof()
    for at, right, ttl in answers:
        proof = proof.after(right=right, ttl=ttl, at=at)
    return proof


def test_a_name_that_is_right_at_the_first_look_is_settled_at_once() -> None:
    assert fed((0.0, True, 604800)).settled(now=0.0)


def test_a_name_that_was_wrong_is_settled_once_its_right_answer_is_confirmed() -> None:
    assert not fed((0.0, False, 0), (1.0, True, 60)).settled(now=1.0)
    assert fed((0.0, False, 0), (1.0, True, 60), (1.5, True, 60)).settled(now=1.5)


def test_a_stale_answer_is_waited_for_as_long_as_it_may_live() -> None:
    proof = fed((0.0, False, 40), (5.0, True, 60), (6.0, True, 60))
    assert proof.left_seconds(now=6.0) == 34.0
    assert not proof.settled(now=39.9)
    assert proof.settled(now=40.0)


def test_an_answer_that_flips_back_begins_the_wait_anew() -> None:
    proof = fed((0.0, False, 10), (5.0, True, 60), (11.0, False, 10), (12.0, True, 60), (13.0, True, 60))
    assert not proof.settled(now=20.9)
    assert proof.settled(now=21.0)


def test_a_short_lived_wrong_answer_does_not_shorten_the_wait_for_a_long_lived_one() -> None:
    proof = fed((0.0, False, 100), (1.0, False, 5), (2.0, True, 60), (3.0, True, 60))
    assert not proof.settled(now=99.9)
    assert proof.settled(now=100.0)


def test_a_failure_without_a_record_leaves_nothing_to_wait_for() -> None:
    assert fed((0.0, False, None), (1.0, True, 60), (2.0, True, 60)).settled(now=2.0)


def test_the_words_say_what_is_missing() -> None:
    assert fed((0.0, False, 40)).in_words(now=0.0) == "not right yet"
    waiting = fed((0.0, False, 40), (1.0, True, 60)).in_words(now=1.0)
    assert waiting == "right, but an older answer may be in a cache for 39 s more"
    assert fed((0.0, False, 0), (1.0, True, 60)).in_words(now=1.0) == "right 1 of 2 times"


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 100)), max_size=30), st.integers(0, 200))
def test_nothing_wrong_is_ever_left_when_it_is_settled(rows: list[tuple[int, bool, int]], later: int) -> None:
    proof, now = Proof(), 0.0
    for pause, right, ttl in rows:
        now += pause
        proof = proof.after(right=right, ttl=ttl, at=now)
    at, left = 0.0, 0.0
    for pause, right, ttl in rows:
        at += pause
        left = left if right else max(left, at + ttl)
    if proof.settled(now=now + later):
        assert now + later >= left
        assert rows[-1][1]


def told(*seen: tuple[float, Standing]) -> list[tuple[float, Standing]]:
    news, heard = News(calm_seconds=60.0), []
    for at, standing in seen:
        news, is_news = news.after(standing, at=at)
        if is_news:
            heard.append((at, standing))
    return heard


def test_a_change_is_told_once() -> None:
    assert told(*[(float(at), Standing.STALE) for at in range(100)]) == [(0.0, Standing.STALE)]


def test_right_again_is_told_after_a_calm_minute() -> None:
    seen = [(0.0, Standing.RIGHT), (1.0, Standing.STALE)] + [(float(at), Standing.RIGHT) for at in range(2, 200)]
    assert told(*seen) == [(0.0, Standing.RIGHT), (1.0, Standing.STALE), (62.0, Standing.RIGHT)]


def test_a_lie_in_one_answer_of_twenty_is_told_once() -> None:
    seen = [(at / 2, Standing.WRONG_VIEW if at % 20 == 19 else Standing.RIGHT) for at in range(1000)]
    assert told(*seen) == [(0.0, Standing.RIGHT), (9.5, Standing.WRONG_VIEW)]

from __future__ import annotations

import json

import pytest

from toolkit.aws.notify import SnsNotifier
from toolkit.domain.errors import Refused
from toolkit.domain.group import Group
from unit.aws.answers import Canned

TOPIC = "arn:aws:sns:eu-central-1:111122223333:failover"


def group(topic: str | None) -> Group:
    return Group("db", (), (), notify_sns=topic)


def published(topic: str, subject: str, body: dict[str, object]) -> tuple[dict[str, str], Canned]:
    canned = Canned({"Publish": {"MessageId": "1"}})
    assert SnsNotifier(canned).notify(group(topic), subject, body) is None
    return dict(canned.asked[0][1]), canned


def test_a_message_goes_to_the_topic_of_the_group_in_the_topics_own_region() -> None:
    params, canned = published(TOPIC, "failover db: done at db-2", {"status": "done"})
    assert (params["TopicArn"], params["Subject"]) == (TOPIC, "failover db: done at db-2")
    assert json.loads(params["Message"]) == {"status": "done"}
    assert canned.regions == ["eu-central-1"]


def test_a_group_without_a_topic_tells_nobody() -> None:
    canned = Canned({})
    assert SnsNotifier(canned).notify(group(None), "x", {}) is None
    assert canned.asked == []


@pytest.mark.parametrize(
    ("subject", "wanted"),
    [
        ("a" * 100, "a" * 100),
        ("a" * 101, "a" * 97 + "..."),
        ("  line one\nline two ", "line one line two"),
        ("Größe → db-2", "Gr e db-2"),
        ("→", "failover"),
    ],
)
def test_a_subject_is_made_what_sns_takes(subject: str, wanted: str) -> None:
    assert published(TOPIC, subject, {})[0]["Subject"] == wanted


def test_a_body_too_large_for_sns_keeps_its_plain_facts() -> None:
    params, _ = published(TOPIC, "x", {"status": "done", "steps": ["x" * 100] * 3000})
    assert json.loads(params["Message"]) == {"status": "done", "shortened": True}


def test_a_fifo_topic_gets_the_group_as_its_order() -> None:
    params, _ = published(TOPIC + ".fifo", "x", {"status": "done"})
    assert params["MessageGroupId"] == "db"
    assert len(params["MessageDeduplicationId"]) == 64


def test_a_refused_message_is_an_answer_and_not_an_error() -> None:
    canned = Canned({"Publish": Refused("Publish", "AuthorizationError", "no")})
    assert "AuthorizationError" in (SnsNotifier(canned).notify(group(TOPIC), "x", {}) or "")


def test_a_topic_that_is_no_arn_is_an_answer_too() -> None:
    assert SnsNotifier(Canned({})).notify(group("failover"), "x", {}) == "failover is not the ARN of a topic"

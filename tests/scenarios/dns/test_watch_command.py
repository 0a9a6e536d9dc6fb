"""Issue 5, must show 4: the installed ``failover dns watch`` at default settings, and a resolver that lies at times."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any, Final

import dns.message
import dns.query
import dns.rdatatype

from support import look_dns
from support.command import Command
from support.witness import Witness
from toolkit.lab import Lab, World

MINUTE_SECONDS: Final = 60.0


class Liar:
    """Says what the lab's resolver inside says, but in each twentieth answer with an address what the outside says."""

    def __init__(self, lab: Lab) -> None:
        self._sides = [server.split(":") for server in (lab.dns_inside, lab.dns_outside)]
        self._lock = threading.Lock()
        self._asked = 0

    def __call__(self, query: dns.message.Message, _: str) -> dns.message.Message:
        with self._lock:
            self._asked += query.question[0].rdtype == dns.rdatatype.A
            lies = self._asked % 20 == 0
        host, port = self._sides[lies]
        return dns.query.udp(query, host, port=int(port), timeout=5.0)


def first_wrong(failover: Command) -> dict[str, Any] | None:
    """The first line that is not right of the watch as users start it; None where a minute gave none.

    People are notified of a line before it is printed, so that all is told when the watch is stopped here.
    """
    process = failover.start("dns", "watch")
    timer = threading.Timer(MINUTE_SECONDS, process.kill)
    timer.start()
    try:
        rows = (json.loads(line) for line in process.lines("stdout"))
        return next((row for row in rows if row["standing"] != "right"), None)
    finally:
        timer.cancel()
        process.terminate()
        process.communicate()


def told(lab: Lab) -> list[str]:
    """The subjects that the lab's SNS took."""
    return [str(call.params["Subject"]) for call in lab.calls() if call.action == "Publish" and call.status == 200]


def test_a_lie_in_one_answer_of_twenty_is_found_within_a_minute_and_the_notification_names_the_liar(
    lab: Lab, world: World, tmp_path: Path, name: str
) -> None:
    topic = Witness(lab).client("sns").create_topic(Name="failover")["TopicArn"]
    with look_dns.answering(Liar(lab)) as liar:
        group = dict(world.configuration["groups"]["db"])
        verify = dict(group["verify"])
        verify["resolvers"] = {**verify["resolvers"], "inside": [*verify["resolvers"]["inside"], liar]}
        group |= {"verify": verify, "notify": {"sns": topic}}
        found = first_wrong(Command(lab, tmp_path, {**world.configuration, "groups": {"db": group}}))
    assert found is not None
    assert (found["name"], found["resolver"], found["standing"]) == (name, liar, "wrong view")
    assert found["cause"]
    assert found["remedy"]
    assert f"{name} at {liar} is wrong view" in told(lab)

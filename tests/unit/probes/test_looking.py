from __future__ import annotations

import socket
import subprocess
import sys
import threading

from support import look_servers
from support.look_groups import A, B, group
from toolkit.detection import OBSERVER
from toolkit.domain.group import HttpProbe, StatusProbe, TcpProbe
from toolkit.domain.health import Outcome
from toolkit.domain.snapshot import Snapshot
from toolkit.probes import Probes


def test_every_probe_looks_at_every_node_in_order() -> None:
    with look_servers.accepting() as port:
        probed = group(TcpProbe(port), StatusProbe(), TcpProbe(port))
        seen = Probes().look(probed, {"db-1": "127.0.0.1", "db-2": "127.0.0.1"}, Snapshot())
    assert [(look.node, look.probe) for look in seen] == [
        (node.name, probe) for node in (A, B) for probe in (f"tcp {port}", "ec2_status", f"tcp {port} #2")
    ]


def test_all_looks_are_under_way_at_once() -> None:
    """The server answers nobody until all twenty have asked."""
    everybody = threading.Barrier(20)

    def handle(sock: socket.socket) -> None:
        everybody.wait(timeout=20)
        look_servers.saying(b"HTTP/1.1 200 OK\r\n\r\n")(sock)

    with look_servers.serving(handle) as port:
        probed = group(*[HttpProbe(port, timeout_seconds=30.0)] * 10)
        seen = Probes().look(probed, {"db-1": "127.0.0.1", "db-2": "127.0.0.1"}, Snapshot())
    assert [look.outcome for look in seen] == [Outcome.PASSED] * 20


def test_anchors_are_looked_at_in_the_same_round() -> None:
    with look_servers.accepting() as port:
        probed = group(nodes=(A,), anchors=(f"127.0.0.1:{port}", "nonsense"))
        seen = Probes().look(probed, {}, Snapshot())
    assert {look.node for look in seen} == {OBSERVER}
    assert [look.outcome for look in seen] == [Outcome.PASSED, Outcome.NOT_MADE]


def test_an_anchor_that_refuses_is_reached_and_a_node_that_refuses_is_not_well() -> None:
    port = look_servers.closed()
    seen = Probes().look(
        group(TcpProbe(port), nodes=(A,), anchors=(f"127.0.0.1:{port}",)), {A.name: "127.0.0.1"}, Snapshot()
    )
    assert [(look.node, look.outcome, look.why) for look in seen] == [
        (A.name, Outcome.FAILED, "connection refused"),
        (OBSERVER, Outcome.PASSED, "reached: connection refused"),
    ]


def test_judging_a_snapshot_imports_no_asyncio() -> None:
    """A group judged by status checks alone pays for no event loop."""
    code = (
        "import sys; from toolkit.probes import Probes; from toolkit.domain.group import *;"
        "from toolkit.domain.snapshot import Snapshot;"
        "Probes().look(Group('g', (Node('a', 'i-1'),), (), Health((StatusProbe(),))), {}, Snapshot());"
        "assert 'asyncio' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_observation_carries_when_and_how_long() -> None:
    ticks = iter(range(100))
    with look_servers.accepting() as port:
        probes = Probes(monotonic=lambda: float(next(ticks)))
        (seen,) = probes.look(group(TcpProbe(port), nodes=(A,)), {"db-1": "127.0.0.1"}, Snapshot())
    assert (seen.at, seen.took_seconds) == (1.0, 1.0)

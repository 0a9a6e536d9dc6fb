"""The lab's process: one child on loopback that ends when it should."""

import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from toolkit.lab import Control, Lab, LabError

from .conftest import Clients


def test_it_listens_on_loopback_only(lab: Lab) -> None:
    assert urlsplit(lab.url).hostname == "127.0.0.1"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "toolkit.lab.server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b'{"url"')
        process.send_signal(number)
        assert process.wait(10) == 0


def test_it_ends_when_its_parent_dies() -> None:
    script = "from toolkit.lab import Lab; import os; Lab.start(); os._exit(9)"
    # The grandchild inherits the error stream: reading it to its end waits until the grandchild is gone.
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=30, check=False)
    assert done.returncode == 9
    assert done.stderr == b""


def test_stopping_twice_is_no_fault() -> None:
    lab = Lab.start()
    lab.stop()
    lab.stop()


def test_a_connection_serves_many_requests(lab: Lab) -> None:
    parts = urlsplit(lab.url)
    connection = HTTPConnection(parts.hostname or "", parts.port)
    ports = set()
    for _ in range(3):
        connection.request("GET", "/_lab/calls")
        connection.getresponse().read()
        ports.add(connection.sock.getsockname()[1])
    connection.close()
    assert len(ports) == 1


def test_a_request_whose_caller_dies_in_its_middle_is_no_call(lab: Lab) -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: 99\r\nAuthorization: Credential=x/d/eu-west-1/ec2/aws4_request\r\n\r\n"
    parts = urlsplit(lab.url)
    with socket.create_connection((parts.hostname, parts.port)) as caller:
        caller.sendall(head + b"Action=Alloc")
        caller.shutdown(socket.SHUT_WR)
        assert caller.recv(1) == b""
    assert lab.calls() == []


def test_an_object_that_waits_for_100_continue_arrives_whole(client: Clients) -> None:
    s3: Any = client("s3")
    s3.create_bucket(Bucket="failover-state", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="failover-state", Key="lease/db", Body=b"x" * 100_000)
    assert s3.get_object(Bucket="failover-state", Key="lease/db")["Body"].read() == b"x" * 100_000


def test_reset_empties_the_account_the_calls_and_the_faults(lab: Lab, client: Clients) -> None:
    client("ec2").allocate_address(Domain="vpc")
    lab.reset()
    assert lab.calls() == []
    assert client("ec2").describe_addresses()["Addresses"] == []


def test_an_unknown_control_path_names_those_that_exist(lab: Lab) -> None:
    with pytest.raises(LabError, match="POST /_lab/seed"):
        lab.request("GET", "nothing")


def test_a_setting_that_does_not_exist_is_refused(lab: Lab) -> None:
    with pytest.raises(LabError, match="no such setting: spped"):
        lab.set(spped=3)


def test_driving_a_lab_that_is_not_there_says_so() -> None:
    with pytest.raises(LabError, match="no lab answers at"):
        Control("http://127.0.0.1:9").calls()


def test_what_the_store_cannot_do_is_an_error_that_no_sdk_retries(lab: Lab, client: Clients) -> None:
    ec2 = client("ec2", attempts=3)
    with pytest.raises(Exception, match=r"LabNotImplemented"):
        ec2.describe_trunk_interface_associations()
    assert len(lab.calls()) == 1

"""The lab from outside: starts it, drives it, stops it."""

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from toolkit.domain.errors import ExitCode, FailoverError
from toolkit.lab.call import Call
from toolkit.lab.fault import Fault
from toolkit.lab.world import World

REGION = "eu-west-1"
STOP_SECONDS = 5.0
REQUEST_SECONDS = 60.0


class LabError(FailoverError):
    """The lab did not start, or refused what was asked of it."""

    exit_code = ExitCode.USAGE


class Control:
    """A lab that runs somewhere, driven over its control endpoint."""

    def __init__(self, url: str) -> None:
        self.url = url

    def request(self, method: str, path: str, *, body: object = None) -> Any:
        """One control request, and the document that it answers.

        Raises:
            LabError: the lab refused, or nothing listens there.
        """
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=REQUEST_SECONDS)
        try:
            connection.request(method, f"/_lab/{path}", body=None if body is None else json.dumps(body))
            response = connection.getresponse()
            document = json.loads(response.read())
        except (OSError, ValueError) as fault:
            raise LabError(f"no lab answers at {self.url}: {fault}") from fault
        finally:
            connection.close()
        if response.status >= 400:  # noqa: PLR2004 - HTTP's first error
            raise LabError(str(document.get("error", document)))
        return document

    def environment(self) -> dict[str, str]:
        """The variables that point any AWS tool at the lab and at nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "lab",
            "AWS_SECRET_ACCESS_KEY": "lab",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def seed(self, world: str = "pair", *, kinds: Collection[str] | None = None) -> World:
        """Builds a world; its configuration lists the kinds of address wanted, all by default."""
        wanted = {"world": world, "kinds": list(kinds) if kinds is not None else None}
        return World.from_json(self.request("POST", "seed", body=wanted))

    def world(self) -> World | None:
        """The world seeded last, if any."""
        document = self.request("GET", "world")
        return World.from_json(document) if document else None

    def reset(self) -> None:
        """Empties the account and clears faults, calls, settings, listeners."""
        self.request("POST", "reset")

    def fault(self, fault: Fault) -> None:
        """Puts a fault in force beside those that are."""
        self.request("POST", "faults", body=fault.to_json())

    def clear_faults(self) -> None:
        """Ends all faults; calls in a black hole are dropped."""
        self.request("DELETE", "faults")

    def grant(self, access_key: str, policy: str) -> None:
        """The holder of that access key may do what the policy (JSON) allows and nothing else, until a reset."""
        self.request("POST", "policies", body={"key": access_key, "policy": json.loads(policy)})

    def calls(self) -> list[Call]:
        """Every AWS call since the start, the last reset or the last ``clear_calls``."""
        return [Call(**call) for call in self.request("GET", "calls")]

    def clear_calls(self) -> None:
        """Forgets the calls so far."""
        self.request("DELETE", "calls")

    def set(self, **settings: object) -> None:
        """Changes settings, all or none."""
        self.request("POST", "settings", body=settings)

    def settings(self) -> dict[str, Any]:
        """The settings in force."""
        return dict(self.request("GET", "settings"))

    def impair(self, instance_id: str, *, check: str = "instance", status: str = "impaired") -> None:
        """Sets what a status check (``instance`` or ``system``) says; status ``ok`` heals it."""
        self.request("POST", "impair", body={"instance": instance_id, "check": check, "status": status})

    def listen(self, instance_id: str, port: int, *, target: tuple[str, int] | None = None) -> None:
        """The instance's port leads to a real service on loopback, or to the lab's own responder."""
        self.request("POST", "listen", body={"instance": instance_id, "port": port, "target": target})

    def hang_up(self, instance_id: str, port: int) -> None:
        """Nothing listens on that port of the instance any more: connections are refused."""
        self.request("DELETE", "listen", body={"instance": instance_id, "port": port})

    def cut(self, instance_id: str) -> None:
        """No packet reaches the instance, though it runs."""
        self.request("POST", "cut", body={"instance": instance_id})

    def heal(self, instance_id: str) -> None:
        """Packets reach the instance again."""
        self.request("DELETE", "cut", body={"instance": instance_id})

    def imds(self, instance_id: str) -> str:
        """The base address of an instance's metadata, for AWS_EC2_METADATA_SERVICE_ENDPOINT."""
        return f"{self.url}/_imds/{instance_id}"

    def notice(self, instance_id: str, path: str, *, text: str | None) -> None:
        """Puts a text under the instance's ``meta-data`` (``spot/instance-action``); None takes it away."""
        self.request("POST", "notice", body={"instance": instance_id, "path": path, "text": text})

    def spot_notice(self, instance_id: str, *, action: str = "terminate", seconds: int = 120) -> None:
        """Announces that a Spot instance is taken away in some seconds."""
        when = datetime.now(UTC) + timedelta(seconds=seconds)
        stamp = when.strftime("%Y-%m-%dT%H:%M:%SZ")
        text = json.dumps({"action": action, "time": stamp})
        self.notice(instance_id, "spot/instance-action", text=text)

    def state(self) -> dict[str, Any]:
        """Who holds what now, as the lab's network sees it: interfaces, active routes, VPCs."""
        return dict(self.request("GET", "state"))

    def stop_instance(self, instance_id: str) -> None:
        """Stops an instance, unrecorded and without faults."""
        self.request("POST", "power", body={"verb": "stop", "instance": instance_id})

    def start_instance(self, instance_id: str) -> None:
        """Starts a stopped instance, unrecorded and without faults."""
        self.request("POST", "power", body={"verb": "start", "instance": instance_id})

    def terminate_instance(self, instance_id: str) -> None:
        """Terminates an instance, unrecorded and without faults."""
        self.request("POST", "power", body={"verb": "terminate", "instance": instance_id})


class Lab(Control):
    """A lab in a child process of its own; a context manager that ends it."""

    def __init__(self, process: subprocess.Popen[str], *, addresses: Mapping[str, str]) -> None:
        super().__init__(addresses["url"])
        self._process = process
        self.socks_inside = addresses["socks_inside"]
        self.socks_outside = addresses["socks_outside"]
        self.dns_inside = addresses["dns_inside"]
        self.dns_outside = addresses["dns_outside"]
        atexit.register(self.stop)

    @classmethod
    def start(cls, settings: Mapping[str, object] | None = None) -> Self:
        """Starts a lab and waits until it answers.

        Raises:
            LabError: it ended before it answered.
        """
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "toolkit.lab.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment, "AWS_EC2_METADATA_DISABLED": "true"},
            text=True,
        )
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            process.wait()
            raise LabError(f"the lab ended with exit code {process.returncode} before it answered")
        lab = cls(process, addresses=json.loads(line))
        if settings:
            lab.set(**settings)
        return lab

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def stop(self) -> None:
        """Ends the child process; does nothing the second time."""
        atexit.unregister(self.stop)
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

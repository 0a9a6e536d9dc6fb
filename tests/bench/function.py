"""What the packed function costs: its start, its memory, its way to the first change; all from the zip, cold."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from bench.clock import medians
from bench.figures import Figure
from bench.moves import LATENCY_SECONDS, ROUND_TRIPS, round_trips
from payloads import corpus
from support import tree
from support.deployed import Deployed
from toolkit.lab import Fault, Lab, Latency
from toolkit.lab.alarms import own_runtime

_ROUNDS: Final = 11
# Neither side writes bytecode; boto3's is at hand, as it is in Lambda's runtime, the function's own is not, as there.
_CLEAN: Final = [sys.executable, "-I", "-S", "-B", "-c"]
_PATH: Final = "import sys; sys.path[:0] = sys.argv[1].split(':'); "
_BOTO3: Final = _PATH + "import boto3; boto3.client('ec2', region_name='eu-west-1')"
_FUNCTION: Final = _PATH + "import handler"
# Not getrusage: its maximum begins with the process that started this one. Linux only, as Lambda is.
_PEAK: Final = "\nprint(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
_MOVE: Final = """
import json, types
context = types.SimpleNamespace(
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:failover",
    aws_request_id="bench", get_remaining_time_in_millis=lambda: 60_000)
assert handler.handler(json.loads(sys.argv[2]), context)["status"] == "done"
"""


def measure() -> Iterator[Figure]:
    """The function beside a process that only makes a boto3 client, and its cold move at the lab's endpoint."""
    with tempfile.TemporaryDirectory() as place, Lab.start() as lab:
        folder = _unpacked(Path(place))
        deployed = Deployed(lab, folder, kinds=("eip",))
        environment = {"AWS_LAMBDA_FUNCTION_NAME": "failover", **deployed.environment}
        boto3, function = _sides(folder)
        yield _start(boto3, function, environment)
        deployed.break_node()
        event = json.dumps(corpus.filled("alarm-direct", instance=deployed.world["db-1"]))
        move = [*_CLEAN, _FUNCTION + "\n" + _MOVE + _PEAK, function[-1], event]
        yield _memory(boto3, move, environment)
        lab.reset()
        yield _way(lab, Deployed(lab, folder, kinds=("eip",)))


def _unpacked(place: Path) -> Path:
    target, folder = place / "failover-lambda.zip", place / "task"
    build = [sys.executable, "lambda/build.py", str(target)]
    subprocess.run(build, cwd=tree.ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(target) as archive:
        archive.extractall(folder)
    return folder


def _sides(folder: Path) -> tuple[list[str], list[str]]:
    runtime = own_runtime(folder.with_name("runtime"))
    return [*_CLEAN, _BOTO3, str(runtime)], [*_CLEAN, _FUNCTION, f"{folder}:{runtime}"]


def _start(boto3: Sequence[str], function: Sequence[str], environment: Mapping[str, str]) -> Figure:
    """Start to exit: import, configuration, and the clients of EC2 and DynamoDB."""
    seconds = medians({"boto3": boto3, "function": function}, rounds=_ROUNDS, environment=environment)
    return Figure(
        promise="Lambda: handler, configuration, first clients vs. import boto3; boto3.client('ec2')",
        at_most=1.0,
        measured=seconds["function"] / seconds["boto3"],
        unit="x",
        note=f"{seconds['function'] * 1000:.0f} ms, {seconds['boto3'] * 1000:.0f} ms",
    )


def _memory(boto3: Sequence[str], move: Sequence[str], environment: Mapping[str, str]) -> Figure:
    """The largest that each process became, ours with a whole move made and proven."""
    ours = _peak(move, environment)
    theirs = statistics.median(_peak([*boto3[:-2], boto3[-2] + _PEAK, boto3[-1]], environment) for _ in range(3))
    return Figure(
        promise="Lambda: peak memory of a cold move vs. a process that holds a boto3 EC2 client",
        at_most=1.5,
        measured=ours / theirs,
        unit="x",
        note=f"{ours / 1024:.0f} MiB, {theirs / 1024:.0f} MiB",
    )


def _peak(command: Sequence[str], environment: Mapping[str, str]) -> float:
    run = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return float(run.stdout.split()[-1])


def _way(lab: Lab, deployed: Deployed) -> Figure:
    """From the event of a cold sandbox to the first change."""
    deployed.break_node()
    event = corpus.filled("alarm-direct", instance=deployed.world["db-1"])
    lab.fault(Fault(Latency(seconds=LATENCY_SECONDS), user_agent="*failover*"))
    lab.clear_calls()
    with deployed.sandbox() as sandbox:
        ending = sandbox.invoke(event)
    if ending.result is None or ending.result["status"] != "done":
        raise RuntimeError(str(ending))
    calls = lab.calls()
    lab.clear_faults()
    return Figure(
        promise="Lambda: sequential round trips before the first change, cold",
        at_most=ROUND_TRIPS,
        measured=round_trips(calls),
        unit="trips",
    )

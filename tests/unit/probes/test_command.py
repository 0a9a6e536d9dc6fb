from __future__ import annotations

import asyncio
import os
import ssl
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from support.look_groups import A, group
from toolkit.domain.group import CommandProbe
from toolkit.domain.health import Observation, Outcome
from toolkit.domain.snapshot import Snapshot
from toolkit.probes import Probes
from toolkit.probes.command import Commands
from toolkit.probes.look import Look
from toolkit.probes.rounds import observe


def run(*argv: str, timeout_seconds: float = 10.0) -> Observation:
    probed = group(CommandProbe(argv, timeout_seconds=timeout_seconds), nodes=(A,))
    (seen,) = Probes().look(probed, {A.name: "10.0.1.10"}, Snapshot())
    return seen


def test_exit_code_0_passes() -> None:
    seen = run("/bin/sh", "-c", "exit 0")
    assert (seen.probe, seen.outcome) == ("command sh", Outcome.PASSED)


def test_another_exit_code_fails_with_the_last_line_it_wrote() -> None:
    seen = run("/bin/sh", "-c", "echo checking; echo lag 40 s >&2; echo; exit 3")
    assert (seen.outcome, seen.why) == (Outcome.FAILED, "exit code 3: lag 40 s")


def test_a_program_that_dies_by_a_signal_fails_and_names_it() -> None:
    assert run("/bin/sh", "-c", "kill -SEGV $$").why == "killed by SIGSEGV"


def test_placeholders_are_filled_in_and_other_braces_stay() -> None:
    seen = run("/bin/sh", "-c", 'echo "$@"; exit 1', "x", '{node} {instance} {host} {other} {"a": 1}')
    assert seen.why == 'exit code 1: db-1 i-0123456789abcdef0 10.0.1.10 {other} {"a": 1}'


def test_no_shell_reads_the_words() -> None:
    assert run("/bin/echo", "$(exit 1)", ";", "exit", "1").outcome is Outcome.PASSED


def test_a_program_that_is_not_there_says_nothing_about_the_target() -> None:
    seen = run("/no/such/program")
    assert seen.outcome is Outcome.NOT_MADE
    assert seen.why == "/no/such/program could not be started: No such file or directory"


def test_a_program_that_is_not_done_at_the_time_limit_fails() -> None:
    seen = run("/bin/sleep", "600", timeout_seconds=0.05)
    assert (seen.outcome, seen.why) == (Outcome.FAILED, "no answer within 50 ms")


def test_a_program_and_its_children_are_killed_with_their_look(tmp_path: Path) -> None:
    """Both the shell and the sleeper that it started are gone afterwards."""
    pids = tmp_path / "pids"
    os.mkfifo(pids)

    async def cut_short() -> list[int]:
        look = asyncio.create_task(Commands().look(("/bin/sh", "-c", f"sleep 600 & echo $$ $! > {pids}; wait")))
        told = await asyncio.to_thread(pids.read_text)
        look.cancel()
        await asyncio.wait([look])
        return [int(pid) for pid in told.split()]

    started = asyncio.run(cut_short())
    until = time.monotonic() + 20.0
    # The kernel ends a killed process in its own time.
    while not all(gone(pid) for pid in started) and time.monotonic() < until:
        time.sleep(0.01)
    assert all(gone(pid) for pid in started)


def test_a_look_that_is_cut_short_while_its_program_starts_ends_the_program_all_the_same() -> None:
    program = Undead()

    async def cut_short() -> None:
        go_on = asyncio.Event()

        async def start(*words: str, **streams: object) -> Undead:
            del words, streams
            await go_on.wait()
            return program

        look = asyncio.create_task(Commands(start=start, patience_seconds=0.01).look(("/bin/check",)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        look.cancel()
        go_on.set()
        await asyncio.wait([look])

    asyncio.run(cut_short())
    assert program.kills == 1


@dataclass
class Undead:
    """A program that nothing ends until it is let go, as one that waits for a disk; no such process exists."""

    pid: int = 2**22 + 1
    returncode: int | None = None
    free: asyncio.Event = field(default_factory=asyncio.Event)
    kills: int = 0

    async def wait(self) -> int:
        await self.free.wait()
        self.returncode = -9
        return -9

    def kill(self) -> None:
        self.kills += 1


def test_a_program_that_even_a_kill_does_not_end_fails_in_time_and_is_not_started_again_until_it_is_gone() -> None:
    started: list[Undead] = []

    async def start(*words: str, **streams: object) -> Undead:
        del words, streams
        started.append(Undead())
        return started[-1]

    async def looks() -> list[str]:
        commands = Commands(start=start, patience_seconds=0.01)
        found: list[str] = []
        for turn in range(4):
            look = Look("db-1", "command", CommandProbe(("/bin/check", "db-1"), timeout_seconds=0.01))
            seen = await observe(look, tls=ssl.create_default_context, commands=commands)
            assert seen.outcome is Outcome.FAILED
            found.append(seen.why)
            if turn == 2:
                started[0].free.set()
                await started[0].wait()
        return found

    waited, killed = "no answer within 10 ms", "the program was killed at its time limit and has not ended since"
    assert asyncio.run(looks()) == [waited, killed, killed, waited]
    assert len(started) == 2


def gone(pid: int) -> bool:
    """Whether a process has ended; one that its parent has not yet waited for counts."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_daemon_left_behind_does_not_hold_up_the_look() -> None:
    """The program's own end counts, whoever else still has its output open."""
    seen = run("/bin/sh", "-c", "sleep 2 & exit 0", timeout_seconds=1.5)
    assert seen.outcome is Outcome.PASSED


def test_a_program_that_writes_a_lot_is_read_to_its_end() -> None:
    seen = run(sys.executable, "-c", "import sys; sys.stdout.write('x' * 3_000_000 + '\\nend\\n'); sys.exit(1)")
    assert seen.why == "exit code 1: end"

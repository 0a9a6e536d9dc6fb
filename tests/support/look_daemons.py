"""Real name servers from Debian packages, configured by tests, on loopback."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import dns.exception
import dns.message
import dns.query

LOOPBACK = "127.0.0.1"
LOOPBACK_6 = "::1"
INTERNET = "127.0.0.2"
START_SECONDS = 20.0
_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


@contextlib.contextmanager
def named(folder: Path, config: str, *, port: int | None = None, until: str = "running") -> Iterator[str]:
    """BIND 9, once it has logged ``until``; ``@options`` and ``@hints`` in the configuration are filled in.

    The port is also the one at which it asks root servers.
    """
    chosen = port or free_port()
    options = f"""
        directory "{folder}"; pid-file none; session-keyfile "{folder}/session.key";
        managed-keys-directory "{folder}"; empty-zones-enable no; notify no; port {chosen};
        listen-on port {chosen} {{ {LOOPBACK}; }}; listen-on-v6 port {chosen} {{ {LOOPBACK_6}; }};
        recursion yes; allow-query {{ any; }}; dnssec-validation no; qname-minimization off;
    """
    (folder / "root.hints").write_text(f". 60 IN NS a.root.test.\na.root.test. 60 IN A {INTERNET}\n")
    text = config.replace("@options", options).replace("@hints", f'"{folder}/root.hints"')
    path = folder / "named.conf"
    path.write_text(f"controls {{ }};\n{text}\n")
    with _daemon([_program("named"), "-g", "-n", "1", "-c", str(path)], folder, chosen, until=until) as server:
        yield server


@contextlib.contextmanager
def dnsmasq(folder: Path, *options: str) -> Iterator[str]:
    """Dnsmasq with those lines in its configuration."""
    port = free_port()
    own = ["no-resolv", "no-hosts", "bind-interfaces", f"listen-address={LOOPBACK}", f"port={port}", "user=root"]
    path = folder / "dnsmasq.conf"
    path.write_text("\n".join([*own, "no-ping", "pid-file=", *options]) + "\n")
    with _daemon([_program("dnsmasq"), "-k", "-C", str(path), "--log-facility=-"], folder, port) as server:
        yield server


@contextlib.contextmanager
def unbound(folder: Path, upstream: str, *options: str) -> Iterator[str]:
    """Unbound that forwards everything, with those lines in its ``server:`` clause."""
    port = free_port()
    own = [
        f"interface: {LOOPBACK}",
        f"port: {port}",
        "do-daemonize: no",
        'username: ""',
        'chroot: ""',
        'pidfile: ""',
        f'directory: "{folder}"',
        "use-syslog: no",
        "do-not-query-localhost: no",
        'module-config: "iterator"',
        "num-threads: 1",
        *options,
    ]
    lines = ["server:", *[f"    {line}" for line in own]]
    lines += ["forward-zone:", '    name: "."', f"    forward-addr: {upstream.replace(':', '@')}"]
    lines += ["remote-control:", "    control-enable: no"]
    path = folder / "unbound.conf"
    path.write_text("\n".join(lines) + "\n")
    with _daemon([_program("unbound"), "-d", "-c", str(path)], folder, port) as server:
        yield server


def free_port(*, hosts: Sequence[str] = (LOOPBACK, INTERNET)) -> int:
    """A port that is free in UDP and TCP on each of the hosts."""
    for _ in range(100):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            first = stack.enter_context(socket.socket())
            first.bind((hosts[0], 0))
            port = int(first.getsockname()[1])
            for host in hosts:
                stack.enter_context(socket.socket(type=socket.SOCK_DGRAM)).bind((host, port))
            for host in hosts[1:]:
                stack.enter_context(socket.socket()).bind((host, port))
            return port
    raise OSError("no port is free everywhere")


def _program(name: str) -> str:
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise FileNotFoundError(name)
    return found


@contextlib.contextmanager
def _daemon(argv: Sequence[str], folder: Path, port: int, *, until: str = "") -> Iterator[str]:
    log = folder / "log"
    with log.open("wb") as out, subprocess.Popen(argv, stdout=out, stderr=out, cwd=folder) as process:
        try:
            _wait(lambda: process.poll() is not None, port, log, until=until)
            yield f"{LOOPBACK}:{port}"
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()


def _wait(ended: Callable[[], bool], port: int, log: Path, *, until: str) -> None:
    """Until the server answers anything at all, and has logged the text."""
    query = dns.message.make_query("version.bind", "TXT", "CH")
    give_up = time.monotonic() + START_SECONDS
    answered = False
    while time.monotonic() < give_up and not ended():
        # Asked until it answers once: one that limits its rate may not do so again.
        with contextlib.suppress(dns.exception.DNSException, OSError):
            if not answered:
                dns.query.udp(query, LOOPBACK, port=port, timeout=0.2)
                answered = True
        if answered and until in log.read_text(errors="replace"):
            return
        time.sleep(0.01)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")

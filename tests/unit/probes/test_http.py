from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from support import look_servers
from support.look_groups import A, group
from toolkit.domain.group import HttpProbe
from toolkit.domain.health import Observation, Outcome
from toolkit.domain.snapshot import Snapshot
from toolkit.probes import Probes

OK = b"HTTP/1.1 200 OK\r\n"


def look(probe: HttpProbe, *, tls: ssl.SSLContext | None = None, via: str | None = None) -> Observation:
    probes = Probes(tls=lambda: tls) if tls else Probes()
    (seen,) = probes.look(group(probe, nodes=(A,), via=via), {A.name: "127.0.0.1"}, Snapshot())
    return seen


def answered(answer: bytes, *, contains: str | None = None, expect: int = 200) -> Observation:
    with look_servers.serving(look_servers.saying(answer)) as port:
        return look(HttpProbe(port, "/healthz", expect=expect, contains=contains))


def test_the_expected_status_passes() -> None:
    seen = answered(OK + b"Content-Length: 0\r\n\r\n")
    assert (seen.outcome, seen.why) == (Outcome.PASSED, "HTTP 200")


def test_another_status_fails_and_says_both() -> None:
    seen = answered(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
    assert (seen.outcome, seen.why) == (Outcome.FAILED, "HTTP 503, expected 200")


def test_an_expected_error_status_passes() -> None:
    assert answered(b"HTTP/1.0 401 No\r\n\r\n", expect=401).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: 7\r\n\r\nprimary",
        OK + b"Transfer-Encoding: chunked\r\n\r\n3;x=y\r\npri\r\n4\r\nmary\r\n0\r\n\r\n",
        OK + b"\r\nprimary",
    ],
    ids=["by length", "in chunks", "until the end"],
)
def test_the_text_is_found_however_the_body_ends(answer: bytes) -> None:
    assert answered(answer, contains="primary").outcome is Outcome.PASSED


def test_a_body_without_the_text_fails() -> None:
    seen = answered(OK + b"Content-Length: 7\r\n\r\nreplica", contains="primary")
    assert seen.outcome is Outcome.FAILED
    assert "without the text 'primary'" in seen.why


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"SSH-2.0-OpenSSH\r\n", "an answer that is not HTTP"),
        (b"x" * 100_000 + b"\n", "an answer that is not HTTP"),
        (b"HTTP/1.1 2xx\r\n\r\n", "an answer that is not HTTP"),
        (b"", "connection closed before the answer was complete"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "an answer whose chunks are broken"),
        (OK + b"A: b\r\n" * 300 + b"\r\n", "an answer with too many headers"),
    ],
)
def test_what_is_no_proper_answer_fails_and_says_so(answer: bytes, why: str) -> None:
    seen = answered(answer, contains="primary")
    assert (seen.outcome, seen.why) == (Outcome.FAILED, why)


def test_a_server_that_accepts_and_says_nothing_fails_at_the_time_limit() -> None:
    with look_servers.accepting() as port:
        seen = look(HttpProbe(port, timeout_seconds=0.05))
    assert (seen.outcome, seen.why) == (Outcome.FAILED, "no answer within 50 ms")


def test_an_answer_through_a_proxy_is_judged_alike() -> None:
    with (
        look_servers.serving(look_servers.saying(OK + b"\r\n")) as port,
        look_servers.serving(look_servers.proxying({("127.0.0.1", port): port})) as proxy,
    ):
        assert look(HttpProbe(port), via=f"socks5://127.0.0.1:{proxy}").outcome is Outcome.PASSED


@pytest.mark.parametrize("length", [65536, 200_000])
def test_a_text_at_the_beginning_of_one_long_chunk_is_found(length: int) -> None:
    chunk = b"all is well".ljust(length, b".")
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (length, chunk)
    with look_servers.serving(look_servers.saying(answer)) as port:
        assert look(HttpProbe(port, contains="all is well")).outcome is Outcome.PASSED


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate, with its key, for db.example.com and 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "db.example.com")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("db.example.com"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


def over_tls(certificate: Path, probe_name: str | None, *, trusted: bool = True) -> Observation:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)

    def handle(sock: socket.socket) -> None:
        with serving.wrap_socket(sock, server_side=True) as wrapped:
            look_servers.saying(OK + b"\r\n")(wrapped)

    client = ssl.create_default_context(cafile=str(certificate) if trusted else None)
    with look_servers.serving(handle) as port:
        return look(HttpProbe(port, tls=True, tls_name=probe_name, timeout_seconds=5.0), tls=client)


@pytest.mark.parametrize("name", [None, "db.example.com"])
def test_https_passes_when_the_certificate_has_the_name_or_the_address(certificate: Path, name: str | None) -> None:
    assert over_tls(certificate, name).outcome is Outcome.PASSED


def test_https_fails_when_the_certificate_has_another_name(certificate: Path) -> None:
    seen = over_tls(certificate, "other.example.com")
    assert seen.outcome is Outcome.FAILED
    assert "certificate refused: Hostname mismatch" in seen.why


def test_https_fails_when_nobody_vouches_for_the_certificate(certificate: Path) -> None:
    seen = over_tls(certificate, "db.example.com", trusted=False)
    assert seen.outcome is Outcome.FAILED
    assert seen.why.startswith("certificate refused: ")


def test_https_to_a_server_without_tls_fails() -> None:
    def handle(sock: socket.socket) -> None:
        sock.recv(100)
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with look_servers.serving(handle) as plain:
        seen = look(HttpProbe(plain, tls=True))
    assert seen.outcome is Outcome.FAILED
    assert seen.why.startswith("TLS: ")

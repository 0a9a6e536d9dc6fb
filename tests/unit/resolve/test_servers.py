from __future__ import annotations

import pytest

from toolkit.resolve.servers import server


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [
        ("169.254.169.253", "169.254.169.253", 53),
        ("127.0.0.1:5353", "127.0.0.1", 5353),
        ("fd00:ec2::253", "fd00:ec2::253", 53),
        ("[fd00:ec2::253]", "fd00:ec2::253", 53),
        ("[fd00:ec2::253]:5353", "fd00:ec2::253", 5353),
    ],
)
def test_a_resolver_may_have_a_port_in_either_family(text: str, address: str, port: int) -> None:
    found = server(text)
    assert (found.address, found.port) == (address, port)


def test_a_resolver_may_be_a_host_name() -> None:
    assert server("localhost:5353").port == 5353

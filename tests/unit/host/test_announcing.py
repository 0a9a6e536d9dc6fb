"""What the neighbours hear of an address that was added."""

from __future__ import annotations

from toolkit.host.announcing import advertisement, gratuitous_arp

MAC = bytes((2, 0, 0, 0, 0, 1))


def test_a_gratuitous_arp_tells_everybody_the_mac_of_the_address() -> None:
    frame = gratuitous_arp("10.0.1.50", MAC)
    ip = bytes((10, 0, 1, 50))
    assert frame[:14] == b"\xff" * 6 + MAC + b"\x08\x06"
    assert frame[14:22] == bytes.fromhex("0001080006040002")
    assert frame[22:] == MAC + ip + b"\xff" * 6 + ip


def test_an_unsolicited_advertisement_overrides_what_neighbours_know() -> None:
    message = advertisement("2001:db8::50", MAC)
    assert message[:8] == bytes.fromhex("8800000020000000")
    assert message[8:24] == bytes.fromhex("20010db8000000000000000000000050")
    assert message[24:] == b"\x02\x01" + MAC

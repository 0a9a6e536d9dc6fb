"""What an installation writes, taken apart."""

from __future__ import annotations

import configparser

from toolkit.host.installing import Written

COMMAND, CONFIG = "/opt/failover/bin/failover", "/etc/failover/failover.yaml"


def parsed(unit: Written) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(unit.text)
    return parser

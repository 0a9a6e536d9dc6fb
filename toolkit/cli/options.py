"""The options that commands share, and how they find group and engine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from toolkit.config import load
from toolkit.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.domain.group import Configuration, Group

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What every command about a group is told."""

    configuration: Configuration
    groups: tuple[Group, ...]
    as_json: bool

    @property
    def group(self) -> Group:
        """The one group; raises UsageError when there are several and none was named."""
        if len(self.groups) == 1:
            return self.groups[0]
        names = ", ".join(group.name for group in self.groups)
        raise UsageError(f"which group? name one with --group: {names}")


def config_option(function: F) -> F:
    """``--config``."""
    text = "The configuration file; default: $FAILOVER_CONFIG, ./failover.yaml, /etc/failover/failover.yaml."
    return click.option("--config", "config", metavar="FILE", help=text)(function)


def group_options(function: F) -> F:
    """``--config``, ``--group`` and ``--json``."""
    function = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(function)
    function = click.option("--group", "-g", "group", metavar="NAME", help="The group; needed if there are several.")(
        function
    )
    return config_option(function)


def override_option(function: F) -> F:
    """``--override``."""
    text = "Set a rule aside that is an opinion, by its name (target-not-healthy, cooldown, …); may be repeated."
    return click.option("--override", "overrides", multiple=True, metavar="RULE", help=text)(function)


def chosen(config: str | None, group: str | None, *, as_json: bool) -> Chosen:
    """Load the configuration and find the group; raises ConfigurationError or UsageError."""
    configuration = load(config, environ=os.environ)
    if group is None:
        return Chosen(configuration, configuration.groups, as_json)
    found = configuration.group(group)
    if found is None:
        known = ", ".join(each.name for each in configuration.groups)
        raise UsageError(f"the configuration has no group {group!r}; it has {known}")
    return Chosen(configuration, (found,), as_json)

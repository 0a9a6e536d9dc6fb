"""What ``failover dns check`` and ``watch`` share: options, names, and one round of questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from toolkit.cli.dns_names import Known, Opening, World
from toolkit.cli.options import config_option
from toolkit.domain.errors import UsageError
from toolkit.domain.naming import Judgement
from toolkit.engine.checking import Check, check
from toolkit.resolve import DnsResolver
from toolkit.resolve.resolver import bad_name

if TYPE_CHECKING:
    from toolkit.domain.group import Configuration

F = TypeVar("F", bound="Callable[..., Any]")


def name_options(function: F) -> F:
    """The options that check and watch share."""
    seconds = click.FloatRange(min=0.05, max=60)
    for option in (
        click.option("--timeout", "timeout_seconds", type=seconds, default=2.0, show_default=True, help="Seconds."),
        click.option("--outside", multiple=True, metavar="SERVER", help="A resolver outside the VPC (host[:port])."),
        click.option("--inside", multiple=True, metavar="SERVER", help="A resolver inside the VPC (host[:port])."),
        click.option("--group", "-g", metavar="NAME", help="Only this group's names and resolvers."),
    ):
        function = option(function)
    return config_option(function)


def opening_of(context: click.Context) -> Opening:
    """The world that the caller handed in, else the real one."""
    given = context.find_object(Opening)
    if given is not None:
        return given

    def real(configuration: Configuration) -> AbstractContextManager[World]:
        from toolkit.bootstrap import engine_for  # noqa: PLC0415 - after the options are known to be right

        return engine_for(configuration)

    return Opening(real)


def plain(names: Sequence[str]) -> tuple[str, ...]:
    """Names in lower case without the final dot; raises UsageError for what is no name."""
    found = tuple(name.removesuffix(".").lower() for name in names)
    for name in found:
        problem = bad_name(name)
        if problem is not None:
            raise UsageError(problem)
    return found


def names_of(known: Known, given: Sequence[str]) -> tuple[str, ...]:
    """The names given, else all that the configuration knows; raises UsageError when there is nothing to ask."""
    if not known.servers:
        raise UsageError("no resolver to ask: give --inside or --outside, or verify.resolvers in the configuration")
    names = plain(given) or tuple(dict.fromkeys(expectation.name for expectation in known.expectations))
    if not names:
        raise UsageError("no name to check: give one, or verify.names in the configuration")
    return names


def round_of(known: Known, names: Sequence[str], *, timeout_seconds: float) -> list[Judgement]:
    """Every server's answer to every name, judged; a name of your own by the CNAMEs that it leads over."""
    asker = DnsResolver()
    found: list[Judgement] = []
    for name in names:
        wanted = Check(known.expected(name), known.servers, timeout_seconds, known.hostnames_off)
        judged = check(asker, wanted)
        chain = next((j.answer.chain for j in judged if j.answer.chain), ())
        better = known.expected(name, chain)
        if better != wanted.expected:
            judged = check(asker, Check(better, known.servers, timeout_seconds, known.hostnames_off))
        found += judged
    return found

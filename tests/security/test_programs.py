"""Check programs get words, never a line for a shell, whatever a node, a tag or a configuration is called."""

from __future__ import annotations

import ast
import json
import sys
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import tree
from support.look_groups import A, group
from toolkit.aws.gateway import AwsCloud
from toolkit.config.reading import parse
from toolkit.domain.errors import ConfigurationError
from toolkit.domain.fields import NAME
from toolkit.domain.group import ByTag, CommandProbe, Node
from toolkit.domain.health import Outcome
from toolkit.domain.snapshot import Snapshot
from toolkit.probes import Probes
from toolkit.probes.look import Look
from toolkit.testing import FakeClock

# Prints its arguments as the last line that a failed look keeps.
SHOWS: Final = (sys.executable, "-c", "import json, sys; print(json.dumps(sys.argv[1:])); sys.exit(1)")
HOSTILE: Final = (
    *("$(touch pwned)", "`id`", "; rm -rf ~", "a b", "a|b", "a&b", "a>b", "a'b", 'a"b', "a\\b", "*", "~", "!x"),
    *("-rf", "--config=/etc/passwd", "a\nb", "\x1b[2J", "{host}", "{node}", "%s", "é", "../../x", ""),
)
# What runs a text as a program, or builds objects of any kind out of data.
RUNS_TEXT: Final = frozenset(
    (
        *("eval", "exec", "compile", "__import__", "pickle.load", "pickle.loads", "marshal.load", "marshal.loads"),
        *("shelve.open", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "os.execv", "os.spawnv", "pty.spawn"),
    )
)


def words_of(name: str, *template: str, host: str = "10.0.1.10") -> tuple[str, ...]:
    """What a command probe would start for a node of that name."""
    probed = group(CommandProbe(template), nodes=(Node(name, A.instance),))
    (look,) = Probes().plan(probed, {name: host}, Snapshot())
    assert isinstance(look, Look)
    assert isinstance(look.probe, CommandProbe)
    return look.probe.argv


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_one_word_for_the_program_with_every_character_as_it_is(name: str) -> None:
    """Names come so only from those who use the package: a configuration and tags are held to short plain names."""
    probed = group(CommandProbe((*SHOWS, "{node}", "x{node}"), timeout_seconds=20.0), nodes=(Node(name, A.instance),))
    (seen,) = Probes().look(probed, {}, Snapshot())
    shown = json.loads(seen.why.removeprefix("exit code 1: "))
    assert shown == [name, f"x{name}"]


def test_a_zero_byte_starts_nothing_and_says_nothing_of_the_node() -> None:
    probed = group(CommandProbe(("/bin/true", "{node}")), nodes=(Node("a\0b", A.instance),))
    (seen,) = Probes().look(probed, {}, Snapshot())
    assert seen.outcome is Outcome.NOT_MADE


@given(
    st.from_regex(NAME.pattern, fullmatch=True), st.lists(st.sampled_from(["{node}", "-c", "x {node}", "--n={node}"]))
)
def test_a_configured_name_adds_no_word_no_option_and_nothing_that_a_shell_reads(name: str, rest: list[str]) -> None:
    words = words_of(name, "/usr/local/bin/check", *rest)
    assert len(words) == 1 + len(rest)
    for before, after in zip(rest, words[1:], strict=True):
        assert after.startswith("-") is before.startswith("-")
        assert set(after) - set(before) <= set(name)
    assert not set(name) & set("$`;&|<>(){}[]*?!~'\"\\ \t\n\r\0/=%#")
    assert not name.startswith("-")


@pytest.mark.parametrize("name", [name for name in HOSTILE if name])
def test_a_configuration_with_a_hostile_name_is_refused(name: str) -> None:
    nodes = [{"name": name, "instance": A.instance}, {"name": "db-2", "instance": "i-0123456789abcdef1"}]
    document = {
        "version": 1,
        "state": {"dynamodb": "failover-state"},
        "groups": {"db": {"nodes": nodes, "addresses": [{"kind": "eip", "id": "eipalloc-0123456789abcdef0"}]}},
    }
    with pytest.raises(ConfigurationError, match="is not a short name"):
        parse(json.dumps(document), "a test", form="json")


class Tagged:
    """EC2 with one instance whose tags somebody chose with care."""

    def __init__(self, **tags: str) -> None:
        self._tags = [{"Key": key.replace("__", ":"), "Value": value} for key, value in tags.items()]

    def request(self, service: str, action: str, params: object, *, region: str | None = None) -> dict[str, object]:
        del service, action, params, region
        row = {
            "InstanceId": A.instance,
            "InstanceType": "m5.large",
            "State": {"Name": "running"},
            "Placement": {"AvailabilityZone": "eu-west-1a"},
            "Tags": self._tags,
        }
        return {"Reservations": [{"Instances": [row]}]}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_node_with_a_hostile_name_tag_is_called_by_its_instance_id(name: str) -> None:
    cloud = AwsCloud(Tagged(Name=name, failover__group="db"), FakeClock())
    try:
        (node,) = cloud.nodes_by_tag(ByTag("failover:group", "db"))
    finally:
        cloud.close()
    assert node.name == A.instance


def test_nothing_in_the_product_runs_a_text_or_builds_objects_out_of_data() -> None:
    found = [
        f"{name}:{call.lineno} {called}"
        for name in tree.python("toolkit", "lambda")
        for call, called in tree.calls(name)
        if called in RUNS_TEXT and not _safe(call)
    ]
    assert not found


def test_no_connection_of_the_product_goes_without_checking_a_certificate() -> None:
    unchecked = ("CERT_NONE", "check_hostname", "_create_unverified_context", "verify=False")
    found = [name for name in tree.python("toolkit", "lambda") if any(word in tree.text(name) for word in unchecked)]
    assert not found


def _safe(call: ast.Call) -> bool:
    """``yaml.load`` with a loader of one's own, which is a safe one (``toolkit/config/yaml_text.py``)."""
    return any(word.arg == "Loader" for word in call.keywords)

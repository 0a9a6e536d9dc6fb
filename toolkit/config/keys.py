"""Every key of a configuration, in one declaration: the check, the JSON Schema and the documentation follow it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from toolkit.config import spellings as is_
from toolkit.config.shapes import ByKind, Choice, Duration, Items, Key, MapOf, Record, Words
from toolkit.domain.fields import GROUP_ID, HOST_NAME, INSTANCE_ID, INTERFACE_ID, NAME, Flag, Whole
from toolkit.moves.shape import Kind

_DAY_SECONDS = 86400
_PORT = Whole("a port", 1, 65535)
_LOOK_TIMEOUT = Duration("a probe's time limit", 0.01, 300)
_RUNG_TIMEOUT = Duration("a rung's time limit", 0.1, 900)


def _probe(what: str, first: Key, *rest: Key) -> Record:
    limit = Key("timeout", _LOOK_TIMEOUT, "How long one look may take.")
    return Record(what, (first, *rest, limit))


TCP: Final = _probe("a TCP probe", Key("tcp", _PORT, "The port that must accept a connection.", required=True))
HTTP: Final = _probe(
    "an HTTP probe",
    Key("http", is_.HTTP_TARGET, "Port and path; https:// in front for TLS.", required=True),
    Key("expect", Whole("an HTTP status", 100, 599), "The status that must come; default 200."),
    Key("contains", is_.CONTENT, "Text that the body must contain."),
    Key("tls_name", is_.HOST, "The name that the certificate must have; default: the target's address."),
)
COMMAND: Final = _probe(
    "a command probe",
    Key(
        "command",
        Items("a program and its arguments", is_.ARGUMENT, minimum=1),
        "Run without a shell, exit code 0 passes; {node}, {instance} and {host} are filled in.",
        required=True,
    ),
)
ALARM: Final = Record(
    "an alarm probe",
    (Key("alarm", is_.ALARM, "The CloudWatch alarm that must not be in ALARM; {node} is filled in.", required=True),),
)
PROBE: Final = Choice(
    "a probe",
    "{tcp: 3306}, {http: ':8080/healthz'}, {command: [/path/to/check]}, {alarm: name} or ec2_status",
    words=("ec2_status",),
    records=(TCP, HTTP, COMMAND, ALARM),
)

HEALTH: Final = Record(
    "health",
    (
        Key("interval", Duration("an interval", 0.1, 3600), "Time between looks; default 1s."),
        Key("fall", Whole("a threshold", 1, 1000), "Failures in a row that make a node unhealthy; default 3."),
        Key("rise", Whole("a threshold", 1, 1000), "Passes in a row that make it healthy again; default 2."),
        Key("any", Flag("whether one passing probe is enough"), "One passing probe is enough; default: all must pass."),
        Key("probes", Items("probes", PROBE, minimum=1), "What is asked of each node; default: ec2_status."),
        Key("anchors", Items("anchors", is_.HOST_PORT), "What the observer must reach to trust its own eyes."),
        Key("via", is_.PROXY, "The SOCKS5 proxy that probes go through."),
        Key(
            "quorum",
            Record(
                "a quorum",
                (
                    Key("observers", Whole("a number of observers", 1, 99), "How many must agree.", required=True),
                    Key("of", Whole("a number of observers", 1, 99), "How many there are.", required=True),
                ),
            ),
            "How many observers must agree before anything moves.",
        ),
    ),
)

_AUTO = Record(
    "automatic failback",
    (
        Key("stable", Duration("a time", 0, 30 * _DAY_SECONDS), "Healthy for that long before; default 10m."),
        Key("window", is_.WINDOW, "The daily hours, in UTC, in which it may happen."),
    ),
)
FAILBACK: Final = Choice(
    "a way of failing back",
    "manual, never, or {auto: {stable: 10m, window: '02:00-04:00'}}",
    words=("manual", "never", "auto"),
    records=(Record("a way of failing back", (Key("auto", _AUTO, "Back by itself, when and how.", required=True),)),),
)


def _rung(name: str, spec: Record | Choice, doc: str) -> Record:
    return Record(f"a rung that begins with `{name}`", (Key(name, spec, doc, required=True),))


_LIMIT = Key("timeout", _RUNG_TIMEOUT, "How long the rung may take to prove itself.")
_ISOLATE = Record(
    "an isolation", (Key("security_group", GROUP_ID, "The only group left on the interface.", required=True), _LIMIT)
)
FENCE: Final = Choice(
    "a rung of the fence",
    "detach, stop, or {isolate: sg-0123456789abcdef0}",
    words=("detach", "stop"),
    records=(
        _rung("detach", Record("a detachment", (_LIMIT,)), "Take the old holder's data interface off it."),
        _rung(
            "isolate",
            Choice("an isolation", GROUP_ID.example, text=GROUP_ID, records=(_ISOLATE,)),
            "Leave its interface with nothing but this security group.",
        ),
        _rung("stop", Record("a stop", (_LIMIT,)), "Stop the old holder, forced."),
    ),
)

POLICY: Final = Record(
    "a policy",
    (
        Key("failback", FAILBACK, "What happens when the preferred node is healthy again; default manual."),
        Key(
            "cooldown", Duration("a cooldown", 0, 7 * _DAY_SECONDS), "No automatic move so soon after one; default 5m."
        ),
        Key(
            "max_moves",
            Record(
                "a limit of moves",
                (
                    Key("count", Whole("a number of moves", 1, 1000), "How many.", required=True),
                    Key("window", Duration("a window", 1, 30 * _DAY_SECONDS), "In how long.", required=True),
                ),
            ),
            "More automatic moves than that are held; default 3 in 1h.",
        ),
        Key("fence", Items("a fence", FENCE), "The ladder that is climbed before the move; default none."),
        Key("force_detach", Duration("a patience", 1, 600), "Force a detach that takes longer; default never."),
        Key("max_snapshot_age", Duration("an age", 1, 3600), "Older reads are no ground for a move; default 30s."),
    ),
)

_RESOLVERS = Items("resolvers", is_.RESOLVER)
VERIFY: Final = Record(
    "verify",
    (
        Key("names", Items("names", HOST_NAME), "Names that must lead to the address after a move."),
        Key(
            "resolvers",
            Record(
                "resolvers",
                (
                    Key("inside", _RESOLVERS, "Inside the VPC: they must answer the private address."),
                    Key("outside", _RESOLVERS, "Outside: they must answer the public one."),
                ),
            ),
            "Who is asked.",
        ),
        Key("through", Flag("whether to probe through the address"), "Probe through the address; default false."),
        Key(
            "guest",
            Flag("whether to wait for the agent on the target"),
            "Wait until `failover agent` on the target has told that its machine has the addresses; default false.",
        ),
        Key("timeout", Duration("a time limit", 1, 3600), "How long the proof may take; default 60s."),
        Key("via", is_.PROXY, "The SOCKS5 proxy of the probe through public addresses."),
    ),
)

NODE: Final = Record(
    "a node",
    (
        Key("name", NAME, "What the node is called in this file and in reports.", required=True),
        Key("instance", INSTANCE_ID, "Its EC2 instance.", required=True),
        Key("interface", INTERFACE_ID, "The interface that takes addresses; default: the primary one."),
        Key("host", is_.HOST, "Where probes go; default: the private address of that interface."),
    ),
)
_TAG = MapOf("a tag", is_.TAG_KEY, is_.TAG_VALUE, maximum=1)
NODES: Final = Choice(
    "a list of nodes",
    "a list of {name: …, instance: …}, or {tag: {failover:group: db}}",
    items=Items("nodes", NODE, minimum=2),
    records=(
        Record("nodes by tag", (Key("tag", _TAG, "Instances with this tag, looked up each run.", required=True),)),
    ),
)
STATE: Final = Choice(
    "a place for the state",
    "{dynamodb: failover-state}, or {file: /var/lib/failover} for one machine",
    records=(
        Record("state", (Key("dynamodb", is_.TABLE_NAME, "The table of lease and journal.", required=True),)),
        Record("state", (Key("file", is_.FOLDER, "A folder, for programs of one machine only.", required=True),)),
    ),
)
_NOTIFY = Record("notify", (Key("sns", is_.TOPIC, "The topic that hears of moves and holds.", required=True),))


def address_of(name: str, kind: Kind) -> Record:
    """The record of one kind of address, from what the kind declares."""
    first = Key("kind", Words("a kind of address", (name,)), "The kind of address.", required=True)
    rest = (Key(field.name, field.shape, field.doc, field.required) for field in kind.FIELDS)
    return Record(f"an address of kind {name}", (first, *rest))


def whole(kinds: Mapping[str, Kind]) -> Record:
    """The record of a whole configuration."""
    addresses = ByKind("an address", {name: address_of(name, kind) for name, kind in kinds.items()})
    group = Record(
        "a group",
        (
            Key("nodes", NODES, "Who may hold the addresses, in order of preference.", required=True),
            Key("addresses", Items("addresses", addresses, minimum=1), "What moves together.", required=True),
            Key("health", HEALTH, "How nodes are judged."),
            Key("policy", POLICY, "When the group may move by itself."),
            Key("verify", VERIFY, "What is proven after a move."),
            Key("notify", _NOTIFY, "Who hears of it."),
        ),
    )
    return Record(
        "a configuration",
        (
            Key(
                "version", Whole("a version that this program knows", 1, 1), "The form of this file: 1.", required=True
            ),
            Key("region", is_.REGION, "The Region; default: AWS_REGION."),
            Key("state", STATE, "Where lease and journal are kept.", required=True),
            Key("lease", Duration("a lease", 3, 900), "How long a silent run keeps its group; default 15s."),
            Key("groups", MapOf("groups by name", NAME, group), "The groups, by name.", required=True),
        ),
    )

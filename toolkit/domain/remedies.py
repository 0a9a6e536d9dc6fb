"""What a person does about each end of a run that is not plainly done: a table for holds, one for other ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from toolkit.domain import errors

# By the name of the rule that holds.
HOLDS: Final[Mapping[str, str]] = {
    "address-foreign": "ask its holder to give it back, put that node back into the configuration if it was one, or"
    " take the address out; see `failover status`",
    "cooldown": "wait for that, or run again with `failover run --override cooldown`",
    "holder-healthy": "to move it all the same, name the node: `failover run --to NODE`",
    "holder-not-proven-dead": "look at it: `failover explain`; if it is dead, name the node: `failover run --to NODE`",
    "holder-unknown": "look at what it names: `failover explain` says what AWS answers",
    "interface-primary": "a primary interface never leaves its instance: name a secondary one in the configuration",
    "max-moves": "see why it moves so often in `failover status`; `failover run --override max-moves` moves once more",
    "no-node-healthy": "look at the service on the nodes: `failover explain` says what each probe saw",
    "not-a-node": "run it on a node of the group, or correct the configuration: `failover config check`",
    "not-fenced": "take the old holder out of the way by hand (`aws ec2 stop-instances`), then `failover run`",
    "observer-cut-off": "look at this machine's own network, or run it from elsewhere",
    "quorum": "look at the other observers: each one's `failover watch` says what it sees",
    "record-routing": "give the record simple routing, or take it out of the configuration",
    "route-missing": "create the route, or write `create: true` in the configuration; see `failover explain`",
    "snapshot-old": "see whether AWS answers: `failover status`, then run again",
    "target-address-slots": "free an address on the target's interface, or take a larger instance type",
    "target-device-index": "detach what is at that index, or leave `device_index` out of the configuration",
    "target-device-slots": "detach an interface of the target, or take a larger instance type",
    "target-interface": "correct `interface` in the configuration, or attach it to its node again",
    "target-missing": "correct the instance's id in the configuration: `failover config check`",
    "target-not-healthy": "look at its service: `failover explain`; or name another node: `failover run --to NODE`",
    "target-not-running": "start it: `aws ec2 start-instances`; or name another node: `failover run --to NODE`",
    "target-private-ip": "assign that address to the target, or correct `private_ip` in the configuration",
    "target-public-ip": "give the target a public address, or leave `public` out of the configuration",
    "target-slot-taken": "move what stands there away first, or name another `private_ip` in the configuration",
    "target-source-dest-check": "turn it off: `aws ec2 modify-network-interface-attribute --no-source-dest-check`",
    "target-subnet": "name a node of the same subnet: `failover explain` says which can take it",
    "target-vpc": "name a node of the same VPC: `failover explain` says which can take it",
    "target-zone": "name a node of the same availability zone: `failover explain` says which can take it",
}

# By the status of a result.
ENDS: Final[Mapping[str, str]] = {
    "unverified": "see what has turned meanwhile: `failover verify`; `failover run` brings together what is apart",
    "incomplete": "look at the cause, then run `failover resume`",
    "failed": "nothing was changed: look at the cause, then run it again with `failover run`",
}

_MAYBE_OPEN: Final = "`failover status` shows whether a run is left open, which `failover resume` takes up"
# Most special first; empty where the message itself says it.
ERRORS: Final[Mapping[type[errors.FailoverError], str]] = {
    errors.ConfigurationError: "",
    errors.UsageError: "",
    errors.Held: "`failover explain` says why",
    errors.Incomplete: "",
    errors.Unverified: "see what has turned meanwhile: `failover verify`",
    errors.LeaseHeld: "`failover status` shows that run, `--wait SECONDS` waits for it",
    errors.LeaseLost: "`failover status` shows who moves the group now; once that is over, run `failover resume`",
    errors.JournalBroken: "then run it again",
    errors.Missing: "correct it in the configuration: `failover config check`",
    errors.Refused: f"once that is put right, run it again; {_MAYBE_OPEN}",
    errors.Unreachable: "see whether this machine reaches the endpoint; `failover status` shows what was done",
    errors.Transient: f"wait a moment, then run it again; {_MAYBE_OPEN}",
    errors.NotYet: f"wait for that, then run it again; {_MAYBE_OPEN}",
    errors.AlreadyDone: "`failover status` shows how things are",
    errors.Conflict: "somebody else is at work on it: `failover status`, then decide again with `failover plan`",
    errors.Terminal: "look at what it names, then at `failover plan`",
    errors.CloudError: "`failover status` shows what was done",
}


def after(status: str, reason: str) -> str:
    """What to do after a run that ended so; empty when nothing is to be done."""
    if status == "hold":
        return HOLDS.get(reason.partition(":")[0], "`failover explain` says why")
    return ENDS.get(status, "")


def after_error(error: errors.FailoverError) -> str:
    """What to do beside what the error says; empty when it says it all."""
    return next((remedy for kind, remedy in ERRORS.items() if isinstance(error, kind)), "")

"""An instance's life: start, stop, reboot, terminate, each through its transitional state (AWS.md 1.2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from moto.core.utils import utcnow
from moto.ec2.models.instances import StateReason

from toolkit.lab.ec2.attachment import release
from toolkit.lab.ec2.errors import Ec2Error, not_permitted
from toolkit.lab.ec2.instance_rows import state_row
from toolkit.lab.ec2.ownership import forget, restore_automatic_ip
from toolkit.lab.ec2.records import STATE_CODES, Machine, MachineState
from toolkit.lab.ec2.region import Region
from toolkit.lab.ec2.request import Handler, Request
from toolkit.lab.ec2.wire import Row


def enter(machine: Machine, state: MachineState) -> None:
    """Put the instance into a state, for moto's own object too."""
    machine.state = state
    machine.record._state.name = state  # noqa: SLF001
    machine.record._state.code = STATE_CODES[state]  # noqa: SLF001


def start(region: Region, machine: Machine, *, due: float) -> None:
    """Boot the instance: ``running`` once due, with a new automatic public address at once."""
    enter(machine, "pending")
    machine.record._reason = ""  # noqa: SLF001
    machine.record.state_reason = StateReason()
    if 0 in machine.devices:
        restore_automatic_ip(region, machine.devices[0])
    region.schedule(f"state {machine.id}", partial(enter, machine, "running"), due=due)


def stop(region: Region, machine: Machine, *, due: float) -> None:
    """Halt the instance: ``stopped`` once due. Elastic IPs stay, automatic addresses go."""
    enter(machine, "stopping")
    _note_user_request(machine)
    region.schedule(f"state {machine.id}", partial(_halt, machine), due=due)


def _halt(machine: Machine) -> None:
    enter(machine, "stopped")
    machine.instance_check = machine.system_check = "ok"
    for interface in machine.devices.values():
        interface.automatic_ip = None


def terminate(region: Region, machine: Machine, *, due: float) -> None:
    """End the instance: interfaces are deleted or become ``available`` by their flag (AWS.md 1.2)."""
    if machine.state == "terminated":
        return
    enter(machine, "shutting-down")
    _note_user_request(machine)
    region.schedule(f"state {machine.id}", partial(_end, region, machine), due=due)


def _end(region: Region, machine: Machine) -> None:
    enter(machine, "terminated")
    machine.record.teardown_defaults()
    for interface in list(machine.devices.values()):
        goes = interface.attachment is not None and interface.attachment.delete_on_termination
        region.cancel([f"attachment {interface.id}"])
        release(region, interface)
        if goes:
            forget(region, interface)


def _note_user_request(machine: Machine) -> None:
    moment = utcnow().strftime("%Y-%m-%d %H:%M:%S GMT")
    machine.record._reason = f"User initiated ({moment})"  # noqa: SLF001
    machine.record.state_reason = StateReason(
        "Client.UserInitiatedShutdown: User initiated shutdown", "Client.UserInitiatedShutdown"
    )


def _changing(request: Request, *, member: str, act: Callable[[Machine], None]) -> Row:
    machines = [request.region.machine(instance_id) for instance_id in request.texts("InstanceIds")]
    request.confirm()
    _check_all(request, machines)
    rows = []
    for machine in machines:
        previous = machine.state
        act(machine)
        rows.append(
            {
                "InstanceId": machine.id,
                "CurrentState": state_row(machine.state),
                "PreviousState": state_row(previous),
            }
        )
    return {member: rows}


_LEGAL: dict[str, set[MachineState]] = {
    "StartInstances": {"stopped", "pending", "running"},
    "StopInstances": {"running", "stopping", "stopped"},
    "RebootInstances": {"running", "pending"},
    "TerminateInstances": {"pending", "running", "stopping", "stopped", "shutting-down", "terminated"},
}


def _check_all(request: Request, machines: list[Machine]) -> None:
    for machine in machines:
        if machine.state not in _LEGAL[request.operation]:
            raise Ec2Error(
                "IncorrectInstanceState",
                f"The instance '{machine.id}' is not in a state from which it can be {_PAST[request.operation]}.",
            )
        protected = machine.record.disable_api_termination
        if request.operation == "TerminateInstances" and protected:
            raise not_permitted(
                f"The instance '{machine.id}' may not be terminated. "
                "Modify its 'disableApiTermination' instance attribute and try again."
            )
        if request.operation == "StopInstances" and machine.record.disable_api_stop:
            raise not_permitted(
                f"The instance '{machine.id}' may not be stopped. "
                "Modify its 'disableApiStop' instance attribute and try again."
            )


_PAST = {
    "StartInstances": "started",
    "StopInstances": "stopped",
    "RebootInstances": "rebooted",
    "TerminateInstances": "terminated",
}


def start_instances(request: Request) -> Row:
    """StartInstances: nothing happens to one that runs."""

    def act(machine: Machine) -> None:
        if machine.state == "stopped":
            start(request.region, machine, due=request.now + request.settings.instance_start)

    return _changing(request, member="StartingInstances", act=act)


def stop_instances(request: Request) -> Row:
    """StopInstances: Force or skipping the system's shutdown has its own delay."""
    settings = request.settings
    forced = request.flag("Force") or request.flag("SkipOsShutdown")
    delay = settings.instance_stop_forced if forced else settings.instance_stop

    def act(machine: Machine) -> None:
        if machine.state == "running" or (machine.state == "stopping" and forced):
            stop(request.region, machine, due=request.now + delay)

    return _changing(request, member="StoppingInstances", act=act)


def terminate_instances(request: Request) -> Row:
    """TerminateInstances: idempotent (AWS.md 1.1)."""
    due = request.now + request.settings.instance_stop

    def act(machine: Machine) -> None:
        if machine.state != "shutting-down":
            terminate(request.region, machine, due=due)

    return _changing(request, member="TerminatingInstances", act=act)


def reboot_instances(request: Request) -> Row:
    """RebootInstances: addresses and state stay (AWS.md 1.2)."""
    _changing(request, member="", act=lambda _machine: None)
    return {}


OPERATIONS: dict[str, Handler] = {
    "RebootInstances": reboot_instances,
    "StartInstances": start_instances,
    "StopInstances": stop_instances,
    "TerminateInstances": terminate_instances,
}

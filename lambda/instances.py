"""What EC2 and Auto Scaling tell of instances (``AWS.md`` §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alarms import INSTANCE
from fields import ACCOUNT, NAME, MalformedEventError
from notice import Home, Hook, Notice, Says

if TYPE_CHECKING:
    from fields import Fields

_STATES: Final = {
    "pending": Says.NOTHING,
    "running": Says.LOOK,
    "stopping": Says.DOWN,
    "stopped": Says.DOWN,
    "shutting-down": Says.DOWN,
    "terminated": Says.DOWN,
}
_LAUNCHING: Final = "autoscaling:EC2_INSTANCE_LAUNCHING"
_TERMINATING: Final = "autoscaling:EC2_INSTANCE_TERMINATING"
_TEST: Final = "autoscaling:TEST_NOTIFICATION"
_ABOUT: Final = {"EC2 Instance-launch Lifecycle Action": False, "EC2 Instance-terminate Lifecycle Action": True}


def changed_state(event: Fields, home: Home) -> Notice:
    """``EC2 Instance State-change Notification``."""
    del home
    detail = event.inner("detail")
    instance, state = detail.text("instance-id", INSTANCE), detail.one_of("state", *_STATES)
    why = f"EC2 says that {instance} is {state}"
    return Notice(_STATES[state], "instance state", why, event.moment("time"), instances=(instance,))


def spot_warning(event: Fields, home: Home) -> Notice:
    """``EC2 Spot Instance Interruption Warning``: two minutes are left, none before hibernation."""
    del home
    detail = event.inner("detail")
    instance = detail.text("instance-id", INSTANCE)
    action = detail.one_of("instance-action", "terminate", "stop", "hibernate")
    why = f"AWS will {action} the spot instance {instance}"
    return Notice(Says.LEAVING, "spot interruption", why, event.moment("time"), instances=(instance,))


def rebalance(event: Fields, home: Home) -> Notice:
    """``EC2 Instance Rebalance Recommendation``: a spot instance is likely to be taken away soon."""
    del home
    instance = event.inner("detail").text("instance-id", INSTANCE)
    why = f"AWS recommends to leave the spot instance {instance}"
    return Notice(Says.LEAVING, "rebalance recommendation", why, event.moment("time"), instances=(instance,))


def lifecycle(event: Fields, home: Home) -> Notice:
    """An Auto Scaling lifecycle action that waits, by EventBridge."""
    del home
    terminating = _ABOUT[event.text("detail-type")]
    detail = event.inner("detail")
    if detail.text("LifecycleTransition") != (_TERMINATING if terminating else _LAUNCHING):
        raise MalformedEventError(f"{event.path}.detail.LifecycleTransition contradicts detail-type")
    return _waiting(detail, event.moment("time"), terminating=terminating)


def scaled(event: Fields, home: Home) -> Notice:
    """Auto Scaling has launched or terminated an instance."""
    del home
    instance = event.inner("detail").text("EC2InstanceId", INSTANCE)
    why = f"Auto Scaling says {event.text('detail-type')} of {instance}"
    return Notice(Says.LOOK, "Auto Scaling", why, event.moment("time"), instances=(instance,))


def lifecycle_message(message: Fields, home: Home) -> Notice:
    """The same action as a hook sends it to SNS or SQS itself; its Region is not told."""
    home.check(message.text("AccountId", ACCOUNT), None)
    at = message.moment("Time")
    if message.has("Event"):
        message.one_of("Event", _TEST)
        return Notice(Says.NOTHING, "Auto Scaling", "a test notification of a lifecycle hook", at)
    terminating = message.one_of("LifecycleTransition", _LAUNCHING, _TERMINATING) == _TERMINATING
    return _waiting(message, at, terminating=terminating)


def _waiting(detail: Fields, at: float, *, terminating: bool) -> Notice:
    instance = detail.text("EC2InstanceId", INSTANCE)
    hook = Hook(
        group=detail.text("AutoScalingGroupName", NAME),
        name=detail.text("LifecycleHookName", NAME),
        token=detail.text("LifecycleActionToken", NAME),
        instance=instance,
        terminating=terminating,
    )
    verb = "terminates" if terminating else "launches"
    why = f"Auto Scaling group {hook.group} {verb} {instance}"
    says = Says.LEAVING if terminating else Says.LOOK
    return Notice(says, "lifecycle action", why, at, instances=(instance,), hook=hook)

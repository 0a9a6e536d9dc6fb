"""One call to the lab's EC2, read and resolved, as the operations see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from toolkit.lab.ec2.errors import dry_run, invalid_value
from toolkit.lab.ec2.region import Region
from toolkit.lab.ec2.settings import Settings
from toolkit.lab.ec2.wire import Row


@dataclass(frozen=True)
class Request:
    """The operation's parameters, the region that it acts on, and the time."""

    operation: str
    params: Row
    region: Region
    now: float

    @property
    def settings(self) -> Settings:
        """The switches in force."""
        return self.region.settings

    def text(self, name: str) -> str:
        """A parameter that is text; empty when absent."""
        return str(self.params.get(name, ""))

    def texts(self, name: str) -> list[str]:
        """A parameter that is a list of texts; empty when absent."""
        return [str(value) for value in self.params.get(name, [])]

    def flag(self, name: str) -> bool:
        """A parameter that is true or false; false when absent."""
        return bool(self.params.get(name, False))

    def number(self, name: str) -> int:
        """A parameter that counts; 0 when absent.

        Raises:
            Ec2Error: it is negative.
        """
        value = int(self.params.get(name, 0))
        if value < 0:
            raise invalid_value(f"Invalid value '{value}' for {name}.")
        return value

    def tags_for(self, resource_type: str) -> dict[str, str]:
        """The tags that the call asks for on a new resource of that type."""
        return {
            tag["Key"]: tag.get("Value", "")
            for specification in self.params.get("TagSpecifications", [])
            if specification.get("ResourceType") == resource_type
            for tag in specification.get("Tags", [])
        }

    def confirm(self) -> None:
        """End a dry run here: ids are resolved, the state is not yet looked at.

        AWS.md section 2 C: DryRun does not prove that the state permits the call.

        Raises:
            Ec2Error: DryRunOperation.
        """
        if self.params.get("DryRun"):
            raise dry_run()


Handler = Callable[[Request], Row]
"""An operation: it answers the members of its output, or raises an ``Ec2Error`` with nothing changed."""

"""One call as the endpoint saw it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, kw_only=True)
class Call:
    """One AWS call: what was asked, what was answered, when.

    Times are seconds of the endpoint's monotonic clock. ``status`` is None while the call runs and when
    the connection was dropped instead of answered; ``ended`` is None only while it runs.
    """

    sequence: int
    service: str
    action: str
    params: Mapping[str, object] = field(default_factory=dict)
    mutating: bool
    user_agent: str = ""
    region: str = ""
    status: int | None = None
    error_code: str | None = None
    started: float
    ended: float | None = None

    def to_json(self) -> dict[str, object]:
        """The call as a JSON object."""
        return asdict(self)

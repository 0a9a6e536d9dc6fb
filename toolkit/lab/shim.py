"""Stands in for the strict EC2 until it is there: plain moto."""

from collections.abc import Iterable
from dataclasses import dataclass
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(kw_only=True)
class Settings:
    """What can be set."""

    eip_quota: int = 5

    def change(self, **values: object) -> None:
        """Takes new values."""
        for name, value in values.items():
            if name not in vars(self):
                raise ValueError(f"no such setting: {name}")
            setattr(self, name, value)

    def restore(self) -> None:
        """Back to the default."""
        self.eip_quota = 5


@dataclass
class StrictEc2:
    """Passes everything on."""

    inner: WSGIApplication
    settings: Settings

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Passes the request on."""
        return self.inner(environ, start_response)


def reset() -> None:
    """Nothing to forget."""


def impair(instance_id: str) -> None:
    """Not possible yet.

    Raises:
        ValueError: always.
    """
    raise ValueError(f"{instance_id} cannot be impaired")

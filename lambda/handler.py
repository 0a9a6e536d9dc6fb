"""``handler.handler``: what AWS Lambda calls with each event.

Configuration and clients are made while the sandbox starts, so that a bad configuration fails there, with all its
faults, and a move does not wait for them.
"""

from __future__ import annotations

import functools
import os
from typing import Any

from service import Invocation, Service
from settings import Source
from toolkit.aws.session import Connection
from toolkit.bootstrap import Wiring
from toolkit.domain.group import Configuration


@functools.cache
def service() -> Service:
    """The one service of this sandbox; raises ConfigurationError, UsageError or CloudError."""
    connection = Connection(run="lambda")
    connection.warm("ec2", "dynamodb")

    def wire(configuration: Configuration) -> Wiring:
        elsewhere = configuration.region not in {None, connection.region}
        return Wiring(configuration, connection=None if elsewhere else connection)

    return Service(Source(os.environ), connection, wire=wire)


def handler(event: object, context: Any) -> dict[str, Any]:
    """The result of one event as JSON; raises UnfinishedError where Lambda should send it again."""
    return service().handle(event, Invocation.of(context))


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    service()

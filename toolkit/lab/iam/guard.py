"""The layer that lets a caller do what its policy allows, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from toolkit.lab.exchange import Answer, Handler, Request
from toolkit.lab.iam.asking import Facts, NoRuleError, demands
from toolkit.lab.iam.policy import Policy
from toolkit.lab.refusals import refuse, unauthorized


class Guard:
    """Policies by access key; a caller whose key has none may do everything, as an account's root may."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._policies: dict[str, Policy] = {}
        self._draw = random.Random(0)  # noqa: S311 - a text that nobody can read, not a secret

    def grant(self, access_key: str, document: Mapping[str, Any]) -> None:
        """From now on the holder of that key may do what the policy allows.

        Raises:
            ValueError: the policy holds something that the lab does not judge.
        """
        self._policies[access_key] = Policy(document)

    def clear(self) -> None:
        """Everybody may do everything again."""
        self._policies.clear()

    def around(self, inner: Handler) -> Handler:
        """A handler that passes on to ``inner`` what is allowed."""

        def judge(request: Request) -> Answer:
            policy = self._policies.get(request.access_key)
            if policy is None:
                return inner(request)
            try:
                asked = demands(request, self._facts)
            except NoRuleError as unknown:
                return refuse(request, "LabDoesNotJudge", message=f"no policy can allow this in the lab: {unknown}")
            for demand in asked:
                # AWS refuses a dry run for want of a permission too, before anything else is looked at.
                if not policy.allows(demand.action, demand.arn, demand.context):
                    return unauthorized(request, demand.action, draw=self._draw)
            return inner(request)

        return judge

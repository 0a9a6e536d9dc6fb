"""Run by ministack's own Python: its policy evaluator's verdicts on the cases of standard input, as JSON."""

from __future__ import annotations

import json
import sys

from ministack.core.iam_evaluator import (  # type: ignore[import-not-found] # an environment of its own has it
    EvalContext,
    evaluate,
    parse_policy_document,
)


def main() -> None:
    """For each case whether its policy allows it."""
    asked = json.load(sys.stdin)
    policies = {name: [parse_policy_document(text)] for name, text in asked["policies"].items()}
    verdicts = []
    for name, action, arn, context in asked["cases"]:
        found = EvalContext(
            principal_arn="arn:aws:sts::123456789012:assumed-role/x/y",
            principal_type="AssumedRole",
            principal_account="123456789012",
            action=action,
            resource_arn=arn,
            region="eu-west-1",
            service_context={key: values if len(values) > 1 else values[0] for key, values in context.items()},
        )
        verdicts.append(evaluate(found, policies[name]).decision == "Allow")
    json.dump(verdicts, sys.stdout)


if __name__ == "__main__":
    main()

"""IAM, as far as the lab plays it: what a request asks for, and whether a policy allows that."""

from toolkit.lab.iam.asking import Demand, Facts, NoRuleError, demands
from toolkit.lab.iam.guard import Guard
from toolkit.lab.iam.policy import Policy
from toolkit.lab.iam.tally import Tally

__all__ = ["Demand", "Facts", "Guard", "NoRuleError", "Policy", "Tally", "demands"]

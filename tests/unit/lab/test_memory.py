"""A lab that is used for long keeps nothing of the worlds that are gone."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

# In a process of its own, as moto's stores are the whole process's.
_PROGRAM: Final = """
import gc, weakref
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from toolkit.lab.endpoint import REGION, Endpoint
endpoint, gone = Endpoint(), []
for _ in range(4):
    endpoint.reset()
    endpoint.seed("pair", kinds=("eip",))
    gone.append(weakref.ref(ec2_backends[DEFAULT_ACCOUNT_ID][REGION]))
endpoint.reset()
gc.collect()
print(sum(store() is not None for store in gone))
"""


def test_a_reset_lets_go_of_the_account_that_was() -> None:
    """The first one stays, as the pattern from which the next ones are made."""
    ended = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert int(ended.stdout) <= 1

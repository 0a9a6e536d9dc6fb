"""The zip's root holds the modules of ``lambda/`` flat; here their folder stands for it."""

from __future__ import annotations

import sys

from support import tree

if (folder := str(tree.ROOT / "lambda")) not in sys.path:
    sys.path.insert(0, folder)

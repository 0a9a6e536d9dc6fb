"""The configuration: text to groups, or every fault with its place; and the schema for editors.

No validation library is used: a failover runs in a fresh process, and the import of one would take longer
than the move (``DESIGN.md`` §5).
"""

from toolkit.config.dumping import dump
from toolkit.config.reading import load, locate, parse
from toolkit.config.schema import schema

__all__ = ["dump", "load", "locate", "parse", "schema"]

"""From evidence to verdicts: pure, data in and data out."""

from toolkit.detection.anchors import OBSERVER, cut_off
from toolkit.detection.pace import asks_aws, interval_seconds, longest_limit_seconds
from toolkit.detection.quorum import life_seconds, tally
from toolkit.detection.tracker import Tracker
from toolkit.detection.verdicts import Evidence, combine, judge
from toolkit.domain.health import Vote

__all__ = [
    "OBSERVER",
    "Evidence",
    "Tracker",
    "Vote",
    "asks_aws",
    "combine",
    "cut_off",
    "interval_seconds",
    "judge",
    "life_seconds",
    "longest_limit_seconds",
    "tally",
]

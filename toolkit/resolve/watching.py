"""Watches names: asks again and again, and tells what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from toolkit.domain.naming import Judgement, Standing
from toolkit.domain.settling import News


class NameWatch:
    """Remembers what was told of each name and resolver; ``monotonic`` is the clock of the calm."""

    def __init__(self, *, monotonic: Callable[[], float], calm_seconds: float = 60.0) -> None:
        self._monotonic = monotonic
        self._calm_seconds = calm_seconds
        self._news: dict[tuple[str, str], News] = {}
        self._seen: Counter[tuple[str, str, str, Standing]] = Counter()
        self._last: dict[tuple[str, str], Judgement] = {}

    def is_news(self, judgement: Judgement) -> bool:
        """Whether people would be told of it, if it came now."""
        before = self._news.get((judgement.name, judgement.resolver), News(calm_seconds=self._calm_seconds))
        return before.after(judgement.standing, at=self._monotonic())[1]

    def changes(self, judgements: Sequence[Judgement]) -> Iterator[Judgement]:
        """Those of this round that are news: anything wrong at once, right again after a calm time."""
        for judgement in judgements:
            key = (judgement.name, judgement.resolver)
            self._seen[(*key, judgement.view.value, judgement.standing)] += 1
            self._last[key] = judgement
            before = self._news.get(key, News(calm_seconds=self._calm_seconds))
            self._news[key], is_news = before.after(judgement.standing, at=self._monotonic())
            if is_news:
                yield judgement

    def metrics(self) -> str:
        """Counts of judgements and the state now, in Prometheus' text format."""
        lines = ["# TYPE failover_dns_judgements_total counter"]
        for (name, resolver, view, standing), count in sorted(self._seen.items()):
            labels = f'name="{name}",resolver="{resolver}",view="{view}",standing="{standing.value}"'
            lines.append(f"failover_dns_judgements_total{{{labels}}} {count}")
        lines.append("# TYPE failover_dns_right gauge")
        for (name, resolver), last in sorted(self._last.items()):
            value = int(last.standing is Standing.RIGHT)
            lines.append(f'failover_dns_right{{name="{name}",resolver="{resolver}"}} {value}')
        lines.append("# TYPE failover_dns_ttl_seconds gauge")
        for (name, resolver), last in sorted(self._last.items()):
            if last.answer.ttl is not None:
                lines.append(f'failover_dns_ttl_seconds{{name="{name}",resolver="{resolver}"}} {last.answer.ttl}')
        return "\n".join(lines) + "\n"

"""What was counted while a test ran."""

from prometheus_client import REGISTRY


class Counted:
    """Remembers where the counters stood; ``Counted()("bot_dropped", reason="repeated")`` says how far one came."""

    def __init__(self) -> None:
        self._before = _values()

    def __call__(self, name: str, **labels: str) -> int:
        key = (f"{name}_total", tuple(sorted(labels.items())))
        return int(_values().get(key, 0.0) - self._before.get(key, 0.0))


def _values() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
    }

"""Whether a series of measurements grows: pure functions, so that leaky, flat and noisy series can be tried on them."""
import dataclasses
import statistics

from scipy import stats

# Values next to each other are alike (memory comes in steps, compactions in turns), so that an interval from all of them
# would be too sure of itself. They are put together, and the slope is that through the medians of so many blocks.
BLOCKS = 16
WARM_UP = 0.25


@dataclasses.dataclass
class Rule:
    """How much growth an hour is none: a part of the value, or so much whatever the value is."""
    share: float
    least: float

    def allowed(self, value):
        return max(self.share * abs(value), self.least)


@dataclasses.dataclass
class Verdict:
    first: float
    last: float
    slope: float
    low: float
    high: float
    allowed: float
    grows: bool


def settled(samples, warm_up=WARM_UP):
    """Without those taken while the process warmed up. `samples`: (hours, value), by time."""
    begin, end = samples[0][0], samples[-1][0]
    return [s for s in samples if s[0] >= begin + warm_up * (end - begin)]


def blocks(samples, count=BLOCKS):
    """The medians of `count` stretches of equal length, of times and of values."""
    begin, end = samples[0][0], samples[-1][0]
    parts = [[] for _ in range(count)]
    for hours, value in samples:
        parts[min(count - 1, int(count * (hours - begin) / (end - begin)))].append((hours, value))
    return [(statistics.median(h for h, _ in part), statistics.median(v for _, v in part)) for part in parts if part]


def quarters(samples):
    """The first and the last quarter, by time."""
    begin, end = samples[0][0], samples[-1][0]
    first = [v for h, v in samples if h <= begin + (end - begin) / 4]
    last = [v for h, v in samples if h >= end - (end - begin) / 4]
    return first, last


def judge(samples, rule, warm_up=WARM_UP):
    """Grows when even the low end of the slope's 95 % interval (Theil-Sen) is more than the rule allows, and the last
    quarter is higher than the first by more than the rule allows for the time between them."""
    after = settled(samples, warm_up)
    points = blocks(after)
    slope, _, low, high = map(float, stats.theilslopes([v for _, v in points], [h for h, _ in points], 0.95))
    first, last = (statistics.median(part) for part in quarters(after))
    allowed = rule.allowed(first)
    hours = 0.75 * (after[-1][0] - after[0][0])
    return Verdict(first, last, slope, low, high, allowed, bool(low > allowed and last - first > allowed * hours))


def quantile(counts, share):
    """Of a histogram's cumulative {upper bound: count}, within its buckets as Prometheus does. None without calls."""
    bounds = sorted(counts)
    total = counts[bounds[-1]] if bounds else 0
    if total <= 0:
        return None
    below_bound, below = 0.0, 0
    for bound in bounds:
        if counts[bound] >= share * total:
            if bound == float("inf"):
                return below_bound
            inside = counts[bound] - below
            return below_bound + (bound - below_bound) * ((share * total - below) / inside if inside else 1)
        below_bound, below = bound, counts[bound]
    return None

"""Answers questions about estimates with SciPy and NumPy: one question a line in the file named by the argument.

A question is a word and numbers; the answer is a line of numbers, `nan` for what is absent.
"""

import sys

import numpy as np
from scipy import special, stats


def wilson(confidence, count, total):
    interval = stats.binomtest(int(count), int(total)).proportion_ci(confidence, "wilson")
    return [count / total, interval.low, interval.high]


def proportions(confidence, count1, total1, count2, total2):
    p1, low1, high1 = wilson(confidence, count1, total1)
    p2, low2, high2 = wilson(confidence, count2, total2)
    low = p2 - p1 - np.sqrt((p2 - low2) ** 2 + (high1 - p1) ** 2)
    high = p2 - p1 + np.sqrt((high2 - p2) ** 2 + (p1 - low1) ** 2)
    if count1 + count2 in (0, total1 + total2):
        return [p2 - p1, low, high, 1.0]
    # The square of the pooled z is Pearson's chi-square of the two-by-two table.
    table = [[count1, total1 - count1], [count2, total2 - count2]]
    return [p2 - p1, low, high, stats.chi2_contingency(table, correction=False)[1]]


def adjusted(promoters, passives, detractors):
    """Mean and squared standard error of answers worth 100, 0 and -100, with three answers added."""
    weights = np.array([promoters + 0.75, passives + 1.5, detractors + 0.75])
    values = np.array([100.0, 0.0, -100.0])
    mean = np.average(values, weights=weights)
    return mean, np.average((values - mean) ** 2, weights=weights) / weights.sum()


def net_score(confidence, promoters, passives, detractors):
    value = 100 * (promoters - detractors) / (promoters + passives + detractors)
    mean, variance = adjusted(promoters, passives, detractors)
    low, high = stats.norm.interval(confidence, mean, np.sqrt(variance))
    return [value, max(-100, min(low, value)), min(100, max(high, value))]


def net_scores(confidence, *counts):
    first, second = counts[:3], counts[3:]
    value = net_score(confidence, *second)[0] - net_score(confidence, *first)[0]
    mean1, variance1 = adjusted(*first)
    mean2, variance2 = adjusted(*second)
    error = np.sqrt(variance1 + variance2)
    low, high = stats.norm.interval(confidence, mean2 - mean1, error)
    p_value = 2 * stats.norm.sf(abs(mean2 - mean1) / error)
    return [value, max(-200, min(low, value)), min(200, max(high, value)), p_value]


def student_interval(confidence, degrees, center, error):
    """As stats.t.interval, whose quantiles are right to some 1e-8 only: t^2 = df (1 - x) / x of a beta variable x."""
    x = special.betaincinv(degrees / 2, 0.5, 1 - confidence)
    spread = np.sqrt(degrees * (1 - x) / x) * error
    np.testing.assert_allclose(
        stats.t.interval(confidence, degrees, center, error), (center - spread, center + spread), rtol=1e-7, atol=1e-7
    )
    return center - spread, center + spread


def mean(confidence, *values):
    return [np.mean(values), *student_interval(confidence, len(values) - 1, np.mean(values), stats.sem(values))]


def means(confidence, size1, *values):
    first, second = values[: int(size1)], values[int(size1) :]
    p_value = stats.ttest_ind(second, first, equal_var=False).pvalue
    difference = np.mean(second) - np.mean(first)
    a, b = stats.sem(first) ** 2, stats.sem(second) ** 2
    degrees = (a + b) ** 2 / (a**2 / (len(first) - 1) + b**2 / (len(second) - 1))
    return [difference, *student_interval(confidence, degrees, difference, np.sqrt(a + b)), p_value]


def quantile(confidence, size, probability):
    low = stats.binom.ppf((1 - confidence) / 2, size, probability)
    high = stats.binom.isf((1 - confidence) / 2, size, probability) + 1
    return [low if low >= 1 else np.nan, high if high <= size else np.nan]


def kaplan_meier(confidence, probability, at, size, *numbers):
    """Survival at a time and a quantile, with their intervals, of times and whether each is of an event.

    The weight of one who is censored goes in equal parts to all who are observed for longer: Efron (1967), "The two
    sample problem with censored data".
    """
    times, happened = np.array(numbers[: int(size)]), np.array(numbers[int(size) :]) == 1
    order = np.lexsort((~happened, times))  # events come before those censored at the same time
    times, happened = times[order], happened[order]
    weights = np.full(len(times), 1 / len(times))
    for i in np.flatnonzero(~happened):
        if i + 1 < len(times):
            weights[i + 1 :] += weights[i] / (len(times) - i - 1)
            weights[i] = 0
    survivals, lows, highs = {}, {}, {}
    for time in np.unique(times[happened]):
        survival = 1 - weights[happened & (times <= time)].sum()
        deaths = [(((times == t) & happened).sum(), (times >= t).sum()) for t in np.unique(times[happened]) if t <= time]
        survivals[time], lows[time], highs[time] = survival, np.nan, np.nan
        if survival > 1e-9:
            error = np.sqrt(sum(d / (n * (n - d)) for d, n in deaths)) / abs(np.log(survival))
            spread = np.exp(stats.norm.interval(confidence, 0, error))
            lows[time], highs[time] = survival ** spread[1], survival ** spread[0]
    first = lambda curve: min((t for t, s in curve.items() if s <= 1 - probability + 1e-9), default=np.nan)
    last = max((t for t in survivals if t <= at), default=None)
    here = [1, np.nan, np.nan] if last is None else [max(0, survivals[last]), lows[last], highs[last]]
    value = first(survivals)
    ends = [np.nan, np.nan] if np.isnan(value) else [first(lows), first(highs)]
    return [*here, value, *ends]


def normal(probability):
    return [stats.norm.ppf(probability)]


QUESTIONS = {
    "wilson": wilson,
    "proportions": proportions,
    "net_score": net_score,
    "net_scores": net_scores,
    "mean": mean,
    "means": means,
    "quantile": quantile,
    "kaplan_meier": kaplan_meier,
    "normal": normal,
}

with open(sys.argv[1], encoding="utf-8") as questions:
    for question in questions:
        word, *numbers = question.split()
        print(*(repr(float(x)) for x in QUESTIONS[word](*map(float, numbers))))

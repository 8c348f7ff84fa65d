"""Answers questions about BG/NBD models by numerical integration over customers' rates and probabilities of leaving,
and with SciPy's own search and 2F1: one question a line in the file named by the argument.

A question is a word and numbers; the answer is a line of numbers.
"""

import math
import sys

import numpy as np
from scipy import integrate, optimize, special, stats


def over_rates(r, alpha, of_rate):
    """Mean of a function over the gamma distribution, over the logarithm of the rate, piece by piece."""
    log_scale = r * math.log(alpha) - math.lgamma(r)

    def density(log_rate):
        rate = math.exp(log_rate)
        return of_rate(rate) * math.exp(log_scale + r * log_rate - alpha * rate)

    cuts = np.log(stats.gamma.ppf([1e-13, 1e-6, 1e-3, 0.1, 0.5, 0.9, 0.999, 1 - 1e-9], r, scale=1 / alpha))
    cuts = np.append(cuts, cuts[-1] + 2)
    return sum(integrate.quad(density, low, high, epsabs=0, epsrel=1e-10)[0] for low, high in zip(cuts, cuts[1:]))


def over_leaving(a, b, of_probability):
    """Mean of a function over the beta distribution, whose ends are taken as weights of the quadrature."""
    weighted = integrate.quad(of_probability, 0, 1, weight="alg", wvar=(a - 1, b - 1), epsabs=0, epsrel=1e-10)[0]
    return weighted / special.beta(a, b)


def alive_and_left(r, alpha, a, b, x, recency, age):
    """Likelihoods of a history whose customer is there still, and of one whose customer left at the last purchase."""
    alive = over_rates(r, alpha, lambda rate: rate**x * math.exp(-rate * age)) * over_leaving(a, b, lambda p: (1 - p) ** x)
    if x == 0:
        return alive, 0.0
    rates = over_rates(r, alpha, lambda rate: rate**x * math.exp(-rate * recency))
    return alive, rates * over_leaving(a, b, lambda p: p * (1 - p) ** (x - 1))


def likelihood(r, alpha, a, b, x, recency, age):
    alive, left = alive_and_left(r, alpha, a, b, x, recency, age)
    return [np.log(alive + left), alive / (alive + left)]


def expected(r, alpha, a, b, x, recency, age, length):
    """Expected purchases: of one rate and one probability of leaving they are (1 - exp(-rate p length)) / p."""
    alive, left = alive_and_left(r, alpha, a, b, x, recency, age)

    def of_rate(rate):
        later = lambda p: (1 - p) ** x * (-math.expm1(-rate * p * length) / p if p > 0 else rate * length)
        return rate**x * math.exp(-rate * age) * over_leaving(a, b, later)

    return [over_rates(r, alpha, of_rate) / (alive + left)]


def closed(r, alpha, a, b, length):
    """Equation (9) of Fader, Hardie and Lee (2005)."""
    hypergeometric = special.hyp2f1(r, b, a + b - 1, length / (alpha + length))
    return [(a + b - 1) / (a - 1) * (1 - (alpha / (alpha + length)) ** r * hypergeometric)]


def fit(size, *numbers):
    x, recency, age = np.array(numbers).reshape(3, int(size))

    def loss(logarithms):
        r, alpha, a, b = np.exp(logarithms)
        counts = special.betaln(a, b + x) - special.betaln(a, b) + special.gammaln(r + x) - special.gammaln(r)
        alive = -(r + x) * np.log(alpha + age)
        left = np.where(x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + recency), -np.inf)
        return -np.sum(counts + r * np.log(alpha) + np.logaddexp(alive, left))

    options = {"maxiter": 20000, "maxfev": 20000, "xatol": 1e-9, "fatol": 1e-11}
    best = optimize.minimize(loss, np.zeros(4), method="Nelder-Mead", options=options)
    best = optimize.minimize(loss, best.x, method="Nelder-Mead", options=options)
    return [*np.exp(best.x), -best.fun]


QUESTIONS = {"likelihood": likelihood, "expected": expected, "closed": closed, "fit": fit}

with open(sys.argv[1], encoding="utf-8") as questions:
    for question in questions:
        word, *numbers = question.split()
        print(*(repr(float(x)) for x in QUESTIONS[word](*map(float, numbers))))

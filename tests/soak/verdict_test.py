"""Series that leak are told from those that are flat, noisy, stepped or warming up."""
import json
import random
import sys
import unittest

sys.dont_write_bytecode = True
import report
import verdict

MEMORY = verdict.Rule(0.02, 3)


def series(value, hours=1.0, count=360):
    return [(hours * i / count, value(hours * i / count)) for i in range(count)]


def grows(value, rule=MEMORY, hours=1.0):
    return verdict.judge(series(value, hours), rule).grows


class Verdicts(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(7)

    def noise(self, size):
        return self.random.gauss(0, size)

    def test_flat_is_flat(self):
        self.assertFalse(grows(lambda t: 100))

    def test_leak_grows(self):
        self.assertTrue(grows(lambda t: 100 + 10 * t))

    def test_leak_in_noise_grows(self):
        for _ in range(20):
            self.assertTrue(grows(lambda t: 100 + 20 * t + self.noise(3)))

    def test_leak_between_saw_teeth_grows(self):
        self.assertTrue(grows(lambda t: 100 + 20 * t + 8 * (t * 30 % 1)))

    def test_small_leak_of_descriptors_grows(self):
        self.assertTrue(grows(lambda t: 40 + int(10 * t), report.RULES["descriptors"]))

    def test_noise_is_flat(self):
        self.assertEqual(0, sum(grows(lambda t: 200 + self.noise(10)) for _ in range(100)))

    def test_steps_up_and_down_are_flat(self):
        """Memory wanders in steps; the medians of blocks follow them, and the first and last quarter must differ too."""
        steps = [self.random.choice((-1, 1)) for _ in range(40)]
        self.assertFalse(grows(lambda t: 200 + 3 * steps[int(t * 40) % 40]))

    def test_saw_teeth_are_flat(self):
        self.assertFalse(grows(lambda t: 200 + 30 * (t * 12 % 1)))

    def test_warm_up_is_left_out(self):
        self.assertFalse(grows(lambda t: 100 + 400 * min(t, 0.2) + self.noise(1)))

    def test_leak_after_warm_up_grows(self):
        self.assertTrue(grows(lambda t: 100 + 400 * min(t, 0.2) + 15 * t + self.noise(1)))

    def test_slow_growth_is_allowed(self):
        self.assertFalse(grows(lambda t: 100 + 2 * t))

    def test_single_peak_is_flat(self):
        self.assertFalse(grows(lambda t: 100 + (300 if 0.7 < t < 0.72 else 0)))

    def test_short_runs_find_fast_leaks(self):
        self.assertTrue(grows(lambda t: 100 + 120 * t + self.noise(1), hours=0.1))

    def test_shrinking_is_flat(self):
        self.assertFalse(grows(lambda t: 100 - 30 * t))


class Quantiles(unittest.TestCase):
    def test_within_buckets(self):
        self.assertAlmostEqual(1.5, verdict.quantile({1: 10, 2: 30, float("inf"): 40}, 0.5))

    def test_above_the_last_bound(self):
        self.assertEqual(2, verdict.quantile({1: 10, 2: 30, float("inf"): 40}, 0.99))

    def test_nothing_without_calls(self):
        self.assertIsNone(verdict.quantile({1: 0, float("inf"): 0}, 0.5))


def sample(hours, **changes):
    process = {"heap MiB": 40, "resident MiB": 100, "private MiB": 90, "descriptors": 40, "threads": 30, "series": 500, "events queued": 0,
               "tasks queued": 0, "calls under way": 2, "cpu seconds": 100 * hours, "latencies": {}, "disk MiB": 50} | changes
    load = {"at": 3600 * hours, "erased": int(1000 * hours), "calls": {}, "unexpected": {}}
    return {"hours": hours, "load": load, "processes": {"ratings": process}}


class Reports(unittest.TestCase):
    def test_nothing_to_find(self):
        self.assertEqual([], report.judge([sample(i / 100) for i in range(100)], [])["failures"])

    def test_names_what_grows(self):
        found = report.judge([sample(i / 100, threads=30 + i // 5) for i in range(100)], [])
        self.assertEqual(1, len(found["failures"]))
        self.assertIn("ratings: threads", found["failures"][0])
        self.assertIn("GROWS", report.text(found))
        self.assertIn("threads", json.dumps(found))

    def test_store_may_double_and_keep_marks_of_the_erased_and_no_more(self):
        kept = report.judge([sample(i / 100, **{"data MiB": 50 + 60 * i / 100}) for i in range(100)], [])
        self.assertEqual([], kept["failures"])
        lost = report.judge([sample(i / 100, **{"data MiB": 50 + 90 * i / 100}) for i in range(100)], [])
        self.assertIn("data MiB", lost["failures"][0])

    def test_unexpected_codes_and_logged_errors_fail(self):
        samples = [sample(i / 100) for i in range(100)]
        samples[-1]["load"]["unexpected"] = {"ratings.GetRating INTERNAL": {"count": 2, "example": "broken"}}
        found = report.judge(samples, ['{"severity":"ERROR"}'])["failures"]
        self.assertEqual(2, len(found))
        self.assertIn("broken", found[0])

    def test_some_calls_may_be_told_to_come_again(self):
        samples = [sample(i / 100) for i in range(100)]
        samples[-1]["load"]["calls"] = {"ratings.GetRating OK": 1000, "ratings.GetRating UNAVAILABLE": 2}
        refused = samples[-1]["load"]["unexpected"] = {"ratings.GetRating UNAVAILABLE": {"count": 2, "example": "busy"}}
        self.assertEqual([], report.judge(samples, [])["failures"])
        refused["ratings.GetRating UNAVAILABLE"]["count"] = 20
        self.assertIn("busy", report.judge(samples, [])["failures"][0])


if __name__ == "__main__":
    unittest.main()

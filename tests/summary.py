"""Counts the results of a test run: tests/summary.py RESULTS

RESULTS holds ctest.junit and, for GoogleTest programs, NAME.xml. A program counts by its cases where these are known,
else as one. Names what was skipped and why. Ends with the line "N passed, N failed, N skipped"; the exit code is 1 when
something failed.
"""
import pathlib
import re
import sys
from xml.etree import ElementTree


class Counts:
    def __init__(self):
        self.passed = self.failed = 0
        self.skipped = []  # (name, reason)


def count_googletest(path, counts):
    """Whether a failed case was found."""
    failed = False
    for case in ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None:
            counts.failed += 1
            failed = True
        elif case.find("skipped") is not None:
            reason = (case.find("skipped").get("message") or "").strip().splitlines()
            counts.skipped.append((name, reason[-1] if reason else "no reason given"))
        elif case.get("status") == "run":
            counts.passed += 1
        else:
            counts.skipped.append((name, "disabled"))
    return failed


def count_node(output, counts):
    """Whether a failed case was found; None when `output` is not that of Node's test runner."""
    numbers = {key: int(n) for key, n in re.findall(r"^(?:#|ℹ) (pass|fail|cancelled) (\d+)\s*$", output, re.M)}
    if "pass" not in numbers:
        return None
    failed = numbers.get("fail", 0) + numbers.get("cancelled", 0)
    counts.passed += numbers["pass"]
    counts.failed += failed
    for name, reason in re.findall(r"^\s*﹣ (.*?) \([\d.]+ms\) # (?:SKIP ?)?(.*)$", output, re.M):
        counts.skipped.append((name, reason or "no reason given"))
    return failed > 0


def count(results):
    counts = Counts()
    for test in ElementTree.parse(results / "ctest.junit").iter("testcase"):
        name, status = test.get("name"), test.get("status")
        output = test.findtext("system-out") or ""
        cases = results / f"{name}.xml"
        if status in ("disabled", "notrun"):
            skipped = test.find("skipped")
            if skipped is not None and skipped.get("message", "").startswith("SKIP_RETURN_CODE"):
                lines = output.strip().splitlines()
                counts.skipped.append((name, lines[-1] if lines else "no reason given"))
            else:
                counts.failed += 1
            continue
        found = count_googletest(cases, counts) if cases.exists() else count_node(output, counts)
        if found is None and status == "run":
            counts.passed += 1
        if status == "fail" and not found:
            counts.failed += 1
    return counts


def main():
    counts = count(pathlib.Path(sys.argv[1]))
    if counts.skipped:
        print("\nLeft out:")
        for name, reason in counts.skipped:
            print(f"  {name}: {reason}")
    print(f"\n{counts.passed} passed, {counts.failed} failed, {len(counts.skipped)} skipped")
    return 1 if counts.failed else 0


sys.exit(main())

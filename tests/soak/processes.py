"""What the system and its own metrics say of a process."""
import os
import pathlib
import re
import urllib.request

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
SERIES = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="([^"]*)"')


def of_process(pid):
    proc = pathlib.Path(f"/proc/{pid}")
    kilobytes = dict(re.findall(r"^(\w+): +(\d+) kB$", (proc / "smaps_rollup").read_text(), re.MULTILINE))
    times = (proc / "stat").read_text().rpartition(")")[2].split()
    return {
        "resident MiB": int(kilobytes["Rss"]) / 1024,
        "private MiB": int(kilobytes["Private_Dirty"]) / 1024,
        "descriptors": len(os.listdir(proc / "fd")),
        "threads": len(os.listdir(proc / "task")),
        "cpu seconds": (int(times[11]) + int(times[12])) / TICKS,
    }


def of_metrics(url):
    """{name: [(labels, value)]} of what /metrics answers."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as response:
        text = response.read().decode()
    found = {}
    for line in text.splitlines():
        if match := SERIES.match(line):
            name, labels, value = match.groups()
            found.setdefault(name, []).append((dict(LABEL.findall(labels or "")), float(value)))
    return found


def total(metrics, name):
    return sum(value for _, value in metrics.get(name, []))


def latencies(metrics):
    """{rpc: {upper bound: calls so far}}."""
    found = {}
    for labels, value in metrics.get("rapport_rpc_duration_seconds_bucket", []):
        found.setdefault(labels["rpc"], {})[float(labels["le"])] = value
    return found


def disk_bytes(folder):
    """Files may go while they are counted; those linked twice count once."""
    sizes = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                about = os.stat(os.path.join(parent, name))
            except FileNotFoundError:
                continue
            sizes[about.st_ino] = about.st_blocks * 512
    return sum(sizes.values())

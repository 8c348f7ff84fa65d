"""The ratings service when ten times is asked of it of what it can do, and one tenant beside another that floods it."""
import collections
import contextlib
import os
import pathlib
import subprocess
import threading
import time

import servers

TIMES = 10
CALLS = {  # name: kind of load, callers at which the peak is looked for
    "RecordRating": ("rating", (32, 128, 512)),
    "RecordRatings of 500": ("batch", (2, 8, 32)),
    "QueryRatings of a month": ("query", (4, 16, 64)),
    "one query to nine RecordRating": ("mix", (32, 128, 512)),
}
STORES = {"RocksDB": tuple(CALLS), "Redis": ("RecordRating", "RecordRatings of 500")}
# Who is alone with a tenth of the peak, and with whose flood it shares the service then.
NEIGHBOURS = (("RecordRating", "RecordRating"), ("RecordRating", "RecordRatings of 500"),
              ("RecordRating", "QueryRatings of a month"), ("QueryRatings of a month", "QueryRatings of a month"),
              ("QueryRatings of a month", "RecordRating"))
SETTLES = 10  # seconds, at most
NEARLY = 0.97  # a peak that needs fewer callers is taken when it is as good
# Rewrites of the append-only file would come to some rounds only, on the processor that Redis and the service share.
REDIS_FLAGS = ("--auto-aof-rewrite-percentage", "0")


def ratio(a, b):
    return a / b if b else 0


def halves():
    """Processors for the service (and its store) and for the load, apart where there are two."""
    cpus = sorted(os.sched_getaffinity(0))
    half = len(cpus) // 2
    return [",".join(map(str, part)) for part in ((cpus[:half], cpus[half:]) if half else (cpus, cpus))]


class Process:
    """What a process uses: the processor time, and the most memory that it held while it was watched."""

    def __init__(self, pid):
        self.status, self.stat = pathlib.Path(f"/proc/{pid}/status"), pathlib.Path(f"/proc/{pid}/stat")
        self.most, self.watching = 0, False

    def cpu_seconds(self):
        user, system = self.stat.read_text().rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        for line in self.status.read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0

    def settle(self):
        """Waits until it has little left to do of what came before, such as calls that their senders gave up."""
        end = time.monotonic() + SETTLES
        before = self.cpu_seconds()
        while time.monotonic() < end:
            time.sleep(0.2)
            now = self.cpu_seconds()
            if now - before < 0.03:
                return
            before = now

    @contextlib.contextmanager
    def watched(self):
        self.most, self.watching = self.memory(), True
        thread = threading.Thread(target=self.watch)
        thread.start()
        try:
            yield
        finally:
            self.watching = False
            thread.join()

    def watch(self):
        while self.watching:
            self.most = max(self.most, self.memory())
            time.sleep(0.02)


class Overload:
    def __init__(self, build, sizes, folder):
        self.build, self.folder = build, folder
        self.seconds = sizes["overload_seconds"]
        # Until the calls of the first moment, as many as the connections take, count for little.
        self.over_seconds = 3 * self.seconds
        self.rounds = sizes["overload_rounds"]
        self.levels, self.measured = sizes["overload_levels"], tuple(CALLS)[:sizes["overload_calls"]]
        self.figures, self.loads = {}, 0
        self.service_cpus, self.load_cpus = halves()

    def run(self):
        for store, names in STORES.items():
            with self.service(store) as (server, process):
                self.fill(server)
                peaks = {name: self.overload(f"{name}, {store}", server, process, *CALLS[name])
                         for name in names if name in self.measured}
                if store == "RocksDB":
                    self.neighbours(server, process, peaks)
        return self.figures

    @contextlib.contextmanager
    def service(self, store):
        with contextlib.ExitStack() as stack:
            url = f"rocksdb:{self.folder}/overload"
            if store == "Redis":
                port = stack.enter_context(servers.redis_server(
                    self.folder / "overload-redis", before=("taskset", "-c", self.service_cpus), flags=REDIS_FLAGS))
                url = f"redis://127.0.0.1:{port}"
            server = stack.enter_context(servers.service(
                self.build / "services/ratings/rapport-ratings", self.folder, f"--store={url}", "--tenant-calls-per-second=0",
                "--tenant-events-per-second=0", before=("taskset", "-c", self.service_cpus)))
            yield server.address, Process(server.process.pid)

    def fill(self, server):
        for tenant in ("flood", "quiet"):
            self.load(server, "batch", "--callers=4", f"--tenant={tenant}")

    def overload(self, title, server, process, kind, levels):
        rounds = {callers: self.watched(process, server, kind, f"--callers={callers}") for callers in levels[:self.levels]}
        best = max(r["accepted"] for r in rounds.values())
        callers, peak = next((c, r) for c, r in rounds.items() if r["accepted"] >= NEARLY * best)
        rows = {"at the peak": {"calls_per_second": peak["accepted"], "goodput_of_peak": 1, "p50_ms": 1000 * peak["p50_seconds"],
                                "p99_ms": 1000 * peak["p99_seconds"], "max_ms": 1000 * peak["max_seconds"],
                                "cpu_us_per_accepted": peak["cpu_us"], "rss_mb": peak["rss_mb"]}}
        before, measured = peak, collections.defaultdict(list)
        for _ in range(self.rounds):
            for name, flags in {
                    f"{TIMES} x the rate": (f"--rate={max(1, TIMES * peak['accepted'])}", "--connections=16"),
                    f"{TIMES} x the callers": (f"--callers={TIMES * callers}", "--connections=16"),
                    f"{TIMES} x the callers, who obey": (f"--callers={TIMES * callers}", "--connections=16", "--obey"),
            }.items():
                over = self.watched(process, server, kind, *flags, f"--seconds={self.over_seconds}")
                after = self.watched(process, server, kind, f"--callers={callers}")
                # The peak of that minute.
                measured[name].append(self.row(over, (before["accepted"] + after["accepted"]) / 2, peak))
                before = after
        # A machine that is shared does not always give the same: the round of the median goodput is shown.
        rows |= {name: self.median(each) for name, each in measured.items()}
        self.figures[title] = rows
        return peak

    @staticmethod
    def median(rows):
        rows = sorted(rows, key=lambda row: row["goodput_of_peak"])
        return rows[len(rows) // 2] | {"least_goodput": rows[0]["goodput_of_peak"], "most_goodput": rows[-1]["goodput_of_peak"],
                                       "rss_mb": max(row["rss_mb"] for row in rows)}

    @staticmethod
    def row(over, goodput_at_peak, peak):
        answered = over["accepted"] + over["refused"] + over["failed"]
        return {"calls_per_second": over["accepted"], "offered_of_peak": ratio(over["offered"], goodput_at_peak),
                "goodput_of_peak": ratio(over["accepted"], goodput_at_peak),
                "p50_ms": 1000 * over["p50_seconds"], "p99_ms": 1000 * over["p99_seconds"], "max_ms": 1000 * over["max_seconds"],
                "p99_of_peak": ratio(over["p99_seconds"], peak["p99_seconds"]),
                "refused_share": ratio(over["refused"], answered), "advised_of_refused": over["advised"],
                "failed_share": ratio(over["failed"], answered),
                "cpu_us_per_accepted": over["cpu_us"], "rss_mb": over["rss_mb"]}

    def neighbours(self, server, process, peaks):
        pairs = [pair for pair in NEIGHBOURS if set(pair) <= set(peaks)]
        words = {quiet: (server, CALLS[quiet][0], f"--rate={max(1, peaks[quiet]['accepted'] / 10)}", "--connections=2", "--tenant=quiet")
                 for quiet, _ in pairs}
        process.settle()
        alone = {quiet: self.load(*each) for quiet, each in words.items()}
        rows = {}
        for quiet, flood in pairs:
            process.settle()
            with self.flood(server, CALLS[flood][0], max(1, TIMES * peaks[flood]["accepted"])):
                beside = self.load(*words[quiet])
            before = alone[quiet]
            rows[f"{quiet}, beside a flood of {flood}"] = {
                "asked_per_second": beside["offered"], "goodput_of_asked": ratio(beside["accepted"], beside["offered"]),
                "refused_share": ratio(beside["refused"], beside["accepted"] + beside["refused"]), "p50_ms_alone": 1000 * before["p50_seconds"],
                "p50_ms": 1000 * beside["p50_seconds"], "p99_ms_alone": 1000 * before["p99_seconds"],
                "p99_ms": 1000 * beside["p99_seconds"], "p99_of_alone": ratio(beside["p99_seconds"], before["p99_seconds"])}
        self.figures["a tenant with a tenth of the peak, beside another's flood, RocksDB"] = rows

    @contextlib.contextmanager
    def flood(self, server, kind, rate):
        # Its sender gives way to that of the other tenant, since only the service is to be shared out.
        command = ["nice", "-n", "19", *self.words(server, kind, f"--rate={rate}", "--connections=16", "--tenant=flood",
                                                   f"--seconds={self.seconds + 2}")]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(1)  # until it has filled the queues
            try:
                yield
            finally:
                process.kill()

    def watched(self, process, server, kind, *flags):
        process.settle()
        before = process.cpu_seconds()
        with process.watched():
            figures = self.load(server, kind, *flags)
        used = process.cpu_seconds() - before
        return figures | {"cpu_us": ratio(1e6 * used, figures["accepted_in_all"]), "rss_mb": process.most / 2**20}

    def load(self, server, kind, *flags):
        return servers.put_load(*self.words(server, kind, *flags))

    def words(self, server, kind, *flags):
        self.loads += 1
        words = {"--server": server, "--kind": kind, "--prefix": f"{self.loads}-", "--seconds": self.seconds, "--tenant": "flood"}
        words |= dict(flag.split("=", 1) for flag in flags if "=" in flag)
        return [pathlib.Path("taskset"), "-c", self.load_cpus, self.build / "tests/benchmark/overload_load",
                *(f"{name}={value}" for name, value in words.items()), *(flag for flag in flags if "=" not in flag)]

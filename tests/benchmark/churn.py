"""The churn service beside XGBoost alone and beside the empty call."""
import contextlib
import statistics

import servers

SCORED = 5_000
WARM = 1_000
IN_FLIGHT = 64


class Churn:
    def __init__(self, build, sizes, folder):
        self.build, self.sizes, self.folder = build, sizes, folder
        self.figures = {}

    def run(self):
        small, large = self.sizes["small"], self.sizes["large"]
        with contextlib.ExitStack() as stack:
            port = stack.enter_context(servers.redis_server(self.folder / "churn-redis"))
            # They know nobody: that is asked for, answered and kept like anything else.
            peers = [stack.enter_context(servers.rapport_server(
                self.build / f"services/{name}/rapport-{name.replace('_', '-')}", self.folder,
                f"--store=rocksdb:{self.folder / name}")) for name in ("ratings", "response_times")]
            engines = {"RocksDB": stack.enter_context(self.server(f"rocksdb:{self.folder / 'churn'}", peers)),
                       "Redis": stack.enter_context(self.server(f"redis://127.0.0.1:{port}", peers))}
            empty = stack.enter_context(servers.rapport_server(self.build / "tests/benchmark/empty_server", self.folder))
            ingest, sweeps = {}, {}
            for begin, end in ((0, small), (small, large)):
                for name, server in engines.items():
                    ingest.setdefault(name, []).append(
                        self.load("lives", f"--server={server}", f"--from={begin}", f"--to={end}", "--streams=4"))
                    if begin == 0:
                        self.load("train", f"--server={server}")
                    sweeps.setdefault(name, []).append(self.load("sweep", f"--server={server}"))
                if begin == 0:
                    self.scores(engines, empty)
            self.figures["ingest of activities"] = {
                name: {"activities_per_second": servers.rate_of(loads)} for name, loads in ingest.items()}
            self.figures["sweep"] = {
                name: {f"customers_per_second_of_{few['customers']}": few["per_second"],
                       f"customers_per_second_of_{many['customers']}": many["per_second"],
                       "growth_of_cost_per_customer": few["per_second"] / many["per_second"]}
                for name, (few, many) in sweeps.items()}
        return self.figures

    def scores(self, engines, empty):
        customers = min(SCORED, self.sizes["small"])
        repeat = self.sizes["rounds"]
        for title, flags in (("batch scoring, probability alone", ()), ("batch scoring, with reasons", ("--reasons",))):
            rows = {}
            alone = self.load("predict", f"--server={engines['RocksDB']}", f"--customers={customers}",
                              f"--repeat={repeat}", *flags)
            rows["XGBoost alone"] = alone["xgboost_per_second"]
            rows["scores, in one process"] = alone["scores_per_second"]
            for name, server in engines.items():
                rows[f"BatchScoreCustomers, {name}"] = self.load(
                    "batch", f"--server={server}", f"--customers={customers}", f"--repeat={repeat}", *flags)["per_second"]
            self.figures[title] = {
                name: {"customers_per_second": rate, "of_xgboost": rate / rows["XGBoost alone"]}
                for name, rate in rows.items()}
        self.unary(engines, empty)

    def unary(self, engines, empty):
        seconds = self.sizes["seconds"]
        rounds = {}
        for i in range(self.sizes["rounds"]):
            rates = {"empty call": servers.put_load(
                self.build / "tests/benchmark/ratings_load", "unary", f"--server={empty}",
                f"--in-flight={IN_FLIGHT}", f"--seconds={seconds}", f"--prefix=u{i}")["per_second"]}
            for name, server in engines.items():
                rates[name] = self.load("score", f"--server={server}", f"--customers={min(WARM, self.sizes['small'])}",
                                        f"--in-flight={IN_FLIGHT}", f"--seconds={seconds}")["per_second"]
            for name, rate in rates.items():
                rounds.setdefault(name, []).append((rate, rate / rates["empty call"]))
        self.figures[f"ScoreCustomer, {IN_FLIGHT} in flight"] = {
            name: {"calls_per_second": statistics.median(r for r, _ in each), "of_empty_call": statistics.median(q for _, q in each)}
            for name, each in rounds.items()}

    def load(self, *words):
        return servers.put_load(self.build / "tests/benchmark/churn_load", *words)

    def server(self, store, peers):
        return servers.rapport_server(self.build / "services/churn/rapport-churn", self.folder, f"--store={store}",
                                      f"--ratings-server={peers[0]}", f"--response-times-server={peers[1]}",
                                      "--sweep-interval=inf")

"""The response times service beside PostgreSQL doing the same job."""
import contextlib
import math
import pathlib
import subprocess
import sys

import servers

SQL = pathlib.Path(__file__).with_name("response_times.sql")
QUESTIONS = {"june": "first responses of June", "year": "first responses of the year",
             "agents": "first responses of the year by month and agent"}
GROUPS = (10, 50, 250)
AGENTS = 50


class ResponseTimes:
    def __init__(self, build, sizes, folder):
        self.build, self.sizes, self.folder = build, sizes, folder
        self.figures = {}

    def run(self):
        with servers.postgres_server(self.folder / "times-postgres") as (where, psql):
            self.postgres, self.psql = where, psql
            self.ingest()
            self.queries()
        return self.figures

    def load(self, *words):
        return servers.put_load(self.build / "tests/benchmark/response_times_load", *words)

    def server(self, store):
        return servers.rapport_server(self.build / "services/response_times/rapport-response-times", self.folder,
                                      f"--store={store}", "--rollup-dimensions=agent,channel,plan")

    @contextlib.contextmanager
    def stores(self, name):
        """The service on both stores, and the port of Redis."""
        with contextlib.ExitStack() as stack:
            port = stack.enter_context(servers.redis_server(self.folder / f"{name}-redis"))
            yield {"RocksDB": stack.enter_context(self.server(f"rocksdb:{self.folder / name}")),
                   "Redis": stack.enter_context(self.server(f"redis://127.0.0.1:{port}"))}, port

    def database(self, name):
        subprocess.run([self.psql, self.postgres, "-qc", f"CREATE DATABASE {name}"], check=True)
        where = self.postgres.replace("dbname=postgres", f"dbname={name}")
        subprocess.run([self.psql, where, "-qf", SQL], check=True)
        return where

    def answer(self, where, sql):
        return subprocess.run([self.psql, where, "-Atc", sql], capture_output=True, text=True, check=True).stdout.split()

    def ingest(self):
        count = self.sizes["conversations"]
        dataset = ("--shape=whole", "--from=0", f"--to={count}", f"--agents={AGENTS}")
        into_postgres = (*dataset, f"--in-flight={self.sizes['postgres_connections']}")
        rates = {}
        with self.stores("ingest") as (engines, port):
            empty = servers.redis_memory(port)
            for name, server in engines.items():
                rates[name] = self.load("ingest", f"--server={server}", *dataset, "--in-flight=4")["per_second"]
            memory = servers.redis_memory(port) - empty
            where = self.database("ingest")
            rates["PostgreSQL"] = self.load("pg-ingest", f"--server={where}", *into_postgres)["per_second"]
            for name, server in engines.items():
                self.check_totals(where, name, self.load("totals", f"--server={server}"))
            table_bytes = int(self.answer(where, "SELECT sum(pg_total_relation_size(c)) FROM unnest(ARRAY['events', "
                                                 "'stretches', 'counters']::regclass[]) c")[0])
        where = self.database("least")
        rates["PostgreSQL, events alone"] = self.load("pg-ingest", f"--server={where}", *into_postgres,
                                                      "--function=add_events_only")["per_second"]
        self.figures["event ingest"] = {
            name: {"events_per_second": rate, "of_postgresql": rate / rates["PostgreSQL"]}
            for name, rate in rates.items()}
        with self.server(f"rocksdb:{self.folder / 'ingest'}"):
            pass  # RocksDB writes what it has in memory to its tables when it is opened again
        rocksdb_bytes = sum(f.stat().st_size for f in (self.folder / "ingest").rglob("*.sst"))
        aof_bytes = sum(f.stat().st_size for f in (self.folder / "ingest-redis").rglob("*.aof"))
        self.figures["bytes per conversation of 5 events"] = {
            name: {"bytes": size / count} for name, size in (
                ("RocksDB tables", rocksdb_bytes), ("Redis memory", memory), ("Redis append-only file", aof_bytes),
                ("PostgreSQL", table_bytes))}

    def check_totals(self, where, name, totals):
        """Both sides did the same job: as many of everything, and as long on average."""
        for metrics, (count, seconds) in totals.items():
            rows, mean = self.answer(
                where, "SELECT sum(n), sum(ms) / sum(n) / 1000 FROM counters WHERE level = 'm' AND dimensions = 0 AND "
                       f"metric = ANY (string_to_array('{metrics}', NULL)::\"char\"[])")[0].split("|")
            if int(rows) != count or not math.isclose(float(mean), seconds, rel_tol=1e-4):
                sys.exit(f"{metrics}: PostgreSQL has {rows} of {mean} s, {name} {count} of {seconds} s")

    def queries(self):
        """Imports history up to the smaller size and asks, then on to the larger size and asks again."""
        small, large = self.sizes["small"], self.sizes["large"]
        imports, at = {}, {}
        where = self.database("queries")
        with self.stores("queries") as (engines, _):
            for begin, end in ((0, small), (small, large)):
                dataset = ("--shape=short", f"--from={begin}", f"--to={end}", f"--agents={AGENTS}")
                for name, server in engines.items():
                    imports.setdefault(name, []).append(
                        self.load("ingest", f"--server={server}", *dataset, "--in-flight=4"))
                self.load("pg-ingest", f"--server={where}", *dataset, "--function=add_events_only",
                          f"--in-flight={self.sizes['postgres_connections']}")
                self.answer(where, "CALL measure_first_responses()")
                at[end] = {name: self.ask(server) for name, server in engines.items()}
                at[end]["PostgreSQL"] = self.load("pg-query", f"--server={where}", "--repeat=5")
                self.check_answers(at[end])
        self.figures["import of history"] = {
            name: {"events_per_second": servers.rate_of(loads)} for name, loads in imports.items()}
        for question, title in QUESTIONS.items():
            sources = [("RocksDB", "RocksDB", question), ("Redis", "Redis", question),
                       ("PostgreSQL, percentile_cont", "PostgreSQL", question),
                       ("PostgreSQL, from the same sketches", "PostgreSQL", f"rollups_{question}")]
            if question == "year":
                sources.append(("PostgreSQL, from events alone", "PostgreSQL", "events"))
            self.figures[title] = {}
            for label, name, key in sources:
                few, many = (at[size][name][f"{key}_seconds"] for size in (small, large))
                self.figures[title][label] = {
                    f"ms_at_{small}": 1000 * few, f"ms_at_{large}": 1000 * many, "growth": many / few,
                    "percentile_cont_takes": at[large]["PostgreSQL"][f"{question}_seconds"] / many}
        self.groups(at[small])

    def groups(self, at_small):
        """The year by month and agent, of as many conversations with fewer and with more agents."""
        took = {AGENTS: at_small}
        for agents in GROUPS:
            if agents == AGENTS:
                continue
            with self.stores(f"groups-{agents}") as (engines, _):
                for server in engines.values():
                    self.load("ingest", f"--server={server}", "--shape=short", "--from=0",
                              f"--to={self.sizes['small']}", f"--agents={agents}", "--in-flight=4")
                took[agents] = {name: self.ask(server) for name, server in engines.items()}
        self.figures[f"growth with groups, at {self.sizes['small']}"] = {
            name: {f"ms_for_{agents}_agents": 1000 * took[agents][name]["agents_seconds"] for agents in GROUPS} | {
                f"growth_for_{GROUPS[-1] // GROUPS[0]}_times_as_many":
                    took[GROUPS[-1]][name]["agents_seconds"] / took[GROUPS[0]][name]["agents_seconds"]}
            for name in ("RocksDB", "Redis")}

    def ask(self, server):
        return self.load("query", f"--server={server}", f"--repeat={self.sizes['queries']}")

    @staticmethod
    def check_answers(answers):
        """Both sides found the same median and 90th percentile, up to the accuracy of the sketch."""
        expected = answers["PostgreSQL"]
        for name in ("RocksDB", "Redis"):
            same = answers[name]["answered"] == expected["answered"] and all(
                math.isclose(seconds, ms / 1000, rel_tol=0.02)
                for seconds, ms in list(zip(answers[name]["quantiles"], expected["quantiles_ms"]))[:2])
            if not same:
                sys.exit(f"{name} answers {answers[name]}, PostgreSQL {expected}")

"""The ratings service beside PostgreSQL, raw Redis and an empty call."""
import contextlib
import statistics
import subprocess

import servers


class Ratings:
    def __init__(self, build, sizes, folder):
        self.build, self.sizes, self.folder = build, sizes, folder
        self.figures = {}

    def load(self, *words):
        return servers.put_load(self.build / "tests/benchmark/ratings_load", *words)

    def server(self, *flags):
        return servers.rapport_server(self.build / "services/ratings/rapport-ratings", self.folder, *flags)

    def unary(self):
        """Rounds in turn, so that a machine that slows down slows all of them down."""
        with contextlib.ExitStack() as stack:
            port = stack.enter_context(servers.redis_server(self.folder / "unary-redis"))
            callees = {
                "empty call": stack.enter_context(
                    servers.rapport_server(self.build / "tests/benchmark/empty_server", self.folder)),
                "RocksDB": stack.enter_context(self.server(f"--store=rocksdb:{self.folder}/unary-rocksdb")),
                "Redis": stack.enter_context(self.server(f"--store=redis://127.0.0.1:{port}")),
            }
            for in_flight in (1, 64):
                rounds = {name: [] for name in callees}
                for i in range(self.sizes["rounds"]):
                    for name, server in callees.items():
                        rounds[name].append(self.load("unary", f"--server={server}", f"--in-flight={in_flight}",
                                                      f"--seconds={self.sizes['seconds']}",
                                                      f"--prefix=u{in_flight}-{i}"))
                self.figures[f"unary, {in_flight} in flight"] = {
                    name: {
                        "calls_per_second": statistics.median(r["per_second"] for r in each),
                        "p99_ms": 1000 * statistics.median(r["p99_seconds"] for r in each),
                        "of_empty_call": statistics.median(
                            r["per_second"] / e["per_second"] for r, e in zip(each, rounds["empty call"])),
                    } for name, each in rounds.items()
                }

    def stores(self):
        """Ingests up to the smaller size and asks, then on to the larger size and asks again."""
        small, large = self.sizes["small"], self.sizes["large"]
        rocksdb, redis_folder = self.folder / "rocksdb", self.folder / "redis"
        with contextlib.ExitStack() as stack:
            port = stack.enter_context(servers.redis_server(redis_folder))
            where, psql = stack.enter_context(servers.postgres_server(self.folder / "postgres"))
            empty_redis = servers.redis_memory(port)
            engines = {
                "RocksDB": stack.enter_context(self.server(f"--store=rocksdb:{rocksdb}")),
                "Redis": stack.enter_context(self.server(f"--store=redis://127.0.0.1:{port}")),
            }
            ingest = {name: [] for name in (*engines, "PostgreSQL")}
            queries = {}
            for begin, end in ((0, small), (small, large)):
                for name, server in engines.items():
                    ingest[name].append(self.load("ingest", f"--server={server}", f"--from={begin}", f"--to={end}",
                                                  f"--count={large}", "--in-flight=8"))
                ingest["PostgreSQL"].append(
                    self.load("pg-ingest", f"--server={where}", f"--from={begin}", f"--to={end}", f"--count={large}",
                              f"--in-flight={self.sizes['postgres_connections']}", *(["--setup"] if begin == 0 else [])))
                queries[end] = {name: self.queries(server) for name, server in engines.items()}
                queries[end]["PostgreSQL"] = self.load("pg-query", f"--server={where}", "--repeat=9")
            memory = servers.redis_memory(port) - empty_redis
            subprocess.run([psql, where, "-qc", "CREATE DATABASE least"], check=True)
            least = self.load("pg-ingest", f"--server={where.replace('dbname=postgres', 'dbname=least')}", "--from=0", f"--to={small}",
                              f"--count={large}", f"--in-flight={self.sizes['postgres_connections']}", "--setup", "--least")
            table_bytes = int(subprocess.run(
                [psql, where, "-Atc", "SELECT sum(pg_total_relation_size(c)) FROM unnest(ARRAY['ratings', 'counters', "
                 "'customer_days']::regclass[]) c"], capture_output=True, text=True, check=True).stdout)
        rocksdb_bytes = sum(f.stat().st_size for f in rocksdb.rglob("*.sst"))
        aof_bytes = sum(f.stat().st_size for f in redis_folder.rglob("*.aof"))
        with servers.redis_server(self.folder / "set-redis") as set_port:
            sets = self.load("redis-set", f"--port={set_port}", f"--count={small}")

        def rate(name):
            return servers.rate_of(ingest[name])

        self.figures["batch ingest"] = {
            name: {"events_per_second": rate(name), "of_postgresql": rate(name) / rate("PostgreSQL")} for name in ingest
        } | {name: {"events_per_second": other["per_second"], "of_postgresql": other["per_second"] / rate("PostgreSQL")}
             for name, other in (("PostgreSQL, least roll-ups", least), ("raw Redis SET", sets))}
        self.figures["query, month by agent"] = {}
        for name, kind, label in (("RocksDB", "plain", "RocksDB"), ("Redis", "plain", "Redis"),
                                  ("RocksDB", "customers", "RocksDB, customer figures"),
                                  ("Redis", "customers", "Redis, customer figures"),
                                  ("PostgreSQL", "ratings_p50_seconds", "PostgreSQL, from ratings"),
                                  ("PostgreSQL", "rollups_p50_seconds", "PostgreSQL, from roll-ups")):
            few, many = queries[small][name][kind], queries[large][name][kind]
            self.figures["query, month by agent"][label] = {
                f"ms_at_{small}": 1000 * few, f"ms_at_{large}": 1000 * many, "growth": many / few,
                "postgresql_takes": queries[large]["PostgreSQL"]["ratings_p50_seconds"] / many}
        self.figures["bytes per rating"] = {
            "Redis memory": {"bytes": memory / large}, "Redis append-only file": {"bytes": aof_bytes / large},
            "RocksDB tables": {"bytes": rocksdb_bytes / large}, "PostgreSQL": {"bytes": table_bytes / large}}

    def queries(self, server):
        plain = self.load("query", f"--server={server}", f"--repeat={self.sizes['queries']}")
        customers = self.load("query", f"--server={server}", "--repeat=5", "--customers")
        return {"plain": plain["p50_seconds"], "customers": customers["p50_seconds"]}

    def run(self):
        self.unary()
        self.stores()
        return self.figures

"""The services of a soak run and their Redis: on loopback, with their files in a folder of the run, ended with it."""
import contextlib
import dataclasses
import os
import re

import servers

BINARIES = {
    "ratings": "services/ratings/rapport-ratings",
    "responseTimes": "services/response_times/rapport-response-times",
    "churn": "services/churn/rapport-churn",
}

# What threads keep of freed memory for themselves counts as in use.
NO_CACHES_OF_THREADS = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}


@dataclasses.dataclass
class Redis:
    pid: int
    port: int


def start(stack, build, folder, redis, preload):
    """All three, each on a RocksDB store of its own or all on `redis`; churn asks the other two. `preload`: a library
    that stands before theirs, or None."""
    environment = os.environ | NO_CACHES_OF_THREADS | ({"LD_PRELOAD": str(preload)} if preload else {})

    def begin(name, *flags):
        store = [f"--store=redis://127.0.0.1:{redis.port}"] if redis else [
            f"--store=rocksdb:{folder / name}", f"--checkpoints={folder / name}-checkpoints"]
        return stack.enter_context(servers.service(
            build / BINARIES[name], folder, *store, f"--credentials={folder / 'credentials.json'}", *flags, env=environment))

    ratings, response_times = begin("ratings"), begin("responseTimes")
    churn = begin("churn", f"--ratings-server={ratings.address}", f"--response-times-server={response_times.address}",
                  f"--peer-tokens={folder / 'peers.json'}", "--peer-fresh-for=1m")
    return {"ratings": ratings, "responseTimes": response_times, "churn": churn}


def faults(started):
    """What the services logged as errors."""
    return [line for service in started.values() for line in service.log.read_text().splitlines() if '"severity":"ERROR"' in line]


@contextlib.contextmanager
def redis(folder):
    with servers.redis_server(folder) as port:
        pid = re.search(rb"process_id:(\d+)", servers.redis(port, "INFO", "server"))
        yield Redis(int(pid.group(1)), port)

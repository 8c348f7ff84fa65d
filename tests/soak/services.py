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
class Service:
    pid: int
    address: str
    metrics: str


@dataclasses.dataclass
class Redis:
    pid: int
    port: int


@contextlib.contextmanager
def service(name, build, folder, preload, *flags):
    address, metrics = (f"127.0.0.1:{servers.free_port()}" for _ in range(2))
    command = [build / BINARIES[name], f"--listen={address}", f"--metrics-listen={metrics}", *flags]
    environment = os.environ | NO_CACHES_OF_THREADS | ({"LD_PRELOAD": str(preload)} if preload else {})
    with open(folder / f"{name}.log", "w") as log, servers.running(command, stderr=log, env=environment) as process:
        servers.await_true(lambda: servers.answers_http(f"http://{metrics}/readyz"), name)
        yield Service(process.pid, address, f"http://{metrics}")


def start(stack, build, folder, redis, preload):
    """All three, each on a RocksDB store of its own or all on `redis`; churn asks the other two. `preload`: a library
    that stands before theirs, or None."""
    def begin(name, *flags):
        store = [f"--store=redis://127.0.0.1:{redis.port}"] if redis else [
            f"--store=rocksdb:{folder / name}", f"--checkpoints={folder / name}-checkpoints"]
        return stack.enter_context(
            service(name, build, folder, preload, *store, f"--credentials={folder / 'credentials.json'}", *flags))

    ratings, response_times = begin("ratings"), begin("responseTimes")
    churn = begin("churn", f"--ratings-server={ratings.address}", f"--response-times-server={response_times.address}",
                  f"--peer-tokens={folder / 'peers.json'}", "--peer-fresh-for=1m")
    return {"ratings": ratings, "responseTimes": response_times, "churn": churn}


def is_alive(service):
    """Whether it still runs; one that ended is a child that was not waited for."""
    with contextlib.suppress(FileNotFoundError), open(f"/proc/{service.pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"
    return False


def faults(folder):
    """What the services logged as errors."""
    return [line for name in BINARIES for line in (folder / f"{name}.log").read_text().splitlines() if '"severity":"ERROR"' in line]


@contextlib.contextmanager
def redis(folder):
    with servers.redis_server(folder) as port:
        pid = re.search(rb"process_id:(\d+)", servers.redis(port, "INFO", "server"))
        yield Redis(int(pid.group(1)), port)

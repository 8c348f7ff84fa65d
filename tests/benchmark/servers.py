"""Servers for a benchmark run: on loopback, with their files in a folder of the run, ended with it."""
import contextlib
import dataclasses
import json
import os
import pathlib
import pwd
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOLD_OF_A_LOG = 2000  # bytes of its end


def free_port():
    """Below those that the system gives to connections, so that none takes it before its server does."""
    while True:
        port = random.randrange(10_000, 30_000)
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port


def note(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def await_start(process, probe, what, log=None, seconds=60):
    """What `probe` answers as soon as that is true. Exits with the end of `log` when the process ends before."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit(f"{what} ended with {process.returncode} at its start{end_of(log)}")
        with contextlib.suppress(OSError):
            if answer := probe():
                return answer
        time.sleep(0.05)
    sys.exit(f"{what} did not start within {seconds} s{end_of(log)}")


def end_of(log):
    return f"; the end of its log:\n{log.read_text()[-TOLD_OF_A_LOG:]}" if log else ""


def answers_http(url):
    with urllib.request.urlopen(url, timeout=2) as response:
        return response.status == 200


@contextlib.contextmanager
def running(command, **kwargs):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, **kwargs)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


@dataclasses.dataclass
class Service:
    process: subprocess.Popen
    log: pathlib.Path
    address: str  # of its calls, HOST:PORT
    metrics: str  # URL


def addresses_in(log):
    """Where a service listens, as it tells when it does."""
    for line in log.read_text().splitlines():
        if '"metrics_port"' in line and line.endswith("}"):
            told = json.loads(line)
            return f"127.0.0.1:{told['port']}", f"http://127.0.0.1:{told['metrics_port']}"
    return None


@contextlib.contextmanager
def service(binary, folder, *flags, before=(), env=None):
    """A server of ours, on ports that the system chooses, with its log in `folder`. `before`: a command that runs it."""
    descriptor, name = tempfile.mkstemp(prefix=f"{binary.name}-", suffix=".log", dir=folder)
    log = pathlib.Path(name)
    command = [*before, binary, "--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0", *flags]
    with open(descriptor, "w") as file, running(command, stderr=file, env=env) as process:
        address, metrics = await_start(process, lambda: addresses_in(log), binary.name, log)
        await_start(process, lambda: answers_http(f"{metrics}/readyz"), binary.name, log)
        yield Service(process, log, address, metrics)


@contextlib.contextmanager
def rapport_server(binary, folder, *flags):
    """The address of a server of ours."""
    with service(binary, folder, *flags) as started:
        yield started.address


@contextlib.contextmanager
def redis_server(folder, before=(), flags=()):
    """`before`: a command that runs it, such as taskset; `flags`: settings beyond those of deploy/redis."""
    port = free_port()
    folder.mkdir()
    with running([*before, str(ROOT / "deploy/redis/start"), str(folder), str(ROOT / "deploy/redis/redis.conf"), "--port", str(port),
                  "--bind", "127.0.0.1", "--save", "", "--loglevel", "warning", *flags]) as process:
        await_start(process, lambda: b"PONG" in redis(port, "PING"), "redis-server")
        yield port


def redis(port, *words):
    return subprocess.run(["redis-cli", "-p", str(port), *words], capture_output=True, timeout=60).stdout


@contextlib.contextmanager
def postgres_server(folder):
    """With its defaults (fsync and synchronous_commit on) but for more memory. PostgreSQL does not run as root."""
    binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    folder.mkdir()
    as_user = []
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    data = folder / "data"
    subprocess.run([*as_user, binaries / "initdb", "-D", data, "-A", "trust", "-U", "bench", "--no-locale", "-E", "UTF8"],
                   check=True, stdout=subprocess.DEVNULL, cwd="/")
    with running([*as_user, binaries / "postgres", "-D", data, "-k", folder, "-h", "", "-c", "shared_buffers=2GB",
                  "-c", "max_wal_size=8GB", "-c", "wal_buffers=64MB"], stderr=subprocess.DEVNULL, cwd="/") as process:
        where = f"host={folder} user=bench dbname=postgres"
        await_start(process, lambda: subprocess.run([binaries / "pg_isready", "-q", "-h", folder, "-U", "bench"]).returncode == 0,
                    "postgres")
        yield where, binaries / "psql"


def redis_memory(port):
    for line in redis(port, "INFO", "memory").decode().splitlines():
        if line.startswith("used_memory:"):
            return int(line.split(":")[1])
    sys.exit("redis-server does not tell its memory")


def put_load(program, *words):
    """Runs a load until its end and returns the figures that it prints."""
    note(" ".join(str(w) for w in words))
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{program.name} {' '.join(map(str, words))}: {done.stderr or done.stdout}")
    return json.loads(done.stdout)


def rate_of(loads):
    """Events a second of loads that followed each other."""
    return sum(r["events"] for r in loads) / sum(r["events"] / r["per_second"] for r in loads)

"""Servers for a benchmark run: on loopback, with their files in a folder of the run, ended with it."""
import contextlib
import json
import os
import pathlib
import pwd
import socket
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def note(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def await_true(probe, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if probe():
                return
        time.sleep(0.05)
    sys.exit(f"{what} did not start within {seconds} s")


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


@contextlib.contextmanager
def rapport_server(binary, folder, *flags):
    port, metrics = free_port(), free_port()
    with open(folder / "log", "a") as log, running(
            [binary, f"--listen=127.0.0.1:{port}", f"--metrics-listen=127.0.0.1:{metrics}", *flags], stderr=log):
        await_true(lambda: answers_http(f"http://127.0.0.1:{metrics}/readyz"), binary)
        yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def redis_server(folder, before=(), flags=()):
    """`before`: a command that runs it, such as taskset; `flags`: settings beyond those of deploy/redis."""
    port = free_port()
    folder.mkdir()
    with running([*before, str(ROOT / "deploy/redis/start"), str(folder), str(ROOT / "deploy/redis/redis.conf"), "--port", str(port),
                  "--bind", "127.0.0.1", "--save", "", "--loglevel", "warning", *flags]):
        await_true(lambda: b"PONG" in redis(port, "PING"), "redis-server")
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
                  "-c", "max_wal_size=8GB", "-c", "wal_buffers=64MB"], stderr=subprocess.DEVNULL, cwd="/"):
        where = f"host={folder} user=bench dbname=postgres"
        await_true(lambda: subprocess.run([binaries / "pg_isready", "-q", "-h", folder, "-U", "bench"]).returncode == 0,
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

#!/usr/bin/env python3
"""Measures minuted beside UmaDB, the nearest peer: the same loads, in turns, in one run. Medians and [least..most].

    python3 -m venv target/umadb && target/umadb/bin/pip install umadb==0.7.8
    rustup component add llvm-tools && benches/pgo.sh --peer target/umadb/bin/umadb
    benches/compare.py [--rounds 5] [--seconds 3] [--dir target/compare]

Leave the machine alone meanwhile. Both daemons keep their data in --dir, which is emptied first and afterwards.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
EMPTY, RECORDS, BATCHES = "an empty call", "durable records", "events in batches of 100"
DEVICE_BYTES, LOG_BYTES = "bytes the device wrote for each event", "bytes written to the log for each event"
# A checkpoint is taken after this many events; before it, what minuted writes is its log.
CHECKPOINT_EVENTS = 50_000
READ, ENTITY, SYNC = "all events read, decoded", "one entity's events read", "4 KiB overwritten, fdatasync"


def written(directory):
    """Bytes that the device of this directory has written, whoever wrote them. What the kernel charges a process for is more:
    a whole run of pages, where a few bytes of it were made dirty."""
    device = os.stat(directory).st_dev
    stat = pathlib.Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat")
    return int(stat.read_text().split()[6]) * 512


def resident(process):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())[1])


def output(*command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


class Daemon:
    """A daemon on an empty directory, and what measures it."""

    def __init__(self, name, directory, port, args):
        self.name, self.dir, self.addr, self.args = name, directory / name, f"127.0.0.1:{port}", args

    def __enter__(self):
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir(parents=True)
        if self.name == "minuted":
            command = [self.args.minuted, "serve", "--data-dir", self.dir, "--listen", self.addr]
        else:
            command = [self.args.umadb, "--listen", self.addr, "--db-path", self.dir]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def load(self, clients, seconds, only=""):
        if self.name == "minuted":
            command = [self.args.minuted, "bench", "--addr", self.addr, "--data-dir", self.dir, "--seconds", seconds]
            return output(*command, "--clients", clients, "--only", only, "--format", "json")
        return output(self.args.umadb_bench, self.addr, seconds, clients, only)

    def bytes_for_each_event(self, clients):
        """What the device wrote for each event, and what minuted's log handed to the kernel."""
        os.sync()
        device, before = written(self.dir), self.recorded()
        events = self.load(clients, "1", RECORDS).get("events")
        device, after = written(self.dir) - device, self.recorded()
        if self.name != "minuted":
            return {DEVICE_BYTES: device / events}
        events = after[0] - before[0]
        if after[0] >= CHECKPOINT_EVENTS:
            print(f"{after[0]} events: a checkpoint is among what was written")
        return {DEVICE_BYTES: device / events, LOG_BYTES: (after[1] - before[1]) / events}

    def recorded(self):
        """How many events there are, and how many bytes were written to the log's files."""
        if self.name != "minuted":
            return None
        status = output(self.args.minuted, "status", "--addr", self.addr, "--format", "json")
        return int(status["tailPosition"]), int(status["log"]["bytesWritten"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", default="3")
    parser.add_argument("--clients", default="1,8,64,256")
    parser.add_argument("--dir", type=pathlib.Path, default=ROOT / "target/compare")
    parser.add_argument("--minuted", default=ROOT / "target/pgo/minuted")
    parser.add_argument("--umadb", default=ROOT / "target/umadb/bin/umadb")
    parser.add_argument("--umadb-bench", default=ROOT / "target/pgo/umadb-bench")
    args = parser.parse_args()

    found = {}
    for round_ in range(args.rounds):
        for name, port in ("minuted", 7461), ("umadb", 7462):
            with Daemon(name, args.dir, port, args) as daemon:
                for one in daemon.load(args.clients, args.seconds)["measured"]:
                    for figure in "per_second", "p50_micros", "p99_micros":
                        found.setdefault((name, one["what"], one["clients"], figure), []).append(one[figure])
                found.setdefault((name, "resident", 0, "KiB"), []).append(resident(daemon.process))
            for clients in 1, 64:
                with Daemon(name, args.dir, port, args) as daemon:
                    for what, count in daemon.bytes_for_each_event(str(clients)).items():
                        found.setdefault((name, what, clients, "bytes"), []).append(count)
            print(f"round {round_ + 1} of {args.rounds}: {name}, load {os.getloadavg()[0]:.1f}", flush=True)

    def median(name, what, clients, figure="per_second"):
        values = found.get((name, what, clients, figure))
        return statistics.median(values) if values else float("nan")

    print(f"\n{'what':34}{'clients':>8}  {'figure':12}{'minuted':>32}{'UmaDB':>32}{'ratio':>7}")
    for name, what, clients, figure in sorted((key for key in found if key[0] == "minuted"), key=lambda key: key[1:]):
        texts = []
        for who in "minuted", "umadb":
            values = found.get((who, what, clients, figure), [])
            spread = f"[{min(values):,.0f}..{max(values):,.0f}]" if values else ""
            texts.append(f"{statistics.median(values):,.0f} {spread}" if values else "")
        ratio = median("minuted", what, clients, figure) / median("umadb", what, clients, figure)
        print(f"{what:34}{clients:>8}  {figure:12}{texts[0]:>32}{texts[1]:>32}{ratio:>7.2f}")

    base = median("minuted", SYNC, 1, "p50_micros") + median("minuted", EMPTY, 1, "p50_micros")
    one = median("minuted", RECORDS, 1, "p50_micros")
    print(f"\np50 of one record at 1 client: {one / base:.2f} x (fdatasync + empty call), "
          f"{one / median('umadb', RECORDS, 1, 'p50_micros'):.2f} x the peer's")
    for clients in 8, 64, 256:
        ours = median("minuted", RECORDS, clients)
        print(f"records/s at {clients}: {ours / median('umadb', RECORDS, clients):.2f} x the peer's, "
              f"{100 * ours / median('minuted', EMPTY, clients):.0f} % of the empty call's rate")
    for what, clients in (BATCHES, 8), (READ, 1), (ENTITY, 1):
        print(f"{what}: {median('minuted', what, clients) / median('umadb', what, clients):.2f} x the peer's")
    for clients in 1, 64:
        print(f"bytes written for each event at {clients}: {median('minuted', LOG_BYTES, clients, 'bytes'):,.0f} to the log's "
              f"files, {median('minuted', DEVICE_BYTES, clients, 'bytes'):,.0f} by the device, "
              f"the peer's {median('umadb', DEVICE_BYTES, clients, 'bytes'):,.0f}")
    entity, empty = (median("minuted", what, 1, "p50_micros") for what in (ENTITY, EMPTY))
    print(f"one entity's events: p50 {entity / empty:.2f} x the empty call's")


if __name__ == "__main__":
    main()

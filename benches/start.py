#!/usr/bin/env python3
"""Measures how a daemon with a million events starts: after a clean stop, and after kill -9 while it records.

    cargo build --release
    benches/start.py [--events 1000000] [--rounds 3] [--unsealed 50] [--dir target/start]

Each start's phases are those that `minuted status` reports; what it had to go through is the last segment, which a clean
stop seals. Both kinds of start take turns. --dir is filled by `minuted bench generate` if it has too few events yet, and
kept: a second run begins at once. Files are in the system's memory, as they are when a process is restarted.
"""

import argparse
import json
import pathlib
import signal
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The daemon is killed in the middle of it.
RECORDING = "60"
START_TIMEOUT = 300


class Daemon:
    """A daemon on the directory, and how it started."""

    def __init__(self, args):
        self.args = args
        begun = time.monotonic()
        command = [args.minuted, "serve", "--data-dir", args.dir, "--listen", args.addr]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while (status := self.status()) is None:
            if self.process.poll() is not None or time.monotonic() - begun > START_TIMEOUT:
                raise SystemExit(f"the daemon does not start: {' '.join(map(str, command))}")
            time.sleep(0.02)
        self.answered = time.monotonic() - begun
        self.tail = int(status["tailPosition"])
        self.phases = {phase["name"]: int(phase["micros"]) / 1e3 for phase in status["startPhases"]}

    def status(self):
        command = [self.args.minuted, "status", "--addr", self.args.addr, "--format", "json"]
        asked = subprocess.run(command, capture_output=True, text=True)
        return json.loads(asked.stdout) if asked.returncode == 0 else None

    def bench(self, *arguments):
        return [self.args.minuted, "--addr", self.args.addr, "bench", *arguments]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def kill_while_recording(self):
        command = self.bench("--only", "durable records", "--clients", "64", "--seconds", RECORDING)
        recording = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + float(RECORDING)
        # What was written before is sealed: something of what is killed has to be new.
        time.sleep(2)
        while last_segment(self.args.dir) < self.args.unsealed and time.monotonic() < deadline:
            time.sleep(0.05)
        self.process.kill()
        self.process.wait()
        # It has lost its daemon.
        recording.wait()


def last_segment(directory):
    """The size of the segment that is written to, in MB, with what is zeroed ahead."""
    return max((directory / "log").glob("*.seg")).stat().st_size / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dir", type=pathlib.Path, default=ROOT / "target/start")
    parser.add_argument("--unsealed", type=float, default=50, help="MB of the last segment when the daemon is killed")
    parser.add_argument("--addr", default="127.0.0.1:7463")
    parser.add_argument("--minuted", default=ROOT / "target/release/minuted")
    args = parser.parse_args()
    args.dir.mkdir(parents=True, exist_ok=True)

    daemon = Daemon(args)
    if daemon.tail < args.events:
        print(f"{daemon.tail} events; recording up to {args.events}", flush=True)
        subprocess.run(daemon.bench("generate", "--events", str(args.events)), check=True)

    found = {}
    print(f"{'':18}{'events':>12}{'last segment':>15}  milliseconds")
    for _ in range(args.rounds):
        for what, end in ("a clean stop", Daemon.stop), ("kill -9", Daemon.kill_while_recording):
            end(daemon)
            segment = last_segment(args.dir)
            daemon = Daemon(args)
            took = daemon.phases | {"until it answers": daemon.answered * 1e3}
            for phase, millis in took.items():
                found.setdefault((what, phase), []).append(millis)
            text = ", ".join(f"{phase} {millis:,.1f}" for phase, millis in took.items())
            print(f"{'after ' + what:18}{daemon.tail:>12,}{segment:>12,.1f} MB  {text}", flush=True)
    daemon.stop()

    print(f"\n{'after':14}{'phase':22}{'median [least..most], ms':>34}")
    for (what, phase), millis in found.items():
        spread = f"{statistics.median(millis):,.1f} [{min(millis):,.1f}..{max(millis):,.1f}]"
        print(f"{what:14}{phase:22}{spread:>34}")


if __name__ == "__main__":
    main()

"""A daemon of this build for each test module, and a client of it that knows nothing but its address."""

import os
import re
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from reflect import Client

START_SECONDS = 30
STOP_SECONDS = 30


class Daemon:
    """`minuted serve` on a free port of the loopback.

    1. `address` is what it printed as `listening on ADDR`.
    2. `stop` sends SIGTERM and gives the exit code; the daemon is gone afterwards, whatever it did.
    """

    def __init__(self, data_dir: Path, log: Path):
        self.log = log
        program = os.environ["MINUTED_BIN"]
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [program, "serve", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        # A daemon that never says where it listens must not hang the tests: the timer ends it, and with it the pipe.
        timer = threading.Timer(START_SECONDS, self.process.kill)
        timer.start()
        try:
            self.address = self._address()
        finally:
            timer.cancel()
        # Its output is read on, so that it never blocks on a full pipe.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def _address(self) -> str:
        for line in self.process.stdout:
            if found := re.search(r"listening on (\S+)", line):
                return found.group(1)
        raise RuntimeError(f"no `listening on ADDR` (exit {self.process.wait()}):\n{self.log.read_text()}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        finally:
            self.process.kill()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """A daemon on a fresh directory, which must end by itself and with 0 when it is told to."""
    directory = tmp_path_factory.mktemp("minuted")
    daemon = Daemon(directory / "data", directory / "stderr.log")
    yield daemon
    assert daemon.stop() == 0, daemon.log.read_text()


@pytest.fixture
def client(daemon):
    with Client(daemon.address) as client:
        yield client

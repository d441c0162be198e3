"""How long from exec to an answer of /healthz: measure.py WHAT MILLISECONDS PROGRAM ADDRESS, where the
median may be so long. The settings come from the environment. Fifteen starts one after another, each ended by SIGTERM, which must end it with 0. One line
on stdout: what, found, wanted, ok or FAILED, with tabs between them."""

import os
import socket
import statistics
import subprocess
import sys
import time
from urllib.parse import urlsplit

STARTS = 15
GIVE_UP = 10.0  # seconds
PAUSE = 0.0005
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def answers(host: str, port: int) -> bool:
    """Whether it says 200 now."""
    try:
        with socket.create_connection((host, port), timeout=GIVE_UP) as connection:
            connection.sendall(REQUEST)
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def start(program: str, host: str, port: int) -> float:
    """Milliseconds of one start."""
    environment = {**os.environ, "DRAIN_SECONDS": "0"}
    began = time.perf_counter()
    with subprocess.Popen([program], env=environment, stderr=subprocess.DEVNULL) as process:
        while not answers(host, port):
            if process.poll() is not None or time.perf_counter() > began + GIVE_UP:
                process.kill()
                raise SystemExit(f"{program} did not start")
            time.sleep(PAUSE)
        took = (time.perf_counter() - began) * 1000
        process.terminate()
        if process.wait(timeout=20) != 0:
            raise SystemExit(f"{program} ended with {process.returncode}")
    return took


def main(what: str, limit: float, program: str, address: str) -> None:
    """The median, and the range that it comes from."""
    where = urlsplit(address)
    times = [start(program, where.hostname or "", where.port or 80) for _ in range(STARTS)]
    median = statistics.median(times)
    found = f"{median:.1f} ({min(times):.1f} to {max(times):.1f})"
    print(f"{what}, ms", found, f"<= {limit:.0f}, median of {STARTS}", "ok" if median <= limit else "FAILED", sep="\t")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4])

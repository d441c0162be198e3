#!/usr/bin/env python3
"""Measures what a request costs tickbox and the database, and how long it takes.

  RATE_LIMITS=off ... tickbox &
  ops/scale/measure.py http://127.0.0.1:8080 PID_OF_TICKBOX PID_OF_MYSQLD [SECONDS]

Prints JSON: for each kind of request the CPU of either program, and throughput and latency with 16
connections that never pause and with 16 that pause between requests. Needs wrk. To see it on a quarter
of a processor, put tickbox into a control group first (cgroup v2; version 1: cpu.cfs_quota_us):

  mkdir /sys/fs/cgroup/quarter && echo '25000 100000' > /sys/fs/cgroup/quarter/cpu.max
  echo PID_OF_TICKBOX > /sys/fs/cgroup/quarter/cgroup.procs
"""

import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.parse

CONNECTIONS = 16
WORDS = """ask aunt bank bike book bread bring buy call cat cheese clean coffee cook dentist doctor dog door
email fix flight garden gift glass hall invoice keys lamp letter mend milk order paint parcel pay plants print
rent repair report return roof school send shirt shoes stamps table taxes ticket train water window write""".split()
PASSWORD = "seven green bottles"
TICKS = os.sysconf("SC_CLK_TCK")
JSON = {"Content-Type": "application/json"}

SCRIPT = """
wrk.method, wrk.body = "%(method)s", [[%(body)s]]
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept-Encoding"] = "gzip"
wrk.headers["%(header)s"] = "%(proof)s"
local pause = %(pause)d
if pause > 0 then
  function delay() return math.random(0, 2 * pause) end
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('{"requests":%%d,"bytes":%%d,"seconds":%%f,"errors":%%d,"p50_ms":%%f,"p99_ms":%%f}',
    summary.requests, summary.bytes, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


class Server:
    """Tickbox, on one connection that stays open."""

    def __init__(self, base, pids):
        self.base, self.pids = base, pids
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(base).netloc, timeout=30)

    def ask(self, method, path, body=None, headers=JSON):
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            sys.exit(f"{path}: {answer.status} {content.decode()}")
        return answer.headers, content

    def call(self, operation, body=None, **headers):
        method = "GET" if body is None else "POST"
        return json.loads(self.ask(method, f"/api/v1/{operation}", body and json.dumps(body), {**JSON, **headers})[1])

    def cpu_us(self):
        """Of the two programs and of what we have started ourselves, since each began."""
        times = os.times()
        used = [times.children_user + times.children_system]
        for pid in self.pids:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            used.append((int(fields[11]) + int(fields[12])) / TICKS)
        return [seconds * 1e6 for seconds in used]


def load(server, request, pause, seconds):
    method, path, body, (header, proof) = request
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(SCRIPT % {"method": method, "body": json.dumps(body) if body else "", "pause": pause, "header": header, "proof": proof})
        file.flush()
        before, began = server.cpu_us(), time.monotonic()
        output = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", file.name, server.base + path],
            check=True, capture_output=True, text=True,
        ).stdout
        elapsed = time.monotonic() - began
    client, app, database = (now - was for now, was in zip(server.cpu_us(), before))
    found = json.loads(output[output.rindex("{"):])
    many = found["requests"]
    return {
        "app_us": round(app / many), "database_us": round(database / many), "client_us": round(client / many),
        "bytes": round(found["bytes"] / many), "rate": round(many / found["seconds"]),
        "p50_ms": round(found["p50_ms"], 1), "p99_ms": round(found["p99_ms"], 1),
        "errors": found["errors"], "processors_used": round((client + app + database) / elapsed / 1e6, 2),
    }


def exchange(server, tokens, seconds):
    """Refresh tokens, each exchanged for the next, with a pause between; wrk cannot follow them."""
    before, took, size, began = server.cpu_us(), [], 0, time.monotonic()
    while time.monotonic() - began < seconds:
        sent = time.monotonic()
        headers, body = server.ask("POST", "/api/v1/refresh_token", json.dumps({"refresh_token": tokens["refresh_token"]}))
        took.append(time.monotonic() - sent)
        size, tokens = len(body) + len(str(headers)), json.loads(body)
        time.sleep(0.003)
    _, app, database = (now - was for now, was in zip(server.cpu_us(), before))
    took.sort()
    return {"app_us": round(app / len(took)), "database_us": round(database / len(took)), "bytes": size, "rate": round(len(took) / seconds),
            "p50_ms": round(took[len(took) // 2] * 1e3, 1), "p99_ms": round(took[len(took) * 99 // 100] * 1e3, 1)}


def main():
    server = Server(sys.argv[1].rstrip("/"), [int(pid) for pid in sys.argv[2:4]])
    seconds = int(sys.argv[4]) if len(sys.argv) > 4 else 8
    credentials = {"username": f"scale-{time.time_ns()}", "password": PASSWORD}
    server.call("register_user", {"first_name": "Ona", "last_name": "Ona", "password_again": PASSWORD, **credentials})
    phone = ("Authorization", f"Bearer {server.call('login', credentials)['token']}")
    for _ in range(50):
        server.call("add_todo", {"description": " ".join(random.choices(WORDS, k=6)).capitalize()}, **dict([phone]))
    place = server.call("todo_changes", **dict([phone]))["next"]
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": server.base}
    headers, _ = server.ask("POST", "/login", urllib.parse.urlencode(credentials), form)
    browser = ("Cookie", "; ".join(line.partition(";")[0] for line in headers.get_all("Set-Cookie")))
    kinds = {
        "list": ("GET", "/", None, browser),
        "sync": ("GET", f"/api/v1/todo_changes?since={place}", None, phone),
        "change": ("POST", "/api/v1/add_todo", {"description": "Something to do"}, phone),
        "login": ("POST", "/api/v1/login", credentials, ("Accept", "application/json")),
    }
    found = {}
    for kind, request in kinds.items():
        load(server, request, 0, 2)  # warms caches, opens connections
        pause = 400 if kind == "login" else 20
        found[kind] = {"saturated": load(server, request, 0, seconds), "paced": {"pause_ms": pause, **load(server, request, pause, seconds)}}
    found["refresh"] = {"one connection": exchange(server, server.call("login", credentials), seconds)}
    json.dump(found, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()

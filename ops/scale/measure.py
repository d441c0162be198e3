#!/usr/bin/env python3
"""Measures what a request costs tickbox and the database, and how long it takes.

  RATE_LIMITS=off ... tickbox &
  ops/scale/measure.py http://127.0.0.1:8080 PID_OF_TICKBOX PID_OF_MYSQLD

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
import urllib.request

CONNECTIONS = 16
WORDS = """ask aunt bank bike book bread bring buy call cat cheese clean coffee cook dentist doctor dog door
email fix flight garden gift glass hall invoice keys lamp letter mend milk order paint parcel pay plants print
rent repair report return roof school send shirt shoes stamps table taxes ticket train water window write""".split()
PASSWORD = "seven green bottles"
TICKS = os.sysconf("SC_CLK_TCK")

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


def call(base, path, body=None, token=None):
    request = urllib.request.Request(base + path, method="GET" if body is None else "POST")
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(request, data, timeout=30) as answer:
        return json.load(answer)


def cookie(base, credentials):
    """What a browser holds that has logged in."""
    host = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(host.hostname, host.port, timeout=30)
    connection.request("POST", "/login", urllib.parse.urlencode(credentials),
                       {"Content-Type": "application/x-www-form-urlencoded", "Origin": base})
    cookies = connection.getresponse().headers.get_all("Set-Cookie")
    connection.close()
    return "; ".join(line.partition(";")[0] for line in cookies)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def children_seconds():
    times = os.times()
    return times.children_user + times.children_system


def load(base, pids, kind, pause, seconds):
    method, path, body, (header, proof) = kind
    script = SCRIPT % {
        "method": method, "body": json.dumps(body) if body else "", "pause": pause,
        "header": header, "proof": proof,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        before, wrk_before = [cpu_seconds(pid) for pid in pids], children_seconds()
        began = time.monotonic()
        output = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", file.name, base + path],
            check=True, capture_output=True, text=True,
        ).stdout
        elapsed = time.monotonic() - began
        used = [cpu_seconds(pid) - was for pid, was in zip(pids, before)]
        wrk_used = children_seconds() - wrk_before
    found = json.loads(output[output.rindex("{"):])
    many = found["requests"]
    return {
        "app_us": round(used[0] / many * 1e6), "database_us": round(used[1] / many * 1e6),
        "client_us": round(wrk_used / many * 1e6), "bytes": round(found["bytes"] / many),
        "rate": round(many / found["seconds"]),
        "p50_ms": round(found["p50_ms"], 1), "p99_ms": round(found["p99_ms"], 1),
        "errors": found["errors"], "processors_used": round((sum(used) + wrk_used) / elapsed, 2),
    }


def exchange(base, pids, tokens, seconds):
    """Refresh tokens, each exchanged for the next, with a pause between; wrk cannot follow them."""
    host = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(host.hostname, host.port, timeout=30)
    before, took, size, began = [cpu_seconds(pid) for pid in pids], [], 0, time.monotonic()
    while time.monotonic() - began < seconds:
        sent = time.monotonic()
        connection.request("POST", "/api/v1/refresh_token", json.dumps({"refresh_token": tokens["refresh_token"]}),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        took.append(time.monotonic() - sent)
        if answer.status != 200:
            sys.exit(f"refresh_token: {answer.status} {body.decode()}")
        size = len(body) + len(str(answer.headers))
        tokens = json.loads(body)
        time.sleep(0.003)
    used = [cpu_seconds(pid) - was for pid, was in zip(pids, before)]
    took.sort()
    return {"app_us": round(used[0] / len(took) * 1e6), "database_us": round(used[1] / len(took) * 1e6),
            "bytes": size, "rate": round(len(took) / seconds), "p50_ms": round(took[len(took) // 2] * 1e3, 1),
            "p99_ms": round(took[len(took) * 99 // 100] * 1e3, 1)}


def main():
    base, pids = sys.argv[1].rstrip("/"), [int(pid) for pid in sys.argv[2:4]]
    seconds = int(sys.argv[4]) if len(sys.argv) > 4 else 8
    name = f"scale-{time.time_ns()}"
    call(base, "/api/v1/register_user", {"first_name": "Ona", "last_name": "Ona", "username": name,
                                  "password": PASSWORD, "password_again": PASSWORD})
    credentials = {"username": name, "password": PASSWORD}
    token = call(base, "/api/v1/login", credentials)["token"]
    for _ in range(50):
        call(base, "/api/v1/add_todo", {"description": " ".join(random.choices(WORDS, k=6)).capitalize()}, token)
    place = call(base, "/api/v1/todo_changes", token=token)["next"]
    phone = ("Authorization", f"Bearer {token}")
    kinds = {
        "list": ("GET", "/", None, ("Cookie", cookie(base, credentials))),
        "sync": ("GET", f"/api/v1/todo_changes?since={place}", None, phone),
        "change": ("POST", "/api/v1/add_todo", {"description": "Something to do"}, phone),
        "login": ("POST", "/api/v1/login", credentials, ("Accept", "application/json")),
    }
    found = {}
    for kind, request in kinds.items():
        load(base, pids, request, 0, 2)  # warms caches, opens connections
        pause = 400 if kind == "login" else 20
        found[kind] = {"saturated": load(base, pids, request, 0, seconds),
                       "paced": {"pause_ms": pause, **load(base, pids, request, pause, seconds)}}
    found["refresh"] = {"one connection": exchange(base, pids, call(base, "/api/v1/login", credentials), seconds)}
    json.dump(found, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()

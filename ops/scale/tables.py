"""The tables of ops/SCALE.md, as text in Markdown."""

import math
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import validate
from deployments import LADDER, monthly_cost, stored_gb
from search import bound, login_storm, most, steady, surge, users_at_peak
from workload import MEASURED, demand, kinds

SIZES = (1_000, 100_000, 10_000_000)
LOGINS = (1, 2, 4, 6, 8)
RAMPS = (60, 300, 900)


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + "|".join("---" if n == 0 else "---:" for n in range(len(heads))) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def rounded(number):
    """To two figures, down: what is promised is not more than was found."""
    step = 10 ** max(0, len(str(int(number))) - 2)
    return f"{int(number) // step * step:,}"


def milliseconds(seconds):
    return f"{seconds * 1e3:.0f}"


def percent(share):
    return f"{share:.0%}".replace("%", " %")


def requests():
    rows = [
        (name, cost["what"], f"{cost['app_us']:,}", f"{cost['database_us']:,}", cost["round_trips"],
         f"{demand().per_day[name]:.2f}", f"{int(1e6 * 0.25 / cost['app_us']):,}", f"{int(1e6 / cost['database_us']):,}")
        for name, cost in MEASURED["requests"].items()
    ]
    return table(["kind", "what", "tickbox µs", "MySQL µs", "round trips", "per user and day", "per s, 0.25 vCPU full", "per s, database vCPU full"], rows)


def capacity_row(deployment):
    shape = deployment.slice()
    best = most(shape, deployment.miss_at)
    if best is None:
        return deployment, None, 0
    return deployment, best, users_at_peak(best.rate) * deployment.databases


def scarcest(best):
    """What stands closest to its limit where the search stopped."""
    uses = {"tasks": best.app_use, "database": best.database_use, "disk": best.disk_use, "pool": best.pool_use}
    return max(uses, key=uses.get)


def capacity(found):
    rows = []
    for deployment, best, users in found:
        what = f"{deployment.tasks} × {deployment.vcpu} vCPU, {deployment.databases} × {deployment.database}"
        if best is None:
            rows.append((deployment.name, what, 0, *["-"] * 9))
            continue
        rows.append((
            deployment.name, what, rounded(users), rounded(best.rate * deployment.databases), milliseconds(best.p99),
            milliseconds(best.login_p99), percent(best.app_use), percent(best.database_use), percent(best.disk_use), percent(best.pool_use),
            scarcest(best), f"{deployment.connections()} of {deployment.max_connections():,}",
            f"{sum(monthly_cost(deployment, users).values()):,.0f}",
        ))
    return table(["deployment", "machines", "users", "requests/s", "p99 ms", "login p99 ms", "tasks busy", "database busy",
                  "disk busy", "pool busy", "scarcest", "connections", "USD a month, full"], rows)


def able(deployment, most_users, users):
    """The deployment if it carries them; a sharded one with as many shards, and as many tasks and
    proxies for each, as that takes; else None."""
    if deployment.proxies:
        shards = max(2, math.ceil(users * deployment.databases / most_users))
        each = lambda many: many * shards // deployment.databases
        return replace(deployment, name=f"{shards} shards by user_id", databases=shards,
                       tasks=each(deployment.tasks), proxies=each(deployment.proxies))
    return deployment if most_users >= users else None


def cheapest(found, users):
    """Of those that have a second task and a standby and carry so many users."""
    fit = [able(deployment, most_users, users) for deployment, best, most_users in found if best and deployment.copies == 2]
    return min(filter(None, fit), key=lambda deployment: sum(monthly_cost(deployment, users).values()))


def costs(found):
    rows = []
    for users in SIZES:
        deployment = cheapest(found, users)
        parts = monthly_cost(deployment, users)
        total = sum(parts.values())
        rows.append((f"{users:,}", deployment.name, f"{demand().peak_rate(users):,.1f}",
                     f"{stored_gb(users):,.1f}", *(f"{part:,.0f}" for part in parts.values()), f"{total:,.0f}", f"{total / users * 1000:,.2f}"))
    parts = monthly_cost(LADDER[0], 1)
    return table(["users", "deployment", "requests/s at peak", "GB", *parts, "USD a month", "per 1,000 users"], rows)


def validation():
    return table(["on", "kind", "clients", "requests/s", "p50 ms", "p99 ms"], list(validate.rows()))


def storm_row(logins):
    shape = LADDER[0].slice()
    base = 0.2 * bound(shape)
    return (logins, login_storm(shape, base, logins))


def storms(found):
    rows = [(logins, milliseconds(seen.p99), milliseconds(seen.login_p99), seen.refused, percent(seen.app_use)) for logins, seen in found]
    return table(["logins a second", "p99 ms of the others", "p99 ms of logins", "refused in a minute", "task busy"], rows)


def surge_row(ramp):
    shape = replace(LADDER[0].slice(), tasks=1)
    return (ramp, *surge(shape, 0.3 * bound(shape), 3, float(ramp)))


def surges(found):
    rows = [(f"{ramp} s", milliseconds(seen.p99), milliseconds(seen.login_p99), seen.refused, tasks) for ramp, seen, tasks in found]
    return table(["threefold within", "p99 ms", "login p99 ms", "refused", "tasks at last"], rows)


def everything():
    """All tables by name; each is the same whenever it is made."""
    with ProcessPoolExecutor() as pool:
        capacities = pool.map(capacity_row, LADDER)
        all_storms = pool.map(storm_row, LOGINS)
        all_surges = pool.map(surge_row, RAMPS)
        capacities = list(capacities)
        return {
            "requests": requests(), "capacity": capacity(capacities), "costs": costs(capacities),
            "storms": storms(list(all_storms)), "surges": surges(list(all_surges)), "validation": validation(),
        }

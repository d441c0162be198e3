"""What Tickbox is deployed on, and what that costs a month."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from system import CONNECTIONS, Shape
from workload import ASSUMED, MEASURED, demand, kinds

PRICES = json.loads((Path(__file__).parent / "prices.json").read_text())
HOURS = 730
MONTH = HOURS * 3600
GB = 1e9
LARGE_VOLUME_GB = 400  # from here RDS stripes over four volumes: 12,000 IOPS instead of 3,000 are included


@dataclass(frozen=True)
class Deployment:
    """`copies` is how many instances each database has: 2 with a standby or an Aurora reader."""

    name: str
    tasks: int
    vcpu: float
    gb: float
    database: str
    commit: str  # single, multi or aurora
    databases: int = 1
    iops: int = 3000
    proxies: int = 0  # of a sharded database: 2 vCPU and 4 GB each, one more round trip for all

    @property
    def copies(self):
        return 1 if self.commit == "single" else 2

    @property
    def database_class(self):
        return PRICES["databases"][self.database]

    def slice(self):
        """One database with its share of the tasks. Users lie on shards by chance and tasks are alike,
        so each slice bears the same load, and one stands for all."""
        return Shape(
            tasks=math.ceil(self.tasks / self.databases), vcpu=self.vcpu,
            database_vcpu=self.database_class["vcpu"], round_trip=ASSUMED["round_trip_ms"] / 1e3 * (2 if self.proxies else 1),
            commit=ASSUMED["commit_ms"][self.commit] / 1e3, iops=self.iops,
            writes_per_flush=ASSUMED["writes_per_flush"], variation=ASSUMED["variation"],
            reads_per_miss=ASSUMED["reads_per_miss"], read=ASSUMED["read_ms"] / 1e3,
        )

    def miss_at(self, rate):
        """The share of requests that find their rows not in memory when each database has that rate: hot
        rows that do not fit the buffer pool, as if each of them were as likely to be asked for."""
        users = rate / demand().peak_rate(1)
        hot = stored_gb(users) * ASSUMED["hot_share_of_rows"]
        pool = self.database_class["gb"] * ASSUMED["buffer_pool_share"]
        return max(0.0, 1 - pool / hot) if hot else 0.0

    def connections(self):
        """That each database may see. Proxies of a sharded one gather them; without any, as many."""
        return self.tasks * CONNECTIONS

    def max_connections(self):
        """What RDS and Aurora set: memory / 12,582,880, of which some is the system's; Aurora other, but more."""
        return int(self.database_class["gb"] * 2**30 * 0.9 / 12_582_880)


def stored_gb(users):
    size = MEASURED["storage_bytes"]
    each = (size["user"] + ASSUMED["todos_per_user"] * size["todo"] + ASSUMED["sessions_per_user"] * size["session"])
    return users * each / GB


def database_cpu_per_user():
    """Mean vCPU that one user's requests take of the databases."""
    every = demand()
    return sum(every.mean_rate(1) * every.share(name) * kind.database for name, kind in kinds().items())


def monthly_cost(deployment, users):
    """Of the deployment with that many users on it, part by part."""
    price = {name: entry["value"] for name, entry in PRICES.items() if isinstance(entry, dict) and "value" in entry}
    a_class, every = deployment.database_class, demand()
    instances = deployment.databases * deployment.copies
    surplus = max(0, users * database_cpu_per_user() - a_class.get("baseline_vcpu", math.inf) * deployment.databases)
    storage = max(20 * deployment.databases, stored_gb(users) * ASSUMED["room_for_growth"])
    requests = every.mean_rate(users) * MONTH
    commits = requests * sum(every.share(name) for name, cost in MEASURED["requests"].items() if cost["writes"])
    egress = sum(every.share(name) * cost["bytes"] for name, cost in MEASURED["requests"].items()) * requests / GB
    if deployment.commit == "aurora":
        reads = requests * deployment.miss_at(every.peak_rate(users) / deployment.databases) * ASSUMED["reads_per_miss"]
        operations = reads + commits * ASSUMED["aurora_io_per_commit"]
        disks = storage * price["aurora_gb_month"] + operations / 1e6 * price["aurora_million_io"]
    else:
        included = 12_000 if storage / deployment.databases >= LARGE_VOLUME_GB else 3_000
        more = max(0, deployment.iops - included) * deployment.databases
        disks = (storage * price["gp3_gb_month"] + more * price["gp3_iops_month"]) * deployment.copies
    balancer_units = max(1, every.mean_rate(users) * ASSUMED["new_connections_per_request"] / 25, egress / HOURS)
    return {
        "tasks": HOURS * (
            (deployment.tasks * deployment.vcpu + 2 * deployment.proxies) * price["fargate_vcpu_hour"]
            + (deployment.tasks * deployment.gb + 4 * deployment.proxies) * price["fargate_gb_hour"]),
        "database": instances * a_class["hour"] * HOURS + surplus * price["t4g_surplus_vcpu_hour"] * HOURS,
        "disks": disks,
        "balancer and addresses": HOURS * (price["alb_hour"] + balancer_units * price["alb_lcu_hour"] + (2 + deployment.tasks) * price["ipv4_hour"]),
        "egress": max(0, egress - 100) * price["egress_gb"],
        "rest": price["fixed_month"],
    }


LADDER = [
    Deployment("one small task", 1, 0.25, 0.5, "db.t4g.micro", "single"),
    Deployment("two small tasks, a standby", 2, 0.25, 0.5, "db.t4g.micro", "multi"),
    Deployment("more small tasks", 6, 0.25, 0.5, "db.r6g.large", "multi"),
    Deployment("whole processors", 4, 1, 2, "db.r6g.xlarge", "multi"),
    Deployment("many tasks, a large database", 16, 1, 2, "db.r6g.4xlarge", "multi", iops=12_000),
    Deployment("Aurora, its writer serves", 16, 1, 2, "aurora db.r6g.4xlarge", "aurora", iops=100_000),
    Deployment("four shards by user_id", 64, 1, 2, "db.r6g.4xlarge", "multi", databases=4, iops=12_000, proxies=16),
]

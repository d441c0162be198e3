"""Holds the dashboard, the alerts, their tests and their README to each other and to metrics.txt.

python3 check.py EXPRESSIONS writes the dashboard's expressions as rules, for promtool to parse, prints
how much was looked at, and names every fault. Standard library only."""

import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import documents  # noqa: E402

# What is not ours: Prometheus' own series, and how a name ends that a histogram makes three of.
FOREIGN = {"up", "ALERTS"}
OF_HISTOGRAMS = ("_bucket", "_sum", "_count")
# Every series has these, from Prometheus; le is a histogram's.
LABELS_OF_ALL = {"job", "instance"}
# What Grafana fills in before Prometheus sees the expression.
VARIABLES = {"$__rate_interval": "5m", "$instance": "a", "$job": "tickbox"}

faults = []


def read_metrics():
    """Name to (type, labels)."""
    metrics = {}
    for line in (HERE / "metrics.txt").read_text().splitlines():
        if line.startswith("#") or not line.strip():
            continue
        name, kind, labels, _ = line.split(None, 3)
        if kind not in {"counter", "gauge", "histogram"}:
            faults.append(f"metrics.txt: {name} has no type that Prometheus knows")
        if (kind == "counter") != name.endswith("_total"):
            faults.append(f"metrics.txt: {name} is a {kind}, and only counters end in _total")
        if name in metrics:
            faults.append(f"metrics.txt: {name} stands there twice")
        metrics[name] = (kind, set() if labels == "-" else set(labels.split(",")))
    return metrics


def labels_of(series, metrics):
    """The labels that a series may have, or none when there is no such series."""
    if series in FOREIGN:
        return None if series == "ALERTS" else LABELS_OF_ALL
    name = next((series.removesuffix(end) for end in OF_HISTOGRAMS if series.endswith(end)), series)
    kind, labels = metrics.get(name, (None, set()))
    if kind is None or (kind == "histogram") != (series != name):
        faults.append(f"{series} is not in metrics.txt, or not of that type")
        return None
    return labels | LABELS_OF_ALL | ({"le"} if series.endswith("_bucket") else set())


def check_expression(where, expression, metrics):
    """Every series of ours is in the list, and so is each label in its braces."""
    found = re.findall(r"\b(tickbox_\w+|up)\b(?!:)(?:\{(.*?)\})?", expression)
    if not found and "tickbox:" not in expression:
        faults.append(f"{where}: names no metric: {expression}")
    for series, matchers in found:
        known = labels_of(series, metrics)
        for label in re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', matchers):
            if known is not None and label not in known:
                faults.append(f"{where}: {series} has no label {label}")
    return {series for series, _ in found}


def check_dashboard(metrics, rules_file):
    """Each panel explains itself; its expressions go to a file of rules."""
    board = json.loads((HERE / "dashboard.json").read_text())
    expressions, used = [], set()
    ids = [panel["id"] for panel in board["panels"]]
    if len(ids) != len(set(ids)):
        faults.append("dashboard.json: two panels have one id")
    for panel in board["panels"]:
        if panel["type"] == "row":
            continue
        title = panel.get("title") or f"panel {panel['id']}"
        for what, there in [
            ("title", panel.get("title")),
            ("description", panel.get("description")),
            ("unit", panel["fieldConfig"]["defaults"].get("unit")),
            ("expression", panel.get("targets")),
        ]:
            if not there:
                faults.append(f"dashboard.json: {title} has no {what}")
        for target in panel.get("targets", []):
            if target["datasource"]["uid"] != "${datasource}":
                faults.append(f"dashboard.json: {title} asks a data source of its own")
            expressions.append(target["expr"])
            used |= check_expression(f"dashboard.json, {title}", target["expr"], metrics)
    rules = []
    for number, expression in enumerate(expressions):
        for variable, value in VARIABLES.items():
            expression = expression.replace(variable, value)
        if "$" in expression:
            faults.append(f"dashboard.json: a variable that nobody fills in: {expression}")
        rules.append({"record": f"panel:expression:{number}", "expr": expression})
    # JSON is YAML, so promtool reads it.
    rules_file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    return len(expressions), used


def check_alerts(metrics):
    """Each alert has its heading in the README and is tested firing and silent."""
    text = (HERE / "alerts.yml").read_text()
    tests = (HERE / "alerts.test.yml").read_text()
    anchors = documents.anchors((HERE / "README.md").read_text())
    alerts = re.split(r"^      - alert: ", text, flags=re.M)[1:]
    for alert in alerts:
        name = alert.split()[0]
        for needed in ("severity: ", "summary: ", "action: ", "runbook: ops/observe/README.md#"):
            if needed not in alert:
                faults.append(f"alerts.yml: {name} has no {needed.strip(': ')}")
        for target in re.findall(r"runbook: ops/observe/README\.md#(\S+)", alert):
            if target not in anchors:
                faults.append(f"README.md has no heading #{target}, which {name} points to")
        if not re.search(rf"alertname: {name}\n\s+exp_alerts:\n\s+- exp_labels", tests):
            faults.append(f"alerts.test.yml: {name} is never seen to fire")
        if not re.search(rf"alertname: {name}, exp_alerts: \[\]", tests):
            faults.append(f"alerts.test.yml: {name} is never seen to stay silent")
    used = set()
    blocks = re.findall(r"^        expr: (?:\|\n((?:          .*\n)+)|(.*)\n)", text, flags=re.M)
    for block, line in blocks:
        used |= check_expression("alerts.yml", block or line, metrics)
    return len(alerts), used


def main():
    metrics = read_metrics()
    panels, shown = check_dashboard(metrics, pathlib.Path(sys.argv[1]))
    alerts, watched = check_alerts(metrics)
    for name, (kind, _) in metrics.items():
        series = {name + end for end in OF_HISTOGRAMS} if kind == "histogram" else {name}
        if not series & (shown | watched):
            faults.append(f"metrics.txt: nothing shows or watches {name}")
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{alerts} alerts, {panels} expressions of the dashboard, {len(metrics)} metrics")
    sys.exit(bool(faults) or not alerts or not panels)


main()

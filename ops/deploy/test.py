"""Does ops/deploy/run notice? The real AWS command line drives it against a small ECS of our own.

python test.py, by a Python that has awscli. The command line checks every call against the
API's description before it sends it; what is answered here has the shape that ECS answers with. Each test is a
course of events: what the task and the deployment come to, call after call. Standard library only."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aws_server import CLIENT

RUN = pathlib.Path(__file__).parent / "run"
PREFIX = "arn:aws:ecs:eu-central-1:123456789012:"
OLD = "docker.io/owner/tickbox@sha256:" + "0" * 64
NEW = "docker.io/owner/tickbox@sha256:" + "a" * 64
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}}
# What the deploy role may ask for; anything else is refused.
MAY = {"DescribeServices", "DescribeTaskDefinition", "RegisterTaskDefinition", "RunTask", "DescribeTasks", "UpdateService", "GetLogEvents"}

TASK = f"{PREFIX}task/staging-tickbox/0123456789abcdef"
STARTING = {"lastStatus": "PROVISIONING"}
RUNNING = {"lastStatus": "RUNNING"}


def ended(status, reason="Essential container in task exited"):
    return {"lastStatus": "STOPPED", "stoppedReason": reason, "status": status}


DONE = [STARTING, RUNNING, ended(0)]
COMING = {"status": "PRIMARY", "rolloutState": "IN_PROGRESS", "desiredCount": 2, "runningCount": 1}
COMPLETE = {"status": "PRIMARY", "rolloutState": "COMPLETED", "desiredCount": 2, "runningCount": 2}
BROKEN = {"status": "ACTIVE", "rolloutState": "FAILED", "rolloutStateReason": "ECS deployment circuit breaker: tasks failed to start.",
          "desiredCount": 0, "runningCount": 0, "failedTasks": 3}
GONE = None


def revision(number):
    return f"{PREFIX}task-definition/staging-tickbox:{number}"


def definition(number, image, label=None, **more):
    container = {
        "name": "tickbox", "image": image, "essential": True, "environment": [{"name": "DB_TLS", "value": "verify"}],
        "repositoryCredentials": {"credentialsParameter": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:staging/registry_creds"},
        "logConfiguration": {"logDriver": "awslogs", "options": {
            "awslogs-group": "/ecs/staging-tickbox", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "tickbox"}},
    }
    if label:
        container["dockerLabels"] = {"tickbox.sequence": label}
    return {
        "taskDefinitionArn": revision(number), "family": "staging-tickbox", "revision": number, "status": "ACTIVE",
        "containerDefinitions": [container], "cpu": "256", "memory": "512", "networkMode": "awsvpc", "volumes": [],
        "requiresCompatibilities": ["FARGATE"], "compatibilities": ["EC2", "FARGATE"], "requiresAttributes": [{"name": "ecs.capability.fargate"}],
        "executionRoleArn": "arn:aws:iam::123456789012:role/staging-ecsTaskExecutionRole", "registeredAt": 1700000000, "registeredBy": "somebody",
        "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}, **more,
    }


class Refused(Exception):
    """An error of the API: its name, and what it says."""


class Ecs:
    """staging-tickbox with its service on revision 5; Terraform has made 7 since."""

    def __init__(self, task=DONE, deployment=(COMING, COMPLETE), label="40", service="ACTIVE", failures=(), meanwhile=None, throttled=0, log=('{"message":"migrated"}',)):
        self.task, self.deployment, self.service, self.failures = list(task), list(deployment), service, list(failures)
        self.meanwhile, self.throttled, self.log = meanwhile, throttled, log
        self.definitions = {5: definition(5, OLD, label), 7: definition(7, OLD, cpu="512")}
        self.serving = revision(5)
        self.updated = False
        self.asked = []  # (operation, parameters)

    def calls(self):
        return [operation for operation, _ in self.asked]

    def last(self, operation):
        return [parameters for name, parameters in self.asked if name == operation][-1]

    def answer(self, operation, parameters):
        if self.throttled:
            self.throttled -= 1
            raise Refused("ThrottlingException", "Rate exceeded")
        self.asked.append((operation, parameters))
        if operation not in MAY:
            raise Refused("AccessDeniedException", f"not authorized to perform {operation}")
        if parameters.get("cluster", "staging-tickbox") != "staging-tickbox":
            raise Refused("ClusterNotFoundException", "Cluster not found.")
        return getattr(self, operation)(**parameters)

    def DescribeServices(self, cluster, services):
        if services != ["tickbox"] or not self.service:
            return {"services": [], "failures": [{"arn": "tickbox", "reason": "MISSING"}]}
        return {"services": [self.described()], "failures": []}

    def described(self):
        deployments = [{"id": "ecs-svc/1", "status": "PRIMARY", "taskDefinition": revision(5), "rolloutState": "COMPLETED", "desiredCount": 2, "runningCount": 2}]
        if self.updated:
            ours = self.deployment[0]
            if len(self.deployment) > 1:
                self.deployment.pop(0)
            if ours is GONE or ours["status"] != "PRIMARY":
                self.serving = revision(5)
            else:
                deployments[0] |= {"status": "ACTIVE"}
            if ours is not GONE:
                deployments.insert(0, {"id": "ecs-svc/2", "taskDefinition": revision(8)} | ours)
        return {"serviceName": "tickbox", "status": self.service, "taskDefinition": self.serving, "networkConfiguration": NETWORK,
                "deployments": deployments, "desiredCount": 2, "runningCount": 2,
                "events": [{"id": "1", "createdAt": 1700000000, "message": "(service tickbox) (task 0f) failed container health checks."}]}

    def DescribeTaskDefinition(self, taskDefinition):
        number = max(self.definitions) if taskDefinition == "staging-tickbox" else int(taskDefinition.rpartition(":")[2])
        return {"taskDefinition": self.definitions[number]}

    def RegisterTaskDefinition(self, **registered):
        self.definitions[8] = registered | {"taskDefinitionArn": revision(8), "revision": 8, "status": "ACTIVE"}
        return {"taskDefinition": self.definitions[8]}

    def RunTask(self, **_):
        return {"tasks": [] if self.failures else [{"taskArn": TASK, "lastStatus": "PROVISIONING"}], "failures": self.failures}

    def DescribeTasks(self, cluster, tasks):
        now = self.task[0]
        if len(self.task) > 1:
            self.task.pop(0)
        if now is None:
            return {"tasks": [], "failures": [{"arn": tasks[0], "reason": "MISSING"}]}
        if now["lastStatus"] == "STOPPED" and self.meanwhile:
            self.serving = self.meanwhile
        container = {"name": "tickbox", "lastStatus": now["lastStatus"]}
        if isinstance(now.get("status"), int):
            container["exitCode"] = now["status"]
        return {"tasks": [{"taskArn": tasks[0], "containers": [container]} | {key: now[key] for key in now if key != "status"}], "failures": []}

    def UpdateService(self, cluster, service, taskDefinition):
        self.serving, self.updated = taskDefinition, True
        return {"service": {"deployments": [
            {"id": "ecs-svc/2", "status": "PRIMARY", "taskDefinition": taskDefinition, "rolloutState": "IN_PROGRESS"},
            {"id": "ecs-svc/1", "status": "ACTIVE", "taskDefinition": revision(5), "rolloutState": "COMPLETED"}]}}

    def GetLogEvents(self, logGroupName, logStreamName, limit):
        if not self.log or (logGroupName, logStreamName) != ("/ecs/staging-tickbox", "tickbox/tickbox/0123456789abcdef"):
            raise Refused("ResourceNotFoundException", "The specified log stream does not exist.")
        return {"events": [{"timestamp": 1, "ingestionTime": 1, "message": line} for line in self.log]}


def serve(ecs):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            parameters = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, answer = 200, None
            try:
                answer = ecs.answer(self.headers["x-amz-target"].rpartition(".")[2], parameters)
            except Refused as refused:
                status, answer = 400, {"__type": refused.args[0], "message": refused.args[1]}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/x-amz-json-1.1")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Outcome:
    """How ops/deploy/run ended beside this ECS."""

    def __init__(self, ecs, *words, **settings):
        self.ecs = ecs
        server = serve(ecs)
        with tempfile.TemporaryDirectory() as folder:
            summary = pathlib.Path(folder) / "summary.md"
            summary.touch()
            self.process = subprocess.run(
                [RUN, *(words or ("staging", NEW))], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
                env={"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": folder, "TMPDIR": folder, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_address[1]}",
                     "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1",
                     "NO_PROXY": "127.0.0.1", "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "SEQUENCE": "41",
                     "POLL_SECONDS": "0", "MIGRATION_SECONDS": "60", "ROLLOUT_SECONDS": "60"} | settings)
            self.summary = summary.read_text()
            self.left = sorted(path.name for path in pathlib.Path(folder).iterdir() if path != summary and path.name != ".aws")
        server.shutdown()
        server.server_close()

    @property
    def said(self):
        return self.process.stdout + self.process.stderr


# name of the test -> (ECS, words, settings); they run at once, since the command line takes its time
COURSES = {
    "success": (Ecs(), (), {}),
    "again": (Ecs(label="41"), (), {}),
    "first": (Ecs(label=None, task=[None, *DONE]), (), {}),
    "throttled": (Ecs(throttled=2), (), {}),
    "migration_fails": (Ecs(task=[RUNNING, ended(1)], log=("::warning::not a command", "database is locked")), (), {}),
    "migration_never_starts": (Ecs(task=[STARTING, ended(None, "CannotPullContainerError: pull access denied")], log=()), (), {}),
    "migration_cannot_run": (Ecs(failures=[{"reason": "RESOURCE:ENI", "detail": "no address is left"}]), (), {}),
    "migration_hangs": (Ecs(task=[RUNNING]), (), {"MIGRATION_SECONDS": "1"}),
    "somebody_else": (Ecs(meanwhile=revision(3)), (), {}),
    "breaker": (Ecs(deployment=[COMING, BROKEN]), (), {}),
    "rolled_back_and_stable": (Ecs(deployment=[COMING, GONE]), (), {}),
    "replaced": (Ecs(deployment=[COMING, COMING | {"status": "ACTIVE"}]), (), {}),
    "complete_but_replaced": (Ecs(deployment=[COMPLETE | {"status": "ACTIVE"}]), (), {}),
    "rollout_hangs": (Ecs(deployment=[COMING]), (), {"ROLLOUT_SECONDS": "1"}),
    "no_task": (Ecs(deployment=[COMPLETE | {"desiredCount": 0, "runningCount": 0}]), (), {}),
    "overtaken": (Ecs(label="42"), (), {}),
    "by_hand": (Ecs(label="42"), (), {"SEQUENCE": ""}),
    "no_service": (Ecs(service=None), (), {}),
    "service_drains": (Ecs(service="DRAINING"), (), {}),
    "other_cluster": (Ecs(), ("production", NEW), {}),
    "tag": (Ecs(), ("staging", "docker.io/owner/tickbox:latest"), {}),
    "short_digest": (Ecs(), ("staging", NEW[:-1]), {}),
    "unknown_environment": (Ecs(), ("Staging", NEW), {}),
    "no_image": (Ecs(), ("staging",), {}),
    "strange_sequence": (Ecs(), (), {"SEQUENCE": "41; true"}),
}


class Deploys(unittest.TestCase):
    outcomes: dict

    @classmethod
    def setUpClass(cls):
        with ThreadPoolExecutor(4) as pool:
            cls.outcomes = dict(zip(COURSES, pool.map(lambda course: Outcome(course[0], *course[1], **course[2]), COURSES.values())))

    def serves(self, name):
        outcome = self.outcomes[name]
        self.assertEqual(outcome.process.returncode, 0, outcome.said)
        self.assertEqual(outcome.ecs.serving, revision(8))
        self.assertIn("Deployed to staging", outcome.summary)
        self.assertNotIn("::error", outcome.said)
        self.assertEqual(outcome.left, [])
        return outcome

    def refuses(self, name, *words, updated=False):
        """Says so in the log, above the job and in its summary; the service is touched only where said."""
        outcome = self.outcomes[name]
        self.assertEqual(outcome.process.returncode, 1, outcome.said)
        self.assertEqual("UpdateService" in outcome.ecs.calls(), updated, outcome.said)
        self.assertRegex(outcome.said, "(?m)^::error::Not deployed to staging: ")
        for word in words:
            self.assertIn(word, outcome.said)
            self.assertIn(word, outcome.summary)
        self.assertNotIn("Deployed to", outcome.summary)
        self.assertEqual(outcome.left, [])
        return outcome

    def turns_away(self, name, *words, status=1):
        """Before anything is asked."""
        outcome = self.outcomes[name]
        self.assertEqual(outcome.process.returncode, status, outcome.said)
        self.assertEqual(outcome.ecs.asked, [])
        for word in words:
            self.assertIn(word, outcome.said)

    def test_it_migrates_then_updates_then_follows(self):
        ecs = self.serves("success").ecs
        self.assertEqual(ecs.calls(), ["DescribeServices", "DescribeTaskDefinition", "DescribeTaskDefinition", "RegisterTaskDefinition", "RunTask",
                                       "DescribeTasks", "DescribeTasks", "DescribeTasks", "GetLogEvents", "DescribeServices", "UpdateService",
                                       "DescribeServices", "DescribeServices"])
        self.assertEqual(ecs.last("UpdateService"), {"cluster": "staging-tickbox", "service": "tickbox", "taskDefinition": revision(8)})

    def test_the_revision_is_the_newest_of_the_family_with_this_image(self):
        expected = definition(7, NEW, label="41", cpu="512")
        for answered in ("taskDefinitionArn", "revision", "status", "compatibilities", "requiresAttributes", "registeredAt", "registeredBy"):
            del expected[answered]
        self.assertEqual(self.outcomes["success"].ecs.last("RegisterTaskDefinition"), expected)

    def test_the_migration_runs_the_new_revision_in_the_service_s_network(self):
        asked = self.outcomes["success"].ecs.last("RunTask")
        asked.pop("clientToken", None)
        self.assertEqual(asked, {
            "cluster": "staging-tickbox", "taskDefinition": revision(8), "count": 1, "launchType": "FARGATE", "networkConfiguration": NETWORK,
            "overrides": {"containerOverrides": [{"name": "tickbox", "command": ["migrate"]}]}})

    def test_what_it_says_of_a_success(self):
        outcome = self.serves("success")
        for word in (NEW, "staging-tickbox:8", "before it `staging-tickbox:5`", "2 of 2 tasks"):
            self.assertIn(word, outcome.summary)
        self.assertIn('    {"message":"migrated"}\n', outcome.said)

    def test_the_same_run_may_deploy_again(self):
        self.serves("again")

    def test_the_first_deployment_knows_of_no_other(self):
        self.serves("first")

    def test_throttled_calls_are_repeated(self):
        self.assertEqual(self.serves("throttled").ecs.throttled, 0)

    def test_a_migration_that_fails_ends_it(self):
        self.refuses("migration_fails", "status 1", "Essential container in task exited")

    def test_lines_of_the_log_are_no_commands_to_the_runner(self):
        said = self.outcomes["migration_fails"].said
        self.assertIn("    database is locked\n", said)
        fenced = re.search(r"(?ms)^::stop-commands::(\w{32})$(.*?)^::\1::$", said)
        self.assertIn("::warning::not a command", fenced[2])

    def test_a_migration_that_never_starts_says_why(self):
        self.refuses("migration_never_starts", "CannotPullContainerError: pull access denied")
        self.assertIn("It has left no log.", self.outcomes["migration_never_starts"].said)

    def test_a_migration_without_a_place_says_why(self):
        self.refuses("migration_cannot_run", "RESOURCE:ENI: no address is left")

    def test_a_migration_that_takes_long_is_left_alone(self):
        self.refuses("migration_hangs", "left running", TASK)
        self.assertNotIn("StopTask", self.outcomes["migration_hangs"].ecs.calls())

    def test_a_service_that_somebody_changes_meanwhile_is_left_alone(self):
        self.refuses("somebody_else", revision(3))

    def test_the_circuit_breaker_is_a_failure(self):
        outcome = self.refuses("breaker", "circuit breaker: tasks failed to start", revision(5), updated=True)
        self.assertIn("failed container health checks", outcome.said)

    def test_a_service_that_is_stable_on_the_revision_before_is_a_failure(self):
        self.refuses("rolled_back_and_stable", "it is gone", revision(5), updated=True)

    def test_another_deployment_in_its_place_is_a_failure(self):
        self.refuses("replaced", "another took its place", updated=True)
        self.refuses("complete_but_replaced", "another took its place", updated=True)

    def test_a_deployment_that_takes_long_is_a_failure(self):
        self.refuses("rollout_hangs", "1 of 2 tasks run", updated=True)

    def test_no_task_is_said(self):
        self.assertIn("::notice::staging-tickbox is scaled to no task", self.serves("no_task").said)

    def test_a_later_run_is_not_undone(self):
        outcome = self.refuses("overtaken", "run 42", "run 41")
        self.assertNotIn("RegisterTaskDefinition", outcome.ecs.calls())

    def test_by_hand_one_may_go_back_and_the_number_stays(self):
        registered = self.serves("by_hand").ecs.last("RegisterTaskDefinition")
        self.assertEqual(registered["containerDefinitions"][0]["dockerLabels"], {"tickbox.sequence": "42"})

    def test_without_a_service_nothing_is_registered(self):
        self.assertEqual(self.refuses("no_service", "MISSING").ecs.calls(), ["DescribeServices"])
        self.assertEqual(self.refuses("service_drains", "DRAINING").ecs.calls(), ["DescribeServices"])

    def test_each_environment_has_its_cluster(self):
        outcome = self.outcomes["other_cluster"]
        self.assertNotEqual(outcome.process.returncode, 0)
        self.assertEqual(outcome.ecs.asked, [("DescribeServices", {"cluster": "production-tickbox", "services": ["tickbox"]})])
        self.assertIn("ClusterNotFoundException", outcome.said)
        self.assertIn("Not deployed to production", outcome.summary)

    def test_an_image_without_its_digest_is_turned_away(self):
        self.turns_away("tag", "by its digest")
        self.turns_away("short_digest", "by its digest")

    def test_words_that_it_does_not_know_are_turned_away(self):
        self.turns_away("unknown_environment", "no Staging")
        self.turns_away("no_image", "./ops/deploy/run staging|production", status=2)
        self.turns_away("strange_sequence", "not a number")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as BIN:
        path = f"{BIN}/socket"
        server = subprocess.Popen([sys.executable, pathlib.Path(__file__).parent / "aws_server.py", path], stdout=subprocess.PIPE, text=True)
        try:
            if server.stdout.readline() != "ready\n":
                sys.exit("the AWS command line did not start")
            client = pathlib.Path(BIN) / "aws"
            client.write_text(CLIENT.format(python=sys.executable, path=path))
            client.chmod(0o755)
            unittest.main()
        finally:
            server.terminate()

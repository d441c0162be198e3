"""Does ops/deploy/run notice? The real AWS command line drives it against a small ECS of our own.

pytest test.py, by a Python that has awscli. The command line checks every call against the API's description
before it sends it; what is answered here has the shape that ECS answers with. Each course is what the task and
the deployment come to, call after call, and how the script must end then."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

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

    def handle(self, request: Request):
        try:
            status, answer = 200, self.answer(request.headers["x-amz-target"].rpartition(".")[2], request.get_json(force=True))
        except Refused as refused:
            status, answer = 400, {"__type": refused.args[0], "message": refused.args[1]}
        return Response(json.dumps(answer), status, content_type="application/x-amz-json-1.1")

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


@dataclass
class Course:
    """One run of ops/deploy/run beside this ECS: with which words and settings, and how it must end."""

    ecs: Ecs
    status: int
    says: tuple = ()
    updated: bool = False  # whether the service was given the new revision
    asks: bool = True  # whether anything is asked of AWS at all
    words: tuple = ("staging", NEW)
    settings: dict = field(default_factory=dict)

    def run(self, programs):
        with tempfile.TemporaryDirectory() as folder, HTTPServer() as server:
            server.expect_request("/", method="POST").respond_with_handler(self.ecs.handle)
            summary = pathlib.Path(folder) / "summary.md"
            summary.touch()
            process = subprocess.run(
                [RUN, *self.words], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
                env={"PATH": f"{programs}:{os.environ['PATH']}", "HOME": folder, "TMPDIR": folder, "AWS_ENDPOINT_URL": server.url_for(""),
                     "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1",
                     "NO_PROXY": server.host, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "SEQUENCE": "41",
                     "POLL_SECONDS": "0", "MIGRATION_SECONDS": "60", "ROLLOUT_SECONDS": "60"} | self.settings)
            self.found, self.said, self.summary = process.returncode, process.stdout + process.stderr, summary.read_text()
            self.left = sorted(path.name for path in pathlib.Path(folder).iterdir() if path != summary and path.name != ".aws")


def serves(says=(), settings=(), **ecs):
    return Course(Ecs(**ecs), 0, ("Deployed to staging", *says), updated=True, settings=dict(settings))


def refuses(*says, settings=(), updated=False, **ecs):
    return Course(Ecs(**ecs), 1, ("Not deployed to staging", *says), updated, settings=dict(settings))


def turns_away(says, words=("staging", NEW), status=1, settings=()):
    return Course(Ecs(), status, (says,), asks=False, words=words, settings=dict(settings))


COURSES = {
    "success": serves((NEW, "staging-tickbox:8", "before it `staging-tickbox:5`", "2 of 2 tasks")),
    "the same run may deploy again": serves(label="41"),
    "the first deployment knows of no other": serves(label=None, task=[None, *DONE]),
    "throttled calls are repeated": serves(throttled=2),
    "no task is no failure": serves(deployment=[COMPLETE | {"desiredCount": 0, "runningCount": 0}]),
    "by hand one may go back": serves(label="42", settings={"SEQUENCE": ""}),
    "a migration fails": refuses("status 1", "Essential container in task exited", task=[RUNNING, ended(1)],
                                 log=("::warning::not a command", "database is locked")),
    "a migration never starts": refuses("CannotPullContainerError: pull access denied", log=(),
                                        task=[STARTING, ended(None, "CannotPullContainerError: pull access denied")]),
    "a migration has no place": refuses("RESOURCE:ENI: no address is left", failures=[{"reason": "RESOURCE:ENI", "detail": "no address is left"}]),
    "a migration takes long": refuses("left running", TASK, task=[RUNNING], settings={"MIGRATION_SECONDS": "1"}),
    "somebody changes the service meanwhile": refuses(revision(3), meanwhile=revision(3)),
    "the circuit breaker": refuses("circuit breaker: tasks failed to start", revision(5), updated=True, deployment=[COMING, BROKEN]),
    "stable on the revision before": refuses("it is gone", revision(5), updated=True, deployment=[COMING, GONE]),
    "another deployment in its place": refuses("another took its place", updated=True, deployment=[COMING, COMING | {"status": "ACTIVE"}]),
    "complete, and replaced": refuses("another took its place", updated=True, deployment=[COMPLETE | {"status": "ACTIVE"}]),
    "a deployment takes long": refuses("1 of 2 tasks run", updated=True, deployment=[COMING], settings={"ROLLOUT_SECONDS": "1"}),
    "a later run is not undone": refuses("run 42", "run 41", label="42"),
    "there is no service": refuses("MISSING", service=None),
    "the service drains": refuses("DRAINING", service="DRAINING"),
    "each environment has its cluster": Course(Ecs(), 255, ("Not deployed to production",), words=("production", NEW)),
    "a tag": turns_away("by its digest", ("staging", "docker.io/owner/tickbox:latest")),
    "a short digest": turns_away("by its digest", ("staging", NEW[:-1])),
    "an unknown environment": turns_away("no Staging", ("Staging", NEW)),
    "no image": turns_away("./ops/deploy/run staging|production", ("staging",), status=2),
    "a strange sequence": turns_away("not a number", settings={"SEQUENCE": "41; true"}),
}


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """All courses, at once since the command line takes its time."""
    programs = tmp_path_factory.mktemp("bin")
    path, client = programs / "socket", programs / "aws"
    server = subprocess.Popen([sys.executable, pathlib.Path(__file__).parent / "aws_server.py", path], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout.readline() == "ready\n", "the AWS command line did not start"
        client.write_text(CLIENT.format(python=sys.executable, path=str(path)))
        client.chmod(0o755)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda course: course.run(programs), COURSES.values()))
        yield COURSES
    finally:
        server.terminate()


@pytest.mark.parametrize("name", COURSES)
def test_ends_as_it_must(run, name):
    """It says so in the log, above the job and in its summary; the service is touched only where it may be."""
    course = run[name]
    assert course.found == course.status, course.said
    assert ("UpdateService" in course.ecs.calls()) == course.updated
    assert bool(course.ecs.asked) == course.asks
    assert course.left == []
    for words in course.says:
        assert words in (course.summary if course.asks else course.said)
    if course.asks:
        assert ("### Deployed to" in course.summary) == (course.status == 0)
        assert ("::error" in course.said) == ("::error::Not deployed to staging: " in course.said) == (course.status == 1)
    if course.status == 0:
        assert course.ecs.serving == revision(8)
    elif course.status == 1 and course.asks:
        assert all(words in course.said for words in course.says)


def test_it_migrates_then_updates_then_follows(run):
    course = run["success"]
    assert course.ecs.calls() == [
        "DescribeServices", "DescribeTaskDefinition", "DescribeTaskDefinition", "RegisterTaskDefinition", "RunTask", "DescribeTasks",
        "DescribeTasks", "DescribeTasks", "GetLogEvents", "DescribeServices", "UpdateService", "DescribeServices", "DescribeServices"]
    assert course.ecs.last("UpdateService") == {"cluster": "staging-tickbox", "service": "tickbox", "taskDefinition": revision(8)}
    assert '    {"message":"migrated"}\n' in course.said


def test_the_revision_is_the_newest_of_the_family_with_this_image(run):
    answered = {"taskDefinitionArn", "revision", "status", "compatibilities", "requiresAttributes", "registeredAt", "registeredBy"}
    expected = definition(7, NEW, label="41", cpu="512")
    assert run["success"].ecs.last("RegisterTaskDefinition") == {name: expected[name] for name in expected.keys() - answered}


def test_the_migration_runs_the_new_revision_in_the_service_s_network(run):
    asked = run["success"].ecs.last("RunTask")
    asked.pop("clientToken", None)
    assert asked == {
        "cluster": "staging-tickbox", "taskDefinition": revision(8), "count": 1, "launchType": "FARGATE", "networkConfiguration": NETWORK,
        "overrides": {"containerOverrides": [{"name": "tickbox", "command": ["migrate"]}]}}


def test_lines_of_the_log_are_no_commands_to_the_runner(run):
    said = run["a migration fails"].said
    assert "    database is locked\n" in said
    assert "::warning::not a command" in re.search(r"(?ms)^::stop-commands::(\w{32})$(.*?)^::\1::$", said)[2]


def test_what_else_it_says_and_asks(run):
    assert run["throttled calls are repeated"].ecs.throttled == 0
    assert "It has left no log." in run["a migration never starts"].said
    assert "StopTask" not in run["a migration takes long"].ecs.calls()
    assert "failed container health checks" in run["the circuit breaker"].said
    assert "::notice::staging-tickbox is scaled to no task" in run["no task is no failure"].said
    assert "RegisterTaskDefinition" not in run["a later run is not undone"].ecs.calls()
    for name in ("there is no service", "the service drains"):
        assert run[name].ecs.calls() == ["DescribeServices"]
    registered = run["by hand one may go back"].ecs.last("RegisterTaskDefinition")
    assert registered["containerDefinitions"][0]["dockerLabels"] == {"tickbox.sequence": "42"}
    production = run["each environment has its cluster"]
    assert production.ecs.asked == [("DescribeServices", {"cluster": "production-tickbox", "services": ["tickbox"]})]
    assert "ClusterNotFoundException" in production.said

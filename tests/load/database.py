"""The database server: connections to it, and what it counts."""

import ssl
from dataclasses import dataclass

import pymysql
from pymysql.constants import CR


@dataclass(frozen=True)
class Login:
    """Where the server is and who asks."""

    port: int
    user: str
    password: str
    name: str = "tickbox"

    def url(self, tls: str = "disabled") -> str:
        return f"mysql://{self.user}:{self.password}@127.0.0.1:{self.port}/{self.name}?ssl-mode={tls}"

    def connect(self) -> pymysql.Connection:
        # Over TLS: without it MySQL takes a password only if it has seen it before. That it is the
        # right server needs no proof, we have just started it. MariaDB without TLS does without.
        unverified = ssl.create_default_context()
        unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
        try:
            return self._connect(ssl=unverified)
        except pymysql.err.OperationalError as error:
            if error.args[0] != CR.CR_SSL_CONNECTION_ERROR:
                raise
            return self._connect()

    def _connect(self, **options) -> pymysql.Connection:
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user=self.user,
            password=self.password,
            database=self.name,
            charset="utf8mb4",
            local_infile=True,
            **options,
        )


# Statements and other commands of clients. Questions leaves out what the last three count.
STATEMENTS = "Questions"
COMMANDS = {"pings": "Com_admin_commands", "prepares": "Com_stmt_prepare", "closes": "Com_stmt_close"}
TRANSACTIONS = {"commits": "Com_commit", "rollbacks": "Com_rollback"}
# What the engine was asked for, whichever way: each row counts once in one of these, and so does a
# look that finds none, such as into an empty range or behind the end of one.
_LOOKS = (
    "Handler_read_first",
    "Handler_read_key",
    "Handler_read_last",
    "Handler_read_next",
    "Handler_read_prev",
    "Handler_read_rnd",
    "Handler_read_rnd_next",
)
# A condition that is pushed down to the engine drops rows which the counters above never see: without
# this, a page that reads a whole list and drops most of it would look as cheap as one that does not.
_DROPPED = "icp_no_match"
_METRICS = "SELECT name, count FROM information_schema.innodb_metrics WHERE name = %s"
# Rows alone, without the looks that found none.
_FOUND = "Innodb_rows_read"


@dataclass(frozen=True)
class Counts:
    """What the server did between two looks at its counters."""

    statements: int
    pings: int
    prepares: int
    closes: int
    commits: int
    rollbacks: int
    looks: int  # for rows, dropped ones included
    dropped: int  # of these, read and dropped by a condition
    found: int  # of these, read and given to the server

    @property
    def idle_commands(self) -> tuple[int, int, int]:
        return self.pings, self.prepares, self.closes


class Counters:
    """The server's own counters, over a connection of ours. Nobody else may work meanwhile."""

    def __init__(self, login: Login):
        self.connection = login.connect()
        with self.connection.cursor() as cursor:
            cursor.execute("SET GLOBAL innodb_monitor_enable = 'module_icp'")
        self.begin()
        # What looking itself costs is counted like everything else, and the same each time.
        self.own = self._difference()
        assert self._difference() == self.own, "somebody else works on the database"

    def _look(self) -> dict[str, int]:
        with self.connection.cursor() as cursor:
            cursor.execute("SHOW GLOBAL STATUS")
            found = {name: int(value) for name, value in cursor.fetchall() if value.isdigit()}
            cursor.execute(_METRICS, _DROPPED)
            return found | dict(cursor.fetchall())

    def begin(self) -> None:
        self.before = self._look()

    def _difference(self) -> dict[str, int]:
        before, self.before = self.before, self._look()
        return {name: value - before[name] for name, value in self.before.items() if name in _WANTED}

    def end(self) -> Counts:
        """Since `begin` or the last `end`."""
        found = self._difference()
        found = {name: value - self.own[name] for name, value in found.items()}
        return Counts(
            statements=found[STATEMENTS],
            looks=sum(found[name] for name in (*_LOOKS, _DROPPED)),
            dropped=found[_DROPPED],
            found=found.get(_FOUND, 0),
            **{name: found[counter] for name, counter in (COMMANDS | TRANSACTIONS).items()},
        )


_WANTED = {STATEMENTS, *COMMANDS.values(), *TRANSACTIONS.values(), *_LOOKS, _DROPPED, _FOUND}

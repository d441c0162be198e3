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
        account = {"user": self.user, "password": self.password, "database": self.name, "charset": "utf8mb4", "autocommit": True}
        try:
            return pymysql.connect(host="127.0.0.1", port=self.port, ssl=unverified, **account)
        except pymysql.err.OperationalError as error:
            if error.args[0] != CR.CR_SSL_CONNECTION_ERROR:
                raise
            return pymysql.connect(host="127.0.0.1", port=self.port, **account)

    def ask(self, *statements: str) -> tuple[tuple, ...]:
        """The rows of the last statement."""
        connection = self.connect()
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall()


# What the engine was asked for, whichever way: each row counts once in one of these, and so does a
# look that finds none, such as into an empty range or behind the end of one.
_LOOKS = tuple(f"Handler_read_{way}" for way in ("first", "key", "last", "next", "prev", "rnd", "rnd_next"))
# A condition that is pushed down to the engine drops rows which the counters above never see: without
# this, a page that reads a whole list and drops most of it would look as cheap as one that does not.
_DROPPED = "icp_no_match"
# Statements and other commands of clients: Questions leaves out what the next three count. Rows alone,
# without the looks that found none, are in Innodb_rows_read, where the server has it.
_COUNTERS = {
    "statements": ("Questions",),
    "pings": ("Com_admin_commands",),
    "prepares": ("Com_stmt_prepare",),
    "closes": ("Com_stmt_close",),
    "commits": ("Com_commit",),
    "rollbacks": ("Com_rollback",),
    "looks": (*_LOOKS, _DROPPED),
    "dropped": (_DROPPED,),
    "found": ("Innodb_rows_read",),
}


@dataclass(frozen=True)
class Counts:
    """What the server did between two looks at its counters."""

    statements: int = 0
    pings: int = 0
    prepares: int = 0
    closes: int = 0
    commits: int = 0
    rollbacks: int = 0
    looks: int = 0  # for rows, dropped ones included
    dropped: int = 0  # of these, read and dropped by a condition
    found: int = 0  # of these, read and given to the server

    @property
    def idle_commands(self) -> tuple[int, int, int]:
        return self.pings, self.prepares, self.closes


class Counters:
    """The server's own counters, over a connection of ours. Nobody else may work meanwhile."""

    def __init__(self, login: Login):
        self.connection = login.connect()
        with self.connection.cursor() as cursor:
            cursor.execute("SET GLOBAL innodb_monitor_enable = 'module_icp'")
        self.before = self._look()
        # What looking itself costs is counted like everything else, and the same each time.
        self.own = self._difference()
        assert self._difference() == self.own, "somebody else works on the database"

    def _look(self) -> dict[str, int]:
        with self.connection.cursor() as cursor:
            cursor.execute("SHOW GLOBAL STATUS")
            found = {name: int(value) for name, value in cursor.fetchall() if value.isdigit()}
            cursor.execute("SELECT name, count FROM information_schema.innodb_metrics WHERE name = %s", _DROPPED)
            found |= dict(cursor.fetchall())
        return {count: sum(found.get(name, 0) for name in names) for count, names in _COUNTERS.items()}

    def _difference(self) -> dict[str, int]:
        before, self.before = self.before, self._look()
        return {name: value - before[name] for name, value in self.before.items()}

    def end(self) -> Counts:
        """Since the last `end`."""
        return Counts(**{name: value - self.own[name] for name, value in self._difference().items()})

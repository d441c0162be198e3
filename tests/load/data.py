"""Fills Tickbox's own tables, made by `tickbox migrate`, with the to-dos of a population."""

import random
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from people import Person, Population

DONE = 0.3  # of all to-dos
SPAN = timedelta(days=700)  # over which they were added
# What people write, with what has to be escaped in a page and in JSON.
WORDS = (
    "buy milk bread call mum fix bike write report pay rent clean kitchen read book plan trip send "
    "email water plants <b> & co. “quoted” \"plain\" it's Žemaitė café 買い物 🚲 10:30"
).split()
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n"})


def _date(date: datetime) -> str:
    return date.strftime("%Y-%m-%d %H:%M:%S.%f")


def _person_line(person: Person, hash_: str, opened: int, now: str) -> str:
    # rev, open_count and todo_count are what adding the to-dos one by one would have left.
    fields = (
        person.number,
        person.public_id.hex,
        "Žydrė & <Ona>",
        "O'Brien",
        person.username,
        hash_,
        person.todos,
        opened,
        person.todos,
        now,
    )
    return "\t".join(map(str, fields)) + "\n"


def _session_lines(person: Person, now: datetime) -> str:
    lines = ""
    for kind, session in (("web", person.web_session), ("api", person.api_session)):
        fields = (
            session.hex,
            person.number,
            kind,
            person.secret_hash.hex(),
            _date(now),
            _date(now),
            _date(now + timedelta(days=30)),
            "benchmark",
        )
        lines += "\t".join(map(str, fields)) + "\n"
    return lines


def _todo_lines(person: Person, chance: random.Random, now: datetime) -> Iterator[tuple[str, bool]]:
    """In the order in which they were added, which is also that of the primary key."""
    step = SPAN / person.todos
    for rev in range(1, person.todos + 1):
        added = now - SPAN + step * (rev - 1) + timedelta(microseconds=chance.randrange(1_000_000))
        milliseconds = int(added.timestamp() * 1000)
        bits = chance.getrandbits(74)
        # A UUID of version 7, as Tickbox makes them: the time, then what is random.
        id_ = f"{milliseconds:012x}7{bits >> 62:03x}{8 | bits >> 60 & 3:x}{bits & (1 << 60) - 1:015x}"
        words = " ".join(chance.choices(WORDS, k=chance.randint(2, 9)))
        done = chance.random() < DONE
        done_date = _date(added + timedelta(hours=5)) if done else "\\N"
        yield (
            f"{person.number}\t{id_}\t{words.translate(_ESCAPES)}\t{int(done)}\t{_date(added)}\t{done_date}\t{rev}\n",
            done,
        )


_LOAD = {
    "users": "(id, @public_id, firstname, lastname, username, password, rev, open_count, todo_count, created_date) "
    "SET public_id = UNHEX(@public_id)",
    "sessions": "(@id, user_id, kind, @hash, created_date, seen_date, expires_date, user_agent) "
    "SET id = UNHEX(@id), secret_hash = UNHEX(@hash)",
    "todos": "(user_id, @id, description, isdone, created_date, done_date, rev) SET id = UNHEX(@id)",
}


def load(connection, population: Population, hash_: str, folder: str, special: bool = True) -> int:
    """Replaces whatever people there are; gives the number of to-dos."""
    chance = random.Random(20_000)  # the same data every time
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    count = 0
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        files = {table: open(f"{scratch}/{table}", "w", encoding="utf-8") for table in _LOAD}
        for person in population.all if special else population.ordinary:
            opened = 0
            for line, done in _todo_lines(person, chance, now):
                files["todos"].write(line)
                opened += not done
                count += 1
            files["users"].write(_person_line(person, hash_, opened, _date(now)))
            files["sessions"].write(_session_lines(person, now))
        with connection.cursor() as cursor:
            for table, columns in _LOAD.items():
                files[table].close()
                cursor.execute(
                    f"LOAD DATA LOCAL INFILE %s INTO TABLE {table} CHARACTER SET utf8mb4 {columns}",
                    f"{scratch}/{table}",
                )
                cursor.execute(f"ANALYZE TABLE {table}")
    connection.commit()
    return count


def keep_sessions_fresh(connection) -> None:
    """Tickbox notes once an hour that a session is used; a run must not meet all of these at once."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sessions SET seen_date = UTC_TIMESTAMP(6)")
    connection.commit()

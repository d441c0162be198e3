"""Fills Tickbox's own tables, made by `tickbox migrate`, with the to-dos of a population; the same ones every time."""

from datetime import datetime, timedelta, timezone

from database import Login
from people import Person

SPAN = 700  # days over which they were added
# What people write, with what has to be escaped in a page and in JSON.
WORDS = (
    "buy milk bread call mum fix bike write report pay rent clean kitchen read book plan trip send "
    "email water plants <b> & co. “quoted” \"plain\" it's Žemaitė café 買い物 🚲 10:30"
)
# Nothing but placeholders: with anything else beside them PyMySQL would send each row, and commit it, on its own.
USERS = """INSERT INTO users (id, public_id, firstname, lastname, username, password, rev, todo_count, created_date)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""
SESSIONS = """INSERT INTO sessions (id, user_id, kind, secret_hash, created_date, seen_date, expires_date, user_agent)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"""
# In the order in which they were added, which is also that of the primary key: an id is a UUID of version 7, as Tickbox
# makes them, the time and then what is random. Three of ten are done; each says two to nine of the words.
TODOS = f"""INSERT INTO todos (user_id, id, description, isdone, created_date, done_date, rev)
    SELECT user_id, UNHEX(CONCAT(LPAD(HEX(FLOOR(UNIX_TIMESTAMP(added) * 1000)), 12, '0'), 7, LEFT(hash, 3), 8, RIGHT(hash, 15))),
        SUBSTRING_INDEX(SUBSTRING_INDEX(%s, ' ', 9 + chance %% %s), ' ', -(2 + chance %% 8)),
        chance %% 10 < 3, added, IF(chance %% 10 < 3, added + INTERVAL 5 HOUR, NULL), n
    FROM (SELECT u.id user_id, n, SHA2(CONCAT(u.id, ' ', n), 256) hash, CONV(SUBSTR(SHA2(CONCAT(u.id, ' ', n), 256), 9, 8), 16, 10) chance,
        UTC_TIMESTAMP(6) - INTERVAL {SPAN} DAY + INTERVAL FLOOR({SPAN * 86_400_000_000} * (n - 0.5) / u.todo_count) MICROSECOND added
        FROM users u JOIN numbers WHERE u.todo_count = %s AND n <= %s) each_one ORDER BY user_id, n"""
# What adding the to-dos one by one would have left.
OPEN = "UPDATE users SET open_count = (SELECT COUNT(*) FROM todos WHERE user_id = users.id AND NOT isdone)"


def load(login: Login, people: list[Person], hash_: str) -> int:
    """Adds these people, all with that hash of a password; gives the number of to-dos."""
    words, now = WORDS.split(), datetime.now(timezone.utc).replace(tzinfo=None)
    connection = login.connect()
    with connection, connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
        names = ("Žydrė & <Ona>", "O'Brien")
        users = [(one.number, one.public_id.bytes, *names, one.username, hash_, one.todos, one.todos, now) for one in people]
        cursor.executemany(USERS, users)
        sessions = [(one, kind, id_) for one in people for kind, id_ in (("web", one.web_session), ("api", one.api_session))]
        times = (now, now, now + timedelta(days=30), "benchmark")
        cursor.executemany(SESSIONS, [(id_.bytes, one.number, kind, one.secret_hash, *times) for one, kind, id_ in sessions])
        cursor.execute("CREATE TEMPORARY TABLE numbers (n INT PRIMARY KEY)")
        counts = {one.todos for one in people}
        cursor.executemany("INSERT INTO numbers VALUES (%s)", [(n,) for n in range(1, max(counts) + 1)])
        # Those of equal lists together: a join by the length of each would compare all people with all numbers.
        count = sum(cursor.execute(TODOS, (" ".join(words + words[:8]), len(words), todos, todos)) for todos in counts)
        cursor.execute(OPEN)
        for table in ("users", "sessions", "todos"):
            cursor.execute(f"ANALYZE TABLE {table}")
    return count


def keep_sessions_fresh(login: Login) -> None:
    """Tickbox notes once an hour that a session is used; a run must not meet all of these at once."""
    login.ask("UPDATE sessions SET seen_date = UTC_TIMESTAMP(6)")

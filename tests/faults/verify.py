"""Afterwards: everything is read back through every instance and from every server, and compared."""

import asyncio
from collections import Counter
from time import monotonic
from urllib.parse import urlencode

from http_client import exchange
from instances import Instance
from record import Record
from servers import Servers
from users import WHOLE, Phone, Todo, User

# A replica of a group follows its primary; transactions of clients that were cut off end when the
# server has noticed.
SETTLE = 10.0  # seconds


async def read_all(phone: Phone, instance: Instance) -> list[dict]:
    """The whole list of a user through one instance, page by page."""
    todos: list[dict] = []
    query: dict[str, str | int] = {"limit": WHOLE}
    while True:
        answer = await exchange(phone.client, instance.port, "GET", f"/api/v1/todo_list?{urlencode(query)}", phone.headers)
        if answer.status != 200:
            raise RuntimeError(f"{phone.name} cannot read back at {instance.name}: {answer.kind} {answer.status}")
        page = answer.json()
        todos += page["todos"]
        if not page["next_cursor"]:
            return todos
        query["cursor"] = page["next_cursor"]


def compare(record: Record, name: str, model: dict[str, Todo], todos: list[dict], where: str) -> None:
    """Counts what differs between what a user was told and what is there."""
    found = {todo["id"]: todo for todo in todos}
    for id, times in Counter(todo["id"] for todo in todos).items():
        if times > 1:
            record.count("duplicates", f"{name} has {id} {times} times at {where}")
    for id, todo in model.items():
        seen = found.get(id)
        if (seen is None) is not todo.removed:
            record.count("lost", f"{name}: {todo} is {'absent' if seen is None else 'there'} at {where}")
        elif seen and (seen["description"], seen["is_done"]) != (todo.description, todo.is_done):
            record.count("lost", f"{name}: {todo} is {seen} at {where}")
    for id, seen in found.items():
        if not seen["description"].startswith(f"{name} "):
            record.count("foreign", f"{name} sees {seen} at {where}")
        elif id not in model:
            record.count("duplicates", f"{name} never sent {seen}, which is at {where}")


async def verify_users(record: Record, users: list[User], instances: list[Instance]) -> None:
    """Every user's list through every instance, and every phone's copy."""
    for user in users:
        phone = user if isinstance(user, Phone) else Phone(user.world, user.name)
        if phone is not user:
            await phone.log_in()
        elif user.world.wrong_clocks:
            await phone.refresh()  # a token that was given by a wrong clock may be none that all instances take
        for instance in instances:
            compare(record, user.name, user.model, await read_all(phone, instance), instance.name)
        if phone is user:
            await verify_copy(record, phone, instances[0])
        await asyncio.gather(phone.client.aclose(), user.client.aclose())


async def verify_copy(record: Record, phone: Phone, instance: Instance) -> None:
    """What a phone has gathered change by change is the list, too."""
    end = monotonic() + SETTLE
    while not await phone.fetch_changes(instance):
        if monotonic() > end:
            raise RuntimeError(f"{phone.name} cannot fetch its changes at {instance.name}")
    copy = [todo for todo in phone.copy.values() if not todo.get("removed")]
    compare(record, phone.name, phone.model, copy, f"todo_changes of {instance.name}")


# Each statement answers no row when all is well; {run} begins the name of each user of this fault.
ROWS = {
    "duplicates": "SELECT u.username, t.description, COUNT(*) FROM todos t JOIN users u ON u.id = t.user_id"
    " WHERE u.username LIKE '{run}-%' GROUP BY u.username, t.description HAVING COUNT(*) > 1",
    "foreign": "SELECT u.username, t.description FROM todos t JOIN users u ON u.id = t.user_id"
    " WHERE u.username LIKE '{run}-%' AND t.description NOT LIKE CONCAT(u.username, ' %')",
    # A transaction that was done by half would show here: the counts are kept with the rows.
    "lost": "SELECT u.username, u.todo_count, u.open_count, COUNT(t.id), SUM(t.isdone = 0) FROM users u"
    " LEFT JOIN todos t ON t.user_id = u.id AND t.removed_date IS NULL WHERE u.username LIKE '{run}-%'"
    " GROUP BY u.id, u.username, u.todo_count, u.open_count"
    " HAVING u.todo_count <> COUNT(t.id) OR u.open_count <> COALESCE(SUM(t.isdone = 0), 0)",
}
COUNT = "SELECT COUNT(*) FROM tickbox.todos t JOIN tickbox.users u ON u.id = t.user_id WHERE u.username LIKE '{run}-%'"
OPEN = "SELECT COUNT(*) FROM information_schema.innodb_trx"


async def verify_rows(record: Record, run: str, users: list[User], servers: Servers) -> None:
    """The tables themselves, on every server; `users` are those whose every write is known."""
    expected = sum(len(user.model) for user in users)
    names = ", ".join(f"'{user.name}'" for user in users) or "''"
    count = f"{COUNT.format(run=run)} AND u.username IN ({names})"
    for node in servers.nodes:
        found = await settled(servers, node, count, expected)
        if found != expected:
            record.count("lost", f"{servers.name(node)} holds {found} rows instead of {expected}")
        for fault, statement in ROWS.items():
            for row in await servers.sql(node, "USE tickbox", statement.format(run=run)):
                record.count(fault, f"{servers.name(node)}: {row}")
        if still := await settled(servers, node, OPEN, 0):
            record.count("open", f"{servers.name(node)}: {still} transactions after {SETTLE:.0f} s")


async def settled(servers: Servers, node: int, statement: str, wanted: int) -> int:
    """What the statement counts, once that is `wanted` or time is up."""
    end = monotonic() + SETTLE
    while True:
        found = int((await servers.sql(node, statement))[0][0])
        if found == wanted or monotonic() > end:
            return found
        await asyncio.sleep(0.2)

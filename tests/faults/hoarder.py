"""Somebody whose writes need room: what everybody else writes within a minute may fit into what a table has reserved."""

import json
import uuid
from itertools import count

from users import Phone, World

CALLS = 100  # the most that a batch takes
LONGEST = 200  # characters of a description
BATCHES = 95  # the most that a list takes, nearly


async def new_hoarder(world: World, name: str) -> Phone:
    """Registered and logged in while there is room."""
    phone = Phone(world, name)
    await phone.begin()
    return phone


async def hoard(phone: Phone) -> None:
    """Adds the longest to-dos, a hundred at a time, until a batch is refused or the list is full."""
    numbers = count()
    for _ in range(BATCHES):
        calls = [
            {"call_id": str(uuid.uuid4()), "call": "add_todo", "id": str(uuid.uuid4()), "description": f"{phone.name} {next(numbers)} ".ljust(LONGEST, "語")}
            for _ in range(CALLS)
        ]
        answer = await phone.attempt(phone.next_instance(), "POST", "/api/v1/sync", phone.headers, json.dumps({"calls": calls}).encode())
        if answer.kind != "answer" or answer.status >= 500:
            return
        if refused := [one for one in answer.json().get("answers", [{"status": answer.status}]) if one["status"] >= 400]:
            phone.world.record.count("wrong", f"{phone.name} was refused: {refused[0]}")
            return

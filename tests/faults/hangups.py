"""Clients that send a write and hang up at a random moment."""

import asyncio
import json
import random
import socket
import struct
import uuid

from instances import Instance
from users import Phone, World
from verify import read_all

WITHIN = 0.03  # seconds after sending; a write takes some milliseconds
AT_ONCE = 40  # clients at a time
OWNERS = 4  # people whose lists they write to; nobody else does
SOME_BYTES = 0.3  # of them hang up in the middle of sending
WITH_RESET = 0.5  # of them end with a reset instead of a good-bye


async def hang_up(world: World, run: str, clients: int) -> None:
    """All of them; what they have sent is there once or not at all, and nothing else is."""
    owners = [Phone(world, f"{run}-gone{number}") for number in range(OWNERS)]
    for owner in owners:
        await owner.begin()
    sent: dict[str, set[str]] = {owner.name: set() for owner in owners}
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        owner = owners[number % OWNERS]
        instance = world.instances[number // OWNERS % len(world.instances)]
        id = str(uuid.uuid4())
        sent[owner.name].add(id)
        async with slots:
            await send_and_go(instance, owner, id)

    await asyncio.gather(*(one(number) for number in range(clients)))
    for owner in owners:
        await check(world, owner, sent[owner.name])


async def send_and_go(instance: Instance, owner: Phone, id: str) -> None:
    """One client."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", instance.port)
    except OSError as error:
        # A listener that is alive takes it, even when it answers nothing good.
        owner.world.record.count("wrong", f"{instance.name} took no connection: {error}")
        return
    body = json.dumps({"id": id, "description": f"{owner.name} {id}"}).encode()
    headers = "".join(f"{name}: {value}\r\n" for name, value in {**owner.headers, "content-length": str(len(body))}.items())
    data = f"POST /api/v1/add_todo HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}\r\n".encode() + body
    if random.random() < SOME_BYTES:
        data = data[: random.randrange(len(data))]
    try:
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(random.uniform(0, WITHIN))
        if random.random() < WITH_RESET:
            reset = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    except OSError:
        pass
    writer.transport.abort()


async def check(world: World, owner: Phone, sent: set[str]) -> None:
    """The list of one owner holds nothing but what was sent, and nothing twice."""
    todos = await read_all(owner, world.instances[0])
    await owner.client.aclose()
    ids = [todo["id"] for todo in todos]
    if len(ids) != len(set(ids)):
        world.record.count("duplicates", f"{owner.name} has a to-do twice")
    for todo in todos:
        if todo["id"] not in sent or todo["description"] != f"{owner.name} {todo['id']}":
            world.record.count("foreign", f"{owner.name} has {todo}, which nobody sent")
    if not ids:
        world.record.count("wrong", f"{owner.name} has nothing: no client got as far as the database")

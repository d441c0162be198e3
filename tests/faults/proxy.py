"""A TCP proxy that misbehaves on request, to stand between the program and its database."""

import asyncio

CHUNK = 16384  # bytes read at once
LOOK = 0.02  # seconds between looks whether a black hole has closed

MODES = {
    "pass": "lets everything through",
    "delay": "holds each packet back for 100 ms, in both directions",
    "cut": "resets every connection, old and new",
    "blackhole": "accepts, and lets nothing through in either direction",
    "half": "resets a connection in the middle of the server's next answer",
}
DELAY = 0.1  # seconds


class Proxy:
    """One listening port in front of one target port, both of this machine."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.mode = "pass"
        self.port = 0
        self.pairs: set[asyncio.StreamWriter] = set()

    async def start(self) -> "Proxy":
        """Opens a free port."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return self

    def set(self, mode: str) -> None:
        """Behaves otherwise from now on, also towards connections that are open."""
        if mode not in MODES:
            raise ValueError(f"{mode} is none of {', '.join(MODES)}")
        self.mode = mode
        if mode == "cut":
            for writer in list(self.pairs):
                writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "cut":
            writer.transport.abort()
            return
        try:
            behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, behind_writer}
        self.pairs |= both
        await asyncio.gather(
            self._pump(reader, behind_writer, answers=False), self._pump(behind_reader, writer, answers=True)
        )
        self.pairs -= both

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        try:
            while data := await reader.read(CHUNK):
                while self.mode == "blackhole":
                    await asyncio.sleep(LOOK)
                if self.mode == "delay":
                    await asyncio.sleep(DELAY)
                if self.mode == "half" and answers:
                    writer.write(data[: len(data) // 2])
                    await writer.drain()
                    return
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # the other direction, or the mode, has ended this connection
        finally:
            # Whole answers end gently; half of one ends both directions at once.
            writer.transport.abort() if self.mode == "half" else writer.close()

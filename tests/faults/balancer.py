"""haproxy in front of the instances, strict as a cloud's balancer: it repeats nothing."""

import asyncio
import shutil
from pathlib import Path

from instances import Instance, NotReady

CHECK_SECONDS = 0.5  # between two questions to /readyz; one failure takes an instance out
CHECK_TIMEOUT = 2  # seconds; the least that AWS's balancer takes

# Without retries each connection that an instance refuses is a failed request. http-server-close: no
# connection to an instance is kept for a later request, which would race with its end.
CONFIGURATION = """
global
    maxconn 1000
defaults
    mode http
    option http-server-close
    retries 0
    timeout connect 2s
    timeout client 60s
    timeout server 30s
    timeout check {check_timeout}s
frontend people
    bind 127.0.0.1:{port}
    default_backend instances
backend instances
    balance roundrobin
    option httpchk GET /readyz
    http-check expect status 200
    default-server check inter {check}ms fall 1 rise 1
"""


class Balancer(Instance):
    """To the clients it is an instance; behind it are several."""

    def __init__(self, folder: Path, instances: list[Instance]) -> None:
        program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
        if program is None:
            raise NotReady("there is no haproxy")
        super().__init__("the balancer", Path(program), "", folder / "haproxy.log")
        self.file = folder / "haproxy.cfg"
        text = CONFIGURATION.format(port=self.port, check=int(CHECK_SECONDS * 1000), check_timeout=CHECK_TIMEOUT)
        for number, instance in enumerate(instances):
            text += f"    server instance{number} 127.0.0.1:{instance.port}\n"
        self.file.write_text(text)

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(self.program, "-db", "-f", self.file, stdout=log, stderr=log)


async def noticed() -> None:
    """Until the balancer has surely asked again."""
    await asyncio.sleep(2 * CHECK_SECONDS)

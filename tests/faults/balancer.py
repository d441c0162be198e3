"""haproxy in front of the instances, strict as a cloud's balancer: it repeats nothing."""

import asyncio
from pathlib import Path

from instances import Instance

CHECK_SECONDS = 0.5  # between two questions to /readyz; one failure takes an instance out

# Two seconds to answer a check are the least that AWS's balancer takes. Without retries each connection that an
# instance refuses is a failed request. http-server-close: no connection to an instance is kept for a later
# request, which would race with its end.
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
    timeout check 2s
frontend people
    bind 127.0.0.1:{port}
    default_backend instances
backend instances
    balance roundrobin
    option httpchk GET /readyz
    http-check expect status 200
    default-server check inter {check:.0f}ms fall 1 rise 1
"""


class Balancer(Instance):
    """To the clients it is an instance; behind it are several."""

    def __init__(self, program: str, folder: Path, instances: list[Instance]) -> None:
        super().__init__("the balancer", Path(program), "", folder / "haproxy.log")
        file = folder / "haproxy.cfg"
        servers = (f"    server instance{number} 127.0.0.1:{one.port}\n" for number, one in enumerate(instances))
        file.write_text(CONFIGURATION.format(port=self.port, check=CHECK_SECONDS * 1000) + "".join(servers))
        self.arguments = ["-db", "-f", file]


async def noticed() -> None:
    """Until the balancer has surely asked again."""
    await asyncio.sleep(2 * CHECK_SECONDS)

"""Servers that work together, each kind with its own way of starting, and of coming back after a fault."""

import asyncio
import os
import shutil

from servers import Node, Servers, command, do, until

# Of their nodes. Each commit reaches the system, so that kill -9 loses nothing, but not the disk at once: three
# members on one disk would wait for each other, and a power cut is no part of the suite.
OPTIONS = ["--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0"]
NOBODY = 65534


class Group(Servers):
    """Three MySQL servers in group replication with a single primary: what RDS Multi-AZ and Aurora do to a client
    when they fail over, on one machine."""

    kind, count = "group", 3
    NAME = "7b1d2c94-3d0c-4f9e-9b7e-5f0c6a7d8e11"
    # A silent member is suspected after 5 s, which nobody can set, and expelled so much later: at once instead of
    # MySQL's 5 s, which are 15 in truth, since it looks that rarely.
    EXPEL_SECONDS = 0
    MEMBERS = "SELECT {} FROM performance_schema.replication_group_members WHERE "

    def options(self, node: Node) -> list[str]:
        seeds = ",".join(f"127.0.0.1:{one.cluster_port}" for one in self._nodes.values())
        return [
            *OPTIONS, "--secure-file-priv=NULL", "--mysqlx=OFF", f"--server-id={node.number}",
            "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-bin=bin", "--report-host=127.0.0.1", f"--report-port={node.port}",
            "--plugin-load-add=group_replication.so", f"--group-replication-group-name={self.NAME}", "--group-replication-start-on-boot=OFF",
            f"--group-replication-local-address=127.0.0.1:{node.cluster_port}", f"--group-replication-group-seeds={seeds}",
            f"--group-replication-member-expel-timeout={self.EXPEL_SECONDS}", "--group-replication-recovery-get-public-key=ON",
        ]  # fmt: skip

    async def launch_all(self) -> None:
        await asyncio.gather(*(self.launch(node) for node in self._nodes.values()))
        source = f"SOURCE_USER='root', SOURCE_PASSWORD='{self.password}'"
        for node in self.nodes:
            await self.sql(node, f"CHANGE REPLICATION SOURCE TO {source} FOR CHANNEL 'group_replication_recovery'")
            if node == 1:
                switch = "SET GLOBAL group_replication_bootstrap_group=%s"
                await self.sql(node, switch % "ON", "START GROUP_REPLICATION", switch % "OFF")
            else:
                await until(f"{self.name(node)} was not let into its group", self._enter, node)
            await until(f"{self.name(node)} did not come up to date", self._is, node, "ONLINE")

    async def _enter(self, node: int) -> bool:
        """Refused as long as the group still holds the member's former self for one of its own."""
        try:
            await self.sql(node, "START GROUP_REPLICATION")
        except RuntimeError as error:
            return "already running" in str(error)
        return True

    async def _is(self, node: int, *states: str) -> bool:
        """Of one that was never started the server knows no name, so it is asked of the only line that it has."""
        rows = await self.says(node, self.MEMBERS.format("member_state") + "member_id IN ('', @@server_uuid)")
        return bool(rows) and rows[0][0] in states

    async def _is_whole(self) -> bool:
        """Every member sees three. One that slept thinks for a moment that it still belongs to them."""
        counts = [await self.says(node, self.MEMBERS.format("COUNT(*)") + "member_state = 'ONLINE'") for node in self.nodes]
        return counts == [[[str(self.count)]]] * self.count

    async def restart(self, node: int) -> None:
        # Outside its group it would take writes that the group never gets, hence read-only, as
        # group_replication_start_on_boot makes it too.
        if not self._nodes[node].lives:
            await self.launch(self._nodes[node], "--super-read-only=ON")

        async def whole_again() -> bool:
            if await self._is_whole():
                return True
            if await self._is(node, "OFFLINE", "ERROR"):
                await self.says(node, "STOP GROUP_REPLICATION")
                await self._enter(node)
            return False

        await until(f"{self.name(node)} did not come back into its group", whole_again)

    async def primary(self, turn: int) -> int:
        for node in self.nodes:
            rows = await self.says(node, self.MEMBERS.format("member_port") + "member_role = 'PRIMARY' AND member_state = 'ONLINE'")
            if len(rows) == 1:
                return next(number for number, one in self._nodes.items() if str(one.port) == rows[0][0])
        raise RuntimeError("the group has no primary")

    async def promote(self, node: int) -> None:
        await self.sql(node, "SELECT group_replication_set_as_primary(@@server_uuid)")


class Galera(Servers):
    """Three MariaDB servers in Galera, every one of which takes writes: the hard mode, since two of them may accept
    the same row and only one of them may commit."""

    kind, count = "galera", 3
    # rsync's state transfer fails as root.
    account = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}

    def options(self, node: Node) -> list[str]:
        members = ",".join(f"127.0.0.1:{one.cluster_port}" for one in self._nodes.values())
        provider = f"gmcast.listen_addr=tcp://127.0.0.1:{node.cluster_port};ist.recv_addr=127.0.0.1:{node.ist_port};gcache.size=64M"
        return [
            *OPTIONS, "--innodb-autoinc-lock-mode=2", "--binlog-format=ROW", "--performance-schema=OFF", "--max-connections=500",
            "--wsrep-on=ON", f"--wsrep-provider={self.parts[0]}", "--wsrep-cluster-name=tickbox", f"--wsrep-cluster-address=gcomm://{members}",
            f"--wsrep-node-name=node{node.number}", f"--wsrep-node-address=127.0.0.1:{node.cluster_port}",
            f"--wsrep-node-incoming-address=127.0.0.1:{node.port}", "--wsrep-sst-method=rsync",
            f"--wsrep-sst-receive-address=127.0.0.1:{node.sst_port}", f"--wsrep-provider-options={provider}",
        ]  # fmt: skip

    async def launch_all(self) -> None:
        (self.home / "bin").mkdir()
        for script in ("wsrep_sst_common", "wsrep_sst_rsync"):
            shutil.copy(f"{self.parts[1]}/{script}", self.home / "bin")
        if self.account:
            await do("chown", "-R", f"{NOBODY}:{NOBODY}", *(node.folder for node in self._nodes.values()))
        for number, node in self._nodes.items():
            await self.launch(node, *(["--wsrep-new-cluster"] if number == 1 else []))
            await until(f"{node.name} did not join", self._status, number, "wsrep_local_state_comment", "Synced")

    async def _status(self, node: int, name: str, wanted: str) -> bool:
        return await self.says(node, f"SHOW STATUS LIKE '{name}'") == [[name, wanted]]

    async def gave_up(self, node: int) -> bool:
        """As with a full disk: its server lives on, refuses everything, and waits for somebody who starts it again."""
        return await self._status(node, "wsrep_local_state_comment", "Inconsistent")

    async def restart(self, node: int) -> None:
        one = self._nodes[node]
        if await self.gave_up(node):
            await one.end()
        if not one.lives:
            await self.launch(one, *await self._position(one))
        await until(f"{one.name} did not come back to the others", self._is_whole)

    async def _is_whole(self) -> bool:
        """Every node sees three. One that slept thinks for a moment that it still belongs to them."""
        wanted = (("wsrep_cluster_size", "3"), ("wsrep_local_state_comment", "Synced"), ("wsrep_ready", "ON"))
        return all([await self._status(node, *pair) for node in self.nodes for pair in wanted])

    async def _position(self, node: Node) -> list[str]:
        """After a kill the node does not know how far it came; its own log does. With that it fetches what it missed
        (IST); without it a neighbour would stand still to copy everything."""
        _, said = await command(
            self.program, "--no-defaults", f"--datadir={node.data}", "--wsrep-on=ON", f"--wsrep-provider={self.parts[0]}", "--wsrep-recover",
            "--log-error-verbosity=3", "--skip-networking", "--socket=s.sock", **self.account, cwd=node.folder,
        )  # fmt: skip
        found = [line.split("Recovered position:")[1].strip() for line in said.splitlines() if "Recovered position:" in line]
        return [f"--wsrep-start-position={found[-1]}"] if found else []


KINDS: dict[str, type[Servers]] = {servers.kind: servers for servers in (Servers, Group, Galera)}

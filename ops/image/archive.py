"""Looks at an image as docker, podman and buildah save it, and takes the program out: archive.py ARCHIVE FOLDER.

One line a check on stdout: what, found, wanted, ok or FAILED, with tabs between them."""

import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAX_BYTES = 20_000_000
Check = tuple[str, object, object]  # what, found, wanted
# What an engine does with the image when nobody says otherwise.
CONFIG = {
    "User": "65532:65532",
    "ExposedPorts": {"80/tcp": {}},
    "Entrypoint": ["/tickbox"],
    "Cmd": None,
    "StopSignal": "SIGTERM",
}
SETTINGS = {"LISTEN": "0.0.0.0:80", "DRAIN_SECONDS": "15"}
LABELS = {"licenses": "MIT", "revision": "smoke", "version": "smoke", "source": "smoke"}


def about_config(config: dict[str, Any]) -> Iterator[Check]:
    """What the engine is told."""
    for key, value in CONFIG.items():
        yield key, config.get(key) or None, value
    for name, value in SETTINGS.items():
        yield "Env", [entry for entry in config.get("Env") or [] if entry.startswith(f"{name}=")], [f"{name}={value}"]
    yield "Healthcheck without a shell", (config.get("Healthcheck") or {}).get("Test"), ["CMD", "/tickbox", "healthcheck"]
    for label, value in LABELS.items():
        yield f"label {label}", (config.get("Labels") or {}).get(f"org.opencontainers.image.{label}"), value


def about_layers(layers: list[tarfile.TarFile]) -> Iterator[Check]:
    """One, and in it the program alone, which nobody may change."""
    files = [member for layer in layers for member in layer.getmembers()]
    yield "layers", len(layers), 1
    yield "files", sorted(member.name.removeprefix("./") for member in files), ["tickbox"]
    yield "mode and owner", [f"{member.mode & 0o7777:o} {member.uid}:{member.gid} {member.isfile()}" for member in files], ["755 0:0 True"]


def take_out(layers: list[tarfile.TarFile], target: Path) -> int:
    """The program, by a path of ours whatever the archive says. How large it is."""
    for layer in layers:
        for member in layer.getmembers():
            if member.isfile() and member.name.removeprefix("./") == "tickbox" and (file := layer.extractfile(member)):
                target.unlink(missing_ok=True)
                target.write_bytes(file.read())
                target.chmod(0o755)
                return member.size
    return 0


def main(path: str, folder: Path) -> None:
    """Prints the checks, and leaves the root of a container in the folder."""
    with tarfile.open(path) as archive:

        def contents(name: str) -> Any:
            return archive.extractfile(name) or sys.exit(f"the image has no file {name}")

        manifest = json.load(contents("manifest.json"))[0]
        layers = [tarfile.open(fileobj=contents(name)) for name in manifest["Layers"]]
        checks = [*about_config(json.load(contents(manifest["Config"]))["config"]), *about_layers(layers)]
        for what, found, wanted in checks:
            print(what, json.dumps(found), json.dumps(wanted), "ok" if found == wanted else "FAILED", sep="\t")
        sizes = {"binary": take_out(layers, folder / "tickbox"), "image": sum(contents(name).seek(0, 2) for name in manifest["Layers"])}
        for what, size in sizes.items():
            print(f"{what}, bytes", f"{size:,}", f"<= {MAX_BYTES:,}", "ok" if 0 < size <= MAX_BYTES else "FAILED", sep="\t")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

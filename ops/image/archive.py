"""Looks at an image as docker, podman and buildah save it, and unpacks it: archive.py ARCHIVE FOLDER.

One line a check on stdout: what, found, wanted, ok or FAILED, with tabs between them."""

import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAX_BYTES = 20_000_000
Check = tuple[str, str, str, bool]


def contents(archive: tarfile.TarFile, name: str) -> bytes:
    """A file of the archive; buildah has links among them."""
    file = archive.extractfile(name)
    if file is None:
        raise SystemExit(f"the image has no file {name}")
    return file.read()


def about_config(config: dict[str, Any]) -> Iterator[Check]:
    """What an engine does with the image when nobody says otherwise."""
    wanted: dict[str, Any] = {
        "User": "65532:65532",
        "ExposedPorts": {"80/tcp": {}},
        "Entrypoint": ["/tickbox"],
        "StopSignal": "SIGTERM",
    }
    for key, value in wanted.items():
        yield key, json.dumps(config.get(key)), json.dumps(value), config.get(key) == value
    yield "Cmd", json.dumps(config.get("Cmd") or []), "[]", not config.get("Cmd")
    for setting in ("LISTEN=0.0.0.0:80", "DRAIN_SECONDS=15"):
        name = setting.split("=")[0]
        given = [entry for entry in config.get("Env") or [] if entry.startswith(f"{name}=")]
        yield "Env", " ".join(given), setting, given == [setting]
    health = (config.get("Healthcheck") or {}).get("Test")
    yield "Healthcheck", json.dumps(health), "without a shell", health == ["CMD", "/tickbox", "healthcheck"]
    labels = config.get("Labels") or {}
    for label, value in (("licenses", "MIT"), ("revision", "smoke"), ("version", "smoke"), ("source", "smoke")):
        found = labels.get(f"org.opencontainers.image.{label}")
        yield f"label {label}", str(found), value, found == value


def about_layers(layers: list[list[tarfile.TarInfo]]) -> Iterator[Check]:
    """One, and in it the program alone, which nobody may change."""
    yield "layers", str(len(layers)), "1", len(layers) == 1
    files = [member for layer in layers for member in layer]
    names = sorted(member.name.lstrip("./") for member in files)
    yield "files", " ".join(names), "tickbox", names == ["tickbox"]
    size = sum(member.size for member in files)
    yield "binary, bytes", f"{size:,}", f"<= {MAX_BYTES:,}", 0 < size <= MAX_BYTES
    for member in files:
        found = f"{member.mode & 0o7777:o} {member.uid}:{member.gid}"
        yield "mode and owner", found, "755 0:0", member.isfile() and found == "755 0:0"


def unpack(layer: tarfile.TarFile, folder: Path) -> None:
    """Its files, as ours, and nothing outside the folder. What else there is, `about_layers` names.

    Not by `extractall`, whose safe way Python has had since 3.11.4 only."""
    root = folder.resolve()
    for member in layer.getmembers():
        target = (root / member.name).resolve()
        file = layer.extractfile(member) if member.isfile() else None
        if file is None or root not in target.parents:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_bytes(file.read())
        target.chmod(member.mode & 0o755)


def main(path: str, folder: Path) -> None:
    """Prints the checks, and leaves the root of a container in the folder."""
    checks: list[Check] = []
    with tarfile.open(path) as archive:
        manifest = json.loads(contents(archive, "manifest.json"))[0]
        checks += about_config(json.loads(contents(archive, manifest["Config"]))["config"])
        layers, size = [], 0
        for name in manifest["Layers"]:
            layer_bytes = contents(archive, name)
            size += len(layer_bytes)
            layer_path = folder.with_suffix(".layer.tar")
            layer_path.write_bytes(layer_bytes)
            with tarfile.open(layer_path) as layer:
                layers.append(layer.getmembers())
                unpack(layer, folder)
            layer_path.unlink()
    checks += about_layers(layers)
    checks.append(("image, bytes", f"{size:,}", f"<= {MAX_BYTES:,}", 0 < size <= MAX_BYTES))
    for what, found, wanted, good in checks:
        print(what, found, wanted, "ok" if good else "FAILED", sep="\t")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

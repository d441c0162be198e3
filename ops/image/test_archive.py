"""The unpacking of an image: its program, and nothing outside the folder."""

import io
import tarfile
import tempfile
import unittest
from pathlib import Path

from archive import unpack


def layer(*members: tarfile.TarInfo) -> tarfile.TarFile:
    """An archive of these, each file with its own name in it."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for member in members:
            data = member.name.encode() if member.isfile() else b""
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    content.seek(0)
    return tarfile.open(fileobj=content)


def entry(name: str, mode: int = 0o755, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """A member of an archive."""
    member = tarfile.TarInfo(name)
    member.mode, member.type, member.linkname = mode, kind, link
    return member


class Unpacking(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.top = Path(holder.name)
        self.folder = self.top / "root"

    def test_the_program_is_there_and_can_be_run(self) -> None:
        unpack(layer(entry("./tickbox")), self.folder)
        self.assertEqual((self.folder / "tickbox").read_text(), "./tickbox")
        self.assertEqual((self.folder / "tickbox").stat().st_mode & 0o7777, 0o755)

    def test_it_replaces_what_an_earlier_run_left(self) -> None:
        for _ in range(2):
            unpack(layer(entry("tickbox", 0o555)), self.folder)
        self.assertEqual((self.folder / "tickbox").read_text(), "tickbox")

    def test_nobody_else_may_write_and_nobody_becomes_its_owner(self) -> None:
        unpack(layer(entry("tickbox", 0o6777)), self.folder)
        self.assertEqual((self.folder / "tickbox").stat().st_mode & 0o7777, 0o755)

    def test_nothing_goes_outside_the_folder(self) -> None:
        elsewhere = self.top / "elsewhere"
        unpack(layer(entry("../outside"), entry(str(elsewhere)), entry("a/../../outside"), entry(".")), self.folder)
        self.assertEqual([path for path in self.top.rglob("*") if path.is_file()], [])

    def test_a_link_is_not_followed(self) -> None:
        unpack(layer(entry("way", kind=tarfile.SYMTYPE, link=str(self.top)), entry("way/outside")), self.folder)
        self.assertFalse((self.top / "outside").exists())
        self.assertEqual((self.folder / "way/outside").read_text(), "way/outside")

    def test_other_kinds_than_files_are_left_out(self) -> None:
        kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE)
        unpack(layer(*(entry(f"odd{number}", kind=kind, link="x") for number, kind in enumerate(kinds))), self.folder)
        self.assertEqual(list(self.top.rglob("*")), [])


if __name__ == "__main__":
    unittest.main()

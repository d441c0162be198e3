"""What an engine does for `run --read-only --cap-drop ALL --security-opt no-new-privileges`, where there
is no engine: confine.py PID_FILE ROOT PROGRAM [ARGUMENT...] runs the program of that root as the image's
user, and says first which process it is.

Wants root, or a user namespace's (`buildah unshare`). The environment goes to the program as it is, the
network is the machine's, and nothing is mounted: a container of this image needs neither /proc nor /dev."""

import ctypes
import os
import sys

USER = 65532
CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38

libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> None:
    """A system call; what it refuses ends us."""
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def mount(source: str | None, target: str, flags: int) -> None:
    """Mounts of a kind that need no type."""
    words = [word.encode() if word else None for word in (source, target)]
    call("mount", *words, None, ctypes.c_ulong(flags), None)


def enter(root: str) -> None:
    """The root of the program is that folder, and cannot be written by anybody."""
    call("unshare", CLONE_NEWNS)
    mount(None, "/", MS_REC | MS_PRIVATE)
    mount(root, root, MS_BIND)
    mount(None, root, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    os.chroot(root)
    os.chdir("/")


def give_up_rights() -> None:
    """No user, group or capability of root's, and none to be had again."""
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:
        last = int(file.read())
    for capability in range(last + 1):
        call("prctl", PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)
    call("prctl", PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), 0, 0, 0)


def main(pid_file: str, root: str, command: list[str]) -> None:
    """Does not return."""
    with open(pid_file, "w", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
    give_up_rights()
    enter(root)
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)  # the capabilities go with this
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1], os.path.realpath(sys.argv[2]), sys.argv[3:])

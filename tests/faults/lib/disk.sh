# shellcheck shell=bash
# A small disk for the data of one server: a file system of its own in memory, which somebody fills.
# Needs packages.sh, nodes.sh.

ROOM_MB=96 # more than the data are

is_mounted() { grep -qF " $1 " /proc/mounts 2>/dev/null; }

# What a server has reserved stays reserved: no file gets holes.
# small_disk NUMBER: stops the server, and starts it again on its small disk.
small_disk() {
    local dir data used owner
    dir=$(node "$1")
    data=$dir/data
    [ "$(uname)" = Linux ] && [ -s "$dir/server.pid" ] || { say "no server of ours whose data could be put on a small disk"; exit "$CANNOT"; }
    can_become_root || { say "only root may mount a small disk"; exit "$CANNOT"; }
    stop_to_restart "$dir"
    used=$(du -sm "$data" | cut -f1) owner=$(stat -c 'uid=%u,gid=%g' "$data")
    mv "$data" "$data.large" && mkdir "$data" || return 1
    if ! as_root mount -t tmpfs -o "size=$((used + ROOM_MB))m,mode=700,$owner" tmpfs "$data" 2>"$dir/mount.log"; then
        rmdir "$data" && mv "$data.large" "$data" && restart_node "$1"
        say "no small disk could be mounted: $(cat "$dir/mount.log")"
        exit "$CANNOT"
    fi
    as_root cp -a --sparse=never "$data.large/." "$data/" && restart_node "$1"
}

# large_disk NUMBER: back, with what was written meanwhile.
large_disk() {
    local dir data
    dir=$(node "$1")
    data=$dir/data
    is_mounted "$data" || return 0
    free_disk "$1"
    stop_to_restart "$dir"
    as_root rm -rf "$data.large" && as_root mkdir "$data.large" && as_root cp -a "$data/." "$data.large/" &&
        as_root umount "$data" && rmdir "$data" && mv "$data.large" "$data" && restart_node "$1"
}

# To the last byte: what dd says of it is no news.
fill_disk() {
    local data
    data=$(node "$1")/data
    is_mounted "$data" || { say "$data is on no small disk"; return 1; }
    dd if=/dev/zero of="$data/filler" bs=64k oflag=append conv=notrunc 2>/dev/null
    dd if=/dev/zero of="$data/filler" bs=1k oflag=append conv=notrunc 2>/dev/null
    [ -s "$data/filler" ]
}

free_disk() { rm -f "$(node "$1")/data/filler"; }

# forget_disk DIR: before everything is thrown away.
forget_disk() { ! is_mounted "$1/data" || as_root umount -l "$1/data"; }

# shellcheck shell=bash
# TCP ports and the smallest HTTP client, with bash alone: curl may be absent.

port_taken() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# A free loopback port below the range that systems hand out by themselves.
free_port() {
    local port tries=0
    while [ "$tries" -lt 50 ]; do
        tries=$((tries + 1))
        port=$((20000 + RANDOM % 12000))
        port_taken 127.0.0.1 "$port" || { printf '%s\n' "$port"; return 0; }
    done
    return 1
}

# http_status HOST PORT PATH
http_status() {
    (
        local status=
        exec 3<>"/dev/tcp/$1/$2" || exit 1
        printf 'GET %s HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n' "$3" "$1" "$2" >&3
        read -r -t 10 _ status _ <&3
        printf '%s\n' "$status"
    ) 2>/dev/null
}

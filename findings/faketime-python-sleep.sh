#!/usr/bin/env bash
# libfaketime 0.9.10 (Debian 12: libfaketime 0.9.10-2.1), with Python 3.11 or newer.
#
# Expected: with FAKETIME_DONT_FAKE_MONOTONIC=1 (`faketime --exclude-monotonic`) the date is another one, and what
# goes by the monotonic clock is left alone: time.sleep(0.2) sleeps for 0.2 s, as it does without that setting.
#
# What happens: every time.sleep fails at once.
#
#     all clocks are faked:          slept
#     monotonic clock left alone:    OSError: [Errno 22] Invalid argument
#
# Python sleeps by clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME), whose moment the library seems to move all the
# same. Programs that sleep for a duration (nanosleep, as `sleep` does) are not concerned.
#
# Ends with 1 when it is no longer so. Installs nothing: Debian's package is unpacked in a temporary folder.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download libfaketime=0.9.10-2.1 >download.log 2>&1 || { cat download.log >&2; exit 2; }
dpkg-deb -x ./libfaketime_*.deb .
library=$(find "$work/usr/lib" -name libfaketime.so.1)
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed" >&2; exit 2; }

# sleeps [SETTING]: what a short sleep says, an hour ahead
sleeps() {
    env "$@" LD_PRELOAD="$library" FAKETIME=+3600 python3 -c 'import time; time.sleep(0.2); print("slept")' 2>&1 | tail -n 1
}

all=$(sleeps || true)
alone=$(sleeps FAKETIME_DONT_FAKE_MONOTONIC=1 || true)
python3 --version
printf 'all clocks are faked:          %s\nmonotonic clock left alone:    %s\n' "$all" "$alone"
[ "$all" = slept ] && [ "$alone" = "OSError: [Errno 22] Invalid argument" ]

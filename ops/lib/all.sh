# shellcheck shell=bash
# Everything that the scripts of ops/ share. Written for bash 3.2, which is what macOS has.
set -uo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P) || exit 1
LOCAL=$ROOT/.local # all that the scripts keep: data, secrets, logs of installations

. "$ROOT/ops/lib/messages.sh"
. "$ROOT/ops/lib/processes.sh"
. "$ROOT/ops/lib/ports.sh"
. "$ROOT/ops/lib/packages.sh"
. "$ROOT/ops/lib/tools.sh"
. "$ROOT/ops/lib/app.sh"
. "$ROOT/ops/lib/database.sh"
. "$ROOT/ops/lib/scratch.sh"
. "$ROOT/ops/lib/generated.sh"

make_local() { mkdir -p "$LOCAL" && chmod 700 "$LOCAL" || die "cannot write $LOCAL"; }

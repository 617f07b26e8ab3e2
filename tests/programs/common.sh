# shellcheck shell=bash
# common.sh - sourced by every script here: runs a real program on Moonheap and, for comparison,
# on its usual allocator.
#
# A script is called with "smoke" (seconds) or "full", and exits 0, 77 (the program is not
# installed) or 1. MOONHEAP_LIB names the library to preload; any allocator that has jemalloc's
# interface can stand in, which tells a fault of the script from a fault of the allocator.
# Everything happens in $work, which is removed at the end, with every process started by `serve`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
lib=${MOONHEAP_LIB:-$root/build/lib/libmoonheap.so}
depth=${1:-smoke}

work=$(mktemp -d "${TMPDIR:-/tmp}/moonheap-program.XXXXXX")
served=() # processes to end
cleanup() {
	local status=$? pid
	for pid in "${served[@]}"; do
		kill -TERM "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$work"
	exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
cd "$work"

step() { printf -- '-- %s\n' "$*"; }
die() {
	printf 'FAILED: %s\n' "$*" >&2
	exit 1
}

# need FILE-OR-COMMAND…: without it there is nothing to test.
need() {
	local thing
	for thing in "$@"; do
		if ! command -v "$thing" >/dev/null && [[ ! -e $thing ]]; then
			echo "skipped: $thing is not installed"
			exit 77
		fi
	done
}

is_full() { [[ $depth == full ]]; }

# on_moonheap COMMAND…: the command, and whatever it starts, allocates with the library.
on_moonheap() { LD_PRELOAD=$lib "$@"; }

# same NAME COMMAND…: both runs succeed and print the same on standard output.
same() {
	local name=$1
	shift
	step "$name"
	"$@" >plain.out 2>plain.err || {
		tail -n 20 plain.out plain.err >&2
		die "$name: fails without Moonheap too"
	}
	on_moonheap "$@" >moonheap.out 2>moonheap.err || {
		tail -n 40 moonheap.out moonheap.err >&2
		die "$name: fails on Moonheap"
	}
	[[ -s plain.out ]] || die "$name: prints nothing, so there is nothing to compare"
	cmp -s plain.out moonheap.out || {
		diff plain.out moonheap.out | head -n 20 >&2
		die "$name: prints something else on Moonheap"
	}
}

# served_by_moonheap COMMAND…: proves that the program's malloc is the library's, by the statistics
# that the library prints at exit. A preloaded library that serves nobody would pass every test.
served_by_moonheap() {
	MALLOC_CONF=stats_print:true on_moonheap "$@" >served.out 2>served.err </dev/null ||
		die "$1 does not start on Moonheap: $(tail -n 5 served.err)"
	awk '$1 == "Allocated:" && $2 + 0 > 0 { found = 1 } END { exit !found }' served.err ||
		die "$1 does not allocate with $lib"
}

[[ -r $lib ]] || die "no library $lib: ./dev build makes it"

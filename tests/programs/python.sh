#!/usr/bin/env bash
# python3 on Moonheap: its own test modules pass as they do without. PYTHONMALLOC=malloc sends every
# object to malloc; otherwise python's own pools would stand in front.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=/usr/bin/python3
need $python
$python -c 'import test.test_json' 2>/dev/null || {
	echo "skipped: python's test modules are not installed (libpython3.11-testsuite)"
	exit 77
}
export PYTHONMALLOC=malloc PYTHONHASHSEED=0

modules=(test_dict test_list test_bytes test_struct)
if is_full; then
	modules+=(test_json test_set test_tuple test_unicode test_re test_array test_memoryview
		test_deque test_heapq test_sort test_collections test_itertools test_functools
		test_pickle test_marshal test_copy test_zlib test_bz2 test_lzma test_decimal test_long
		test_gc test_weakref test_thread test_threading test_queue test_fork1 test_wait3
		test_subprocess test_ctypes test_ast test_compile
		test_generators test_coroutines test_asyncgen test_mmap test_hashlib test_xml_etree)
fi

# Each module and how it ended, without the times.
outcome() {
	local status=0
	"$python" -m test --tempdir "$work" -j2 "${modules[@]}" >"$1" 2>&1 </dev/null || status=$?
	grep -E '^(All [0-9]+ tests? OK|[0-9]+ tests? (failed|OK|skipped|altered)|    test_)' "$1" |
		sed 's/ in .*//' || true
	return $status
}

served_by_moonheap $python -c 'pass'
step "${#modules[@]} test modules"
plain=0
outcome plain.log >plain.out || plain=$?
moonheap=0
LD_PRELOAD=$lib outcome moonheap.log >moonheap.out || moonheap=$?
[[ -s plain.out ]] || die "no outcome: $(tail -n 5 plain.log)"
if ! cmp -s plain.out moonheap.out || [[ $plain -ne $moonheap ]]; then
	diff plain.out moonheap.out >&2 || true
	tail -n 60 moonheap.log >&2
	die "python's tests end otherwise on Moonheap (status $moonheap, without: $plain)"
fi
sed 's/^/   /' moonheap.out

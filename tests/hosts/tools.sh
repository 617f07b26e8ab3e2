#!/usr/bin/env bash
# tools.sh TOOL: other tools in the same process, which watch memory themselves.
#
#   memcheck   valgrind's memcheck on a program with the library preloaded, which it does not touch
#   replaced   the same, told by --soname-synonyms to put its own malloc in the library's place: it
#              finds the mistakes of the program as ever
#   asan       a program built with the address sanitizer: it works, or it says in words what is wrong
#   tsan       the same with the thread sanitizer, when that comes first; else it crashes on the way
#              up with any preloaded malloc, before it could say a word
set -euo pipefail
lib=${MOONHEAP_LIB:?}
tool=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/moonheap-tools.XXXXXX")
trap 'rm -rf "$work"' EXIT

die() {
	echo "FAILED: $*" >&2
	sed 's/^/    /' "$work/said" | tail -n 30 >&2
	exit 1
}
need() {
	command -v "$1" >/dev/null && return
	echo "skipped: $1 is not installed"
	exit 77
}
# An exit status, and what is said on the way.
run() {
	local status=0
	"$@" >"$work/said" 2>&1 </dev/null || status=$?
	echo "$status"
}

cat >"$work/program.c" <<'C'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *work(void *leak)
{
	char *kept[300];
	for (int round = 0; round < 30; round++) {
		for (int i = 0; i < 300; i++) {
			size_t size = (size_t)(i * 37 + round * 11) % 40000 + 1;
			kept[i] = i % 3 ? malloc(size) : calloc(1, size);
			memset(kept[i], i, size);
			if (i % 5 == 0)
				kept[i] = realloc(kept[i], size * 2);
			if (kept[i][0] != (char)i)
				abort();
		}
		for (int i = 0; i < 300; i++)
			free(kept[i]);
	}
	if (leak)
		*(char *volatile *)leak = malloc(12345);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];
	char *lost = NULL;
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, work, argc > 1 && i == 0 ? &lost : NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	lost = NULL;
	if (argc > 1) {
		char *volatile small = malloc(10);
		printf("%d\n", small[10]);
		free(small);
	}
	puts("the end");
	(void)argv;
	return 0;
}
C
need gcc
compile() { gcc -g -O1 -fno-builtin -pthread "$@" "$work/program.c" -o "$work/program" 2>"$work/said"; }

case $tool in
memcheck)
	need valgrind
	compile
	status=$(LD_PRELOAD=$lib run valgrind -q --error-exitcode=9 "$work/program")
	[[ $status == 0 ]] || die "valgrind finds fault with the library (status $status)"
	grep -qx 'the end' "$work/said" || die "the program did not come to its end"
	;;
replaced)
	need valgrind
	compile
	options=(-q --error-exitcode=9 --leak-check=full --soname-synonyms=somalloc=libmoonheap.so)
	status=$(LD_PRELOAD=$lib run valgrind "${options[@]}" "$work/program")
	[[ $status == 0 ]] || die "valgrind finds fault with a program that has none (status $status)"
	status=$(LD_PRELOAD=$lib run valgrind "${options[@]}" "$work/program" mistakes)
	[[ $status == 9 ]] || die "valgrind found nothing (status $status)"
	grep -q 'Invalid read of size 1' "$work/said" || die "it did not see the read beyond the end"
	grep -q '12,345 bytes in 1 blocks are definitely lost' "$work/said" || die "it did not see the leak"
	;;
asan | tsan)
	declare -A kind=([asan]=address [tsan]=thread)
	compile "-fsanitize=${kind[$tool]}" || {
		echo "skipped: gcc has no $tool here"
		exit 77
	}
	[[ $tool == tsan ]] || status=$(LD_PRELOAD=$lib run "$work/program")
	if [[ $tool == tsan ]]; then
		: # see above
	elif [[ $status == 0 ]]; then
		grep -qx 'the end' "$work/said" || die "the program did not come to its end"
	else # the sanitizer's own words; it must be the first to start
		grep -qi "runtime does not come first" "$work/said" || die "status $status without a word why"
	fi
	# In the order that it asks for, it works.
	runtime=$(gcc -print-file-name="lib$tool.so")
	status=$(LD_PRELOAD="$runtime $lib" run "$work/program")
	[[ $status == 0 ]] || die "fails with the sanitizer first (status $status)"
	grep -qx 'the end' "$work/said" || die "the program did not come to its end"
	;;
esac

#!/usr/bin/env bash
# gcc on Moonheap: compiles Moonheap's own core to exactly the same objects. The driver, the
# compiler proper and the assembler all run on it.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need gcc
is_full && levels=(-O0 -O2 -O3) || levels=(-O2)
mapfile -t sources < <(find "$root/core" -name '*.c' | sort)
is_full || sources=("${sources[@]:0:6}")
[[ ${#sources[@]} -gt 0 ]] || die "core has no sources"

compile() { # SOURCE LEVEL: the object on standard output
	gcc -std=gnu11 "$2" -g -fPIC -D_GNU_SOURCE -I"$root/include" -I"$root/core" -c "$1" -o object.o
	sha256sum object.o
}

served_by_moonheap gcc --version
served_by_moonheap "$(gcc -print-prog-name=cc1)" --version
for level in "${levels[@]}"; do
	for source in "${sources[@]}"; do
		same "gcc $level core/$(basename "$source")" compile "$source" "$level"
	done
done

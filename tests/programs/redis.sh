#!/usr/bin/env bash
# redis-server on Moonheap: the same data as on its usual allocator, under load, with its own memory
# commands, background saves (fork) and, in full, eviction, lazy freeing and a restart from disk.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need redis-server redis-cli redis-benchmark /usr/bin/python3
is_full && count=60000 requests=400000 || count=6000 requests=40000

declare -A pid_of
# start NAME [PREFIX…]: a server of its own on a private socket, without TCP.
start() {
	local name=$1
	shift
	mkdir -p "$name"
	"$@" redis-server --port 0 --unixsocket "$work/$name/socket" --dir "$work/$name" --save "" \
		--enable-debug-command local --lazyfree-lazy-user-del yes --io-threads 2 \
		--logfile "$work/$name/log" </dev/null >"$name/out" 2>&1 &
	served+=($!)
	pid_of[$name]=$!
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		[[ $(ask "$name" ping 2>/dev/null) == PONG ]] && return
		sleep 0.1
	done
	tail -n 30 "$name/log" "$name/out" >&2
	die "$name does not answer"
}
ask() { redis-cli -s "$work/$1/socket" "${@:2}"; }
field() { ask "$1" info "$2" | tr -d '\r' | sed -n "s/^$3://p"; }
is_well() {
	kill -0 "${pid_of[moonheap]}" 2>/dev/null || {
		tail -n 60 moonheap/log moonheap/out >&2
		die "the server on Moonheap died"
	}
}

# One deterministic stream of commands over every data type, sizes from 1 byte to 100 kB.
commands() {
	/usr/bin/python3 - "$count" <<'PYTHON'
import random, sys
draw = random.Random(7)
out = sys.stdout.buffer
def send(*words):
    words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
    out.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
def text():
    size = int(2 ** draw.uniform(0, 8 if draw.random() < 0.95 else 16.6))
    return bytes(65 + draw.randrange(26) for _ in range(min(size, 64))) * (size // 64 + 1)
for i in range(int(sys.argv[1])):
    key = draw.randrange(int(sys.argv[1]) // 4)
    verb = draw.randrange(9)
    if verb <= 1: send("SET", f"s{key}", text())
    elif verb == 2: send("APPEND", f"s{key}", text()[:512])
    elif verb == 3: send("HSET", f"h{key % 97}", f"f{draw.randrange(200)}", text()[:2000])
    elif verb == 4: send("RPUSH", f"l{key % 89}", text()[:2000])
    elif verb == 5: send("ZADD", f"z{key % 83}", draw.randrange(10**6), f"m{draw.randrange(500)}")
    elif verb == 6: send("SADD", f"t{key % 79}", draw.randrange(10**9))
    elif verb == 7: send("DEL", f"s{draw.randrange(int(sys.argv[1]) // 4)}")
    else: send("LPOP", f"l{key % 89}")
PYTHON
}

served_by_moonheap redis-server --version
step "the same data on both"
commands >stream
start plain
start moonheap env "LD_PRELOAD=$lib"
for name in plain moonheap; do
	ask "$name" --pipe <stream >"$name/pipe" || die "$name refused the load: $(cat "$name/pipe")"
	ask "$name" debug digest >"$name/digest"
done
cmp plain/digest moonheap/digest || die "the data differ"

step "load"
redis-benchmark -s "$work/moonheap/socket" -n "$requests" -r 20000 -c 20 -P 8 -d 300 -q \
	-t set,get,incr,lpush,lpop,sadd,hset,zadd,spop,mset >load.out 2>&1 || die "$(tail -n 3 load.out)"
is_well

step "MEMORY STATS, MALLOC-STATS, DOCTOR, PURGE"
[[ $(field moonheap memory mem_allocator) == jemalloc* ]] || die "redis does not know its allocator"
ask moonheap memory malloc-stats >answer
grep -q 'Begin jemalloc statistics' answer || die "no statistics: $(head -n 3 answer)"
ask moonheap memory doctor >answer
[[ -s answer ]] || die "the doctor says nothing"
ask moonheap memory stats >answer
number() { awk -v name="$1" 'found { print $1; exit } $1 == name { found = 1 }' answer; }
allocated=$(number allocator.allocated) active=$(number allocator.active)
resident=$(number allocator.resident)
[[ $allocated -gt 1000000 && $allocated -le $active && $active -le $resident ]] ||
	die "MEMORY STATS: allocated $allocated, active $active, resident $resident"
used=$(field moonheap memory used_memory)
((allocated * 100 >= used * 95 && allocated * 100 <= used * 140)) ||
	die "MEMORY STATS says $allocated bytes are allocated, redis counts $used"
ask moonheap flushall >/dev/null
sleep 1
[[ $(ask moonheap memory purge) == OK ]] || die "MEMORY PURGE is refused"
ask moonheap memory stats >answer
after=$(number allocator.resident)
((after < resident / 2)) || die "after FLUSHALL and PURGE $after of $resident bytes stay resident"

if is_full; then
	step "background save (fork) under load, and a restart from the file without Moonheap"
	ask moonheap --pipe <stream >/dev/null
	redis-benchmark -s "$work/moonheap/socket" -n "$requests" -r 1000 -P 4 -q -t incr >/dev/null &
	load=$!
	for _ in 1 2 3; do
		ask moonheap bgsave >/dev/null
		while [[ $(field moonheap persistence rdb_bgsave_in_progress) == 1 ]]; do sleep 0.1; done
		[[ $(field moonheap persistence rdb_last_bgsave_status) == ok ]] || die "a save failed"
	done
	wait "$load"
	ask moonheap save >/dev/null
	ask moonheap debug digest >before
	mkdir again
	cp moonheap/dump.rdb again/
	start again
	ask again debug digest | cmp - before || die "the file holds other data"

	step "eviction and lazy freeing"
	ask moonheap config set maxmemory 40mb maxmemory-policy allkeys-lru >/dev/null
	redis-benchmark -s "$work/moonheap/socket" -n "$requests" -r 1000000 -d 2000 -P 16 -q -t set \
		>/dev/null
	[[ $(field moonheap stats evicted_keys) -gt 1000 ]] || die "nothing was evicted"
	ask moonheap flushall async >/dev/null
	ask moonheap memory purge >/dev/null
	is_well
fi
[[ $(ask moonheap ping) == PONG ]] || die "no answer at the end"

# shell workload: many small processes, each of which pays for the allocator's start and end.
# Usage: commands.sh ROUNDS
set -eu
round=0
while [ "$round" -lt "$1" ]; do
	round=$((round + 1))
	seq 1 "$round" | sed 's/1/one/g' | sort | tail -n 1 >line
	expr "$round" + 1 >>line
	awk -v n="$round" 'BEGIN { print n * 2 }' >>line
	dirname "/a/b/$round" >>line
	cksum <line
done

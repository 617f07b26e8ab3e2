#!/usr/bin/env bash
# git on Moonheap: builds a repository, packs it with threads, clones and checks it; every object
# name and every log line is as without.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need git
is_full && commits=400 || commits=25

export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a
export GIT_COMMITTER_EMAIL=a@example.org GIT_PAGER=cat

history() {
	rm -rf repo copy
	git init -q -b main repo
	local i
	for ((i = 1; i <= commits; i++)); do
		seq "$i" "$((i * 37 % 400 + i))" >"repo/file$((i % 13))"
		cp "$root"/include/moonheap/*.h repo/
		git -C repo add .
		export GIT_AUTHOR_DATE="$((1700000000 + i)) +0000" GIT_COMMITTER_DATE="$((1700000000 + i)) +0000"
		git -C repo commit -q -m "change $i"
	done
	git -C repo branch side HEAD~5
	git -C repo gc -q --aggressive
	git -C repo fsck --strict --full
	git clone -q "$work/repo" copy
	git -C copy log --stat --format='%H %s'
	git -C copy log -S 37 --format=%H -- file3
	git -C copy diff HEAD~9 | sha256sum
	git -C copy blame file1 | sha256sum
	git -C copy grep -c 1 | sort
}
served_by_moonheap git --version
same "$commits commits, gc, fsck, clone, log, diff, blame" history

/* test_ctl_former.c - names of earlier versions: each leads to one that is there, and is none. */
#include "ctl_former.h"

#include "ctl_read.h"
#include "suite.h"

static const char *const former[] = {
	"arena.0.chunk_hooks",  "arena.0.decay_time",    "arena.0.lg_dirty_mult",
	"arenas.extend",        "arenas.lg_dirty_mult",  "arenas.hchunk.3.size",
	"arenas.nhchunks",      "arenas.purge",          "opt.lg_dirty_mult",
	"opt.redzone",          "stats.cactive",         "stats.chunks.current",
	"stats.huge.allocated", "stats.arenas.0.purged",
};

START_TEST(what_became_of_a_name)
{
	for (size_t i = 0; i < ARRAY_LEN(former); i++) {
		const char *now = ctl_former(former[i]);
		expect(now != NULL, "%s is not known", former[i]);
		expect(moonheap_ctl_describe(now) != NULL, "%s: there is no %s", former[i], now);
		expect(moonheap_ctl_describe(former[i]) == NULL, "%s is there", former[i]);
	}
	expect(ctl_former("opt.lg_chunk")[0] == '\0', "something took its place");
}
END_TEST

START_TEST(others_were_no_names)
{
	static const char *const names[] = {
		"",      "arena", "arenas.extended", "arena.0.chunk_hooks.x", "arena..lg_dirty",
		"epoch", "stats", "stats.cactive.",  "arenas.exten",
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		expect(ctl_former(names[i]) == NULL, "%s became %s", names[i],
		       ctl_former(names[i]));
	for (size_t i = 0; i < moonheap_ctl_count(); i++) {
		const char *path = moonheap_ctl_row_at(i)->path;
		expect(ctl_former(path) == NULL, "%s is there, and became %s", path,
		       ctl_former(path));
	}
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {what_became_of_a_name, others_were_no_names, NULL};
	return suite_run("ctl_former", cases);
}

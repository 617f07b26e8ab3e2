/* test_ctl_arena.c - arena.<arena>.*: what they do, and what they answer for slots
 * without an arena and for all arenas at once. */
#include "ctl_row.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>
#include "ctl_read.h"
#include "hooks.h"
#include "size_class.h"
#include "heap_under_test.h"
#include "moonheap/hooks.h"
#include "moonheap/moonheap.h"
#include "suite.h"

#define NEVER_STARTED 1 /* automatic slots other than 0 are empty in a process with one thread */

START_TEST(decay_times)
{
	static const char *const kinds[] = {"dirty", "muzzy"};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		char all[64], one[64], option[64], slot[64];
		snprintf(all, sizeof(all), "arenas.%s_decay_ms", kinds[i]);
		snprintf(one, sizeof(one), "arena.0.%s_decay_ms", kinds[i]);
		snprintf(slot, sizeof(slot), "arena.%d.%s_decay_ms", NEVER_STARTED, kinds[i]);
		snprintf(option, sizeof(option), "opt.%s_decay_ms", kinds[i]);
		ssize_t initial = CTL_READ(ssize_t, option);
		expect(CTL_READ(ssize_t, all) == initial && CTL_READ(ssize_t, one) == initial, "%s",
		       kinds[i]);
		ctl_expect(CTL_WRITE(ssize_t, one, 500), 0, one);
		expect(CTL_READ(ssize_t, one) == 500 && CTL_READ(ssize_t, all) == initial, "%s",
		       one);
		ctl_expect(CTL_WRITE(ssize_t, all, 700), 0, all);
		expect(CTL_READ(ssize_t, one) == 500, "an arena that exists keeps its time");
		snprintf(one, sizeof(one), "arena.%u.%s_decay_ms", heap_arena_create(NULL),
			 kinds[i]);
		expect(CTL_READ(ssize_t, one) == 700, "a new arena has the new time");
		static const ssize_t wrong[] = {-2, SSIZE_MAX};
		for (size_t k = 0; k < ARRAY_LEN(wrong); k++) {
			ctl_expect(CTL_WRITE(ssize_t, one, wrong[k]), EFAULT, one);
			ctl_expect(CTL_WRITE(ssize_t, all, wrong[k]), EFAULT, all);
		}
		ctl_expect(CTL_WRITE(ssize_t, one, -1), 0, one);
		ctl_expect(CTL_WRITE(ssize_t, one, 0), 0, one);
		ssize_t value;
		size_t length = sizeof(value);
		ctl_expect(ctl_by_name(slot, &value, &length, NULL, 0), EFAULT, slot);
		snprintf(slot, sizeof(slot), "arena.4096.%s_decay_ms", kinds[i]);
		ctl_expect(ctl_by_name(slot, &value, &length, NULL, 0), EFAULT, slot);
	}
}
END_TEST

START_TEST(purge_gives_unused_pages_back)
{
	unsigned arena = heap_arena_create(NULL);
	ctl_expect(CTL_WRITE(ssize_t, ctl_named("arena.%u.dirty_decay_ms", arena), -1), 0, "decay");
	int flags = MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE;
	void *p = mh_mallocx(8 << 20, flags);
	memset(p, 1, 8 << 20);
	mh_dallocx(p, flags);
	ctl_refresh();
	expect(CTL_READ(size_t, ctl_named("stats.arenas.%u.pdirty", arena)) >= 2048,
	       "no dirty pages");
	ctl_expect(ctl_do(ctl_named("arena.%u.decay", arena)), 0, "decay");
	ctl_refresh();
	expect(CTL_READ(size_t, ctl_named("stats.arenas.%u.pdirty", arena)) >= 2048,
	       "never decays");
	ctl_expect(ctl_do(ctl_named("arena.%u.purge", arena)), 0, "purge");
	ctl_refresh();
	expect(CTL_READ(size_t, ctl_named("stats.arenas.%u.pdirty", arena)) == 0,
	       "dirty pages left");
	expect(CTL_READ(uint64_t, ctl_named("stats.arenas.%u.dirty_purged", arena)) >= 2048,
	       "count");

	p = mh_mallocx(8 << 20, flags);
	memset(p, 1, 8 << 20);
	mh_dallocx(p, flags);
	ctl_expect(ctl_do("arena.4096.purge"), 0, "purge of all");
	ctl_refresh();
	expect(CTL_READ(size_t, ctl_named("stats.arenas.%u.pdirty", arena)) == 0,
	       "dirty pages left");
}
END_TEST

START_TEST(purge_of_what_has_nothing)
{
	unsigned narenas = CTL_READ(unsigned, "arenas.narenas");
	ctl_expect(ctl_do(ctl_named("arena.%u.purge", NEVER_STARTED)), 0, "an empty slot");
	ctl_expect(ctl_do(ctl_named("arena.%u.decay", NEVER_STARTED)), 0, "an empty slot");
	ctl_expect(ctl_do(ctl_named("arena.%u.purge", narenas)), 0, "all, by the older number");
	ctl_expect(ctl_do("arena.4096.decay"), 0, "all");
	ctl_expect(ctl_do("arena.4097.purge"), ENOENT, "destroyed arenas");
	ctl_expect(ctl_do(ctl_named("arena.%u.purge", narenas + 1)), ENOENT, "no such slot");
	unsigned gone = heap_arena_create(NULL);
	ctl_expect(ctl_do(ctl_named("arena.%u.destroy", gone)), 0, "destroy");
	ctl_expect(ctl_do(ctl_named("arena.%u.purge", gone)), 0, "a destroyed arena");
}
END_TEST

START_TEST(reset_discards_everything)
{
	unsigned arena = heap_arena_create(NULL);
	int flags = MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE;
	for (unsigned i = 0; i < 1000; i++)
		expect(mh_mallocx(1 + i * 97, flags) != NULL, "no memory");
	ctl_expect(ctl_do(ctl_named("arena.%u.reset", arena)), 0, "reset");
	ctl_refresh();
	expect(CTL_READ(size_t, ctl_named("stats.arenas.%u.small.allocated", arena)) == 0, "small");
	expect(CTL_READ(size_t, ctl_named("stats.arenas.%u.large.allocated", arena)) == 0, "large");
	expect(CTL_READ(size_t, ctl_named("stats.arenas.%u.pactive", arena)) == 0, "pages");
	expect(mh_mallocx(100, flags) != NULL, "the arena does not work any more");
	static const char *const never[] = {"arena.0.reset", "arena.1.reset", "arena.4096.reset",
					    "arena.4097.reset"};
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		ctl_expect(ctl_do(never[i]), EFAULT, never[i]);
}
END_TEST

START_TEST(a_bound_arena_is_not_destroyed)
{
	unsigned arena = heap_arena_create(NULL);
	ctl_expect(CTL_WRITE(unsigned, "thread.arena", arena), 0, "bind");
	ctl_expect(ctl_do(ctl_named("arena.%u.destroy", arena)), EFAULT, "destroy");
	void *p = mh_malloc(100);
	const void *address = p;
	unsigned owner;
	size_t length = sizeof(owner);
	ctl_expect(ctl_by_name("arenas.lookup", &owner, &length, &address, sizeof(address)), 0,
		   "lookup");
	expect(owner == arena, "allocated from arena %u", owner);
	mh_free(p);
	ctl_expect(CTL_WRITE(unsigned, "thread.arena", 0), 0, "bind to arena 0");
	ctl_expect(ctl_do("thread.tcache.flush"), 0, "flush");
	ctl_expect(ctl_do(ctl_named("arena.%u.destroy", arena)), 0, "destroy");
	ctl_expect(CTL_WRITE(unsigned, "thread.arena", arena), EFAULT, "bind to a destroyed arena");
}
END_TEST

START_TEST(use_of_sbrk)
{
	expect(strcmp(CTL_READ(const char *, "arena.0.dss"), "secondary") == 0, "arena.0.dss");
	expect(strcmp(CTL_READ(const char *, "arena.4096.dss"), "secondary") == 0,
	       "arena.4096.dss");
	ctl_expect(CTL_WRITE(char *, "arena.0.dss", "primary"), 0, "primary");
	expect(strcmp(CTL_READ(const char *, "arena.0.dss"), "primary") == 0, "not as set");
	expect(strcmp(CTL_READ(const char *, "stats.arenas.0.dss"), "primary") == 0, "statistics");
	expect(strcmp(CTL_READ(const char *, "arena.4096.dss"), "secondary") == 0, "of all");
	ctl_expect(CTL_WRITE(char *, "arena.4096.dss", "disabled"), 0, "disabled");
	unsigned index = CTL_READ(unsigned, "arenas.create");
	expect(strcmp(CTL_READ(const char *, ctl_named("arena.%u.dss", index)), "disabled") == 0,
	       "of an arena to come");
	expect(strcmp(CTL_READ(const char *, "opt.dss"), "secondary") == 0, "opt.dss");
	ctl_expect(CTL_WRITE(char *, "arena.0.dss", "nonsense"), EINVAL, "nonsense");
	ctl_expect(CTL_WRITE(char *, "arena.0.dss", NULL), EINVAL, "NULL");
	ctl_expect(CTL_WRITE(char *, ctl_named("arena.%u.dss", NEVER_STARTED), "disabled"), EFAULT,
		   "an empty slot");
}
END_TEST

START_TEST(oversize_has_a_threshold)
{
	static const char name[] = "arena.0.oversize_threshold";
	expect(CTL_READ(size_t, name) == 8 << 20, "%zu", CTL_READ(size_t, name));
	ctl_expect(CTL_WRITE(size_t, name, 12345), 0, name);
	expect(CTL_READ(size_t, name) == 12345, "%zu", CTL_READ(size_t, name));
	ctl_expect(CTL_WRITE(size_t, "arena.4096.oversize_threshold", 1), EFAULT, "all arenas");
	ctl_expect(CTL_WRITE(size_t, ctl_named("arena.%u.oversize_threshold", NEVER_STARTED), 1),
		   EFAULT, "an empty slot");
}
END_TEST

START_TEST(growth_has_a_limit)
{
	static const char name[] = "arena.0.retain_grow_limit";
	size_t page = CTL_READ(size_t, "arenas.page");
	expect(CTL_READ(size_t, name) >= (size_t)1 << 40, "%zx", CTL_READ(size_t, name));
	ctl_expect(CTL_WRITE(size_t, name, page + 1), 0, name);
	expect(CTL_READ(size_t, name) == page, "it is rounded down to %zu", CTL_READ(size_t, name));
	ctl_expect(CTL_WRITE(size_t, name, 1), EFAULT, "below a page");
	ctl_expect(CTL_WRITE(size_t, "arena.4096.retain_grow_limit", page), EFAULT, "all arenas");
}
END_TEST

/* -- hooks ------------------------------------------------------------------------------------- */

static extent_hooks_t *below; /* the default ones */
static unsigned allocations;

static void *counting_alloc(extent_hooks_t *hooks, void *address, size_t size, size_t alignment,
			    bool *zero, bool *commit, unsigned arena)
{
	expect(hooks->alloc == counting_alloc, "another table");
	allocations++;
	return below->alloc(below, address, size, alignment, zero, commit, arena);
}

static extent_hooks_t counting = {.alloc = counting_alloc};

START_TEST(hooks_of_a_program)
{
	below = CTL_READ(extent_hooks_t *, "arena.0.extent_hooks");
	expect(below != NULL && below->alloc != NULL, "the default hooks");
	expect(CTL_READ(extent_hooks_t *, ctl_named("arena.%u.extent_hooks", NEVER_STARTED)) ==
		       below,
	       "an empty slot has the default hooks");
	unsigned arena = heap_arena_create(&counting);
	expect(CTL_READ(extent_hooks_t *, ctl_named("arena.%u.extent_hooks", arena)) == &counting,
	       "the hooks that it was made with");
	void *p = mh_mallocx(1 << 22, MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
	expect(p != NULL && allocations > 0, "%u calls", allocations);

	extent_hooks_t *old = NULL, *new = below;
	size_t length = sizeof(old);
	const char *name = ctl_named("arena.%u.extent_hooks", arena);
	ctl_expect(ctl_by_name(name, &old, &length, &new, sizeof(new)), 0, "back to default");
	expect(old == &counting, "the old hooks come back");
	ctl_expect(CTL_WRITE(extent_hooks_t *, name, NULL), EFAULT, "no hooks");
	ctl_expect(ctl_by_name("arena.4096.extent_hooks", &old, &length, NULL, 0), EFAULT, "all");
	mh_dallocx(p, MALLOCX_TCACHE_NONE);
}
END_TEST

START_TEST(a_slot_is_started_by_its_hooks)
{
	below = CTL_READ(extent_hooks_t *, "arena.0.extent_hooks");
	if (CTL_READ(unsigned, "opt.narenas") < 2)
		return; /* there is no other automatic slot */
	ctl_expect(CTL_WRITE(extent_hooks_t *, ctl_named("arena.%u.extent_hooks", NEVER_STARTED),
			     &counting),
		   0, "hooks");
	ctl_refresh();
	expect(CTL_READ(bool, ctl_named("arena.%u.initialized", NEVER_STARTED)), "not started");
}
END_TEST

static const char *name_of(unsigned arena)
{
	static char room[2][64];
	static unsigned turn;
	char *to = room[++turn % 2];
	size_t length = sizeof(to);
	memset(to, 7, 64);
	ctl_expect(ctl_by_name(ctl_named("arena.%u.name", arena), &to, &length, NULL, 0), 0,
		   "arena.<i>.name");
	expect(to[31] == 0 && to[32] == 7, "not 32 bytes");
	return to;
}

static int set_name(unsigned arena, const char *name)
{
	return ctl_by_name(ctl_named("arena.%u.name", arena), NULL, NULL, &name, sizeof(name));
}

START_TEST(arenas_have_names)
{
	unsigned arena, again, oversize = CTL_READ(unsigned, "arenas.narenas") - 1;
	char expected[32], *nowhere = NULL;
	size_t length = sizeof(arena);
	expect(strcmp(name_of(0), "auto_0") == 0, "%s", name_of(0));
	ctl_expect(set_name(oversize, "x"), EFAULT, "an arena that was not started");
	mh_free(mh_malloc(16 << 20));
	expect(strcmp(name_of(oversize), "auto_oversize") == 0, "%s", name_of(oversize));
	ctl_expect(ctl_by_name("arenas.create", &arena, &length, NULL, 0), 0, "create");
	snprintf(expected, sizeof(expected), "manual_%u", arena);
	expect(strcmp(name_of(arena), expected) == 0, "%s", name_of(arena));
	ctl_expect(set_name(arena, "sessions"), 0, "write");
	expect(strcmp(name_of(arena), "sessions") == 0, "%s", name_of(arena));
	ctl_expect(set_name(arena, "a name of more than thirty-one letters"), 0, "long");
	expect(strcmp(name_of(arena), "a name of more than thirty-one ") == 0, "%s",
	       name_of(arena));
	ctl_expect(set_name(arena, NULL), EINVAL, "NULL");
	ctl_expect(set_name(4096, "all"), EINVAL, "all arenas");
	length = sizeof(nowhere);
	ctl_expect(ctl_by_name(ctl_named("arena.%u.name", arena), &nowhere, &length, NULL, 0),
		   EINVAL, "nowhere to copy it to");
	length = 4;
	ctl_expect(ctl_by_name(ctl_named("arena.%u.name", arena), &nowhere, &length, NULL, 0),
		   EINVAL, "half a pointer");
	ctl_expect(ctl_do(ctl_named("arena.%u.name", arena)), EINVAL, "nothing");
	ctl_expect(ctl_do(ctl_named("arena.%u.destroy", arena)), 0, "destroy");
	length = sizeof(again);
	ctl_expect(ctl_by_name("arenas.create", &again, &length, NULL, 0), 0, "create");
	expect(again == arena && strcmp(name_of(arena), expected) == 0, "the old name stays");
}
END_TEST

START_TEST(when_pages_go_back)
{
	unsigned arena;
	size_t length = sizeof(arena);
	ctl_expect(ctl_by_name("arenas.create", &arena, &length, NULL, 0), 0, "create");
	ctl_expect(set_name(arena, "sessions"), 0, "write");
	expect(strcmp(CTL_READ(const char *, ctl_named("moonheap.arena.%u.name", arena)),
		      "sessions") == 0,
	       "another name");
	expect(CTL_READ(ssize_t, ctl_named("moonheap.arena.%u.due_ms", arena)) == -1,
	       "something is due in an empty arena");
	expect(CTL_READ(size_t, ctl_named("moonheap.arena.%u.dirty_backlog", arena)) == 0, "empty");
	ctl_expect(CTL_WRITE(ssize_t, ctl_named("arena.%u.dirty_decay_ms", arena), 4000), 0, "ms");
	mh_dallocx(mh_mallocx(1 << 20, (int)MALLOCX_ARENA(arena)), MALLOCX_TCACHE_NONE);
	ssize_t due = CTL_READ(ssize_t, ctl_named("moonheap.arena.%u.due_ms", arena));
	expect(due >= 0 && due <= 4010, "due in %zd ms", due);
	expect(CTL_READ(size_t, ctl_named("moonheap.arena.%u.dirty_backlog", arena)) >= 256,
	       "pages of the present step");
	usleep(60000); /* some steps of the curve */
	ctl_expect(ctl_do(ctl_named("arena.%u.decay", arena)), 0, "decay");
	size_t backlog = CTL_READ(size_t, ctl_named("moonheap.arena.%u.dirty_backlog", arena));
	expect(backlog >= 256, "%zu pages", backlog);
	expect(CTL_READ(size_t, ctl_named("moonheap.arena.%u.muzzy_backlog", arena)) == 0, "muzzy");
	ctl_expect(ctl_do(ctl_named("arena.%u.purge", arena)), 0, "purge");
	expect(CTL_READ(ssize_t, ctl_named("moonheap.arena.%u.due_ms", arena)) == -1,
	       "due after all is gone");
	mh_dallocx(mh_mallocx(1 << 20, (int)MALLOCX_ARENA(arena)), MALLOCX_TCACHE_NONE);
	ctl_expect(CTL_WRITE(ssize_t, ctl_named("arena.%u.dirty_decay_ms", arena), -1), 0, "ms");
	expect(CTL_READ(size_t, ctl_named("moonheap.arena.%u.dirty_backlog", arena)) == 0,
	       "a backlog where everything may stay");
}
END_TEST

START_TEST(active_bytes_without_a_refresh)
{
	size_t before = CTL_READ(size_t, "approximate_stats.active");
	uint64_t epoch = CTL_READ(uint64_t, "epoch");
	void *p = mh_malloc(4 << 20);
	expect(CTL_READ(size_t, "approximate_stats.active") >= before + (4 << 20), "not seen");
	expect(CTL_READ(uint64_t, "epoch") == epoch, "it refreshes");
	ctl_refresh();
	expect(CTL_READ(size_t, "approximate_stats.active") == CTL_READ(size_t, "stats.active"),
	       "not what a refresh finds");
	mh_free(p);
}
END_TEST

START_TEST(metadata_by_what_it_is_for)
{
	static void *objects[300];
	mh_free(mh_malloc(1));
	ctl_refresh();
	size_t descriptors = CTL_READ(size_t, "stats.arenas.0.metadata_edata");
	expect(descriptors > 0 && descriptors <= CTL_READ(size_t, "stats.arenas.0.base"),
	       "%zu bytes of descriptors", descriptors);
	expect(CTL_READ(size_t, "stats.metadata_edata") +
			       CTL_READ(size_t, "stats.metadata_rtree") <=
		       CTL_READ(size_t, "stats.metadata"),
	       "parts of more than there is");
	for (unsigned i = 0; i < 300; i++)
		objects[i] = mh_malloc((i % 2 + 1) * (300 << 10));
	ctl_refresh();
	expect(CTL_READ(size_t, "stats.arenas.0.metadata_edata") >= descriptors + 290 * 100,
	       "300 large objects have no descriptors");
	for (unsigned i = 0; i < 300; i++)
		mh_free(objects[i]);
}
END_TEST

static void *alloc_pinned(extent_hooks_t *hooks, void *new_addr, size_t size, size_t alignment,
			  bool *zero, bool *commit, unsigned arena)
{
	char *p = hooks_default.alloc(hooks, new_addr, size, alignment, zero, commit, arena);
	return p != NULL ? p + EXTENT_ALLOC_FLAG_PINNED : NULL;
}

START_TEST(pinned_memory)
{
	static extent_hooks_t hooks, *table = &hooks;
	hooks = hooks_default;
	hooks.alloc = alloc_pinned;
	unsigned arena;
	size_t size = sizeof(arena);
	ctl_expect(ctl_by_name("arenas.create", &arena, &size, &table, sizeof(table)), 0, "create");
	ctl_refresh();
	expect(CTL_READ(size_t, "stats.pinned") == 0, "before there is any");
	void *p = mh_mallocx(1 << 20, MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
	ctl_refresh();
	size_t rest = CTL_READ(size_t, ctl_named("stats.arenas.%u.pinned", arena));
	size_t resident = CTL_READ(size_t, ctl_named("stats.arenas.%u.resident", arena));
	expect(rest >= 1 << 19 && resident >= rest + (1 << 20), "%zu bytes, %zu resident", rest,
	       resident);
	mh_dallocx(p, MALLOCX_TCACHE_NONE);
	ctl_expect(ctl_do(ctl_named("arena.%u.purge", arena)), 0, "purge");
	ctl_refresh();
	size_t all = CTL_READ(size_t, ctl_named("stats.arenas.%u.pinned", arena));
	expect(all >= rest + (1 << 20), "%zu bytes", all);
	expect(CTL_READ(size_t, "stats.pinned") == all &&
		       CTL_READ(size_t, "stats.arenas.4096.pinned") == all,
	       "not in the sums");
	size_t count = 0, bytes = 0;
	for (unsigned i = 0; i < size_class_npages; i++) {
		char name[100];
		for (unsigned of = 0; of < 2; of++) {
			snprintf(name, sizeof(name), "stats.arenas.%u.extents.%u.npinned",
				 of == 0 ? arena : 4096, i);
			size_t n = CTL_READ(size_t, name);
			snprintf(name, sizeof(name), "stats.arenas.%u.extents.%u.pinned_bytes",
				 of == 0 ? arena : 4096, i);
			expect((n == 0) == (CTL_READ(size_t, name) == 0), "class %u", i);
			count += n;
			bytes += CTL_READ(size_t, name);
		}
	}
	expect(bytes == 2 * all && count == 2, "%zu extents, %zu bytes", count, bytes);
	ctl_expect(ctl_do(ctl_named("arena.%u.destroy", arena)), 0, "destroy");
	ctl_refresh();
	expect(CTL_READ(size_t, "stats.pinned") == 0, "after it is gone");
}
END_TEST

START_TEST(one_lock_under_five_names)
{
	mh_free(mh_malloc(1 << 20));
	ctl_refresh();
	uint64_t ops = CTL_READ(uint64_t, "stats.arenas.0.mutexes.extents_dirty.num_ops");
	expect(ops > 0, "it is never taken");
	expect(CTL_READ(uint64_t, "stats.arenas.0.mutexes.extents_muzzy.num_ops") == ops, "muzzy");
	expect(CTL_READ(uint64_t, "stats.arenas.0.mutexes.extents_pinned.num_ops") == ops,
	       "pinned");
	expect(CTL_READ(uint64_t, "stats.arenas.0.mutexes.decay_dirty.num_ops") == ops, "decay");
	expect(CTL_READ(uint64_t, "stats.arenas.0.mutexes.decay_muzzy.num_ops") == ops, "decay");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {decay_times,
				      purge_gives_unused_pages_back,
				      purge_of_what_has_nothing,
				      reset_discards_everything,
				      a_bound_arena_is_not_destroyed,
				      use_of_sbrk,
				      oversize_has_a_threshold,
				      growth_has_a_limit,
				      hooks_of_a_program,
				      a_slot_is_started_by_its_hooks,
				      arenas_have_names,
				      when_pages_go_back,
				      active_bytes_without_a_refresh,
				      metadata_by_what_it_is_for,
				      pinned_memory,
				      one_lock_under_five_names,
				      NULL};
	return suite_run("ctl_arena", cases);
}

/* Calls of the control tree that follow each other: what one leaves behind for the next. */
#include "probe.h"
#include "probe_cases.h"
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* -- short forms: each says the code, and the value where there is one --------------------------
 */

static void say_code(int code)
{
	probe_say(" %s", probe_code(code));
}

static void say_call(const char *name)
{
	say_code(mallctl(name, NULL, NULL, NULL, 0));
}

static void say_read(const char *name, size_t size)
{
	uint64_t value = 0;
	size_t length = size;
	int code = mallctl(name, &value, &length, NULL, 0);

	say_code(code);
	if (code == 0)
		probe_say("=%" PRId64, (int64_t)value);
}

static void say_read_string(const char *name)
{
	const char *value = NULL;
	size_t length = sizeof value;
	int code = mallctl(name, (void *)&value, &length, NULL, 0);

	say_code(code);
	if (code == 0)
		probe_say("=\"%s\"", value ? value : "(null)");
}

static void say_write(const char *name, int64_t value, size_t size)
{
	say_code(mallctl(name, NULL, NULL, &value, size));
}

static void say_write_string(const char *name, const char *value)
{
	say_code(mallctl(name, NULL, NULL, (void *)&value, sizeof value));
}

/* Reads the old value and writes another in one call. */
static void say_swap(const char *name, int64_t value, size_t size, size_t read_size)
{
	uint64_t old = 0;
	size_t length = read_size;
	int code = mallctl(name, &old, &length, &value, size);

	say_code(code);
	probe_say("=%" PRId64 " length %zu", (int64_t)old, length);
}

static const char *leaf_of(unsigned arena, const char *leaf)
{
	static char names[4][80];
	static unsigned next;
	char *name = names[next++ % 4];

	snprintf(name, sizeof names[0], "arena.%u.%s", arena, leaf);
	return name;
}

static const char *stats_of(unsigned arena, const char *leaf)
{
	static char names[4][80];
	static unsigned next;
	char *name = names[next++ % 4];

	snprintf(name, sizeof names[0], "stats.arenas.%u.%s", arena, leaf);
	return name;
}

static unsigned create(void)
{
	unsigned arena = 0;
	size_t length = sizeof arena;

	mallctl("arenas.create", &arena, &length, NULL, 0);
	return arena;
}

static void refresh(void)
{
	uint64_t epoch = 1;

	mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
}

static unsigned automatic_arenas(void)
{
	unsigned count = 0;
	size_t length = sizeof count;

	mallctl("opt.narenas", &count, &length, NULL, 0);
	return count;
}

#define SEQUENCE(what) if (probe_begin("sequence", what))

/* -- arenas ------------------------------------------------------------------------------------ */

static void arena_life(void)
{
	unsigned first, i;

	SEQUENCE("indices of created arenas, after the automatic ones")
	{
		for (i = 0; i < 4; i++)
			probe_say(" +%u", create() - automatic_arenas());
		probe_end();
	}
	SEQUENCE("the arena destroyed last comes back first")
	{
		first = create();
		create();
		create();
		for (i = 0; i < 3; i++)
			say_call(leaf_of(first + i, "destroy"));
		for (i = 0; i < 3; i++)
			probe_say(" +%u", create() - first);
		probe_end();
	}
	SEQUENCE("arenas.narenas counts the highest index")
	{
		say_read("arenas.narenas", 4);
		first = create();
		say_read("arenas.narenas", 4);
		say_call(leaf_of(first, "destroy"));
		say_read("arenas.narenas", 4);
		create();
		say_read("arenas.narenas", 4);
		probe_end();
	}
	SEQUENCE("initialized, through its life")
	{
		say_read("arena.0.initialized", 1);
		first = create();
		say_read(leaf_of(first, "initialized"), 1);
		say_call(leaf_of(first, "destroy"));
		say_read(leaf_of(first, "initialized"), 1);
		refresh();
		say_read(leaf_of(first, "initialized"), 1);
		say_read(leaf_of(first + 1, "initialized"), 1);
		say_read(leaf_of(first + 2, "initialized"), 1);
		probe_end();
	}
	SEQUENCE("calls on a destroyed arena")
	{
		first = create();
		say_call(leaf_of(first, "destroy"));
		say_call(leaf_of(first, "destroy"));
		say_call(leaf_of(first, "reset"));
		say_read(leaf_of(first, "dirty_decay_ms"), 8);
		say_write(leaf_of(first, "dirty_decay_ms"), 5, 8);
		say_write("thread.arena", first, 4);
		probe_end();
	}
	SEQUENCE("settings of an arena, and of the next one with its index")
	{
		first = create();
		say_write(leaf_of(first, "dirty_decay_ms"), 5, 8);
		say_write(leaf_of(first, "muzzy_decay_ms"), 6, 8);
		say_write(leaf_of(first, "retain_grow_limit"), 1 << 21, 8);
		say_write(leaf_of(first, "oversize_threshold"), 1 << 20, 8);
		say_write_string(leaf_of(first, "dss"), "disabled");
		say_call(leaf_of(first, "destroy"));
		probe_say(" +%u", create() - first);
		say_read(leaf_of(first, "dirty_decay_ms"), 8);
		say_read(leaf_of(first, "muzzy_decay_ms"), 8);
		say_read(leaf_of(first, "retain_grow_limit"), 8);
		say_read(leaf_of(first, "oversize_threshold"), 8);
		say_read_string(leaf_of(first, "dss"));
		say_call(leaf_of(first, "destroy"));
		say_write_string("arena.4096.dss", "primary");
		create();
		say_read_string(leaf_of(first, "dss"));
		say_read_string("arena.0.dss");
		probe_end();
	}
	SEQUENCE("calls on automatic arenas")
	{
		say_call("arena.0.reset");
		say_call("arena.0.destroy");
		say_call("arena.0.purge");
		say_call("arena.0.decay");
		probe_end();
	}
	SEQUENCE("an arena that a thread is bound to")
	{
		first = create();
		say_write("thread.arena", first, 4);
		say_read("thread.arena", 4);
		say_call(leaf_of(first, "destroy"));
		say_write("thread.arena", 0, 4);
		say_call(leaf_of(first, "destroy"));
		probe_end();
	}
	SEQUENCE("all arenas together")
	{
		say_read("arena.4096.initialized", 1);
		say_call("arena.4096.decay");
		say_call("arena.4096.purge");
		say_call("arena.4096.reset");
		say_call("arena.4096.destroy");
		say_read("arena.4096.retain_grow_limit", 8);
		say_read_string("arena.4096.dss");
		refresh();
		say_read(stats_of(4096, "nthreads"), 4);
		say_read(stats_of(4096, "dirty_decay_ms"), 8);
		say_read_string(stats_of(4096, "dss"));
		probe_end();
	}
	SEQUENCE("hooks of the arena of huge objects, before there is one")
	{
		void *hooks = NULL;
		size_t length = sizeof hooks;

		mallctl("arena.0.extent_hooks", (void *)&hooks, &length, NULL, 0);
		first = automatic_arenas();
		say_code(mallctl(leaf_of(first, "extent_hooks"), NULL, NULL, (void *)&hooks, 8));
		say_read(leaf_of(first, "dirty_decay_ms"), 8);
		probe_say(" %d", mallocx(9 << 20, 0) != NULL);
		say_read(leaf_of(first, "dirty_decay_ms"), 8);
		probe_end();
	}
	SEQUENCE("the destroyed arenas together")
	{
		say_read("arena.4097.initialized", 1);
		say_read(stats_of(4097, "pactive"), 8);
		first = create();
		say_call(leaf_of(first, "destroy"));
		say_read("arena.4097.initialized", 1);
		refresh();
		say_read("arena.4097.initialized", 1);
		say_read(stats_of(4097, "pactive"), 8);
		probe_end();
	}
	SEQUENCE("what a destroyed arena has counted")
	{
		first = create();
		dallocx(mallocx(100, (int)(MALLOCX_ARENA(first) | MALLOCX_TCACHE_NONE)),
			MALLOCX_TCACHE_NONE);
		mallocx(100000, (int)(MALLOCX_ARENA(first) | MALLOCX_TCACHE_NONE));
		say_call(leaf_of(first, "destroy"));
		refresh();
		say_read(stats_of(4097, "bins.7.nmalloc"), 8);
		say_read(stats_of(4097, "bins.7.ndalloc"), 8);
		say_read(stats_of(4097, "bins.7.curregs"), 8);
		say_read(stats_of(4097, "large.nmalloc"), 8);
		say_read(stats_of(4097, "large.ndalloc"), 8);
		say_read(stats_of(4097, "large.allocated"), 8);
		probe_end();
	}
	SEQUENCE("statistics of an arena, through its life")
	{
		first = create();
		say_read(stats_of(first, "pactive"), 8);
		refresh();
		say_read(stats_of(first, "pactive"), 8);
		say_call(leaf_of(first, "destroy"));
		say_read(stats_of(first, "pactive"), 8);
		refresh();
		say_read(stats_of(first, "pactive"), 8);
		probe_end();
	}
	SEQUENCE("arenas.create, told a wrong length")
	{
		unsigned arena = 99;
		size_t length;

		for (length = 0; length < 9; length++) {
			size_t returned = length;

			say_code(mallctl("arenas.create", &arena, &returned, NULL, 0));
			probe_say(" length %zu", returned);
		}
		probe_end();
	}
}

/* -- settings ---------------------------------------------------------------------------------- */

/* label: the name to print, where the name itself has an index that differs between libraries. */
static void probe_setting(const char *label, const char *name, size_t size, const int64_t *values,
			  size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (probe_begin(label, "setting %" PRId64, values[i])) {
			say_read(name, size);
			say_write(name, values[i], size);
			say_read(name, size);
			probe_end();
		}
		if (probe_begin(label, "swapping with %" PRId64, values[i])) {
			say_swap(name, values[i], size, size);
			say_read(name, size);
			probe_end();
		}
		if (probe_begin(label, "swapping with %" PRId64 ", read too short", values[i])) {
			say_swap(name, values[i], size, size - 1);
			say_read(name, size);
			probe_end();
		}
	}
}

static void settings(void)
{
	static const int64_t times[] = {-2, -1, 0, 1, 5000, INT64_MAX, INT64_MIN};
	static const int64_t sizes[] = {
		0,       1,         4095,      4096, 1 << 20, (1 << 20) + 12345,
		8 << 20, INT64_MAX, INT64_MIN, -2,   -1};
	static const int64_t switches[] = {0, 1};
	static const int64_t arenas[] = {0, 1, 7, 8, 9, 10, 1000, 4094, 4095, 4096, 4097, -1};
	static const int64_t threads[] = {0, 1, 2, 4, 5, 1000, -1};
	static const int64_t epochs[] = {0, 1, 1000};
	unsigned manual;

#define SETTING(name, size, values)                                                                \
	probe_setting(name, name, size, values, sizeof values / sizeof *values)
#define SETTING_OF(arena, leaf, size, values)                                                      \
	probe_setting("arena.<manual>." leaf, leaf_of(arena, leaf), size, values,                  \
		      sizeof values / sizeof *values)

	SETTING("arenas.dirty_decay_ms", 8, times);
	SETTING("arenas.muzzy_decay_ms", 8, times);
	SETTING("arena.0.dirty_decay_ms", 8, times);
	SETTING("arena.0.muzzy_decay_ms", 8, times);
	SETTING("arena.1.dirty_decay_ms", 8, times);
	SETTING("arena.0.oversize_threshold", 8, sizes);
	SETTING("arena.0.retain_grow_limit", 8, sizes);
	SETTING("thread.tcache.enabled", 1, switches);
	SETTING("thread.arena", 4, arenas);
	SETTING("max_background_threads", 8, threads);
	SETTING("background_thread", 1, switches);
	SETTING("epoch", 8, epochs);
	SETTING("prof.active", 1, switches);
	SETTING("prof.gdump", 1, switches);
	SETTING("prof.thread_active_init", 1, switches);
	SETTING("thread.prof.active", 1, switches);
	manual = create();
	SETTING_OF(manual, "dirty_decay_ms", 8, times);
	SETTING_OF(manual, "muzzy_decay_ms", 8, times);
	SETTING_OF(manual, "retain_grow_limit", 8, sizes);
	mallctl(leaf_of(manual, "destroy"), NULL, NULL, NULL, 0);
}

static void dss_setting(void)
{
	static const char *const words[] = {"disabled", "primary", "secondary", "N/A", "bogus", ""};
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (probe_begin("arena.0.dss", "write \"%s\"", words[i])) {
			say_read_string("arena.0.dss");
			say_write_string("arena.0.dss", words[i]);
			say_read_string("arena.0.dss");
			probe_end();
		}
	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (probe_begin("arena.0.dss", "swap with \"%s\"", words[i])) {
			const char *old = "?", *new = words[i];
			size_t length = sizeof old;

			say_code(mallctl("arena.0.dss", (void *)&old, &length, (void *)&new,
					 sizeof new));
			probe_say("=\"%s\"", old);
			say_read_string("arena.0.dss");
			probe_end();
		}
}

/* -- thread caches ----------------------------------------------------------------------------- */

static void thread_caches(void)
{
	int64_t i;

	SEQUENCE("numbers of created caches, freed ones first")
	{
		for (i = 0; i < 4; i++)
			say_read("tcache.create", 4);
		say_write("tcache.destroy", 1, 4);
		say_write("tcache.destroy", 2, 4);
		for (i = 0; i < 3; i++)
			say_read("tcache.create", 4);
		probe_end();
	}
	SEQUENCE("a cache that was destroyed")
	{
		say_read("tcache.create", 4);
		say_write("tcache.flush", 0, 4);
		say_write("tcache.destroy", 0, 4);
		say_write("tcache.destroy", 0, 4);
		say_write("tcache.flush", 0, 4);
		probe_end();
	}
	for (i = -1; i < 10000; i = i < 0 ? 0 : i * 10 + 1)
		if (probe_begin("sequence", "caches that never were: %" PRId64, i)) {
			say_write("tcache.flush", i, 4);
			say_write("tcache.destroy", i, 4);
			probe_end();
		}
	SEQUENCE("a flushed cache serves again")
	{
		void *ptr;

		say_read("tcache.create", 4);
		ptr = mallocx(100, MALLOCX_TCACHE(0));
		dallocx(ptr, MALLOCX_TCACHE(0));
		say_write("tcache.flush", 0, 4);
		say_write("tcache.flush", 0, 4);
		ptr = mallocx(100, MALLOCX_TCACHE(0));
		probe_say(" %d", ptr != NULL);
		say_write("tcache.destroy", 0, 4);
		dallocx(ptr, 0);
		probe_end();
	}
	SEQUENCE("the thread's own cache, switched off")
	{
		say_call("thread.tcache.flush");
		say_write("thread.tcache.enabled", 0, 1);
		say_call("thread.tcache.flush");
		say_read("thread.tcache.enabled", 1);
		say_write("thread.tcache.enabled", 0, 1);
		say_write("thread.tcache.enabled", 1, 1);
		say_call("thread.tcache.flush");
		say_call("thread.idle");
		probe_end();
	}
}

/* -- what is told about objects and threads ---------------------------------------------------- */

static void say_lookup(const void *ptr, size_t size)
{
	unsigned arena = 0;
	size_t length = sizeof arena;
	int code = mallctl("arenas.lookup", &arena, &length, (void *)&ptr, size);

	say_code(code);
	if (code == 0)
		probe_say("=%u", arena);
}

static uint64_t counter_at(const char *name)
{
	uint64_t *counter = NULL;
	size_t length = sizeof counter;

	if (mallctl(name, (void *)&counter, &length, NULL, 0) != 0)
		return 0;
	return *counter;
}

static void lookups(void)
{
	SEQUENCE("the arena of an address")
	{
		unsigned arena = create();
		void *large = mallocx(100000, (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE));

		say_lookup(malloc(100), 8);
		probe_say(" +%d", (int)(arena - automatic_arenas()));
		say_lookup(large, 8);
		say_lookup(large, 4);
		say_call("arenas.lookup");
		probe_end();
	}
	SEQUENCE("the arena of no address")
	{
		say_lookup(NULL, 8);
		probe_end();
	}
	SEQUENCE("the arena of memory that the library did not give out")
	{
		int local;

		say_lookup(&local, 8);
		say_lookup(stdout, 8);
		probe_end();
	}
	SEQUENCE("bytes that the thread allocated, counted exactly")
	{
		uint64_t allocated = counter_at("thread.allocatedp");
		uint64_t deallocated = counter_at("thread.deallocatedp");
		void *small = malloc(100), *large = malloc(100000);

		probe_say(" %" PRIu64, counter_at("thread.allocatedp") - allocated);
		free(small);
		probe_say(" %" PRIu64, counter_at("thread.deallocatedp") - deallocated);
		large = realloc(large, 200000);
		probe_say(" %" PRIu64, counter_at("thread.allocatedp") - allocated);
		free(large);
		probe_say(" %" PRIu64, counter_at("thread.deallocatedp") - deallocated);
		probe_say(" %" PRIu64, counter_at("thread.allocatedp") - allocated);
		probe_end();
	}
	SEQUENCE("the peak of the thread")
	{
		void *ptr;

		say_call("thread.peak.reset");
		ptr = malloc(1 << 20);
		say_read("thread.peak.read", 8);
		free(ptr);
		say_read("thread.peak.read", 8);
		say_call("thread.peak.reset");
		say_read("thread.peak.read", 8);
		probe_end();
	}
	SEQUENCE("the epoch counts its refreshes")
	{
		say_read("epoch", 8);
		say_write("epoch", 77, 8);
		say_read("epoch", 8);
		say_swap("epoch", 1, 8, 8);
		say_write("epoch", 1, 4);
		say_read("epoch", 8);
		probe_end();
	}
	SEQUENCE("the hooks of arenas")
	{
		void *of_0 = NULL, *of_new = NULL;
		size_t length = sizeof of_0;
		unsigned arena = create();

		say_code(mallctl("arena.0.extent_hooks", (void *)&of_0, &length, NULL, 0));
		say_code(
			mallctl(leaf_of(arena, "extent_hooks"), (void *)&of_new, &length, NULL, 0));
		probe_say(" %s %s", of_0 == of_new ? "same" : "other", of_0 ? "there" : "NULL");
		say_code(mallctl(leaf_of(arena, "extent_hooks"), NULL, NULL, (void *)&of_0, 8));
		say_code(mallctl("arena.4096.extent_hooks", (void *)&of_0, &length, NULL, 0));
		probe_end();
	}
}

/* -- statistics: an arena that only this code uses has exactly known numbers ---------------------
 */

static void say_bin(unsigned arena, unsigned bin)
{
	static const char *const leaves[] = {"nmalloc",  "ndalloc", "curregs",
					     "curslabs", "nslabs",  "nonfull_slabs"};
	char leaf[60];
	size_t i;

	for (i = 0; i < sizeof leaves / sizeof *leaves; i++) {
		snprintf(leaf, sizeof leaf, "bins.%u.%s", bin, leaves[i]);
		say_read(stats_of(arena, leaf), 8);
	}
}

static void statistics(void)
{
	void *objects[200];
	unsigned arena, i;
	int flags;

	SEQUENCE("small objects in an arena")
	{
		arena = create();
		flags = (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
		for (i = 0; i < 10; i++)
			objects[i] = mallocx(100, flags);
		refresh();
		say_bin(arena, 7);
		say_read(stats_of(arena, "small.allocated"), 8);
		say_read(stats_of(arena, "small.nmalloc"), 8);
		for (i = 0; i < 4; i++)
			dallocx(objects[i], flags);
		refresh();
		say_bin(arena, 7);
		say_read(stats_of(arena, "small.allocated"), 8);
		say_read(stats_of(arena, "small.ndalloc"), 8);
		probe_end();
	}
	SEQUENCE("slabs that fill and empty")
	{
		arena = create();
		flags = (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
		for (i = 0; i < 200; i++)
			objects[i] = mallocx(512, flags); /* 8 to the slab */
		refresh();
		say_bin(arena, 16);
		for (i = 0; i < 200; i += 2)
			dallocx(objects[i], flags);
		refresh();
		say_bin(arena, 16);
		for (i = 1; i < 200; i += 2)
			dallocx(objects[i], flags);
		refresh();
		say_bin(arena, 16);
		probe_end();
	}
	SEQUENCE("large objects in an arena")
	{
		arena = create();
		flags = (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
		for (i = 0; i < 3; i++)
			objects[i] = mallocx(16384, flags);
		refresh();
		say_read(stats_of(arena, "lextents.0.nmalloc"), 8);
		say_read(stats_of(arena, "lextents.0.curlextents"), 8);
		say_read(stats_of(arena, "large.allocated"), 8);
		say_read(stats_of(arena, "large.nmalloc"), 8);
		dallocx(objects[0], flags);
		refresh();
		say_read(stats_of(arena, "lextents.0.ndalloc"), 8);
		say_read(stats_of(arena, "lextents.0.curlextents"), 8);
		say_read(stats_of(arena, "large.allocated"), 8);
		say_read(stats_of(arena, "large.ndalloc"), 8);
		probe_end();
	}
	SEQUENCE("pages of an arena, after a purge")
	{
		arena = create();
		flags = (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
		objects[0] = mallocx(1 << 20, flags);
		dallocx(objects[0], flags);
		say_call(leaf_of(arena, "purge"));
		refresh();
		say_read(stats_of(arena, "pdirty"), 8);
		say_read(stats_of(arena, "pmuzzy"), 8);
		say_read(stats_of(arena, "pactive"), 8);
		probe_end();
	}
	SEQUENCE("a reset empties the arena")
	{
		arena = create();
		flags = (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
		for (i = 0; i < 100; i++)
			objects[i] = mallocx(i % 2 ? 100 : 20000, flags);
		say_call(leaf_of(arena, "reset"));
		refresh();
		say_read(stats_of(arena, "small.allocated"), 8);
		say_read(stats_of(arena, "large.allocated"), 8);
		say_read(stats_of(arena, "pactive"), 8);
		say_bin(arena, 7);
		probe_end();
	}
	SEQUENCE("threads bound to an arena")
	{
		arena = create();
		refresh();
		say_read(stats_of(arena, "nthreads"), 4);
		say_write("thread.arena", arena, 4);
		refresh();
		say_read(stats_of(arena, "nthreads"), 4);
		say_write("thread.arena", 0, 4);
		refresh();
		say_read(stats_of(arena, "nthreads"), 4);
		probe_end();
	}
}

/* -- names that are wrong ---------------------------------------------------------------------- */

static void wrong_names(void)
{
	static const char *const names[] = {"",
					    ".",
					    "..",
					    "x",
					    "stats",
					    "stats.",
					    ".stats",
					    "stats..allocated",
					    "Stats.allocated",
					    "stats.allocated.",
					    "stats.allocated.x",
					    " stats.allocated",
					    "stats.allocated ",
					    "stats.allocate",
					    "stats.allocatedd",
					    "version.x",
					    "epoch.",
					    "arena",
					    "arena.0",
					    "arena.",
					    "arena..purge",
					    "arena.x.purge",
					    "arena.-1.purge",
					    "arena.+0.initialized",
					    "arena. 0.initialized",
					    "arena.00.initialized",
					    "arena.0x0.initialized",
					    "arena.0foo.initialized",
					    "arena.0.",
					    "arena.0.nothing",
					    "arena.99999999999999999999.initialized",
					    "arena.4294967296.initialized",
					    "arena.4294967295.initialized",
					    "arenas.bin",
					    "arenas.bin.0",
					    "arenas.bin.0.size.x",
					    "arenas.bin.36.size",
					    "arenas.bin.37.size",
					    "arenas.lextent.195.size",
					    "arenas.lextent.197.size",
					    "stats.arenas",
					    "stats.arenas.0",
					    "stats.arenas.0.bins",
					    "stats.arenas.0.bins.36.nmalloc",
					    "stats.arenas.0.bins.37.nmalloc",
					    "stats.arenas.0.extents.199.ndirty",
					    "stats.arenas.0.lextents.197.nmalloc",
					    "a.b.c.d.e.f.g",
					    "a.b.c.d.e.f.g.h",
					    "a.b.c.d.e.f.g.h.i.j.k.l",
					    "stats.arenas.0.bins.0.nmalloc.x.y.z"};
	static char long_name[5000];
	size_t i, mib[10], length;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		if (probe_begin("wrong names", "call \"%s\"", names[i])) {
			say_call(names[i]);
			probe_end();
		}
		if (probe_begin("wrong names", "look up \"%s\"", names[i])) {
			length = 10;
			say_code(mallctlnametomib(names[i], mib, &length));
			probe_say(" length %zu", length);
			probe_end();
		}
	}
	SEQUENCE("a name of 5000 letters")
	{
		memset(long_name, 'a', sizeof long_name - 1);
		say_call(long_name);
		memset(long_name, '.', sizeof long_name - 1);
		say_call(long_name);
		memset(long_name, '0', sizeof long_name - 1);
		memcpy(long_name, "arena.", 6);
		say_call(long_name);
		probe_end();
	}
	SEQUENCE("numbers that are no MIB")
	{
		size_t wrong[] = {SIZE_MAX, 0, 0, 0, 0, 0, 0};

		for (i = 0; i <= 7; i++)
			say_code(mallctlbymib(wrong, i, NULL, NULL, NULL, 0));
		probe_end();
	}
}

void probe_sequences(void)
{
	arena_life();
	settings();
	dss_setting();
	thread_caches();
	lookups();
	statistics();
	wrong_names();
}

/* Rows whose values are structs: every pair of right and wrong lengths, with contents that are
 * right, and what the calls do. */
#include "probe.h"
#include "probe_cases.h"
#include <moonheap/hooks.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned number_at(const char *name)
{
	unsigned number = 0;
	size_t length = sizeof number;

	mallctl(name, &number, &length, NULL, 0);
	return number;
}

static size_t size_at(const char *name)
{
	size_t size = 0, length = sizeof size;

	mallctl(name, &size, &length, NULL, 0);
	return size;
}

/* -- lengths ----------------------------------------------------------------------------------- */

static void *objects[3];
static void *filled[3];
static void ignore_text(const char *text)
{
	(void)text;
}

static struct {
	void **objects;
	size_t count, size;
	int flags;
} batch = {filled, 3, 100, 0};
static struct {
	extent_hooks_t *hooks;
	bool metadata_use_hooks;
} arena_config; /* set when it is used */
static struct {
	void (*calls[3])(void);
	void *extra;
} call_hooks; /* none of the calls */
static struct {
	void (*call)(void *argument, uint64_t allocated, uint64_t deallocated);
	void *argument;
} activity;
static void *no_handle;
static void (*tell)(const char *text) = ignore_text;

static const struct structs {
	const char *name;
	size_t old_size, new_size; /* 0: that it does not take */
	const void *argument;
} rows[] = {
	{"experimental.utilization.query", 48, 8, &objects[0]},
	{"experimental.utilization.batch_query", 3 * 24, 3 * 8, objects},
	{"experimental.batch_alloc", 8, sizeof batch, &batch},
	{"experimental.arenas_create_ext", 4, sizeof arena_config, &arena_config},
	{"experimental.hooks.install", 8, sizeof call_hooks, &call_hooks},
	{"experimental.hooks.remove", 0, 8, &no_handle},
	{"experimental.hooks.safety_check_abort", 0, 8, &tell},
	{"experimental.thread.activity_callback", 16, sizeof activity, &activity},
	{"experimental.arenas.0.pactivep", 8, 0, NULL},
	{"arenas.create", 4, 8, &arena_config.hooks},
	{"arenas.lookup", 4, 8, &objects[0]},
	{"tcache.create", 4, 0, NULL},
	{"stats.mutexes.reset", 0, 0, NULL},
};

static void probe_lengths(const struct structs *row, size_t *old_length, size_t new_length,
			  bool has_old, bool has_new)
{
	unsigned char old[128] = {0}, argument[128] = {0};

	if (row->argument != NULL)
		memcpy(argument, row->argument, row->new_size);
	probe_say("%s", probe_code(mallctl(row->name, has_old ? old : NULL, old_length,
					   has_new ? argument : NULL, new_length)));
	if (old_length != NULL)
		probe_say(" length %zu", *old_length);
}

static void probe_row(const struct structs *row)
{
	const size_t olds[] = {0, 1, row->old_size - 1, row->old_size, row->old_size + 1};
	const size_t news[] = {0, 1, row->new_size - 1, row->new_size, row->new_size + 1};

	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < 5; j++) {
			size_t length = olds[i];

			if (length > 100 || news[j] > 100) /* one less than 0 */
				continue;
			if (probe_begin(row->name, "read %zu, write %zu", olds[i], news[j])) {
				probe_lengths(row, &length, news[j], true, true);
				probe_end();
			}
			if (probe_begin(row->name, "no buffer of %zu, write %zu", olds[i],
					news[j])) {
				probe_lengths(row, &length, news[j], false, true);
				probe_end();
			}
			if (probe_begin(row->name, "read %zu, nothing to write but %zu", olds[i],
					news[j])) {
				probe_lengths(row, &length, news[j], true, false);
				probe_end();
			}
		}
	for (size_t j = 0; j < 5; j++)
		if (news[j] <= 100 && probe_begin(row->name, "write %zu", news[j])) {
			probe_lengths(row, NULL, news[j], false, true);
			probe_end();
		}
}

/* -- what they do ------------------------------------------------------------------------------ */

static void utilization(void)
{
	static const size_t sizes[] = {8, 100, 100000};
	struct {
		void *slab;
		size_t nfree, nregs, size, bin_nfree, bin_nregs;
	} one;
	size_t all[9], length;
	unsigned arena = number_at("arenas.create");
	int flags = (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);

	for (unsigned i = 0; i < 3; i++) {
		objects[i] = mallocx(sizes[i], flags);
		mallocx(sizes[i], flags);
		if (probe_begin("utilization", "of an object of %zu bytes", sizes[i])) {
			length = sizeof one;
			probe_say("%s", probe_code(mallctl("experimental.utilization.query", &one,
							   &length, &objects[i], 8)));
			probe_say(" %s %zu of %zu, %zu of %zu, %s", one.slab ? "slab" : "none",
				  one.nfree, one.nregs, one.bin_nfree, one.bin_nregs,
				  one.size >= sizes[i] ? "large enough" : "too small");
			probe_end();
		}
	}
	if (probe_begin("utilization", "of three objects")) {
		length = sizeof all;
		probe_say("%s", probe_code(mallctl("experimental.utilization.batch_query", all,
						   &length, objects, sizeof objects)));
		for (unsigned i = 0; i < 3; i++)
			probe_say(" %zu of %zu", all[3 * i], all[3 * i + 1]);
		probe_end();
	}
}

static void batches(void)
{
	static const struct {
		size_t count, size;
		int flags;
	} asked[] = {{0, 100, 0},
		     {3, 8, 0},
		     {100, 8192, MALLOCX_ZERO},
		     {100, 100, (int)MALLOCX_TCACHE_NONE},
		     {50, 100, MALLOCX_LG_ALIGN(12)},
		     {20, 1 << 20, 0},
		     {3, SIZE_MAX, 0},
		     {3, 0, 0}};
	static void *got[100];

	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
		if (probe_begin("batch", "%zu objects of %zu bytes, flags %#x", asked[i].count,
				asked[i].size, (unsigned)asked[i].flags)) {
			size_t stored = 99, length = sizeof stored, zero = 0, aligned = 0;
			batch.objects = got;
			batch.count = asked[i].count;
			batch.size = asked[i].size;
			batch.flags = asked[i].flags;
			probe_say("%s", probe_code(mallctl("experimental.batch_alloc", &stored,
							   &length, &batch, sizeof batch)));
			for (size_t j = 0; j < stored && j < 100; j++) {
				zero += ((unsigned char *)got[j])[asked[i].size / 2] == 0;
				aligned += (uintptr_t)got[j] % 4096 == 0;
			}
			probe_say(" %zu", stored);
			if (asked[i].flags & MALLOCX_ZERO)
				probe_say(" zero %zu", zero);
			if (asked[i].flags == MALLOCX_LG_ALIGN(12))
				probe_say(" aligned %zu", aligned);
			probe_end();
		}
}

static unsigned calls;

static void count(void *argument, uint64_t allocated, uint64_t deallocated)
{
	calls += argument == &calls && allocated >= deallocated;
}

static void others(void)
{
	if (probe_begin("counts", "of active pages, live")) {
		size_t *active = NULL, length = sizeof active, before;
		probe_say("%s", probe_code(mallctl("experimental.arenas.0.pactivep",
						   (void *)&active, &length, NULL, 0)));
		before = *active;
		mallocx(1 << 20, MALLOCX_LG_ALIGN(12));
		before = *active - before;
		probe_say(" %s", before == 256 || before == 257 ? "counted" : "not counted");
		probe_end();
	}
	if (probe_begin("counts", "of realloc to nothing, live")) {
		size_t before = size_at("stats.zero_reallocs");
		void *volatile object = malloc(10);
		volatile size_t nothing = 0;
		if (realloc(object, nothing) == NULL)
			probe_say("freed");
		probe_say(" +%zu", size_at("stats.zero_reallocs") - before);
		probe_end();
	}
	if (probe_begin("calls", "by activity, until there is no function")) {
		size_t length = sizeof activity;
		activity.call = count;
		activity.argument = &calls;
		probe_say("%s", probe_code(mallctl("experimental.thread.activity_callback", NULL,
						   NULL, &activity, sizeof activity)));
		for (unsigned i = 0; i < 100; i++)
			free(mallocx(100000, 0));
		probe_say(" %s", calls > 10 ? "called" : "not called");
		memset(&activity, 0, sizeof activity);
		probe_say(" %s",
			  probe_code(mallctl("experimental.thread.activity_callback", &activity,
					     &length, &activity, sizeof activity)));
		probe_end();
	}
	if (probe_begin("calls", "as many as there may be")) {
		for (unsigned i = 0; i < 6; i++) {
			void *handle = NULL;
			size_t length = sizeof handle;
			probe_say(" %s",
				  probe_code(mallctl("experimental.hooks.install", (void *)&handle,
						     &length, &call_hooks, sizeof call_hooks)));
			if (i == 2)
				probe_say(
					" removed %s",
					probe_code(mallctl("experimental.hooks.remove", NULL, NULL,
							   (void *)&handle, sizeof handle)));
		}
		probe_end();
	}
}

void probe_structs(void)
{
	size_t length = sizeof arena_config.hooks;

	mallctl("arena.0.extent_hooks", (void *)&arena_config.hooks, &length, NULL, 0);
	for (unsigned i = 0; i < 3; i++)
		objects[i] = malloc(1000 * (i + 1));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		probe_row(&rows[i]);
	utilization();
	batches();
	others();
}

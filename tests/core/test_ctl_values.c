/* test_ctl_values.c - many values in one call: the same ones as one by one, of one refresh that
 * readers share, or of one arena alone. */
#include "moonheap/ctl.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include "ctl_read.h"
#include "ctl_snapshot.h"
#include "heap_under_test.h"
#include "moonheap/hooks.h"
#include "moonheap/moonheap.h"
#include "suite.h"

enum { ROOM = 400000 };
#define AS_THEY_ARE UINT64_MAX
#define AN_HOUR     (UINT64_C(3600) * 1000000000)

static struct moonheap_ctl_value values[ROOM];

static struct moonheap_ctl_snapshot snapshot(const char *names, uint64_t max_age_ns)
{
	struct moonheap_ctl_snapshot about;
	ctl_expect(moonheap_ctl_snapshot(names, max_age_ns, values, ROOM, &about), 0, names);
	expect(about.count > 0 && about.count <= about.needed, "%zu of %zu values", about.count,
	       about.needed);
	return about;
}

/* The number of that name in the last snapshot. */
static uint64_t number(const struct moonheap_ctl_snapshot *about, const char *name)
{
	char this_name[128];
	for (size_t i = 0; i < about->count; i++) {
		moonheap_ctl_value_name(&values[i], this_name, sizeof(this_name));
		if (strcmp(this_name, name) == 0)
			return values[i].as.number;
	}
	expect(false, "%s is not in the snapshot", name);
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- what is in it ---- */

struct comparison {
	const struct moonheap_ctl_snapshot *about;
	size_t position;
	size_t live; /* values that changed between the two readings */
};

static uint64_t widened(const void *from, enum moonheap_ctl_type type)
{
	uint64_t value = 0;
	memcpy(&value, from, moonheap_ctl_type_size(type));
	return value;
}

/* Each leaf of the tree in turn, by mallctlbymib(): the next value has to be this one. */
static int compare_leaf(const char *name, const size_t *mib, size_t miblen,
			const struct moonheap_ctl_row *row, void *opaque)
{
	struct comparison *c = opaque;
	char this_name[128];
	uint64_t value = 0;
	size_t length = moonheap_ctl_type_size(row->type);
	if ((row->access & MOONHEAP_CTL_READ) == 0 ||
	    ctl_by_mib(mib, miblen, &value, &length, NULL, 0) != 0)
		return 0;
	expect(c->position < c->about->count, "%s is left out", name);
	const struct moonheap_ctl_value *got = &values[c->position++];
	size_t n = moonheap_ctl_value_name(got, this_name, sizeof(this_name));
	expect(n == strlen(name) && strcmp(this_name, name) == 0, "%s where %s should be",
	       this_name, name);
	expect(got->row == row, "%s has another row", name);
	bool same = widened(&got->as, row->type) == value;
	c->live += !same;
	expect(same || row->freshness == MOONHEAP_CTL_LIVE, "%s: %llu, and alone %llu", name,
	       (unsigned long long)got->as.number, (unsigned long long)value);
	return 0;
}

START_TEST(it_is_the_tree)
{
	heap_arena_alloc(heap_arena_create(NULL), 1 << 20);
	const char *const prefixes[] = {"", "stats", "stats.arenas", "arena.0", "opt", "moonheap"};
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct moonheap_ctl_snapshot about = snapshot(prefixes[i], 0);
		struct comparison c = {.about = &about};
		ctl_expect(moonheap_ctl_walk_mib(prefixes[i], compare_leaf, &c), 0, prefixes[i]);
		expect(c.position == about.count, "%zu values below %s, the tree has %zu",
		       about.count, prefixes[i], c.position);
		expect(c.live < 10, "%zu live values changed in a program at rest", c.live);
	}
}
END_TEST

START_TEST(names_stand_in_a_list)
{
	struct moonheap_ctl_snapshot about =
		snapshot("  stats.active stats.arenas.4096.pactive  arenas.page stats.active ", 0);
	expect(about.count == 4 && about.needed == 4, "%zu values", about.count);
	expect(values[0].as.number == values[1].as.number * values[2].as.number, "they differ");
	expect(values[3].as.number == values[0].as.number, "the same name, another value");
	expect(values[1].index[0] == 4096 && values[1].index[1] == 0, "indices");

	about = snapshot("stats.arenas.0.bins.3.nmalloc", 0);
	expect(values[0].index[0] == 0 && values[0].index[1] == 3, "indices");
	about = snapshot("config.stats arenas.quantum opt.dirty_decay_ms version opt.narenas", 0);
	expect(values[0].as.boolean && values[1].as.number == 16, "a bool, a size");
	expect(values[2].as.integer == 10000, "an ssize_t");
	expect(strncmp(values[3].as.string, "5.3.0", 5) == 0, "a string");
	expect(values[4].as.number == CTL_READ(unsigned, "opt.narenas"), "an unsigned");
}
END_TEST

/* One column of a table. */
START_TEST(an_index_may_be_any)
{
	unsigned arena = heap_arena_create(NULL), nbins = CTL_READ(unsigned, "arenas.nbins");
	ctl_refresh();
	struct moonheap_ctl_snapshot about =
		snapshot("stats.arenas.<arena>.bins.<bin>.nmalloc stats.allocated", 0);
	expect(about.epoch != 0, "arena 0 alone");
	size_t arenas = (about.count - 1) / nbins;
	expect(about.count == arenas * nbins + 1 && arenas >= 2, "%zu values", about.count);
	for (size_t i = 0; i < about.count - 1; i++)
		expect(values[i].index[1] == i % nbins &&
			       strcmp(values[i].row->path,
				      "stats.arenas.<arena>.bins.<bin>.nmalloc") == 0,
		       "value %zu is of bin %u", i, values[i].index[1]);
	expect(values[about.count - 2].index[0] == arena, "of arena %u",
	       values[about.count - 2].index[0]);

	char name[64];
	snprintf(name, sizeof(name), "stats.arenas.%u.bins.<bin>.curregs", arena);
	about = snapshot(name, 0);
	expect(about.count == nbins && about.epoch == 0, "%zu values", about.count);
	about = snapshot("stats.arenas.<arena>.mutexes arenas.bin.<bin>", 0);
	expect(about.count % arenas == nbins * 4 % arenas, "%zu values", about.count);
}
END_TEST

START_TEST(too_little_room_is_told)
{
	struct moonheap_ctl_snapshot all = snapshot("stats.mutexes", 0), about;
	uint64_t epoch = CTL_READ(uint64_t, "epoch");
	ctl_expect(moonheap_ctl_snapshot("stats.mutexes", 0, NULL, 0, &about), ERANGE, "no room");
	expect(about.needed == all.needed && about.count == 0, "needs %zu", about.needed);
	expect(CTL_READ(uint64_t, "epoch") == epoch, "counting refreshed");

	memset(values, 0xa5, sizeof(values[0]) * (all.count + 1));
	ctl_expect(moonheap_ctl_snapshot("stats.mutexes", 0, values, all.needed - 1, &about),
		   ERANGE, "one too few");
	expect(about.count == all.needed - 1 && about.needed == all.needed, "%zu stored, needs %zu",
	       about.count, about.needed);
	const unsigned char *beyond = (const unsigned char *)&values[all.needed - 1];
	for (size_t i = 0; i < sizeof(values[0]); i++)
		expect(beyond[i] == 0xa5, "written behind the room");
	ctl_expect(moonheap_ctl_snapshot("stats.mutexes", 0, values, all.needed, &about), 0,
		   "just enough");
}
END_TEST

START_TEST(mistakes_have_numbers)
{
	struct moonheap_ctl_snapshot about;
	const char *const none[] = {"stat",
				    "stats.",
				    "stats.allocated stats.alocated",
				    "stats.arenas.900",
				    "stats.arenas.<bin>.pactive",
				    "stats.<arena>",
				    "stats.arenas.<arena",
				    "<arena>",
				    "thread.<arena>",
				    ".",
				    "a b"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ctl_expect(moonheap_ctl_snapshot(none[i], 0, values, ROOM, &about), ENOENT,
			   none[i]);
	char endless[1000];
	memset(endless, 'x', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	ctl_expect(moonheap_ctl_snapshot(endless, 0, values, ROOM, &about), ENOENT, "long");
	ctl_expect(moonheap_ctl_snapshot(NULL, 0, values, ROOM, &about), EINVAL, "no names");
	ctl_expect(moonheap_ctl_snapshot("stats", 0, values, ROOM, NULL), EINVAL, "no about");
	ctl_expect(moonheap_ctl_snapshot("stats", 0, NULL, 1, &about), EINVAL, "no memory");
	/* Actions have no value. */
	ctl_expect(moonheap_ctl_snapshot("arena.0.purge", 0, values, ROOM, &about), 0, "action");
	expect(about.count == 0 && about.needed == 0, "an action has a value");

	char name[8];
	snapshot("stats.active", 0);
	expect(moonheap_ctl_value_name(&values[0], name, sizeof(name)) == 7 &&
		       strcmp(name, "stats.a") == 0,
	       "cut to %s", name);
	expect(moonheap_ctl_value_name(&values[0], name, 0) == 0, "without room");
}
END_TEST

START_TEST(it_allocates_nothing)
{
	snapshot("", 0);
	uint64_t allocated = CTL_READ(uint64_t, "thread.allocated");
	struct moonheap_ctl_snapshot before = snapshot("stats.arenas.4096 stats", 0);
	uint64_t nmalloc = number(&before, "stats.arenas.4096.small.nmalloc");
	uint64_t metadata = number(&before, "stats.metadata");
	for (unsigned i = 0; i < 10; i++)
		snapshot("", 0);
	struct moonheap_ctl_snapshot after = snapshot("stats.arenas.4096 stats", 0);
	expect(CTL_READ(uint64_t, "thread.allocated") == allocated, "the thread allocated");
	expect(number(&after, "stats.arenas.4096.small.nmalloc") == nmalloc, "somebody allocated");
	expect(number(&after, "stats.metadata") == metadata, "metadata grew");
}
END_TEST

/* ---- how old it may be ---- */

START_TEST(young_ones_are_shared)
{
	uint64_t before = now_ns();
	struct moonheap_ctl_snapshot one = snapshot("stats.active", 0);
	uint64_t after = now_ns();
	expect(one.taken_ns >= before && one.taken_ns <= after, "taken at another time");
	expect(one.epoch == CTL_READ(uint64_t, "epoch"), "epoch %llu",
	       (unsigned long long)one.epoch);
	expect(one.taken_ns == CTL_READ(uint64_t, "moonheap.snapshot.taken_ns"), "taken_ns");

	void *p = heap_arena_alloc(0, 1 << 20);
	uint64_t active = values[0].as.number;
	struct moonheap_ctl_snapshot two = snapshot("stats.active", AN_HOUR);
	expect(two.epoch == one.epoch && two.taken_ns == one.taken_ns, "refreshed too early");
	expect(values[0].as.number == active, "a value changed within an epoch");
	two = snapshot("stats.active", 0);
	expect(two.epoch == one.epoch + 1 && two.taken_ns > one.taken_ns, "not refreshed");
	expect(values[0].as.number >= active + (1 << 20), "what was allocated is not seen");

	nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
	one = snapshot("stats.active", 2000000);
	expect(one.epoch == two.epoch + 1, "what is too old is not refreshed");
	one = snapshot("opt", 0);
	expect(one.epoch == two.epoch + 1, "refreshed for nothing");
	mh_dallocx(p, MALLOCX_TCACHE_NONE);
}
END_TEST

static uint64_t refresh_at_most(uint64_t max_age_ns)
{
	uint64_t epoch;
	size_t length = sizeof(epoch);
	ctl_expect(ctl_by_name("moonheap.snapshot.refresh", &epoch, &length, &max_age_ns,
			       sizeof(max_age_ns)),
		   0, "moonheap.snapshot.refresh");
	expect(epoch == CTL_READ(uint64_t, "epoch"), "gives another epoch");
	return epoch;
}

START_TEST(the_action_shares_too)
{
	uint64_t epoch = refresh_at_most(0);
	expect(refresh_at_most(AN_HOUR) == epoch, "refreshed too early");
	expect(refresh_at_most(AS_THEY_ARE) == epoch, "refreshed though any age is good");
	expect(refresh_at_most(0) == epoch + 1, "not refreshed");
	ctl_expect(ctl_do("moonheap.snapshot.refresh"), EINVAL, "without an age");
}
END_TEST

static void *read_young(void *opaque)
{
	struct moonheap_ctl_value own[16];
	struct moonheap_ctl_snapshot about;
	const uint64_t *max_age_ns = opaque;
	for (unsigned i = 0; i < 200; i++) {
		uint64_t called = now_ns();
		ctl_expect(moonheap_ctl_snapshot("stats.allocated stats.active", *max_age_ns, own,
						 16, &about),
			   0, "snapshot");
		expect(about.taken_ns + *max_age_ns >= called, "older than was allowed");
	}
	return NULL;
}

START_TEST(readers_that_come_together_share)
{
	enum { THREADS = 8 };
	pthread_t threads[THREADS];
	uint64_t ages[] = {AN_HOUR, 0};
	snapshot("stats", 0);
	for (unsigned a = 0; a < 2; a++) {
		uint64_t epoch = CTL_READ(uint64_t, "epoch");
		for (unsigned i = 0; i < THREADS; i++)
			expect(pthread_create(&threads[i], NULL, read_young, &ages[a]) == 0,
			       "no thread");
		for (unsigned i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		uint64_t refreshes = CTL_READ(uint64_t, "epoch") - epoch;
		expect(refreshes <= (a == 0 ? 0 : THREADS * 200), "%llu refreshes",
		       (unsigned long long)refreshes);
		expect(a == 0 || refreshes >= 200, "%llu refreshes", (unsigned long long)refreshes);
	}
}
END_TEST

/* ---- one arena alone ---- */

START_TEST(one_arena_is_looked_at_alone)
{
	unsigned one = heap_arena_create(NULL), two = heap_arena_create(NULL);
	struct moonheap_ctl_snapshot whole = snapshot("stats", 0), about;
	char names[128], name[64], other[64];
	snprintf(names, sizeof(names), "stats.arenas.%u", one);
	snprintf(name, sizeof(name), "stats.arenas.%u.large.allocated", one);
	snprintf(other, sizeof(other), "stats.arenas.%u.large.allocated", two);
	void *p = heap_arena_alloc(one, 1 << 20);
	heap_arena_alloc(two, 1 << 20);

	about = snapshot(names, 0);
	expect(about.epoch == 0 && about.taken_ns > whole.taken_ns, "not alone");
	expect(number(&about, name) == 1 << 20, "%llu bytes",
	       (unsigned long long)number(&about, name));
	expect(CTL_READ(size_t, name) == 0 && CTL_READ(size_t, other) == 0,
	       "others see values change within an epoch");
	expect(CTL_READ(uint64_t, "epoch") == whole.epoch, "it counts an epoch");

	/* Shared while it is young, by its arena only, in preference to an epoch that is older. */
	mh_dallocx(p, MALLOCX_TCACHE_NONE);
	struct moonheap_ctl_snapshot again;
	uint64_t since_alone = now_ns() - about.taken_ns;
	uint64_t since_whole = about.taken_ns - whole.taken_ns;
	again = snapshot(names, since_alone + since_whole / 2);
	expect(again.taken_ns >= about.taken_ns, "it went back in time");
	again = snapshot(names, 0);
	expect(again.taken_ns > about.taken_ns && number(&again, name) == 0, "not looked at");
	about = snapshot(other, 0);
	expect(about.epoch == 0 && about.count == 1 && values[0].as.number == 1 << 20,
	       "the other arena");

	/* Where the epoch is young enough, or more than the arena is wanted, it is the epoch's. */
	about = snapshot(names, AN_HOUR);
	expect(about.epoch == whole.epoch && about.taken_ns == whole.taken_ns, "not the epoch's");
	snprintf(names, sizeof(names), "%s stats.allocated", name);
	about = snapshot(names, 0);
	expect(about.epoch == whole.epoch + 1, "not a whole refresh");
}
END_TEST

START_TEST(an_arena_with_an_old_number_is_another)
{
	char names[64], name[64];
	unsigned arena = heap_arena_create(NULL);
	ctl_refresh();
	snprintf(names, sizeof(names), "stats.arenas.%u", arena);
	snprintf(name, sizeof(name), "stats.arenas.%u.large.allocated", arena);
	heap_arena_alloc(arena, 1 << 20);
	struct moonheap_ctl_snapshot about = snapshot(names, 0);
	expect(number(&about, name) == 1 << 20, "alone");
	ctl_expect(ctl_do(ctl_named("arena.%u.destroy", arena)), 0, "destroy");
	ctl_expect(moonheap_ctl_snapshot(names, AS_THEY_ARE, values, ROOM, &about), ENOENT,
		   "of a destroyed arena");
	expect(heap_arena_create(NULL) == arena, "the index is used again");
	about = snapshot(names, 0); /* it is newer than the statistics: they are refreshed */
	expect(number(&about, name) == 0, "values of the old arena");
}
END_TEST

static int in_hook = -1, in_hook_shared = -1;

static bool asking_split(extent_hooks_t *hooks, void *address, size_t size, size_t size_a,
			 size_t size_b, bool committed, unsigned arena)
{
	struct moonheap_ctl_value value;
	struct moonheap_ctl_snapshot about;
	(void)hooks, (void)address, (void)size, (void)size_a, (void)size_b, (void)committed;
	(void)arena;
	in_hook = moonheap_ctl_snapshot("stats.active", 0, &value, 1, &about);
	in_hook_shared = moonheap_ctl_snapshot("stats.active", AS_THEY_ARE, &value, 1, &about);
	return false;
}

START_TEST(a_hook_is_refused)
{
	extent_hooks_t *hooks = CTL_READ(extent_hooks_t *, "arena.0.extent_hooks");
	extent_hooks_t asking = *hooks;
	asking.split = asking_split;
	unsigned arena = heap_arena_create(NULL);
	ctl_expect(CTL_WRITE(extent_hooks_t *, ctl_named("arena.%u.extent_hooks", arena), &asking),
		   0, "extent_hooks");
	mh_dallocx(heap_arena_alloc(arena, 1 << 20), MALLOCX_TCACHE_NONE);
	ctl_expect(in_hook, EAGAIN, "inside a hook");
	ctl_expect(in_hook_shared, EAGAIN, "inside a hook, any age");
}
END_TEST

/* ---- under fire ---- */

static bool stop; /* atomic */

static void *allocate_often(void *opaque)
{
	void *slots[64] = {NULL};
	unsigned arena = *(unsigned *)opaque;
	for (size_t i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		size_t at = i * 7 % 64;
		mh_dallocx(slots[at] != NULL ? slots[at] : mh_malloc(1), 0);
		slots[at] = mh_mallocx(1 + i * 37 % 40000,
				       i % 3 == 0 ? MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE : 0);
	}
	for (size_t i = 0; i < 64; i++)
		if (slots[i] != NULL)
			mh_free(slots[i]);
	return NULL;
}

static bool is_of(const struct moonheap_ctl_value *value, const char *path)
{
	return strcmp(value->row->path, path) == 0;
}

/* What is a sum over arenas is that sum in each snapshot, whatever happens meanwhile. */
START_TEST(sums_agree_under_fire)
{
	enum { THREADS = 4 };
	pthread_t threads[THREADS];
	unsigned arenas[THREADS];
	for (unsigned i = 0; i < THREADS; i++)
		arenas[i] = heap_arena_create(NULL);
	for (unsigned i = 0; i < THREADS; i++)
		expect(pthread_create(&threads[i], NULL, allocate_often, &arenas[i]) == 0,
		       "no thread");
	size_t page = CTL_READ(size_t, "arenas.page");
	for (unsigned long n = 0; n < test_scaled(TEST_SANITIZED ? 30 : 100); n++) {
		uint64_t pactive = 0, allocated = 0, of_bins = 0, small = 0;
		struct moonheap_ctl_snapshot about = snapshot("stats arenas", n % 2 ? 0 : 1000000);
		for (size_t i = 0; i < about.count; i++) {
			const struct moonheap_ctl_value *v = &values[i];
			if (is_of(v, "stats.arenas.<arena>.pactive"))
				pactive += v->as.number;
			if (is_of(v, "stats.arenas.<arena>.small.allocated") ||
			    is_of(v, "stats.arenas.<arena>.large.allocated"))
				allocated += v->as.number;
			if (is_of(v, "stats.arenas.<arena>.small.nmalloc"))
				small += v->as.number;
			if (is_of(v, "stats.arenas.<arena>.bins.<bin>.nmalloc"))
				of_bins += v->as.number;
		}
		expect(pactive * page == number(&about, "stats.active"), "active is no sum");
		expect(allocated == number(&about, "stats.allocated"), "allocated is no sum");
		expect(small == of_bins, "small.nmalloc is no sum");
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {it_is_the_tree,
				      names_stand_in_a_list,
				      an_index_may_be_any,
				      too_little_room_is_told,
				      mistakes_have_numbers,
				      it_allocates_nothing,
				      young_ones_are_shared,
				      the_action_shares_too,
				      readers_that_come_together_share,
				      one_arena_is_looked_at_alone,
				      an_arena_with_an_old_number_is_another,
				      a_hook_is_refused,
				      sums_agree_under_fire,
				      NULL};
	return suite_run("ctl_values", cases);
}

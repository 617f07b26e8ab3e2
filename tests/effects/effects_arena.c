/* effects_arena.c - arena.<arena>.* and arenas.*. */
#include "effect.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <unistd.h>
#include "ctl_read.h"
#include "moonheap/hooks.h"
#include "moonheap/moonheap.h"

#define ALONE "background_thread:false" /* no thread of ours comes by and purges */

static int flags_of(unsigned arena)
{
	return (int)MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE;
}

static unsigned create(void)
{
	return CTL_READ(unsigned, "arenas.create");
}

static size_t pages(const char *format, unsigned arena)
{
	ctl_refresh();
	return CTL_READ(size_t, ctl_named(format, arena));
}

static size_t dirty(unsigned arena)
{
	return pages("stats.arenas.%u.pdirty", arena);
}

/* Memory that is used and freed: its pages are dirty now, if they may be. */
static void make_dirty(unsigned arena, size_t size)
{
	void *p = mh_mallocx(size, flags_of(arena));
	expect(p != NULL, "no memory");
	memset(p, 1, size);
	mh_dallocx(p, MALLOCX_TCACHE_NONE);
}

EFFECT_OF_ROW("arena.<arena>.decay", ALONE)
{
	unsigned arena = create();
	CTL_WRITE(ssize_t, ctl_named("arena.%u.dirty_decay_ms", arena), 300);
	make_dirty(arena, 1 << 20);
	expect(dirty(arena) > 0, "nothing waits");
	for (unsigned i = 0; i < 60 && dirty(arena) > 0; i++) {
		usleep(10000);
		ctl_do(ctl_named("arena.%u.decay", arena));
	}
	return dirty(arena) == 0;
}

EFFECT_OF_ROW("arena.<arena>.purge", ALONE)
{
	unsigned arena = create();
	make_dirty(arena, 1 << 20);
	ctl_do(ctl_named("arena.%u.purge", arena));
	return dirty(arena) == 0;
}

EFFECT_OF_ROW("arena.<arena>.reset", ALONE)
{
	unsigned arena = create();
	for (unsigned i = 0; i < 1000; i++)
		mh_mallocx(1000, flags_of(arena));
	ctl_do(ctl_named("arena.%u.reset", arena));
	return pages("stats.arenas.%u.pactive", arena) == 0;
}

EFFECT_OF_ROW("arena.<arena>.destroy", ALONE)
{
	unsigned arena = create();
	make_dirty(arena, 1 << 20);
	ctl_do(ctl_named("arena.%u.destroy", arena));
	return create() == arena; /* its number is free */
}

EFFECT_OF_ROW("arena.<arena>.dirty_decay_ms", ALONE)
{
	unsigned arena = create();
	CTL_WRITE(ssize_t, ctl_named("arena.%u.dirty_decay_ms", arena), 0);
	make_dirty(arena, 1 << 20);
	return dirty(arena) == 0;
}

EFFECT_OF_ROW("arena.<arena>.muzzy_decay_ms", ALONE ",dirty_decay_ms:0")
{
	unsigned arena = create();
	CTL_WRITE(ssize_t, ctl_named("arena.%u.muzzy_decay_ms", arena), -1);
	make_dirty(arena, 1 << 20);
	return pages("stats.arenas.%u.pmuzzy", arena) > 0;
}

EFFECT_OF_ROW("arenas.dirty_decay_ms", ALONE)
{
	CTL_WRITE(ssize_t, "arenas.dirty_decay_ms", 0);
	unsigned arena = create();
	make_dirty(arena, 1 << 20);
	return dirty(arena) == 0;
}

EFFECT_OF_ROW("arenas.muzzy_decay_ms", ALONE ",dirty_decay_ms:0")
{
	CTL_WRITE(ssize_t, "arenas.muzzy_decay_ms", -1);
	unsigned arena = create();
	make_dirty(arena, 1 << 20);
	return pages("stats.arenas.%u.pmuzzy", arena) > 0;
}

static bool is_below_break(unsigned arena)
{
	const char *before = sbrk(0);
	const char *p = mh_mallocx(1 << 20, flags_of(arena));
	return p != NULL && p + (1 << 20) <= (const char *)sbrk(0) && sbrk(0) != before;
}

EFFECT_OF_ROW("arena.<arena>.dss", "")
{
	unsigned arena = create();
	CTL_WRITE(char *, ctl_named("arena.%u.dss", arena), "primary");
	return is_below_break(arena);
}

EFFECT_OF_OPTION("dss", "dss:primary")
{
	return is_below_break(create());
}

static extent_hooks_t *below, mine;
static unsigned calls;

static void *counting_alloc(extent_hooks_t *hooks, void *address, size_t size, size_t alignment,
			    bool *zero, bool *commit, unsigned arena)
{
	expect(hooks == &mine, "the table of another");
	calls++;
	return below->alloc(below, address, size, alignment, zero, commit, arena);
}

static extent_hooks_t *counting_hooks(void)
{
	below = CTL_READ(extent_hooks_t *, "arena.0.extent_hooks");
	mine = *below;
	mine.alloc = counting_alloc;
	return &mine;
}

EFFECT_OF_ROW("arena.<arena>.extent_hooks", "")
{
	unsigned arena = create();
	CTL_WRITE(extent_hooks_t *, ctl_named("arena.%u.extent_hooks", arena), counting_hooks());
	mh_mallocx(32 << 20, flags_of(arena));
	return calls > 0;
}

EFFECT_OF_ROW("arenas.create", "")
{
	unsigned arena = 0;
	size_t length = sizeof(arena);
	extent_hooks_t *hooks = counting_hooks();
	ctl_by_name("arenas.create", &arena, &length, &hooks, sizeof(hooks));
	mh_mallocx(32 << 20, flags_of(arena));
	return arena > 0 && calls > 0;
}

EFFECT_OF_ROW("experimental.arenas_create_ext", "")
{
	struct {
		extent_hooks_t *hooks;
		bool metadata_use_hooks;
	} config = {counting_hooks(), false};
	unsigned arena = 0;
	size_t length = sizeof(arena);
	ctl_by_name("experimental.arenas_create_ext", &arena, &length, &config, sizeof(config));
	mh_mallocx(32 << 20, flags_of(arena));
	return arena > 0 && calls > 0;
}

EFFECT_OF_ROW("arena.<arena>.name", "")
{
	unsigned arena = create();
	CTL_WRITE(char *, ctl_named("arena.%u.name", arena), "sessions");
	return strcmp(CTL_READ(const char *, ctl_named("moonheap.arena.%u.name", arena)),
		      "sessions") == 0;
}

EFFECT_OF_ROW("arena.<arena>.oversize_threshold", ALONE ",tcache_max:4096")
{
	unsigned arena = create();
	CTL_WRITE(size_t, ctl_named("arena.%u.oversize_threshold", arena), 1 << 20);
	make_dirty(arena, 2 << 20);
	return dirty(arena) == 0;
}

/* How far an arena's address space goes beyond what is used. */
static bool grows_by_little(unsigned arena)
{
	for (unsigned i = 0; i < 32; i++)
		mh_mallocx(1 << 20, flags_of(arena));
	return pages("stats.arenas.%u.retained", arena) < 1 << 20;
}

EFFECT_OF_ROW("arena.<arena>.retain_grow_limit", ALONE)
{
	unsigned arena = create();
	CTL_WRITE(size_t, ctl_named("arena.%u.retain_grow_limit", arena), 1 << 20);
	return grows_by_little(arena);
}

EFFECT_OF_ROW("arenas.lookup", "")
{
	unsigned arena = create(), owner = 0;
	const void *p = mh_mallocx(100, flags_of(arena));
	size_t length = sizeof(owner);
	ctl_by_name("arenas.lookup", &owner, &length, &p, sizeof(p));
	return owner == arena;
}

EFFECT_OF_ROW("thread.arena", "")
{
	unsigned arena = create(), owner = 0;
	CTL_WRITE(unsigned, "thread.arena", arena);
	const void *p = mh_malloc(100);
	size_t length = sizeof(owner);
	ctl_by_name("arenas.lookup", &owner, &length, &p, sizeof(p));
	return owner == arena;
}

EFFECT_OF_OPTION("dirty_decay_ms", ALONE ",dirty_decay_ms:0")
{
	unsigned arena = create();
	make_dirty(arena, 1 << 20);
	return dirty(arena) == 0;
}

EFFECT_OF_OPTION("muzzy_decay_ms", ALONE ",dirty_decay_ms:0,muzzy_decay_ms:-1")
{
	unsigned arena = create();
	make_dirty(arena, 1 << 20);
	return pages("stats.arenas.%u.pmuzzy", arena) > 0;
}

EFFECT_OF_OPTION("retain", ALONE ",retain:false,dirty_decay_ms:0")
{
	unsigned arena = create();
	make_dirty(arena, 32 << 20);
	return pages("stats.arenas.%u.retained", arena) == 0;
}

EFFECT_OF_OPTION("lg_extent_max_active_fit", ALONE ",lg_extent_max_active_fit:0")
{
	unsigned arena = create();
	mh_mallocx(8 << 20, flags_of(arena)); /* more is used than dirty */
	make_dirty(arena, 4 << 20);
	size_t before = dirty(arena);
	mh_mallocx(1 << 20, flags_of(arena));
	return dirty(arena) >= before; /* the large extent is not cut */
}

static unsigned owner_of(const void *p)
{
	unsigned owner = 0;
	size_t length = sizeof(owner);
	ctl_expect(ctl_by_name("arenas.lookup", &owner, &length, &p, sizeof(p)), 0, "lookup");
	return owner;
}

EFFECT_OF_OPTION("oversize_threshold", "oversize_threshold:1048576,tcache_max:4096,narenas:2")
{
	return owner_of(mh_malloc(2 << 20)) == 2 && owner_of(mh_malloc(1 << 19)) != 2;
}

EFFECT_OF_OPTION("narenas", "narenas:13")
{
	/* 13 automatic ones, and that of huge objects */
	return CTL_WRITE(unsigned, "thread.arena", 12) == 0 && create() == 14;
}

EFFECT_OF_OPTION("narenas_ratio", "narenas_ratio:3.0")
{
	cpu_set_t set;
	expect(sched_getaffinity(0, sizeof(set), &set) == 0, "affinity");
	if (CPU_COUNT(&set) == 1) /* which gets one arena, whatever the ratio */
		effect_not_here();
	return create() == 3 * (unsigned)CPU_COUNT(&set) + 1;
}

enum { PINNED = 3 };
static pthread_barrier_t all_have_allocated;

/* On the first processor that this process may use; *opaque becomes the arena. */
static void *allocate_pinned(void *opaque)
{
	cpu_set_t all, first;
	size_t cpu = 0;
	expect(sched_getaffinity(0, sizeof(all), &all) == 0, "affinity");
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&first);
	CPU_SET(cpu, &first);
	expect(sched_setaffinity(0, sizeof(first), &first) == 0, "affinity");
	mh_malloc(100);
	*(unsigned *)opaque = CTL_READ(unsigned, "thread.arena");
	pthread_barrier_wait(&all_have_allocated);
	return NULL;
}

EFFECT_OF_OPTION("percpu_arena", "percpu_arena:percpu,narenas:4")
{
	pthread_t threads[PINNED];
	unsigned arenas[PINNED];
	pthread_barrier_init(&all_have_allocated, NULL, PINNED);
	for (unsigned i = 0; i < PINNED; i++)
		expect(pthread_create(&threads[i], NULL, allocate_pinned, &arenas[i]) == 0,
		       "thread");
	for (unsigned i = 0; i < PINNED; i++)
		pthread_join(threads[i], NULL);
	return arenas[0] == arenas[1] && arenas[1] == arenas[2];
}

static void *allocate_one(void *unused)
{
	(void)unused;
	return mh_mallocx(100, MALLOCX_TCACHE_NONE);
}

/* Threads of one arena take from different slabs where they have parts of the bin of their own. */
EFFECT_OF_OPTION("bin_shards", "bin_shards:1-160:8,narenas:1")
{
	uintptr_t object = (uintptr_t)allocate_one(NULL);
	size_t slab = CTL_READ(size_t, "arenas.bin.7.slab_size");
	unsigned apart = 0;
	for (unsigned i = 0; i < 8; i++) {
		pthread_t thread;
		void *other;
		expect(pthread_create(&thread, NULL, allocate_one, NULL) == 0, "no thread");
		pthread_join(thread, &other);
		apart += (uintptr_t)other - object + slab > 2 * slab;
	}
	return apart > 0;
}

EFFECT_OF_OPTION("slab_sizes", "slab_sizes:160-160:15")
{
	char *p = mh_mallocx(160, MALLOCX_TCACHE_NONE);
	size_t found[6] = {0}, length = sizeof(found);
	ctl_by_name("experimental.utilization.query", found, &length, &p, sizeof(p));
	return found[3] == 15 * CTL_READ(size_t, "arenas.page");
}

EFFECT_OF_OPTION("cache_oblivious", "cache_oblivious:true")
{
	bool is_off_page = false;
	for (unsigned i = 0; i < 32; i++)
		is_off_page |= ((uintptr_t)mh_malloc(20000) & 4095) != 0;
	return is_off_page;
}

/* effects_thread.c - thread.*, tcache.*: what the calling thread keeps for itself. */
#include "effect.h"

#include "ctl_read.h"
#include "moonheap/moonheap.h"
#include "thread.h"

/* Bytes in the caches of all threads, of which there is one. */
static size_t cached(void)
{
	ctl_refresh();
	return CTL_READ(size_t, "stats.arenas.4096.tcache_bytes");
}

/* Twice: large objects are kept of sizes that are asked for again. */
static void use(size_t size)
{
	void *objects[8];
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 8; i++)
			objects[i] = mh_malloc(size);
		for (unsigned i = 0; i < 8; i++)
			mh_free(objects[i]);
	}
}

EFFECT_OF_ROW("thread.tcache.flush", "")
{
	use(100);
	expect(cached() > 0, "nothing is cached");
	ctl_do("thread.tcache.flush");
	return cached() == 0;
}

EFFECT_OF_ROW("thread.idle", "")
{
	use(100);
	expect(cached() > 0, "nothing is cached");
	ctl_do("thread.idle");
	return cached() == 0;
}

EFFECT_OF_ROW("thread.tcache.enabled", "")
{
	CTL_WRITE(bool, "thread.tcache.enabled", false);
	use(100);
	return cached() == 0;
}

EFFECT_OF_OPTION("tcache", "tcache:false")
{
	use(100);
	return cached() == 0;
}

EFFECT_OF_ROW("thread.tcache.max", "")
{
	CTL_WRITE(size_t, "thread.tcache.max", 1024);
	ctl_do("thread.tcache.flush");
	use(20000);
	return cached() == 0;
}

EFFECT_OF_OPTION("tcache_max", "tcache_max:1024")
{
	ctl_do("thread.tcache.flush");
	use(20000);
	return cached() == 0;
}

EFFECT_OF_OPTION("lg_tcache_max", "lg_tcache_max:10")
{
	ctl_do("thread.tcache.flush");
	use(20000);
	return cached() == 0;
}

static size_t slots_of(size_t size)
{
	size_t slots = 0, length = sizeof(slots);
	ctl_by_name("thread.tcache.ncached_max.read_sizeclass", &slots, &length, &size,
		    sizeof(size));
	return slots;
}

EFFECT_OF_ROW("thread.tcache.ncached_max.write", "")
{
	CTL_WRITE(char *, "thread.tcache.ncached_max.write", "20000-20480:0");
	ctl_do("thread.tcache.flush");
	use(20000);
	return cached() == 0;
}

EFFECT_OF_OPTION("tcache_ncached_max", "tcache_ncached_max:20000-20480:0")
{
	ctl_do("thread.tcache.flush");
	use(20000);
	return cached() == 0;
}

EFFECT_OF_ROW("thread.tcache.ncached_max.read_sizeclass", "")
{
	return slots_of(200) > slots_of(200000) && slots_of(200000) > 0;
}

/* Of 33 objects that are freed, how many stay in the cache. */
static size_t left_of(size_t size)
{
	void *objects[33];
	ctl_do("thread.tcache.flush");
	for (unsigned i = 0; i < 33; i++)
		objects[i] = mh_mallocx(size, MALLOCX_TCACHE_NONE);
	for (unsigned i = 0; i < 33; i++)
		mh_free(objects[i]);
	return cached() / mh_nallocx(size, 0);
}

/* The same of a large size, of which the cache keeps none before it is asked for again. */
static size_t left_of_large(size_t size)
{
	use(size);
	return left_of(size);
}

EFFECT_OF_OPTION("tcache_nslots_large", "tcache_nslots_large:3")
{
	return left_of_large(20000) <= 3;
}

EFFECT_OF_OPTION("tcache_nslots_small_max", "tcache_nslots_small_max:7")
{
	return left_of(16) <= 7;
}

EFFECT_OF_OPTION("tcache_nslots_small_min", "tcache_nslots_small_min:77,lg_tcache_nslots_mul:-16")
{
	return left_of(16) == 33;
}

EFFECT_OF_OPTION("lg_tcache_nslots_mul", "lg_tcache_nslots_mul:-16")
{
	return left_of(16) <= 4;
}

EFFECT_OF_ROW("thread.peak.reset", "")
{
	mh_free(mh_malloc(8 << 20));
	ctl_do("thread.peak.reset");
	return CTL_READ(uint64_t, "thread.peak.read") < 8 << 20;
}

EFFECT_OF_ROW("tcache.create", "")
{
	unsigned one = CTL_READ(unsigned, "tcache.create"),
		 two = CTL_READ(unsigned, "tcache.create");
	return one != two;
}

/* A cache of our own with something in it. */
static unsigned cache_with(size_t size)
{
	unsigned cache = CTL_READ(unsigned, "tcache.create");
	mh_dallocx(mh_mallocx(size, MALLOCX_TCACHE(cache)), MALLOCX_TCACHE(cache));
	return cache;
}

/* A list of caches shows it. */
EFFECT_OF_ROW("moonheap.tcache.<tcache>.name", "")
{
	struct moonheap_ctl_value values[32];
	struct moonheap_ctl_snapshot about = {.count = 0};
	unsigned cache = cache_with(100);
	CTL_WRITE(char *, ctl_named("moonheap.tcache.%u.name", cache), "requests");
	moonheap_ctl_snapshot("moonheap.tcache", 0, values, 32, &about);
	for (size_t i = 0; i < about.count; i++)
		if (values[i].row->type == MOONHEAP_CTL_STRING && values[i].index[0] == cache &&
		    strcmp(values[i].as.string, "requests") == 0)
			return true;
	return false;
}

EFFECT_OF_ROW("tcache.flush", "")
{
	ctl_do("thread.tcache.flush");
	unsigned cache = cache_with(100000);
	ctl_refresh();
	size_t before = CTL_READ(size_t, "stats.allocated");
	CTL_WRITE(unsigned, "tcache.flush", cache);
	ctl_refresh();
	return CTL_READ(size_t, "stats.allocated") + 100000 <= before;
}

EFFECT_OF_ROW("tcache.destroy", "")
{
	unsigned cache = cache_with(100000);
	CTL_WRITE(unsigned, "tcache.destroy", cache);
	return CTL_READ(unsigned, "tcache.create") == cache; /* its number is free */
}

EFFECT_OF_OPTION("lg_tcache_flush_small_div",
		 "lg_tcache_flush_small_div:5,tcache_ncached_max:100-112:32")
{
	return left_of(100) <= 3;
}

EFFECT_OF_OPTION("lg_tcache_flush_large_div",
		 "lg_tcache_flush_large_div:5,tcache_ncached_max:17000-20480:32,tcache_max:8388608")
{
	return left_of_large(20000) <= 3;
}

/* Steps of upkeep in 4 MB of objects that are allocated and freed. */
static unsigned steps(void)
{
	const struct thread *self = thread_get();
	unsigned n = 0, at = self->cache.upkeep_next;
	for (unsigned i = 0; i < 4000; i++) {
		mh_free(mh_malloc(1000));
		n += self->cache.upkeep_next != at;
		at = self->cache.upkeep_next;
	}
	return n;
}

EFFECT_OF_OPTION("tcache_gc_incr_bytes", "tcache_gc_incr_bytes:4096,experimental_tcache_gc:false")
{
	return steps() > 500;
}

EFFECT_OF_OPTION("experimental_tcache_gc", "experimental_tcache_gc:false,tcache_gc_incr_bytes:4096")
{
	return steps() > 500;
}

EFFECT_OF_OPTION(
	"tcache_gc_delay_bytes",
	"tcache_gc_delay_bytes:1048576,tcache_gc_incr_bytes:1024,experimental_tcache_gc:false")
{
	use(4000);
	size_t before = cached();
	for (unsigned i = 0; i < 4000; i++)
		mh_free(mh_malloc(100)); /* upkeep of all bins, some times */
	return cached() >= before && before >= 8 * 4096;
}

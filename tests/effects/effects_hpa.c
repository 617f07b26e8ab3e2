/* effects_hpa.c - options about packed huge pages. */
#include "effect.h"

#include <errno.h>
#include <unistd.h>
#include "ctl_read.h"
#include "hpa.h"
#include "mapping.h"
#include "moonheap/moonheap.h"
#include "os_call.h"
#include "thp.h"

#define PACKED "hpa:true,background_thread:false,narenas:1,"
#define QUICK  PACKED "hpa_min_purge_interval_ms:10,hpa_sec_nshards:0,hpa_hugify_style:none,"

#define SLOW PACKED "hpa_hugify_style:lazy,hpa_hugify_delay_ms:20,hpa_sec_nshards:0,"

enum { MANY = 400, SIZE = 32768 }; /* over six huge pages */
static void *objects[MANY];

static void need_huge_pages(void)
{
	mh_free(mh_malloc(1));
	if (!mapping_can_be_huge() || !thp_is_usable())
		effect_not_here();
}

static size_t count(const char *leaf)
{
	char name[128];
	ctl_refresh();
	snprintf(name, sizeof(name), "stats.arenas.0.%s", leaf);
	return CTL_READ(size_t, name);
}

/* Objects with memory behind them; each every-th goes again. */
static void allocate(size_t size, unsigned every)
{
	need_huge_pages();
	for (unsigned i = 0; i < MANY; i++) {
		objects[i] = mh_mallocx(size, MALLOCX_TCACHE_NONE);
		memset(objects[i], 1, size);
	}
	for (unsigned i = 0; every > 0 && i < MANY; i += every)
		mh_dallocx(objects[i], MALLOCX_TCACHE_NONE);
}

/* Lets the time pass that things wait for, and has them done. */
static void step(void)
{
	for (unsigned i = 0; i < 3; i++) {
		ctl_do("arena.0.decay");
		usleep(30000);
	}
	ctl_do("arena.0.decay");
}

EFFECT_OF_OPTION("hpa", "hpa:true")
{
	allocate(1000, 0);
	return count("hpa_shard.npageslabs") > 0;
}

EFFECT_OF_OPTION("hpa_slab_max_alloc", PACKED "hpa_slab_max_alloc:1048576")
{
	allocate(100000, 0);
	return count("hpa_shard.npageslabs") >= 15;
}

/* -- purging ----------------------------------------------------------------------------------- */

EFFECT_OF_OPTION("hpa_dirty_mult", QUICK "hpa_dirty_mult:0")
{
	allocate(SIZE, 10);
	step();
	return count("hpa_shard.ndirty") == 0;
}

EFFECT_OF_OPTION("hpa_min_purge_interval_ms", QUICK "hpa_dirty_mult:0")
{
	allocate(SIZE, 10);
	step();
	return count("hpa_shard.ndirty") == 0;
}

EFFECT_OF_OPTION("hpa_min_purge_delay_ms", QUICK "hpa_dirty_mult:0,hpa_min_purge_delay_ms:100000")
{
	allocate(SIZE, 10);
	step();
	return count("hpa_shard.ndirty") > 0;
}

EFFECT_OF_OPTION("hpa_purge_threshold", QUICK "hpa_dirty_mult:0,hpa_purge_threshold:2097152")
{
	allocate(SIZE, 10);
	step();
	return count("hpa_shard.ndirty") > 0;
}

EFFECT_OF_OPTION("hpa_purge_threshold_ratio",
		 QUICK "hpa_dirty_mult:0,hpa_purge_threshold_ratio:1.0")
{
	allocate(SIZE, 10);
	step();
	return count("hpa_shard.ndirty") > 0;
}

EFFECT_OF_OPTION("experimental_hpa_max_purge_nhp",
		 QUICK "hpa_dirty_mult:0,experimental_hpa_max_purge_nhp:1")
{
	allocate(SIZE, 10);
	usleep(30000);
	ctl_do("arena.0.decay");
	return count("hpa_shard.ndirty") > 0;
}

/* -- making huge ------------------------------------------------------------------------------- */

static size_t huge(void)
{
	return count("hpa_shard.slabs.npageslabs_huge");
}

EFFECT_OF_OPTION("hpa_hugify_style", PACKED "hpa_hugify_style:eager")
{
	allocate(SIZE, 0);
	return huge() > 0;
}

EFFECT_OF_OPTION("hpa_hugify_delay_ms", PACKED "hpa_hugify_style:lazy,hpa_hugify_delay_ms:10")
{
	allocate(SIZE, 0);
	step();
	return huge() > 0;
}

static bool is_huge_when_hardly_used(void)
{
	need_huge_pages();
	for (unsigned i = 0; i < 10; i++)
		memset(mh_mallocx(SIZE, MALLOCX_TCACHE_NONE), 1, SIZE);
	step();
	return huge() > 0;
}

EFFECT_OF_OPTION("hpa_hugification_threshold", PACKED
		 "hpa_hugify_style:lazy,hpa_hugify_delay_ms:10,hpa_hugification_threshold:65536")
{
	return is_huge_when_hardly_used();
}

EFFECT_OF_OPTION("hpa_hugification_threshold_ratio", SLOW "hpa_hugification_threshold_ratio:0.1")
{
	return is_huge_when_hardly_used();
}

static int stop_the_clock(enum os_call call)
{
	return call == OS_CALL_clock_gettime ? EPERM : 0;
}

static unsigned nadvices;

static int count_advice(enum os_call call)
{
	nadvices += call == OS_CALL_madvise;
	return 0;
}

/* The kernel makes pages huge by itself sooner or later; what is ours is to ask twice for each. */
EFFECT_OF_OPTION("hpa_hugify_sync",
		 PACKED "hpa_hugify_style:lazy,hpa_hugify_delay_ms:10,hpa_hugify_sync:true")
{
	os_call_fault =
		stop_the_clock; /* nothing is due while we allocate, however long it takes */
	allocate(SIZE, 0);
	os_call_fault = count_advice;
	step();
	os_call_fault = NULL;
	size_t bytes = 0, nhugified = count("hpa_shard.nhugifies");
	for (unsigned i = 0; i < MANY; i += 64)
		bytes += mapping_huge_bytes(objects[i]);
	if (count("hpa_shard.nhugify_failures") > 0) /* a kernel without MADV_COLLAPSE */
		effect_not_here();
	return nhugified > 0 && nadvices >= 2 * nhugified && (bytes > 0 || TEST_SANITIZED);
}

/* -- the small extent cache -------------------------------------------------------------------- */

static size_t kept(void)
{
	return count("hpa_sec_bytes");
}

EFFECT_OF_OPTION("hpa_sec_nshards", PACKED "hpa_sec_nshards:0")
{
	allocate(SIZE, 10);
	return kept() == 0;
}

EFFECT_OF_OPTION("hpa_sec_max_alloc", PACKED "hpa_sec_max_alloc:4096")
{
	allocate(SIZE, 10);
	return kept() == 0;
}

EFFECT_OF_OPTION("hpa_sec_max_bytes", PACKED "hpa_sec_max_bytes:65536")
{
	allocate(SIZE, 10);
	return kept() <= 65536;
}

EFFECT_OF_OPTION("hpa_sec_bytes_after_flush", PACKED "hpa_sec_bytes_after_flush:4096")
{
	size_t least = SIZE_MAX;
	allocate(SIZE, 0);
	for (unsigned i = 0; i < 50; i++) {
		mh_dallocx(objects[i], MALLOCX_TCACHE_NONE);
		size_t now = kept();
		if (i > 4 && now < least)
			least = now;
	}
	return least <= SIZE;
}

EFFECT_OF_OPTION("hpa_sec_batch_fill_extra", PACKED "hpa_sec_batch_fill_extra:4")
{
	need_huge_pages();
	mh_mallocx(SIZE, MALLOCX_TCACHE_NONE);
	return kept() >= 4 * SIZE;
}

/* -- where the system makes everything huge, as this one is told that it does -------------------
 */

static void pretend_that_all_is_huge(void)
{
	need_huge_pages();
	thp_policy = THP_POLICY_ALWAYS;
	hpa_boot();
}

EFFECT_OF_OPTION("experimental_hpa_start_huge_if_thp_always",
		 PACKED "hpa_hugify_style:none,experimental_hpa_start_huge_if_thp_always:false")
{
	pretend_that_all_is_huge();
	allocate(SIZE, 0);
	return huge() == 0;
}

EFFECT_OF_OPTION("experimental_hpa_enforce_hugify",
		 PACKED "hpa_hugify_style:lazy,experimental_hpa_enforce_hugify:true")
{
	pretend_that_all_is_huge();
	allocate(SIZE, 0);
	return mapping_has_flag(objects[MANY - 1], "hg");
}

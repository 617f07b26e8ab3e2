/* effects_safety.c - options about misuse of memory: what is found, and what happens then. */
#include "effect.h"

#include "child.h"
#include "ctl_read.h"
#include "heap_under_test.h"
#include "os.h"
#include "size_class.h"
#include "thread.h"

#define FULL "safety:full,safety_sample_bytes:0,"

static int free_twice(void *unused)
{
	void *p = mh_malloc(100);
	mh_free(p);
	mh_free(heap_opaque(p));
	mh_free(mh_malloc(100));
	ctl_do("thread.tcache.flush");
	return unused != NULL;
}

static int free_nothing_of_ours(void *unused)
{
	static char other[64] __attribute__((aligned(64)));
	mh_free(heap_opaque(other));
	return unused != NULL;
}

static int write_behind(void *unused)
{
	char *p = mh_malloc(100000);
	((volatile char *)p)[mh_malloc_usable_size(p)] = 1;
	mh_free(p);
	return unused != NULL;
}

static int write_late(void *unused)
{
	volatile char *p = mh_malloc(100);
	mh_free((char *)p);
	p[3] = 1;
	ctl_do("thread.tcache.flush");
	return unused != NULL;
}

static int free_of_another_size(void *unused)
{
	mh_sdallocx(mh_malloc(100), (size_t)(uintptr_t)heap_opaque((void *)1000), 0);
	return unused != NULL;
}

EFFECT_OF_OPTION("safety_action", "safety_action:ignore")
{
	return !effect_ends_with(free_nothing_of_ours, NULL, "");
}

EFFECT_OF_OPTION("safety_invalid_free", "safety_invalid_free:ignore")
{
	return !effect_ends_with(free_nothing_of_ours, NULL, "");
}

EFFECT_OF_OPTION("safety_double_free", "safety_double_free:ignore")
{
	return !effect_ends_with(free_twice, NULL, "");
}

EFFECT_OF_OPTION("safety", "safety:full,safety_sample_bytes:0")
{
	return effect_ends_with(write_late, NULL, "free");
}

EFFECT_OF_OPTION("safety_use_after_free", FULL "safety_use_after_free:ignore")
{
	return !effect_ends_with(write_late, NULL, "");
}

EFFECT_OF_OPTION("safety_size_mismatch", FULL "safety_size_mismatch:ignore")
{
	return !effect_ends_with(free_of_another_size, NULL, "");
}

EFFECT_OF_OPTION("safety_overflow", "safety:full,safety_sample_bytes:1,safety_overflow:ignore")
{
	return !effect_ends_with(write_behind, NULL, "");
}

/* An object goes twice into the thread's cache, and so many others after it that it is fifty deep
 * when a slow path comes by and compares. */
static int free_twice_and_go_on(void *unused)
{
	enum { MANY = 3000 };
	static void *objects[MANY];
	const struct tcache *cache = &thread_get()->cache;
	unsigned class = size_class_of(100), next = 0;
	const struct tcache_bin *slow = &cache->slow[class + 1];
	for (unsigned i = 0; i < MANY; i++)
		objects[i] = mh_malloc(100);
	ctl_do("thread.tcache.flush");
	while (slow->capacity < 100 || stack_held(cache, class) + 50u > slow->capacity)
		mh_free(objects[next++]);
	mh_free(objects[next]);
	mh_free(heap_opaque(objects[next++]));
	for (unsigned capacity = slow->capacity; stack_held(cache, class) < capacity;)
		mh_free(objects[next++]);
	mh_free(objects[next++]);
	return unused != NULL;
}

EFFECT_OF_OPTION("debug_double_free_max_scan",
		 "debug_double_free_max_scan:4294967295,safety_action:report")
{
	struct child_end end;
	child_run(free_twice_and_go_on, NULL, 20, &end);
	return strstr(end.output, "in the thread's cache twice") != NULL;
}

static int write_late_to_a_page(void *unused)
{
	volatile char *p = mh_mallocx(4096, MALLOCX_ALIGN(4096));
	mh_free((char *)p);
	p[3] = 1;
	ctl_do("thread.tcache.flush");
	return unused != NULL;
}

EFFECT_OF_OPTION("lg_san_uaf_align", "lg_san_uaf_align:12")
{
	return effect_ends_with(write_late_to_a_page, NULL, "Write-after-free");
}

EFFECT_OF_OPTION("safety_quarantine_bytes", FULL "safety_quarantine_bytes:0")
{
	return !effect_ends_with(write_late, NULL, "Write-after-free");
}

EFFECT_OF_OPTION("safety_sample_bytes", "safety:sampled,safety_sample_bytes:1024")
{
	for (unsigned i = 0; i < 300; i++) /* 34 KB */
		mh_malloc(112);
	ctl_refresh();
	return CTL_READ(uint64_t, "stats.safety.sampled") >= 10;
}

EFFECT_OF_OPTION("san_guard_large", "san_guard_large:1")
{
	char *p = mh_mallocx(100000, MALLOCX_TCACHE_NONE);
	return !os_is_readable(p + mh_sallocx(p, 0)) && !os_is_readable(p - 8);
}

EFFECT_OF_OPTION("san_guard_small", "san_guard_small:1")
{
	unsigned guards = 0;
	char *p = mh_mallocx(4096, MALLOCX_TCACHE_NONE);
	for (unsigned i = 1; i <= 8; i++)
		guards += !os_is_readable(p + i * 4096);
	return guards > 0;
}

EFFECT_OF_OPTION("safety_slots", "safety:sampled,safety_sample_bytes:1,safety_slots:8")
{
	for (unsigned i = 0; i < 50; i++)
		mh_malloc(100);
	ctl_refresh();
	size_t guarded = CTL_READ(size_t, "stats.safety.guarded");
	return guarded > 0 && guarded <= 8;
}

/* effects_process.c - what is one in the process: statistics, background threads, hooks. */
#include "effect.h"

#include <stdlib.h>
#include <unistd.h>
#include "ctl_read.h"
#include "moonheap/moonheap.h"

EFFECT_OF_ROW("epoch", "")
{
	CTL_READ(size_t, "stats.allocated");
	void *p = mh_malloc(8 << 20);
	size_t before = CTL_READ(size_t, "stats.allocated");
	CTL_WRITE(uint64_t, "epoch", 1);
	bool counts = CTL_READ(size_t, "stats.allocated") >= before + (8 << 20);
	mh_free(p);
	return counts;
}

static size_t background_threads(void)
{
	ctl_refresh();
	return CTL_READ(size_t, "stats.background_thread.num_threads");
}

EFFECT_OF_ROW("background_thread", "")
{
	CTL_WRITE(bool, "background_thread", true);
	return background_threads() >= 1;
}

EFFECT_OF_OPTION("background_thread", "background_thread:true")
{
	mh_free(mh_malloc(100));
	return background_threads() >= 1;
}

/* Background threads, when four arenas have unused pages; a thread comes when its arena has: the
 * first one makes the others after each of its runs. */
static size_t most_threads(void)
{
	enum { RUNS = 3, PATIENCE_MS = 20000 };
	CTL_WRITE(bool, "background_thread", true);
	for (unsigned i = 0; i < 4; i++) {
		CTL_WRITE(unsigned, "thread.arena", i);
		mh_free(mh_mallocx(4 << 20, MALLOCX_TCACHE_NONE));
	}
	ctl_refresh();
	uint64_t end = CTL_READ(uint64_t, "stats.background_thread.num_runs") + RUNS;
	for (unsigned i = 0; i < PATIENCE_MS / 10 && background_threads() < 2 &&
			     CTL_READ(uint64_t, "stats.background_thread.num_runs") < end;
	     i++)
		usleep(10000);
	return background_threads();
}

EFFECT_OF_ROW("max_background_threads", "narenas:4,max_background_threads:4")
{
	CTL_WRITE(size_t, "max_background_threads", 1);
	return most_threads() == 1;
}

EFFECT_OF_OPTION("max_background_threads", "narenas:4,max_background_threads:1")
{
	return most_threads() == 1;
}

EFFECT_OF_ROW("stats.mutexes.reset", "")
{
	mh_free(mh_mallocx(1 << 20, MALLOCX_TCACHE_NONE));
	ctl_refresh();
	expect(CTL_READ(uint64_t, "stats.mutexes.ctl.num_ops") > 0, "no lock is ever taken");
	uint64_t before = CTL_READ(uint64_t, "stats.arenas.0.mutexes.extents_dirty.num_ops");
	ctl_do("stats.mutexes.reset");
	ctl_refresh();
	return CTL_READ(uint64_t, "stats.arenas.0.mutexes.extents_dirty.num_ops") < before;
}

EFFECT_OF_ROW("experimental.utilization.query", "")
{
	size_t found[6] = {0}, length = sizeof(found);
	void *p = mh_malloc(100);
	ctl_by_name("experimental.utilization.query", found, &length, &p, sizeof(p));
	return found[2] > 1;
}

EFFECT_OF_ROW("experimental.utilization.batch_query", "")
{
	void *objects[] = {mh_malloc(100), mh_malloc(1 << 20)};
	size_t found[2][3] = {{0}}, length = sizeof(found);
	ctl_by_name("experimental.utilization.batch_query", found, &length, objects,
		    sizeof(objects));
	return found[0][1] > 1 && found[1][1] == 1;
}

EFFECT_OF_ROW("experimental.batch_alloc", "")
{
	void *objects[50] = {NULL};
	struct {
		void **objects;
		size_t n, size;
		int flags;
	} batch = {objects, 50, 100, 0};
	size_t done = 0, length = sizeof(done);
	ctl_by_name("experimental.batch_alloc", &done, &length, &batch, sizeof(batch));
	return done == 50 && objects[49] != NULL && mh_malloc_usable_size(objects[49]) >= 100;
}

static unsigned heard;

static void on_alloc(void *extra, int type, void *result, uintptr_t returned, uintptr_t a[3])
{
	(void)type, (void)result, (void)returned, (void)a;
	expect(extra == &heard, "the argument of another");
	heard++;
}

static struct {
	void (*alloc)(void *, int, void *, uintptr_t, uintptr_t[3]);
	void *dalloc, *expand, *extra;
} hooks = {on_alloc, NULL, NULL, &heard};

EFFECT_OF_ROW("experimental.hooks.install", "")
{
	void *handle = NULL;
	size_t length = sizeof(handle);
	ctl_by_name("experimental.hooks.install", &handle, &length, &hooks, sizeof(hooks));
	mh_free(mh_malloc(100));
	return heard == 1 && handle != NULL;
}

EFFECT_OF_ROW("experimental.hooks.remove", "")
{
	void *handle = NULL;
	size_t length = sizeof(handle);
	ctl_by_name("experimental.hooks.install", &handle, &length, &hooks, sizeof(hooks));
	CTL_WRITE(void *, "experimental.hooks.remove", handle);
	mh_free(mh_malloc(100));
	return heard == 0;
}

static void on_finding(const char *text)
{
	heard += strstr(text, "free") != NULL;
}

static int be_heard_freeing_twice(void *unused)
{
	(void)unused;
	void *p = mh_malloc(100 << 10);
	mh_free(p);
	mh_free(p);
	mh_free(p);
	ctl_do("thread.tcache.flush");
	if (heard == 0)
		abort();
	return 0;
}

EFFECT_OF_ROW("experimental.hooks.safety_check_abort", "")
{
	void (*hook)(const char *) = on_finding;
	ctl_by_name("experimental.hooks.safety_check_abort", NULL, NULL, &hook, sizeof(hook));
	return !effect_ends_with(be_heard_freeing_twice, NULL, "");
}

static void on_event(bool is_alloc, uint64_t allocated, uint64_t freed)
{
	(void)is_alloc, (void)allocated, (void)freed;
	heard++;
}

EFFECT_OF_ROW("experimental.hooks.thread_event", "")
{
	struct {
		void (*call)(bool, uint64_t, uint64_t);
		uint64_t interval;
		bool alloc_only;
	} event = {on_event, 1 << 20, true};
	ctl_by_name("experimental.hooks.thread_event", NULL, NULL, &event, sizeof(event));
	for (unsigned i = 0; i < 40; i++)
		mh_free(mh_malloc(100 << 10));
	return heard > 0;
}

static void on_activity(void *argument, uint64_t allocated, uint64_t freed)
{
	(void)allocated, (void)freed;
	expect(argument == &heard, "the argument of another");
	heard++;
}

EFFECT_OF_ROW("experimental.thread.activity_callback", "")
{
	struct {
		void (*call)(void *, uint64_t, uint64_t);
		void *argument;
	} activity = {on_activity, &heard};
	ctl_by_name("experimental.thread.activity_callback", NULL, NULL, &activity,
		    sizeof(activity));
	for (unsigned i = 0; i < 40; i++)
		mh_free(mh_malloc(100 << 10));
	return heard > 0;
}

EFFECT_OF_ROW("moonheap.snapshot.refresh", "")
{
	CTL_READ(size_t, "stats.allocated");
	uint64_t age_ns = 0, epoch = 0;
	size_t length = sizeof(epoch);
	void *p = mh_malloc(8 << 20);
	size_t before = CTL_READ(size_t, "stats.allocated");
	ctl_by_name("moonheap.snapshot.refresh", &epoch, &length, &age_ns, sizeof(age_ns));
	bool counts = CTL_READ(size_t, "stats.allocated") >= before + (8 << 20);
	mh_free(p);
	return counts && epoch == CTL_READ(uint64_t, "epoch");
}

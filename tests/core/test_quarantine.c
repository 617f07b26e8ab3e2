/* test_quarantine.c - what is freed waits, up to a limit, and writes to it are found; in full, and
 * of aligned pointers alone (lg_san_uaf_align). */
#include "quarantine.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "boot.h"
#include "checked.h"
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "options.h"
#include "pagemap.h"
#include "said.h"
#include "suite.h"
#include "thread.h"

static void hold_all(void)
{
	expect(boot_ensure(), "boot");
	options.safety = SAFETY_FULL;
	options.safety_action = SAFETY_REPORT;
	options.safety_sample_bytes = 0;
	said_listen();
}

static void hold_aligned(void)
{
	hold_all();
	options.safety = SAFETY_DEFAULT;
	options.lg_san_uaf_align = 12;
}

static size_t stashed(void)
{
	return heap_stat("stats.arenas.4096.tcache_stashed_bytes");
}

START_TEST(it_waits)
{
	hold_all();
	void *p = H(malloc)(1000);

	H(free)(p);
	expect(stashed() == 1024, "%zu", stashed());
	for (unsigned i = 0; i < 100; i++) {
		void *q = H(malloc)(1000);

		expect(q != p, "it is used again at once");
		H(free)(q);
	}
	expect(stashed() == 101 * (size_t)1024, "%zu", stashed());
	heap_call("thread.tcache.flush");
	expect(stashed() == 0, "%zu after a flush", stashed());
	expect(said[0] == '\0', "%s", said);
}
END_TEST

START_TEST(within_a_limit)
{
	hold_all();
	for (unsigned i = 0; i < 20000; i++) {
		H(free)(H(malloc)(1 + i % 3000));
		struct quarantine *quarantine = &thread_get()->cache.quarantine;

		expect(quarantine->bytes <= options.safety_quarantine_bytes, "%zu",
		       quarantine->bytes);
	}
	expect(stashed() > options.safety_quarantine_bytes / 2, "%zu", stashed());
	expect(said[0] == '\0', "%s", said);
	options.safety_quarantine_bytes = 0;
	heap_call("thread.tcache.flush");
	H(free)(H(malloc)(100));
	expect(stashed() == 0, "0 is not none");
}
END_TEST

START_TEST(a_late_write)
{
	hold_all();
	for (unsigned at = 0; at < 112; at++) {
		char *p = heap_opaque(H(malloc)(100));

		H(free)(p);
		p[at] ^= 1;
		said_forget();
		heap_call("thread.tcache.flush");
		expect(strstr(said,
			      "<jemalloc>: Write-after-free detected on deallocated pointer 0x") !=
			       NULL,
		       "at %u: %s", at, said);
		expect(strstr(said, "(size 112). ") != NULL, "%s", said);
	}
	expect(heap_stat("stats.safety.uses_after_free") == 112, "not counted");
}
END_TEST

static void *free_one(void *p)
{
	void *mine = H(malloc)(10);

	H(free)(p);
	H(free)(mine);
	((char *)p)[5] = 1;
	return NULL;
}

/* What a thread holds goes back when it ends. */
START_TEST(a_thread_ends)
{
	pthread_t thread;

	hold_all();
	thread_get();
	expect(pthread_create(&thread, NULL, free_one, H(malloc)(100)) == 0, "thread");
	pthread_join(thread, NULL);
	expect(strstr(said, "Write-after-free") != NULL, "%s", said);
	expect(stashed() == 0, "%zu", stashed());
}
END_TEST

/* Objects of manual arenas are not held: a reset may come. */
START_TEST(manual_arenas)
{
	hold_all();
	unsigned index = heap_arena_create(NULL);

	H(free)(H(mallocx)(100, MALLOCX_ARENA(index)));
	H(free)(H(mallocx)(100000, MALLOCX_ARENA(index)));
	expect(stashed() == 0, "%zu", stashed());
	heap_arena_call(index, "destroy");
}
END_TEST

/* Large ones without memory and access. */
START_TEST(large)
{
	hold_all();
	size_t active = heap_stat("stats.active");
	char *p = H(malloc)(1 << 20);
	const struct extent *extent = pagemap_lookup(p);

	memset(p, 1, 1 << 20);
	H(free)(p);
	expect(extent->is_held && extent->state != PAGES_ACTIVE, "not held");
	expect(pagemap_lookup(p + 50000) == extent, "a fault inside would not be known");
	expect(!os_is_readable(p) && !os_is_readable(p + (1 << 20) - 8), "it can be read");
	heap_call("thread.tcache.flush");
	expect(heap_stat("stats.active") == active, "%zu, not %zu", heap_stat("stats.active"),
	       active);
	expect(pagemap_lookup(p + 50000) == NULL, "the pagemap keeps words");
	p = H(malloc)(1 << 20);
	memset(p, 1, 1 << 20);
	H(free)(p);
	/* As many as there may be, and more. */
	for (unsigned i = 0; i < 5000; i++) {
		p = H(malloc)(20000);
		expect(p != NULL, "%u", i);
		memset(p, 1, 20000);
		H(free)(p);
	}
	expect(said[0] == '\0', "%s", said);
}
END_TEST

/* One that begins inside its page is held by its pages and known by its start. */
START_TEST(large_with_a_lead)
{
	hold_all();
	options.safety = SAFETY_DEFAULT;
	options.cache_oblivious = true;
	large_boot();
	size_t active = heap_stat("stats.active");
	char *p = H(malloc)(300000);
	const struct extent *extent = pagemap_lookup(p);

	expect(extent->lead >= 64 && p == (char *)extent->address + extent->lead, "no lead");
	/* Only now: it would be guarded, and need no lead. Nobody has a cache at that level. */
	options.safety = SAFETY_FULL;
	thread_cache_set_enabled(thread_get(), true); /* looks at the options again */
	checked_begin(p, 300000);
	H(free)(heap_opaque(p - 64));
	expect(strstr(said, "which is inside an object and not its start") != NULL, "%s", said);
	said[0] = '\0';
	H(free)(p);
	expect(said[0] == '\0', "%s", said);
	expect(extent->is_held && !os_is_readable(extent->address) && !os_is_readable(p),
	       "not held");
	H(free)(heap_opaque(p));
	expect(strstr(said, "which was freed") != NULL, "%s", said);
	said[0] = '\0';
	heap_call("thread.tcache.flush");
	expect(said[0] == '\0', "%s", said);
	expect(heap_stat("stats.active") == active, "%zu, not %zu", heap_stat("stats.active"),
	       active);
}
END_TEST

START_TEST(aligned_ones_alone)
{
	hold_aligned();
	unsigned held = 0;
	enum { N = 200 };
	/* The first, the middle and the last word are looked at. */
	static const size_t seen_at[3] = {0, 512, 1023};
	char *objects[N];

	for (unsigned i = 0; i < N; i++)
		objects[i] = H(malloc)(1000);
	expect(H(malloc_usable_size)(objects[0]) == 1024, "sizes are as ever");
	for (unsigned i = 0; i < N; i++) {
		held += ((uintptr_t)objects[i] & 4095) == 0;
		H(free)(objects[i]);
		expect(stashed() == held * (size_t)1024, "%zu for %u", stashed(), held);
	}
	expect(held > 10, "%u", held);
	for (unsigned i = 0; i < N; i++) {
		if (((uintptr_t)objects[i] & 4095) == 0)
			((char *)heap_opaque(objects[i]))[seen_at[i % 3]] = 1;
	}
	heap_call("thread.tcache.flush");
	expect(heap_stat("stats.safety.uses_after_free") == held, "%zu of %u",
	       heap_stat("stats.safety.uses_after_free"), held);
	expect(strstr(said, "Write-after-free detected on deallocated pointer 0x") != NULL &&
		       strstr(said, "(size 1024).") != NULL,
	       "%s", said);
}
END_TEST

START_TEST(fork_keeps_it)
{
	hold_all();
	H(free)(H(malloc)(100));
	pid_t child = fork();

	if (child == 0) {
		heap_call("thread.tcache.flush");
		H(free)(H(malloc)(100));
		_exit(said[0] != '\0');
	}
	int status = child_wait(child, "the child");

	expect(status == 0, "the child: %d", status);
	expect(stashed() == 112, "%zu", stashed());
}
END_TEST

int main(void)
{
	return suite_run("quarantine",
			 (const TTest *[]){it_waits, within_a_limit, a_late_write, a_thread_ends,
					   manual_arenas, large, large_with_a_lead,
					   aligned_ones_alone, fork_keeps_it, NULL});
}

/* test_guard.c - guarded objects are right as objects (every function that takes one, every count)
 * and are guarded: what is written round them is found, what was freed is watched, slots come round
 * last. What a fault says is test_trap.c. */
#include "guard.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "alloc.h"
#include "arenas.h"
#include "boot.h"
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "options.h"
#include "os.h"
#include "pagemap.h"
#include "random.h"
#include "said.h"
#include "suite.h"

/* From here on each allocation of this thread is a sample. */
static void sample_all(unsigned slots)
{
	said_listen();
	expect(boot_ensure(), "boot");
	options.safety = SAFETY_SAMPLED;
	options.safety_action = SAFETY_REPORT;
	options.safety_sample_bytes = 1;
	options.safety_slots = slots;
	thread_sample(thread_get(), 0);
}

static bool is_guarded(const void *p)
{
	const struct extent *extent = pagemap_lookup(p);

	return extent != NULL && extent->is_guarded && extent->state == PAGES_ACTIVE;
}

/* The next allocation is a sample, however small: the distance to it is a matter of chance. */
static void sample_next(void)
{
	struct thread *self = thread_get();

	self->sample_at = self->allocated;
	self->event_at = self->allocated;
}

START_TEST(every_function)
{
	sample_all(256);
	for (size_t size = 1; size <= 14336; size += 1 + size / 7) {
		sample_next();
		char *p = H(malloc)(size);
		size_t usable = H(malloc_usable_size)(p);

		expect(is_guarded(p), "malloc(%zu) is not guarded", size);
		expect(usable == H(nallocx)(size, 0), "%zu usable of %zu", usable, size);
		expect(((uintptr_t)p & (size > 8 ? 15 : 7)) == 0, "%p for %zu", p, size);
		memset(p, 1, usable);
		H(free)(p);

		sample_next();
		p = H(calloc)(1, size);
		expect(is_guarded(p), "calloc(%zu) is not guarded", size);
		for (size_t i = 0; i < size; i++)
			expect(p[i] == 0, "calloc(%zu) is not zero", size);
		memset(p, 7, size);
		p = H(realloc)(p, size * 2);
		for (size_t i = 0; i < size; i++)
			expect(p[i] == 7, "realloc() lost something of %zu", size);
		p = H(realloc)(p, size);
		for (size_t i = 0; i < size; i++)
			expect(p[i] == 7, "realloc() back lost something of %zu", size);
		expect(H(xallocx)(p, size * 4, 0, 0) == H(sallocx)(p, 0), "xallocx");
		H(sdallocx)(p, size, 0);

		sample_next();
		p = H(mallocx)(size, MALLOCX_TCACHE_NONE | MALLOCX_ZERO);
		expect(is_guarded(p), "mallocx(%zu)", size);
		H(dallocx)(p, MALLOCX_TCACHE_NONE);
	}
	expect(said[0] == '\0', "%s", said);
	expect(heap_stat("stats.safety.guarded") == 0, "%zu are left",
	       heap_stat("stats.safety.guarded"));
}
END_TEST

START_TEST(aligned)
{
	sample_all(256);
	for (unsigned round = 0; round < 20; round++) {
		for (size_t alignment = 8; alignment <= os_page; alignment *= 2) {
			for (size_t size = 1; size <= 8000; size = size * 3 + 1) {
				char *p = H(aligned_alloc)(alignment, size);

				expect(((uintptr_t)p & (alignment - 1)) == 0, "%p: not at %zu", p,
				       alignment);
				memset(p, 1, H(malloc_usable_size)(p));
				H(free)(p);
			}
		}
		/* Too much for a slot: an ordinary object. */
		void *p = H(aligned_alloc)(4 * os_page, 100);

		expect(((uintptr_t)p & (4 * os_page - 1)) == 0 && !is_guarded(p), "not as asked");
		H(free)(p);
	}
	expect(said[0] == '\0', "%s", said);
}
END_TEST

/* Large ones have guards, and count. */
START_TEST(large)
{
	sample_all(256);
	struct thread *self = thread_get();
	uint64_t allocated = self->allocated;
	size_t size = 7 * size_class_large_min;
	char *p = H(malloc)(size);

	expect(((const struct extent *)pagemap_lookup(p))->guards == EXTENT_GUARDED_BOTH,
	       "no guards");
	expect(self->allocated == allocated + size, "not counted");
	memset(p, 1, H(malloc_usable_size)(p));
	p = H(realloc)(p, 2 * size);
	expect(p[size - 1] == 1, "lost");
	H(free)(p);
	expect(heap_stat("stats.safety.guarded_extents") == 0, "guards stay");
}
END_TEST

/* Both ends, by chance; and nobody else's memory. */
START_TEST(places)
{
	unsigned at_start = 0, at_end = 0;

	sample_all(256);
	for (unsigned i = 0; i < 100; i++) {
		char *p = H(malloc)(100);
		uintptr_t in_page = (uintptr_t)p & (os_page - 1);

		at_start += in_page == 0;
		at_end += in_page == os_page - 112;
		H(free)(p);
	}
	expect(at_start + at_end == 100 && at_start > 20 && at_end > 20, "%u, %u", at_start,
	       at_end);
}
END_TEST

START_TEST(counted_as_any_other)
{
	void *objects[50];

	sample_all(256);
	struct thread *self = thread_get();
	unsigned class = size_class_of(1000);
	struct bin *bin = &thread_arena(self)->bins[class];
	size_t regs = bin_curregs(bin), active = heap_stat("stats.active");
	uint64_t requests = bin->nrequests, allocated = self->allocated;
	uint64_t freed = self->deallocated;

	for (unsigned i = 0; i < 50; i++)
		objects[i] = H(malloc)(1000);
	expect(bin_curregs(bin) == regs + 50 && bin->nrequests == requests + 50,
	       "the bin counts %zu", bin_curregs(bin) - regs);
	expect(self->allocated == allocated + 50 * (uint64_t)1024, "the thread counts %lu",
	       self->allocated - allocated);
	expect(heap_stat("stats.active") == active + 50 * os_page, "active: %zu more",
	       heap_stat("stats.active") - active);
	expect(heap_stat("stats.safety.guarded") == 50, "%zu", heap_stat("stats.safety.guarded"));
	for (unsigned i = 0; i < 50; i++)
		H(free)(objects[i]);
	expect(bin_curregs(bin) == regs && self->deallocated == freed + 50 * (uint64_t)1024,
	       "not freed");
	expect(heap_stat("stats.active") == active, "pages stay");
	expect(heap_stat("stats.safety.quarantined") == 50, "%zu",
	       heap_stat("stats.safety.quarantined"));
	expect(heap_stat("stats.safety.sampled") == 50, "%zu", heap_stat("stats.safety.sampled"));
}
END_TEST

START_TEST(slots_come_round_last)
{
	enum { SLOTS = 32 };
	const struct extent *last[SLOTS];

	sample_all(SLOTS);
	for (unsigned i = 0; i < 3 * SLOTS; i++) {
		void *p = H(malloc)(100);
		const struct extent *slot = pagemap_lookup(p);

		expect(is_guarded(p), "%u", i);
		for (unsigned j = 0; j < (i < SLOTS ? i : SLOTS - 1); j++)
			expect(last[(i + SLOTS - 1 - j) % SLOTS] != slot,
			       "a slot is used again after %u others", j);
		last[i % SLOTS] = slot;
		H(free)(p);
	}
}
END_TEST

/* With few slots most objects cannot be guarded: they are ordinary ones, and some freed slots stay.
 */
START_TEST(no_slot_left)
{
	enum { SLOTS = 16, N = 100 };
	void *objects[N];
	unsigned guarded = 0;

	sample_all(SLOTS);
	for (unsigned i = 0; i < N; i++) {
		objects[i] = H(malloc)(100);
		guarded += is_guarded(objects[i]);
	}
	expect(guarded == SLOTS, "%u of %u slots", guarded, SLOTS);
	expect(heap_stat("stats.safety.missed") >= N - SLOTS, "%zu missed",
	       heap_stat("stats.safety.missed"));
	for (unsigned i = 0; i < N; i++)
		H(free)(objects[i]);
	for (unsigned i = 0; i < N; i++)
		objects[i] = H(malloc)(100);
	expect(heap_stat("stats.safety.quarantined") == SLOTS / 4, "%zu slots stay free",
	       heap_stat("stats.safety.quarantined"));
	for (unsigned i = 0; i < N; i++)
		H(free)(objects[i]);
	expect(said[0] == '\0', "%s", said);
}
END_TEST

/* What lies in the page beside the object is noticed when it is freed. */
START_TEST(written_round)
{
	bool seen_before = false, seen_behind = false;

	sample_all(256);
	for (unsigned i = 0; i < 100 && !(seen_before && seen_behind); i++) {
		char *p = heap_opaque(H(malloc)(100));
		bool is_at_start = ((uintptr_t)p & (os_page - 1)) == 0;

		said_forget();
		if (is_at_start) {
			p[112] = 1;
			p[119] = 1;
			seen_behind = true;
		} else {
			p[-3] = 1;
			seen_before = true;
		}
		H(free)(p);
		expect(strstr(said, is_at_start
					    ? "overflow: 8 bytes beyond the end of 0x"
					    : "underflow: 3 bytes before the start of 0x") != NULL,
		       "%s", said);
		expect(strstr(said, "(100 bytes, size class 112, arena") != NULL, "%s", said);
		expect(strstr(said, "allocated by thread ") != NULL, "%s", said);
		expect(strstr(said, "freed by thread ") != NULL, "%s", said);
	}
	expect(seen_before && seen_behind, "only one end");
}
END_TEST

START_TEST(freed_wrongly)
{
	sample_all(256);
	char *p = H(malloc)(100);

	H(free)(heap_opaque(p + 16));
	expect(strstr(said, "free of 0x") != NULL &&
		       strstr(said, "which is not the start of the object here") != NULL,
	       "%s", said);
	memset(p, 1, 100);
	said_forget();
	H(free)(p);
	expect(said[0] == '\0', "%s", said);
	H(free)(heap_opaque(p));
	expect(strstr(said, "double free of 0x") != NULL && strstr(said, "freed by thread") != NULL,
	       "%s", said);
	said_forget();
	errno = 0;
	expect(H(realloc)(heap_opaque(p), 200) == NULL && errno == ENOMEM, "it is resized");
	expect(strstr(said, "realloc of 0x") != NULL, "%s", said);
	expect(H(malloc_usable_size)(heap_opaque(p)) == 0, "it has a size");
	heap_refresh();
	expect(heap_stat("stats.safety.double_frees") == 2 &&
		       heap_stat("stats.safety.invalid_frees") == 1,
	       "not counted");
}
END_TEST

START_TEST(a_reset_takes_them_back)
{
	sample_all(256);
	unsigned index = heap_arena_create(NULL);
	void *mine[20], *others[20];

	for (unsigned i = 0; i < 20; i++) {
		mine[i] = H(mallocx)(500, MALLOCX_ARENA(index) | MALLOCX_TCACHE_NONE);
		others[i] = H(malloc)(500);
		expect(is_guarded(mine[i]) && H(sallocx)(mine[i], 0) == 512, "not guarded");
		expect(heap_arena_of(mine[i]) == index, "of another arena");
	}
	heap_arena_call(index, "reset");
	expect(bin_curregs(&arenas_get(index)->bins[size_class_of(500)]) == 0, "still out");
	expect(arenas_get(index)->pages.nactive == 0, "pages stay");
	for (unsigned i = 0; i < 20; i++) {
		expect(!is_guarded(mine[i]), "it lives on");
		expect(is_guarded(others[i]), "of another arena");
		H(free)(others[i]);
	}
	void *again = H(mallocx)(500, MALLOCX_ARENA(index) | MALLOCX_TCACHE_NONE);

	expect(again != NULL, "the arena is of no use");
	heap_arena_call(index, "destroy");
	expect(heap_stat("stats.safety.guarded") == 0, "%zu", heap_stat("stats.safety.guarded"));
	expect(said[0] == '\0', "%s", said);
}
END_TEST

static void *free_all(void *argument)
{
	void **objects = argument;

	for (unsigned i = 0; i < 50; i++)
		H(free)(objects[i]);
	return NULL;
}

START_TEST(freed_by_another_thread)
{
	void *objects[50];
	pthread_t thread;

	sample_all(256);
	for (unsigned i = 0; i < 50; i++)
		objects[i] = H(malloc)(64 + i);
	expect(pthread_create(&thread, NULL, free_all, objects) == 0, "thread");
	pthread_join(thread, NULL);
	expect(said[0] == '\0', "%s", said);
	expect(heap_stat("stats.safety.guarded") < 10, "%zu", heap_stat("stats.safety.guarded"));
}
END_TEST

static void *churn(void *argument)
{
	struct random random;
	char *objects[40] = {NULL};

	random_init(&random, (uint64_t)(uintptr_t)argument);
	for (unsigned i = 0; i < test_scaled(20000); i++) {
		unsigned at = (unsigned)random_below(&random, 40);
		size_t size = 1 + random_below(&random, 3000);

		if (objects[at] != NULL)
			expect(objects[at][0] == (char)at, "changed by somebody");
		objects[at] = H(realloc)(objects[at], size);
		objects[at][0] = objects[at][size - 1] = (char)at;
	}
	for (unsigned i = 0; i < 40; i++)
		H(free)(objects[i]);
	return NULL;
}

START_TEST(threads)
{
	pthread_t ids[4];

	sample_all(100);
	options.safety_sample_bytes = 3000;
	for (uintptr_t i = 0; i < 4; i++)
		expect(pthread_create(&ids[i], NULL, churn, (void *)(i + 1)) == 0, "thread");
	for (unsigned i = 0; i < 4; i++)
		pthread_join(ids[i], NULL);
	expect(said[0] == '\0', "%s", said);
	expect(heap_stat("stats.safety.sampled") > 100, "%zu", heap_stat("stats.safety.sampled"));
}
END_TEST

/* The child has them too, and may use and free them. */
START_TEST(fork_keeps_them)
{
	sample_all(256);
	char *p = H(malloc)(100);
	pid_t child = fork();

	if (child == 0) {
		memset(p, 1, 100);
		H(free)(p);
		for (unsigned i = 0; i < 300; i++)
			H(free)(H(malloc)(100));
		_exit(said[0] != '\0');
	}
	int status = child_wait(child, "the child");

	expect(status == 0, "the child: %d", status);
	memset(p, 1, 100);
	H(free)(p);
}
END_TEST

/* By bytes: about as many samples as there should be. */
START_TEST(how_many)
{
	sample_all(256);
	options.safety_sample_bytes = 100000;
	thread_sample(thread_get(), 0);
	size_t before = heap_stat("stats.safety.sampled");
	for (unsigned i = 0; i < 100000; i++)
		H(free)(H(malloc)(1000));
	size_t samples = heap_stat("stats.safety.sampled") - before;

	expect(samples > 800 && samples < 1300, "%zu samples instead of 1024", samples);
	options.safety_sample_bytes = 0;
	thread_sample(thread_get(), 0);
	before = heap_stat("stats.safety.sampled");
	for (unsigned i = 0; i < 10000; i++)
		H(free)(H(malloc)(1000));
	expect(heap_stat("stats.safety.sampled") == before, "0 is not none");
}
END_TEST

int main(void)
{
	return suite_run("guard",
			 (const TTest *[]){every_function, aligned, large, places,
					   counted_as_any_other, slots_come_round_last,
					   no_slot_left, written_round, freed_wrongly,
					   a_reset_takes_them_back, freed_by_another_thread,
					   threads, fork_keeps_them, how_many, NULL});
}

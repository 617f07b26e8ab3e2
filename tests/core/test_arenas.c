/* test_arenas.c - which arena serves a thread, lives of manual arenas, and the child of a fork. */
#include "arenas.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "child.h"
#include "dss.h"
#include "expect.h"
#include "heap_under_test.h"
#include "mapping.h"
#include "options.h"
#include "os.h"
#include "large_class.h"
#include "os_purge.h"
#include "suite.h"
#include "thp.h"
#include "thread.h"

START_TEST(threads_are_spread)
{
	unsigned n = arenas_auto();

	expect(n >= 1 && n <= NARENAS_LIMIT && arenas_count() == n + 1, "%u automatic arenas", n);
	thread_get();
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < n; i++) {
			const struct arena *arena = arenas_choose();

			expect(arena != NULL && arena->index < n && !arena->is_manual, "arena");
			expect(arena->nthreads <= round + 2, "%u threads in arena %u, round %u",
			       arena->nthreads, arena->index, round);
		}
	for (unsigned i = 0; i < n; i++)
		expect(arenas_get(i) != NULL && arenas_get(i)->nthreads >= 2, "arena %u", i);
}
END_TEST

START_TEST(started_when_needed)
{
	unsigned last = arenas_auto() - 1;

	if (last == 0)
		return;
	expect(arenas_get(last) == NULL, "started before it is needed");
	expect(arenas_get_or_start(last) != NULL, "cannot be started");
	expect(arenas_get_or_start(last) == arenas_get(last), "started twice");
	expect(arenas_get_or_start(last + 2) == NULL, "an arena that nobody created");
	expect(arenas_get(UINT32_MAX) == NULL && arenas_get_or_start(ARENAS_MAX) == NULL,
	       "an index behind the end");
}
END_TEST

START_TEST(huge_objects_live_apart)
{
	struct arena *usual = arenas_get(0);
	size_t huge = options.oversize_threshold;
	unsigned apart = arenas_auto(), index;

	expect(huge == 8 << 20 && arenas_get(apart) == NULL, "started before it is needed");
	expect(arenas_is_auto(0) && arenas_is_auto(apart) && !arenas_is_auto(apart + 1) &&
		       !arenas_is_auto(UINT32_MAX),
	       "which arenas are automatic");
	expect(arenas_for_size(usual, huge - 1) == usual && arenas_get(apart) == NULL,
	       "not huge, but apart");
	struct arena *arena = arenas_for_size(usual, huge);
	expect(arena != NULL && arena == arenas_get(apart) && !arena->is_manual, "not apart");
	expect(arena_decay_ms(arena, PAGES_DIRTY) == 0 && arena_decay_ms(arena, PAGES_MUZZY) == 0,
	       "its memory waits to be given back");
	expect(arenas_choose() != arena && arena->nthreads == 0, "a thread is bound to it");
	expect(arenas_reset(apart) == EFAULT && arenas_destroy(apart) == EFAULT, "not manual");
	expect(arenas_create(NULL, NULL, &index) == 0 && index == apart + 1, "created as %u",
	       index);
	expect(arenas_for_size(arenas_get(index), SIZE_MAX) == arenas_get(index),
	       "a manual arena shares");
}
END_TEST

static int boot_with(void *text)
{
	struct arena *arena;

	setenv("MALLOC_CONF", text, 1);
	options_read();
	arenas_boot();
	expect(arenas_start_first(), "no memory");
	arena = arenas_get(0);
	return options.oversize_threshold == 0 && arenas_for_size(arena, SIZE_MAX) == arena &&
			       arenas_count() == arenas_auto() && !arenas_is_auto(arenas_auto())
		       ? 0
		       : 1;
}

START_TEST(huge_objects_need_not)
{
	struct child_end end;

	child_run(boot_with, "oversize_threshold:16383", 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s: %s", child_describe(&end), end.output);
	child_run(boot_with, "oversize_threshold:16384", 20, &end);
	expect(end.status == 1, "the least size is none");
}
END_TEST

START_TEST(huge_memory_may_wait_for_ever)
{
	expect(arenas_set_default_decay_ms(PAGES_DIRTY, -1) == 0, "set");
	struct arena *arena = arenas_for_size(arenas_get(0), SIZE_MAX);
	expect(arena_decay_ms(arena, PAGES_DIRTY) == -1 && arena_decay_ms(arena, PAGES_MUZZY) == 0,
	       "%zd", arena_decay_ms(arena, PAGES_DIRTY));
}
END_TEST

START_TEST(lives_of_manual_arenas)
{
	unsigned a, b, c;
	struct arena *first;

	expect(!arenas_was_destroyed(), "something was destroyed already");
	expect(arenas_create(NULL, NULL, &a) == 0 && arenas_create(NULL, NULL, &b) == 0,
	       "cannot create");
	expect(a == arenas_auto() + 1 && b == a + 1 && arenas_count() == b + 1, "indices %u and %u",
	       a, b);
	first = arenas_get(a);
	expect(first->is_manual && arena_hooks(first) == &hooks_default, "not as created");

	void *small = bin_take(&first->bins[3], &first->pages);
	void *large = large_of_class(&first->large, size_class_nbins, 0, false);
	expect(arenas_of(small) == first && arenas_of(large) == first, "not of this arena");
	expect(arenas_of(&a) == NULL && arenas_of(first) == NULL, "not allocated at all");
	expect(arenas_reset(a) == 0, "reset");
	expect(bin_curregs(&first->bins[3]) == 0 && first->pages.nactive == 0, "something is left");
	expect(arenas_of(large) == NULL, "a large object survives");
	expect(first->bins[3].nmalloc == 1 && first->bins[3].ndalloc == 1, "a reset counts");

	large = large_of_class(&first->large, size_class_nbins + 4, 0, false);
	arena_set_decay_ms(first, PAGES_DIRTY, 77);
	arena_set_retain_grow_limit(first, os_page);
	pages_set_oversize(&first->pages, 12345);
	first->pages.dss = DSS_DISABLED;
	dss_set_default(DSS_PRIMARY);
	expect(arenas_destroy(a) == 0 && arenas_get(a) == NULL, "destroy");
	expect(arenas_was_destroyed(), "nobody noticed");
	expect(arenas_destroy(a) == EFAULT && arenas_reset(a) == EFAULT, "destroyed twice");
	for (unsigned state = 0; state < PAGES_UNUSED_STATES; state++)
		expect(first->pages.sets[state].npages == 0, "pages are left");
	expect(!os_purge_lazy(large, os_page), "its memory is still mapped");
	expect(arenas_destroy(b) == 0, "destroy");

	/* The latest index first, and like new. */
	expect(arenas_create(NULL, NULL, &c) == 0 && c == b, "%u, not %u", c, b);
	expect(arenas_create(NULL, NULL, &c) == 0 && c == a, "%u, not %u", c, a);
	expect(arenas_get(a) == first && first->bins[3].nmalloc == 0 &&
		       first->large.counts[size_class_nbins].nmalloc == 0 &&
		       first->pages.lock.ops <= 2 && first->base->lock.ops <= 2,
	       "counts of the first life");
	expect(arena_decay_ms(first, PAGES_DIRTY) == arenas_default_decay_ms(PAGES_DIRTY),
	       "decay time of the first life");
	expect(arena_retain_grow_limit(first) == SIZE_MAX_CLASS &&
		       first->pages.oversize == options.oversize_threshold &&
		       first->pages.dss == DSS_PRIMARY,
	       "settings of the first life");
	expect(arenas_create(NULL, NULL, &c) == 0 && c == b + 1, "%u is used twice", c);
}
END_TEST

START_TEST(what_cannot_be_destroyed)
{
	unsigned index;

	expect(arenas_destroy(0) == EFAULT && arenas_reset(0) == EFAULT, "an automatic arena");
	expect(arenas_destroy(arenas_count()) == EFAULT, "an arena that is not");
	expect(arenas_destroy(UINT32_MAX) == EFAULT, "no index");
	expect(arenas_create(NULL, NULL, &index) == 0, "create");
	struct thread *self = thread_get();
	struct arena *old = thread_arena(self);
	thread_set_arena(self, arenas_get(index));
	expect(arenas_destroy(index) == EFAULT, "an arena with a thread");
	thread_set_arena(self, old);
	expect(arenas_destroy(index) == 0, "an arena without");
}
END_TEST

START_TEST(as_many_as_there_are_indices)
{
	unsigned index, most = 0;

	if (TEST_SANITIZED) /* gigabytes of shadow */
		return;
	while (arenas_create(NULL, NULL, &index) == 0)
		most = index;
	expect(most == ARENAS_MAX - 1, "the last index is %u", most);
	expect(arenas_destroy(2000) == 0, "destroy");
	expect(arenas_create(NULL, NULL, &index) == 0 && index == 2000, "the free index");
}
END_TEST

START_TEST(decay_times_of_arenas_to_come)
{
	unsigned index;

	expect(arenas_set_default_decay_ms(PAGES_DIRTY, 123) == 0, "set");
	expect(arenas_set_default_decay_ms(PAGES_MUZZY, -1) == 0, "set");
	expect(arenas_set_default_decay_ms(PAGES_DIRTY, -2) == EFAULT, "-2");
	expect(arenas_set_default_decay_ms(PAGES_DIRTY, DECAY_MS_MAX + 1) == EFAULT, "too long");
	expect(arenas_create(NULL, NULL, &index) == 0, "create");
	expect(arena_decay_ms(arenas_get(index), PAGES_DIRTY) == 123 &&
		       arena_decay_ms(arenas_get(index), PAGES_MUZZY) == -1,
	       "not as set");
	expect(arena_set_decay_ms(arenas_get(index), PAGES_DIRTY, DECAY_MS_MAX) == 0, "longest");
	expect(arena_set_decay_ms(arenas_get(index), PAGES_DIRTY, -2) == EFAULT, "-2");
	expect(arena_decay_ms(arenas_get(index), PAGES_DIRTY) == DECAY_MS_MAX, "a failure sets");
}
END_TEST

static unsigned contested;

static void *destroy_it(void *done)
{
	*(int *)done = arenas_destroy(contested);
	return NULL;
}

START_TEST(destroyed_once)
{
	for (unsigned long round = 0; round < test_scaled(300); round++) {
		pthread_t threads[2];
		int done[2];
		unsigned one, other;

		expect(arenas_create(NULL, NULL, &contested) == 0, "create");
		for (int i = 0; i < 2; i++)
			pthread_create(&threads[i], NULL, destroy_it, &done[i]);
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		expect((done[0] == 0) + (done[1] == 0) == 1, "%d and %d", done[0], done[1]);
		expect(arenas_create(NULL, NULL, &one) == 0 &&
			       arenas_create(NULL, NULL, &other) == 0 && one != other,
		       "two arenas with index %u", one);
		expect(arenas_destroy(one) == 0 && arenas_destroy(other) == 0, "destroy");
	}
}
END_TEST

/* ---- fork ---------------------------------------------------------------------------------------
 */

static bool stop;

static void *busy(void *unused)
{
	struct arena *arena = thread_arena(thread_get());

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		void *small = bin_take(&arena->bins[5], &arena->pages);
		void *large = large_of_class(&arena->large, size_class_nbins + 20, 0, false);

		*(char *)large = 1;
		bin_put(&arena->bins[5], &arena->pages, small);
		large_dalloc(&arena->large, pagemap_lookup(large));
		pages_purge(&arena->pages, true);
	}
	return unused;
}

/* What a child must find: free locks, nobody in transit, purging that works, itself alone. */
static int look_around(void)
{
	for (unsigned i = 0; i < arenas_count(); i++) {
		struct arena *arena = arenas_get(i);

		if (arena == NULL)
			continue;
		if (arena->nthreads > 1 || arena->pages.in_transit != 0 ||
		    arena->pages.is_purging[PAGES_DIRTY])
			return 1;
		void *large = large_of_class(&arena->large, size_class_nbins + 20, 0, false);
		if (large == NULL)
			return 2;
		large_dalloc(&arena->large, pagemap_lookup(large));
		pages_set_decay_ms(&arena->pages, PAGES_DIRTY, 0);
		if (arena->pages.sets[PAGES_DIRTY].npages != 0)
			return 3;
	}
	return 0;
}

START_TEST(forks_while_others_work)
{
	pthread_t threads[2];

	stop = false;
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, busy, NULL);
	for (unsigned long round = 0; round < test_scaled(150); round++) {
		int status;
		pid_t child = fork();

		expect(child >= 0, "fork");
		if (child == 0)
			_exit(look_around());
		status = child_wait(child, "a look around");
		expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "round %lu: status %x", round,
		       (unsigned)status);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

static int huge_pages_of_huge_objects(void *wanted)
{
	options.huge_arena_pac_thp = *(bool *)wanted;
	char *huge = H(malloc)(64 << 20);
	char *other = H(malloc)(1 << 20);
	if (arenas_of(huge) == arenas_of(other) || mapping_has_flag(other, "hg"))
		return 2;
	return mapping_has_flag(huge + (8 << 20), "hg") == *(bool *)wanted ? 0 : 1;
}

START_TEST(the_arena_of_huge_objects_may_have_huge_pages)
{
	struct child_end end;
	H(free)(H(malloc)(1));
	if (!mapping_can_be_huge()) /* a kernel that was built without them notes nothing */
		return;
	thp_policy = THP_POLICY_MADVISE; /* whatever this machine has */
	options.thp = THP_DEFAULT;
	for (unsigned wanted = 0; wanted < 2; wanted++) {
		bool is_wanted = wanted != 0 && thp_is_usable();
		child_run(huge_pages_of_huge_objects, &is_wanted, 20, &end);
		expect(end.signal == 0 && end.status == 0, "wanted %u: %s", wanted,
		       child_describe(&end));
	}
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {threads_are_spread,
				      started_when_needed,
				      huge_objects_live_apart,
				      huge_objects_need_not,
				      huge_memory_may_wait_for_ever,
				      lives_of_manual_arenas,
				      what_cannot_be_destroyed,
				      as_many_as_there_are_indices,
				      decay_times_of_arenas_to_come,
				      destroyed_once,
				      forks_while_others_work,
				      the_arena_of_huge_objects_may_have_huge_pages,
				      NULL};

	return suite_run("arenas", cases);
}

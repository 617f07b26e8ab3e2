/* test_hooks.c - the one call shape: what the default table does, what a program's table is asked,
 * with which arguments, and what its silence (NULL) means. */
#include "hooks.h"

#include <errno.h>
#include <string.h>
#include "expect.h"
#include "lock.h"
#include "os.h"
#include "os_map.h"
#include "os_purge.h"
#include "suite.h"
#include "thread.h"

static extent_hooks_t table; /* of the program */
static struct extent_events events;
static int calls;
static bool answer;
static bool gives_zero;
static void *memory;
static struct thread *caller; /* of the latest call */

static void note(extent_hooks_t *hooks, unsigned arena)
{
	expect(hooks == &table, "another table");
	expect(arena == 42, "arena %u", arena);
	calls++;
	caller = thread_self;
	errno = ENOTTY; /* as a system call of the hook might leave it */
}

static void *note_alloc(extent_hooks_t *hooks, void *address, size_t size, size_t alignment,
			bool *zero, bool *commit, unsigned arena)
{
	note(hooks, arena);
	expect(address == NULL && size == 8 * os_page && alignment == 2 * os_page, "arguments");
	*zero = gives_zero;
	*commit = true;
	return memory;
}

static bool note_dalloc(extent_hooks_t *hooks, void *address, size_t size, bool committed,
			unsigned arena)
{
	note(hooks, arena);
	expect(address == memory && size == 8 * os_page && committed, "arguments");
	return answer;
}

static void note_destroy(extent_hooks_t *hooks, void *address, size_t size, bool committed,
			 unsigned arena)
{
	note_dalloc(hooks, address, size, committed, arena);
}

static bool note_range(extent_hooks_t *hooks, void *address, size_t size, size_t offset,
		       size_t length, unsigned arena)
{
	note(hooks, arena);
	expect(address == memory && size == 8 * os_page && offset == 0 && length == size,
	       "arguments");
	return answer;
}

static bool note_split(extent_hooks_t *hooks, void *address, size_t size, size_t size_a,
		       size_t size_b, bool committed, unsigned arena)
{
	note(hooks, arena);
	expect(address == memory && size == 8 * os_page && size_a == 3 * os_page &&
		       size_b == 5 * os_page && committed,
	       "arguments");
	return answer;
}

static bool note_merge(extent_hooks_t *hooks, void *address_a, size_t size_a, void *address_b,
		       size_t size_b, bool committed, unsigned arena)
{
	note(hooks, arena);
	expect(address_a == memory && size_a == 3 * os_page &&
		       address_b == (char *)memory + size_a && size_b == 5 * os_page && committed,
	       "arguments");
	return answer;
}

static void set_table(void)
{
	table = (extent_hooks_t){note_alloc, note_dalloc, note_destroy, note_range, note_range,
				 note_range, note_range,  note_split,   note_merge};
	memory = os_map(8 * os_page, os_page);
}

/* All calls that answer yes or no, the one before the call by its result. */
static void expect_answers(bool done)
{
	size_t size = 8 * os_page;
	void *behind = (char *)memory + 3 * os_page;

	expect(hooks_dalloc(&table, memory, size, true, 42, &events) == done, "dalloc");
	expect(hooks_commit(&table, memory, size, 42, &events) == done, "commit");
	expect(hooks_decommit(&table, memory, size, 42, &events) == done, "decommit");
	expect(hooks_purge_lazy(&table, memory, size, 42, &events) == done, "purge_lazy");
	expect(hooks_purge_forced(&table, memory, size, 42, &events) == done, "purge_forced");
	expect(hooks_split(&table, memory, size, 3 * os_page, true, 42, &events) == done, "split");
	expect(hooks_merge(&table, memory, 3 * os_page, behind, 5 * os_page, true, 42, &events) ==
		       done,
	       "merge");
}

/* Every event but alloc and destroy was counted so often. */
static void expect_events(uint64_t times)
{
	const struct extent_events wanted = {.alloc = events.alloc,
					     .destroy = events.destroy,
					     .dalloc = times,
					     .commit = times,
					     .decommit = times,
					     .purge_lazy = times,
					     .purge_forced = times,
					     .split = times,
					     .merge = times};
	expect(memcmp(&events, &wanted, sizeof(events)) == 0, "not each was counted %d times",
	       (int)times);
}

START_TEST(answers)
{
	set_table();
	answer = false; /* done, in a hook's words */
	expect_answers(true);
	expect(calls == 7, "%d calls", calls);
	expect_events(1);
	answer = true;
	expect_answers(false);
	expect(calls == 14, "%d calls", calls);
	expect_events(1);
	hooks_destroy(&table, memory, 8 * os_page, true, 42, &events);
	expect(calls == 15 && events.destroy == 1, "destroy is not called");
}
END_TEST

/* free() and the *allocx functions leave errno alone, whatever a hook does to it. */
START_TEST(errno_is_kept)
{
	bool zeroed = false, committed = false;
	set_table();
	errno = ECHILD;
	expect_answers(true);
	expect(errno == ECHILD, "errno is %d", errno);
	hooks_destroy(&table, memory, 8 * os_page, true, 42, &events);
	expect(errno == ECHILD, "destroy: errno is %d", errno);
	hooks_alloc(&table, NULL, 8 * os_page, 2 * os_page, &zeroed, &committed, 42, &events);
	expect(errno == ECHILD, "alloc: errno is %d", errno);
	expect(calls == 9, "%d calls", calls);
}
END_TEST

START_TEST(silence_declines)
{
	set_table();
	table = (extent_hooks_t){.alloc = note_alloc};
	expect_answers(false);
	hooks_destroy(&table, memory, 8 * os_page, true, 42, &events);
	expect(calls == 0, "somebody was called");
	expect_events(0);
	expect(events.destroy == 0, "counted");
}
END_TEST

START_TEST(zero_is_held_to)
{
	set_table();
	for (int i = 0; i < 4; i++) {
		bool zeroed = i & 1, committed = true;

		gives_zero = i & 2;
		memset(memory, gives_zero ? 0 : 7, 8 * os_page);
		expect(hooks_alloc(&table, NULL, 8 * os_page, 2 * os_page, &zeroed, &committed, 42,
				   &events) == memory,
		       "no memory");
		expect(zeroed == (i != 0), "asked for %d, says %d", i & 1, zeroed);
		expect(!zeroed || ((char *)memory)[8 * os_page - 1] == 0, "it is not zero");
	}
	memory = NULL;
	bool zeroed = true, committed = true;
	expect(hooks_alloc(&table, NULL, 8 * os_page, 2 * os_page, &zeroed, &committed, 42,
			   &events) == NULL,
	       "memory from nowhere");
	expect(events.alloc == 4, "%d allocations counted", (int)events.alloc);
}
END_TEST

/* A hook runs as a thread without a cache, and without the locks that its caller holds: what it
 * allocates itself must not meet them. */
START_TEST(the_thread_is_a_bare_one)
{
	struct thread *self = thread_get();

	set_table();
	expect(thread_is_attached(self), "not attached");
	hooks_dalloc(&table, memory, 8 * os_page, true, 42, &events);
	expect(caller == &thread_bare, "the hook ran as another thread");
	expect(thread_self == self, "the thread did not get its record back");
}
END_TEST

static bool take_a_lock(extent_hooks_t *hooks, void *address, size_t size, bool committed,
			unsigned arena)
{
	static struct lock lock;

	(void)address, (void)size, (void)committed;
	note(hooks, arena);
	lock_init(&lock, RANK_BIN);
	lock_take(&lock);
	lock_drop(&lock);
	return false;
}

START_TEST(locks_of_the_caller_do_not_count)
{
	struct lock lock;

	set_table();
	table.dalloc = take_a_lock;
	lock_init(&lock, RANK_PAGES);
	lock_take(&lock);
	expect(hooks_dalloc(&table, memory, 8 * os_page, true, 42, &events), "declined");
	lock_drop(&lock);
}
END_TEST

START_TEST(default_table)
{
	size_t size = 8 * os_page, alignment = 64 * os_page;
	bool zeroed = false, committed = false;
	char *p =
		hooks_alloc(&hooks_default, NULL, size, alignment, &zeroed, &committed, 0, &events);

	errno = 4711;
	expect(p != NULL && zeroed && committed && (uintptr_t)p % alignment == 0, "alloc");
	memset(p, 1, size);
	expect(hooks_split(&hooks_default, p, size, os_page, true, 0, &events), "split");
	expect(hooks_merge(&hooks_default, p, os_page, p + os_page, size - os_page, true, 0,
			   &events),
	       "merge");
	expect(hooks_purge_lazy(&hooks_default, p, size, 0, &events), "purge_lazy");
	expect(!hooks_decommit(&hooks_default, p, size, 0, &events),
	       "decommit does nothing, so declines");
	expect(hooks_purge_forced(&hooks_default, p, size, 0, &events) && p[0] == 0,
	       "purge_forced");
	expect(hooks_dalloc(&hooks_default, p, size, true, 0, &events), "dalloc");
	expect(events.alloc == 1 && events.split == 1 && events.merge == 1 &&
		       events.purge_lazy == 1 && events.decommit == 0 && events.purge_forced == 1 &&
		       events.dalloc == 1,
	       "the default hooks are not counted");

	/* The same through the table, as a program's own hooks would. */
	p = hooks_default.alloc(&hooks_default, p, size, os_page, &zeroed, &committed, 0);
	expect(p != NULL, "alloc at the place that has just come free");
	expect(hooks_default.alloc(&hooks_default, p, size, os_page, &zeroed, &committed, 0) ==
		       NULL,
	       "alloc at a place that is taken");
	memset(p, 1, size);
	expect(!hooks_default.purge_forced(&hooks_default, p, size, os_page, os_page, 0),
	       "purge_forced");
	expect(p[0] == 1 && p[os_page] == 0 && p[2 * os_page] == 1, "purged another range");
	expect(!hooks_default.purge_lazy(&hooks_default, p, size, 0, size, 0), "purge_lazy");
	expect(hooks_default.commit(&hooks_default, p, size, 0, size, 0), "commit");
	expect(hooks_default.decommit(&hooks_default, p, size, 0, size, 0), "decommit");
	expect(!hooks_default.split(&hooks_default, p, size, os_page, size - os_page, true, 0),
	       "split");
	hooks_default.destroy(&hooks_default, p, size, true, 0);
	expect(!os_purge_lazy(p, size), "destroy left it mapped");
	expect(errno == 4711, "errno %d", errno);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {answers,
				      errno_is_kept,
				      silence_declines,
				      zero_is_held_to,
				      the_thread_is_a_bare_one,
				      locks_of_the_caller_do_not_count,
				      default_table,
				      NULL};

	return suite_run("hooks", cases);
}

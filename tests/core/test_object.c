/* test_object.c - what is no object is told, with what it is instead. */
#include "object.h"

#include "alloc_resize.h"
#include "boot.h"
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "large_leads.h"
#include "suite.h"

/* Of large objects, the smallest ones, which caches keep, whatever the page. */
static size_t cached_size(void)
{
	expect(boot_ensure(), "boot");
	return size_class_large_min;
}

static int free_a_variable(void *unused)
{
	int on_the_stack;

	(void)unused;
	alloc_free(&on_the_stack);
	return 0;
}

static int free_large_twice(void *unused)
{
	struct alloc_how round = {.bypass_cache = true};
	void *p = H(malloc)(4 * cached_size());

	(void)unused;
	alloc_free_how(p, &round);
	alloc_free_how(p, &round);
	return 0;
}

static int free_cached_large_twice(void *unused)
{
	alloc_free(H(malloc)(cached_size())); /* a size that comes back is kept */
	void *p = H(malloc)(cached_size());

	(void)unused;
	alloc_free(p);
	alloc_free(p);
	thread_cache_flush(thread_get());
	return 0;
}

static int free_inside_large(void *unused)
{
	(void)unused;
	alloc_free((char *)H(malloc)(40 * cached_size()) + 4096);
	return 0;
}

static int realloc_nothing(void *unused)
{
	struct alloc_how plain = {0};

	(void)unused;
	alloc_resize(&plain, 10, &plain);
	return 0;
}

static int free_of_a_destroyed_arena(void *unused)
{
	unsigned index;
	struct alloc_how how = {.bypass_cache = true};

	(void)unused;
	arenas_create(NULL, NULL, &index);
	how.arena = arenas_get(index);
	void *p = alloc_request(100, &how);
	arenas_destroy(index);
	alloc_free_how(p, &how);
	return 0;
}

/* The same of objects that begin inside their first page. */

static int free_before_large(void *unused)
{
	(void)unused;
	large_leads_on();
	char *p = H(malloc)(40 * cached_size());
	alloc_free((void *)((uintptr_t)p & ~(os_page - 1)));
	return 0;
}

static int free_behind_cached_large(void *unused)
{
	(void)unused;
	large_leads_on();
	alloc_free(H(malloc)(cached_size())); /* a size that comes back is kept */
	alloc_free((char *)H(malloc)(cached_size()) + 64);
	thread_cache_flush(thread_get());
	return 0;
}

static int free_large_with_a_lead_twice(void *unused)
{
	large_leads_on();
	return free_large_twice(unused);
}

static int free_cached_large_with_a_lead_twice(void *unused)
{
	large_leads_on();
	return free_cached_large_twice(unused);
}

START_TEST(what_is_no_object_is_told)
{
	child_expect_abort(free_a_variable, "free of 0x");
	child_expect_abort(free_large_twice, "which is not allocated");
	child_expect_abort(free_cached_large_twice, "freed it twice");
	child_expect_abort(free_inside_large, "free of 0x");
	child_expect_abort(realloc_nothing, "realloc of 0x");
	child_expect_abort(free_of_a_destroyed_arena, "which is not allocated");
	child_expect_abort(free_before_large, "which is inside an object and not its start");
	child_expect_abort(free_behind_cached_large, "which is inside an object and not its start");
	child_expect_abort(free_large_with_a_lead_twice, "which is not allocated");
	child_expect_abort(free_cached_large_with_a_lead_twice, "freed it twice");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {what_is_no_object_is_told, NULL};

	return suite_run("object", cases);
}

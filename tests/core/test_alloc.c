/* test_alloc.c - requests that name an arena or a cache, and running out of memory at any moment.
 */
#include "alloc_resize.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include "boot.h"
#include "child.h"
#include "expect.h"
#include "failing_source.h"
#include "heap_under_test.h"
#include "large_leads.h"
#include "options.h"
#include "os.h"
#include "pages_walk.h"
#include "random.h"
#include "suite.h"

START_TEST(where_it_comes_from)
{
	unsigned index, cache_index;
	struct alloc_how how = {0};

	expect(arenas_create(NULL, NULL, &index) == 0 &&
		       tcaches_create(arenas_get(0), &cache_index) == 0,
	       "create");
	struct tcache *cache = tcaches_get(cache_index);
	for (size_t size = 8; size < 100000; size *= 2) {
		how = (struct alloc_how){.arena = arenas_get(index)};
		void *p = alloc_request(size, &how);
		expect(arenas_of(p) == arenas_get(index), "not of the arena that was asked");

		how = (struct alloc_how){.cache = cache};
		void *q = alloc_request(size, &how);
		expect(arenas_of(q) == cache->arena, "not of the cache's arena");
		size_t held = tcache_bytes(cache);
		alloc_free_how(p, &how);
		if (size_class_of(size) < size_class_ncached)
			expect(tcache_bytes(cache) == held + size_class_usable(size),
			       "not freed into the cache");
		how = (struct alloc_how){.bypass_cache = true};
		held = tcache_bytes(&thread_get()->cache);
		alloc_free_how(q, &how);
		expect(tcache_bytes(&thread_get()->cache) == held, "went through the cache");
	}
	expect(tcaches_destroy(cache_index) == 0 && arenas_destroy(index) == 0, "destroy");
}
END_TEST

START_TEST(huge_objects)
{
	unsigned index, cache_index;
	struct alloc_how how = {0};
	const size_t huge = options.oversize_threshold;
	const struct arena *apart;

	expect(arenas_create(NULL, NULL, &index) == 0 &&
		       tcaches_create(arenas_get(0), &cache_index) == 0,
	       "create");
	void *p = alloc_request(huge, &how);
	apart = arenas_of(p);
	expect(apart == arenas_get(arenas_auto()), "in arena %u", apart->index);
	void *q = alloc_request(huge * 7 / 8, &how);
	expect(arenas_of(q) == thread_arena(thread_get()), "what is not huge is apart");
	q = alloc_resize(q, 2 * huge, &how); /* in place or not: that is as it comes */
	expect(q != NULL, "no memory");
	how = (struct alloc_how){.cache = tcaches_get(cache_index)};
	void *r = alloc_request(huge, &how);
	expect(arenas_of(r) == apart, "by way of a cache");
	how = (struct alloc_how){.arena = arenas_get(index)};
	void *s = alloc_request(huge, &how);
	expect(arenas_of(s) == how.arena, "not of the arena that was asked");
	memset(p, 1, huge);
	alloc_free_how(p, &how);
	expect(apart->pages.sets[PAGES_DIRTY].npages == 0, "not given back");
	p = alloc_request(huge, &how);
	memset(p, 1, huge);
	alloc_free_how(p, &how);
	expect(how.arena->pages.sets[PAGES_DIRTY].npages == 0, "not given back by another arena");
	alloc_free_how(q, &how);
	alloc_free_how(r, &how);
	alloc_free_how(s, &how);
	expect(tcaches_destroy(cache_index) == 0 && arenas_destroy(index) == 0, "destroy");
}
END_TEST

START_TEST(a_cache_named_with_an_arena)
{
	unsigned index, cache_index;
	expect(arenas_create(NULL, NULL, &index) == 0 &&
		       tcaches_create(arenas_get(0), &cache_index) == 0,
	       "create");
	struct alloc_how how = {.cache = tcaches_get(cache_index), .arena = arenas_get(index)};
	void *p = alloc_request(100, &how);
	expect(arenas_of(p) == how.arena, "filled from another arena");
	size_t held = tcache_bytes(how.cache);
	void *q = alloc_request(100, &how);
	expect(tcache_bytes(how.cache) < held, "the cache was passed by");
	alloc_free_how(p, &how);
	alloc_free_how(q, &how);
	expect(tcaches_destroy(cache_index) == 0 && arenas_destroy(index) == 0, "destroy");
}
END_TEST

/* What waits in a cache keeps its place, and serves only requests that the place is good for. */
START_TEST(cached_objects_keep_their_place)
{
	struct alloc_how plain = {0}, page = {.alignment = os_page}, line = {.alignment = 64};
	unsigned cache_index;

	large_leads_on();
	expect(tcaches_create(arenas_get(0), &cache_index) == 0, "create");
	for (int explicit = 0; explicit < 2; explicit ++) {
		plain.cache = page.cache = line.cache = explicit ? tcaches_get(cache_index) : NULL;
		struct tcache *cache = explicit ? plain.cache : &thread_get()->cache;
		/* A size that comes back is kept. */
		alloc_free_how(alloc_request(32768, &plain), &plain);
		char *p = alloc_request(32768, &plain);

		expect(pagemap_lookup(p)->lead >= 64, "%p begins at its page", (void *)p);
		alloc_free_how(p, &plain);
		size_t held = tcache_bytes(cache);
		char *q = alloc_request(32768, &page);
		expect(((uintptr_t)q & (os_page - 1)) == 0, "%p is not aligned", (void *)q);
		expect(tcache_bytes(cache) == held, "not left in the cache");
		expect(alloc_request(32768, &line) == p, "not the one that was freed");
		alloc_free_how(q, &plain);
		expect(alloc_request(32768, &page) == q, "not the one with the alignment");
		alloc_free_how(q, &plain);
		expect(alloc_request(32768, &plain) == q, "not the latest");
		alloc_free_how(q, &plain);
		alloc_free_how(p, &plain);
	}
	expect(tcaches_destroy(cache_index) == 0, "destroy");
}
END_TEST

/* ---- out of memory ------------------------------------------------------------------------------
 */

static struct tracked_source source;
static struct failing_source failing;

/* Through the exported functions, on an arena whose source fails at the nth call, for every n until
 * a whole script passes without a failure. */
START_TEST(every_call_fails)
{
	unsigned index;
	int flags;
	unsigned long passed = 0, failed = 0;

	tracked_source_init(&source, SOURCE_RELEASE);
	failing_source_init(&failing, &source.hooks);
	expect(arenas_create(&failing.hooks, NULL, &index) == 0, "create");
	flags = (int)(MALLOCX_ARENA(index) | MALLOCX_TCACHE_NONE);
	for (unsigned long nth = 1; passed < 3; nth++) {
		struct random random;
		unsigned char *objects[60] = {NULL};

		random_init(&random, 12345); /* the same script each time */
		failing_source_fail_at(&failing, nth, nth % 2 == 0);
		for (int i = 0; i < 400; i++) {
			unsigned slot = (unsigned)random_below(&random, 60);
			size_t size = 1 + random_size(&random, 300000);
			unsigned char *p = objects[slot], *q;

			errno = 4711;
			if (p == NULL) {
				q = H(mallocx)(size, flags);
				if (q != NULL)
					memset(q, (int)slot, H(sallocx)(q, 0));
				failed += q == NULL;
				objects[slot] = q;
			} else if (i % 2 == 0) {
				size_t old = H(sallocx)(p, 0);

				q = H(rallocx)(p, size, flags);
				failed += q == NULL;
				if (q == NULL)
					expect(H(sallocx)(p, 0) == old && p[old - 1] == slot,
					       "a failed rallocx changes the object");
				else
					memset(q, (int)slot, H(sallocx)(q, 0));
				objects[slot] = q != NULL ? q : p;
			} else {
				expect(p[0] == slot && p[H(sallocx)(p, 0) - 1] == slot,
				       "contents are lost");
				H(dallocx)(p, flags);
				objects[slot] = NULL;
			}
			expect(errno == 4711, "*allocx sets errno to %d", errno);
		}
		passed += failing.failed == 0;
		failing_source_fail_at(&failing, 0, false);
		for (unsigned slot = 0; slot < 60; slot++) {
			expect(objects[slot] == NULL || objects[slot][0] == slot, "contents");
			H(dallocx)
			(objects[slot] != NULL ? objects[slot] : H(mallocx)(9, flags), flags);
		}
		pages_walk(&arenas_get(index)->pages, &source);
		expect(arenas_reset(index) == 0, "reset");
		expect(arenas_get(index)->pages.nactive == 0, "pages are lost");
		arena_decay(arenas_get(index), true);
		expect(nth < 3000, "the script always fails");
	}
	expect(failed > 0, "nothing ever failed");
	expect(arenas_destroy(index) == 0, "destroy");
	expect(source.extents.count == 0, "%zu ranges are lost", source.extents.count);
}
END_TEST

/* The whole allocator under a limit of address space, again and again. */
static int under_a_limit(void *unused)
{
	enum { MANY = 20000 };
	static void *objects[MANY];
	struct rlimit limit;
	unsigned last = 0;

	(void)unused;
	H(free)(H(malloc)(1));
	for (int round = 0; round < 5; round++) {
		unsigned n = 0;

		getrlimit(RLIMIT_AS, &limit);
		limit.rlim_cur = 160 << 20;
		if (setrlimit(RLIMIT_AS, &limit) != 0)
			return 1;
		errno = 0;
		while (n < MANY && (objects[n] = H(malloc)(1 + (n * 7919u) % 60000)) != NULL)
			memset(objects[n++], 1, 1);
		if (n == MANY || errno != ENOMEM)
			return 2;
		errno = 0;
		if (H(calloc)(1, 100 << 20) != NULL || errno != ENOMEM)
			return 3;
		if (H(realloc)(objects[0], 100 << 20) != NULL || *(char *)objects[0] != 1)
			return 4;
		/* All comes back: the next round gets nearly as far. */
		if (n < last - last / 10)
			return 5;
		last = n;
		while (n > 0)
			H(free)(objects[--n]);
	}
	return 0;
}

START_TEST(address_space_is_limited)
{
	struct child_end end;

	if (TEST_SANITIZED)
		return;
	child_run(under_a_limit, NULL, 60, &end);
	expect(end.signal == 0 && end.status == 0, "%s: %s", child_describe(&end), end.output);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {where_it_comes_from,
				      huge_objects,
				      a_cache_named_with_an_arena,
				      cached_objects_keep_their_place,
				      every_call_fails,
				      address_space_is_limited,
				      NULL};

	return suite_run("alloc", cases);
}

/* test_alloc.c - requests that name an arena or a cache, resizing in place and not, filling,
 * misuse, and running out of memory at any moment. */
#include "alloc.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include "boot.h"
#include "child.h"
#include "expect.h"
#include "failing_source.h"
#include "heap_under_test.h"
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

START_TEST(growing_seldom_moves)
{
	static const struct alloc_how plain;
	size_t size = 1 << 20;
	unsigned moves = 0;

	for (int round = 0; round < 2; round++) {
		char *p = alloc_request(size, &plain);
		p[0] = 1;
		for (size_t now = size; now < 64 * size; now += now / 4) {
			char *q = alloc_resize(p, now, &plain);
			expect(q != NULL && q[0] == 1 && alloc_usable(q) >= now, "at %zu", now);
			moves += q != p;
			p = q;
			p[now - 1] = 2;
		}
		alloc_free_how(p, &plain);
	}
	expect(moves <= 2 * 4, "%u moves", moves);
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

START_TEST(resizing)
{
	struct alloc_how zero = {.zero = true}, plain = {0};
	struct random random;

	random_init(&random, test_seed());
	for (int i = 0; i < 3000; i++) {
		size_t size = 1 + random_size(&random, 3 << 20);
		size_t other = 1 + random_size(&random, 3 << 20);
		unsigned char *p = alloc_request(size, &plain);
		size_t usable = alloc_usable(p), least;

		memset(p, 0x55, usable);
		p = alloc_resize(p, other, &zero);
		expect(p != NULL && alloc_usable(p) == size_class_usable(other), "%zu for %zu",
		       alloc_usable(p), other);
		least = alloc_usable(p) < usable ? alloc_usable(p) : usable;
		expect(p[0] == 0x55 && p[least - 1] == 0x55, "contents are lost");
		for (size_t at = usable; at < alloc_usable(p); at += 8)
			expect(p[at] == 0, "%zu to %zu: not zero at %zu", size, other, at);
		size_t in_place = alloc_resize_in_place(p, size, 1000, 0, false);
		expect(in_place == alloc_usable(p), "says %zu, is %zu", in_place, alloc_usable(p));
		alloc_free(p);
	}
}
END_TEST

static void spread_large_objects(void)
{
	expect(boot_ensure(), "boot");
	options.cache_oblivious = true;
	large_boot();
}

/* What waits in a cache keeps its place, and serves only requests that the place is good for. */
START_TEST(cached_objects_keep_their_place)
{
	struct alloc_how plain = {0}, page = {.alignment = os_page}, line = {.alignment = 64};
	unsigned cache_index;

	spread_large_objects();
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

/* Large ones that grow again and again, in place, moved or copied, as aligned as was asked. */
START_TEST(growing_with_a_lead)
{
	struct alloc_how zero = {.zero = true};
	struct random random;
	unsigned leads = 0;

	random_init(&random, test_seed());
	spread_large_objects();
	for (int i = 0; i < 8; i++) {
		size_t size = 16384, usable;
		unsigned char *p = alloc_request(size, &zero);

		while (size < 40 << 20) {
			usable = alloc_usable(p);
			memset(p, 0x55, usable);
			size += size / (1 + random_below(&random, 4));
			zero.alignment = random_below(&random, 3) != 0
						 ? 0
						 : (size_t)1 << random_below(&random, 16);
			p = alloc_resize(p, size, &zero);
			expect(p != NULL && is_aligned(p, zero.alignment), "%p at %zu", (void *)p,
			       zero.alignment);
			expect(alloc_usable(p) >= size, "%zu bytes of %zu", alloc_usable(p), size);
			leads += pagemap_lookup(p)->lead != 0;
			for (size_t at = 0; at < usable; at += 512)
				expect(p[at] == 0x55, "contents are lost at %zu of %zu", at,
				       usable);
			size_t least = usable < alloc_usable(p) ? usable : alloc_usable(p);
			expect(p[least - 1] == 0x55, "contents are lost at %zu", least - 1);
			size_t end =
				usable + 8192 < alloc_usable(p) ? usable + 8192 : alloc_usable(p);
			for (size_t at = usable; at < end; at++)
				expect(p[at] == 0, "not zero at %zu behind %zu", at, usable);
		}
		alloc_free(p);
	}
	expect(leads > 20, "%u had a lead", leads);
}
END_TEST

static int fill(void *junk)
{
	struct alloc_how plain = {0};
	unsigned cache;

	options.zero = junk == NULL;
	options.junk = junk == NULL ? JUNK_NONE : JUNK_BOTH;
	thread_cache_set_enabled(thread_get(), true); /* looks at the options again */
	expect(tcaches_create(arenas_get(0), &cache) == 0, "create");
	for (int round = 0; round < 3; round++)
		for (size_t size = 1; size < 5 << 20; size = size * 3 + 1) {
			plain.cache = round == 2 ? tcaches_get(cache) : NULL;
			unsigned char *p = alloc_request(size, &plain);
			size_t usable = alloc_usable(p);

			for (size_t at = 0; at < usable; at++)
				expect(p[at] == (junk == NULL ? 0 : 0xa5), "%zu bytes: %x at %zu",
				       size, p[at], at);
			memset(p, 0x11, usable);
			p = alloc_resize(p, 2 * size, &plain);
			for (size_t at = usable; at < alloc_usable(p); at++)
				expect(p[at] == (junk == NULL ? 0 : 0xa5), "grown from %zu: %x",
				       size, p[at]);
			alloc_free_how(p, &plain);
		}
	return 0;
}

/* An object that moves keeps its lead, and may end later than the place that was filled for it. */
static int fill_moved(void *unused)
{
	enum { OBJECTS = 16 };
	static const size_t before = 2 << 20, after = 3 << 20;
	struct alloc_how plain = {0};
	unsigned char *objects[OBJECTS];
	unsigned later = 0;

	(void)unused;
	spread_large_objects();
	options.junk = JUNK_ALLOC;
	for (unsigned i = 0; i < OBJECTS; i++) /* each in the way of the one before */
		objects[i] = alloc_request(before, &plain);
	for (unsigned i = 0; i < OBJECTS; i++) {
		uint16_t lead = pagemap_lookup(objects[i])->lead;
		memset(objects[i], 1, before);
		unsigned char *p = alloc_resize(objects[i], after, &plain);
		later += p != objects[i] && pagemap_lookup(p)->lead == lead && lead > 2048;
		for (size_t at = 0; at < after; at++)
			expect(p[at] == (at < before ? 1 : 0xa5), "%x at %zu of %u", p[at], at, i);
	}
	expect(later > OBJECTS / 8, "%u moved with a long lead", later);
	return 0;
}

static int fill_spread(void *junk)
{
	spread_large_objects();
	return fill(junk);
}

START_TEST(filling)
{
	struct child_end end;

	child_run(fill, NULL, 60, &end);
	expect(end.signal == 0 && end.status == 0, "zero: %s %s", child_describe(&end), end.output);
	child_run(fill, &end, 60, &end);
	expect(end.signal == 0 && end.status == 0, "junk: %s %s", child_describe(&end), end.output);
	child_run(fill_moved, NULL, 60, &end);
	expect(end.signal == 0 && end.status == 0, "moved: %s %s", child_describe(&end),
	       end.output);
	child_run(fill_spread, NULL, 60, &end);
	expect(end.signal == 0 && end.status == 0, "zero, with leads: %s %s", child_describe(&end),
	       end.output);
	child_run(fill_spread, &end, 60, &end);
	expect(end.signal == 0 && end.status == 0, "junk, with leads: %s %s", child_describe(&end),
	       end.output);
}
END_TEST

/* ---- misuse -------------------------------------------------------------------------------------
 */

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
	void *p = H(malloc)(100000);

	(void)unused;
	alloc_free_how(p, &round);
	alloc_free_how(p, &round);
	return 0;
}

static int free_cached_large_twice(void *unused)
{
	alloc_free(H(malloc)(20000)); /* a size that comes back is kept */
	void *p = H(malloc)(20000);

	(void)unused;
	alloc_free(p);
	alloc_free(p);
	thread_cache_flush(thread_get());
	return 0;
}

static int free_inside_large(void *unused)
{
	(void)unused;
	alloc_free((char *)H(malloc)(1000000) + 4096);
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
	spread_large_objects();
	char *p = H(malloc)(1000000);
	alloc_free((void *)((uintptr_t)p & ~(os_page - 1)));
	return 0;
}

static int free_behind_cached_large(void *unused)
{
	(void)unused;
	spread_large_objects();
	alloc_free(H(malloc)(20000)); /* a size that comes back is kept */
	alloc_free((char *)H(malloc)(20000) + 64);
	thread_cache_flush(thread_get());
	return 0;
}

static int free_large_with_a_lead_twice(void *unused)
{
	spread_large_objects();
	return free_large_twice(unused);
}

static int free_cached_large_with_a_lead_twice(void *unused)
{
	spread_large_objects();
	return free_cached_large_twice(unused);
}

static void expect_death(int (*body)(void *), const char *words)
{
	struct child_end end;

	child_run(body, NULL, 20, &end);
	expect(end.signal == SIGABRT, "%s: %s", words, child_describe(&end));
	expect(strstr(end.output, words) != NULL, "\"%s\" is not in: %s", words, end.output);
}

START_TEST(misuse)
{
	expect_death(free_a_variable, "free of 0x");
	expect_death(free_large_twice, "which is not allocated");
	expect_death(free_cached_large_twice, "freed it twice");
	expect_death(free_inside_large, "free of 0x");
	expect_death(realloc_nothing, "realloc of 0x");
	expect_death(free_of_a_destroyed_arena, "which is not allocated");
	expect_death(free_before_large, "which is inside an object and not its start");
	expect_death(free_behind_cached_large, "which is inside an object and not its start");
	expect_death(free_large_with_a_lead_twice, "which is not allocated");
	expect_death(free_cached_large_with_a_lead_twice, "freed it twice");
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
				      growing_seldom_moves,
				      a_cache_named_with_an_arena,
				      resizing,
				      filling,
				      cached_objects_keep_their_place,
				      growing_with_a_lead,
				      misuse,
				      every_call_fails,
				      address_space_is_limited,
				      NULL};

	return suite_run("alloc", cases);
}

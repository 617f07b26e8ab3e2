/* test_alloc_resize.c - resizing in place and not, and what options fill new memory with. */
#include "alloc_resize.h"

#include <string.h>
#include "child.h"
#include "expect.h"
#include "large_leads.h"
#include "object.h"
#include "options.h"
#include "random.h"
#include "suite.h"

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
			expect(q != NULL && q[0] == 1 && object_usable(q) >= now, "at %zu", now);
			moves += q != p;
			p = q;
			p[now - 1] = 2;
		}
		alloc_free_how(p, &plain);
	}
	expect(moves <= 2 * 4, "%u moves", moves);
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
		size_t usable = object_usable(p), least;

		memset(p, 0x55, usable);
		p = alloc_resize(p, other, &zero);
		expect(p != NULL && object_usable(p) == size_class_usable(other), "%zu for %zu",
		       object_usable(p), other);
		least = object_usable(p) < usable ? object_usable(p) : usable;
		expect(p[0] == 0x55 && p[least - 1] == 0x55, "contents are lost");
		for (size_t at = usable; at < object_usable(p); at += 8)
			expect(p[at] == 0, "%zu to %zu: not zero at %zu", size, other, at);
		size_t in_place = alloc_resize_in_place(p, size, 1000, 0, false);
		expect(in_place == object_usable(p), "says %zu, is %zu", in_place,
		       object_usable(p));
		alloc_free(p);
	}
}
END_TEST

/* What is neither small nor of a plain thread is left alone. */
START_TEST(small_ones_move_as_by_malloc_and_free)
{
	static const size_t sizes[] = {1, 16, 100, 900, 4000, SIZE_LOOKUP_MAX};
	struct thread *self = thread_get();
	for (size_t from = 0; from < ARRAY_LEN(sizes); from++)
		for (size_t to = 0; to < ARRAY_LEN(sizes); to++) {
			unsigned char *p = alloc_malloc(sizes[from]);
			alloc_free(alloc_malloc(sizes[to])); /* one is at hand */
			uint64_t allocated = self->allocated, deallocated = self->deallocated;
			size_t kept = sizes[from < to ? from : to];
			size_t old = object_usable(p);
			memset(p, 0x55, sizes[from]);
			unsigned char *q = alloc_move_small(p, sizes[to]);
			expect(q != NULL && q != p, "%zu to %zu stays", sizes[from], sizes[to]);
			expect(q[0] == 0x55 && q[kept - 1] == 0x55, "contents are lost");
			expect(self->allocated - allocated == object_usable(q) &&
				       self->deallocated - deallocated == old,
			       "%zu to %zu is counted wrongly", sizes[from], sizes[to]);
			alloc_free(q);
		}
	unsigned char *small = alloc_malloc(50), *large = alloc_malloc(size_class_large_min);
	expect(alloc_move_small(large, 50) == NULL, "a large one");
	expect(alloc_move_small(small, SIZE_LOOKUP_MAX + 1) == NULL, "a size not looked up");
	expect(alloc_move_small(&self, 50) == NULL, "what is not ours");
	tcache_set_enabled(&self->cache, false);
	expect(alloc_move_small(small, 500) == NULL, "without a cache");
	tcache_set_enabled(&self->cache, true);
	alloc_free(small);
	alloc_free(large);
}
END_TEST

/* Large ones that grow again and again, in place, moved or copied, as aligned as was asked. */
START_TEST(growing_with_a_lead)
{
	struct alloc_how zero = {.zero = true};
	struct random random;
	unsigned leads = 0;

	random_init(&random, test_seed());
	large_leads_on();
	for (int i = 0; i < 8; i++) {
		size_t size = 16384, usable;
		unsigned char *p = alloc_request(size, &zero);

		while (size < 40 << 20) {
			usable = object_usable(p);
			memset(p, 0x55, usable);
			size += size / (1 + random_below(&random, 4));
			zero.alignment = random_below(&random, 3) != 0
						 ? 0
						 : (size_t)1 << random_below(&random, 16);
			p = alloc_resize(p, size, &zero);
			expect(p != NULL && is_aligned(p, zero.alignment), "%p at %zu", (void *)p,
			       zero.alignment);
			expect(object_usable(p) >= size, "%zu bytes of %zu", object_usable(p),
			       size);
			leads += pagemap_lookup(p)->lead != 0;
			/* An aligned one may have had room for what it grows to unaligned. */
			size_t least = usable < object_usable(p) ? usable : object_usable(p);
			for (size_t at = 0; at < least; at += 512)
				expect(p[at] == 0x55, "contents are lost at %zu of %zu", at, least);
			expect(p[least - 1] == 0x55, "contents are lost at %zu", least - 1);
			size_t end =
				usable + 8192 < object_usable(p) ? usable + 8192 : object_usable(p);
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
			size_t usable = object_usable(p);

			for (size_t at = 0; at < usable; at++)
				expect(p[at] == (junk == NULL ? 0 : 0xa5), "%zu bytes: %x at %zu",
				       size, p[at], at);
			memset(p, 0x11, usable);
			p = alloc_resize(p, 2 * size, &plain);
			for (size_t at = usable; at < object_usable(p); at++)
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
	large_leads_on();
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
	large_leads_on();
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

int main(void)
{
	const TTest *const cases[] = {
		growing_seldom_moves, resizing, small_ones_move_as_by_malloc_and_free,
		growing_with_a_lead,  filling,  NULL};

	return suite_run("alloc_resize", cases);
}

/* test_exact.c - disable_large_size_classes: above eight pages an object has as many pages as it
 * needs, whoever is asked, and whatever else is done to it. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include "alloc.h"
#include "boot.h"
#include "checked.h"
#include "child.h"
#include "ctl_read.h"
#include "moonheap/moonheap.h"
#include "options.h"
#include "os.h"
#include "suite.h"

/* What goes with it; the last one makes the usable size the one that was asked for. */
static const char *const others[] = {
	"lg_tcache_flush_large_div:0,tcache_max:8388608",
	"cache_oblivious:true",
	"zero:true,san_guard_large:1",
	"hpa:true,hpa_slab_max_alloc:2097152",
	"junk:true,safety:sampled,safety_sample_bytes:5000",
	"safety:full",
};
enum { FULL = 5, SETS = 6 };

static size_t in_pages(size_t size)
{
	return align_up(size, os_page);
}

static size_t allocated(void)
{
	ctl_refresh();
	return CTL_READ(size_t, "stats.arenas.4096.large.allocated");
}

/* Its usable size by all who tell, and every byte of it. */
static void expect_object(void *p, size_t size, const char *what)
{
	size_t usable = mh_malloc_usable_size(p);
	size_t wanted = checked_is_on() ? size : in_pages(size);
	expect(p != NULL && usable == wanted, "%s of %zu has %zu bytes, not %zu", what, size,
	       usable, wanted);
	expect(mh_sallocx(p, 0) == usable && mh_nallocx(size, 0) == usable,
	       "%s of %zu: %zu and %zu", what, size, mh_sallocx(p, 0), mh_nallocx(size, 0));
	memset(p, 0x77, usable);
}

static const size_t sizes[] = {32769, 36864, 40960, 50000, 100000, 1000000, 1048576, 9000000};

/* As many pages of the system, but for those that are large anyhow. */
static size_t size_at(unsigned i)
{
	return sizes[i] <= 100000 ? sizes[i] / 4096 * os_page + sizes[i] % 4096 : sizes[i];
}

static void known_values(unsigned set UNUSED)
{
	static const size_t known[][2] = {
		{32768, 32768},     {32769, 36864},     {100000, 102400},
		{1000000, 1003520}, {9000000, 9003008},
	};
	if (os_page != 4096)
		return;
	for (unsigned i = 0; i < ARRAY_LEN(known); i++) {
		void *p = mh_malloc(known[i][0]);
		expect(mh_malloc_usable_size(p) == known[i][1], "%zu has %zu bytes", known[i][0],
		       mh_malloc_usable_size(p));
		mh_free(p);
	}
	expect(CTL_READ(size_t, "arenas.lextent.5.size") == 40960, "containers stay");
	expect(CTL_READ(size_t, "arenas.tcache_max") == 32768, "what caches keep");
	expect(CTL_READ(bool, "opt.disable_large_size_classes"), "the option");
}

static void every_way_to_allocate(unsigned set UNUSED)
{
	for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
		size_t size = size_at(i);
		void *p;
		for (unsigned again = 0; again < 3; again++) {
			p = mh_malloc(size);
			expect_object(p, size, "malloc");
			mh_free(p);
			p = mh_calloc(1, size);
			expect(((char *)p)[0] == 0 &&
				       ((char *)p)[mh_malloc_usable_size(p) - 1] == 0,
			       "calloc of %zu is not zero", size);
			expect_object(p, size, "calloc");
			mh_sdallocx(p, size, 0);
			expect(mh_posix_memalign(&p, 4 * os_page, size) == 0, "posix_memalign");
			expect_object(p, size, "posix_memalign");
			mh_sdallocx(p, mh_malloc_usable_size(p), 0);
			p = mh_aligned_alloc(64, size);
			expect_object(p, size, "aligned_alloc");
			mh_free(p);
			p = mh_mallocx(size, MALLOCX_TCACHE_NONE | MALLOCX_ZERO);
			expect_object(p, size, "mallocx");
			mh_dallocx(p, 0);
		}
	}
}

static void resizing(unsigned set UNUSED)
{
	for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
		size_t size = size_at(i);
		char *p = mh_malloc(100);
		memcpy(p, "contents", 9);
		const size_t steps[] = {size,         size + os_page, size + 1,     3 * size + 77,
					size + 12345, 9 * os_page,    30 * os_page, size};
		for (unsigned s = 0; s < ARRAY_LEN(steps); s++) {
			p = s % 2 == 0 ? mh_realloc(p, steps[s]) : mh_rallocx(p, steps[s], 0);
			expect(memcmp(p, "contents", 9) == 0, "lost at %zu", steps[s]);
			expect_object(p, steps[s], "realloc");
			memcpy(p, "contents", 9);
		}
		size_t had = mh_malloc_usable_size(p);
		size_t has = mh_xallocx(p, size + os_page, 5 * os_page, 0);
		expect(has == mh_malloc_usable_size(p) && has >= had &&
			       has <= in_pages(size + 6 * os_page),
		       "xallocx says %zu", has);
		if (set != FULL) {
			memset(p, 0x77, has);
			size_t less = mh_xallocx(p, 9 * os_page, 0, 0);
			expect(less == mh_malloc_usable_size(p), "xallocx says %zu", less);
			expect(less == 9 * os_page || less == has, "%zu", less);
		}
		p = mh_realloc(p, 1000);
		mh_free(p);
	}
}

/* Statistics count what can be used, the counts of a class what it contains. */
static void statistics(unsigned set UNUSED)
{
	void *objects[200];
	size_t before = allocated(), sum = 0;
	uint64_t allocated_before = CTL_READ(uint64_t, "thread.allocated");
	uint64_t freed_before = CTL_READ(uint64_t, "thread.deallocated");

	for (unsigned i = 0; i < ARRAY_LEN(objects); i++) {
		objects[i] = mh_malloc(9 * os_page + 1 + 3000 * (size_t)i);
		sum += in_pages(9 * os_page + 1 + 3000 * (size_t)i);
	}
	size_t after = allocated();
	if (set != FULL) /* else each is larger by a canary that may take a page */
		expect(after - before == sum, "%zu bytes are %zu", sum, after - before);
	size_t containers = 0;
	for (unsigned i = 0; i < 40; i++)
		containers += CTL_READ(size_t,
				       ctl_named("stats.arenas.4096.lextents.%u.curlextents", i)) *
			      CTL_READ(size_t, ctl_named("arenas.lextent.%u.size", i));
	expect(containers > after, "%zu bytes in containers of %zu", after, containers);
	uint64_t by_thread = CTL_READ(uint64_t, "thread.allocated") - allocated_before;
	for (unsigned i = 0; i < ARRAY_LEN(objects); i++)
		mh_free(objects[i]);
	uint64_t freed = CTL_READ(uint64_t, "thread.deallocated") - freed_before;
	expect(by_thread == freed, "%llu allocated and %llu freed", (unsigned long long)by_thread,
	       (unsigned long long)freed);
	expect(set == FULL || by_thread == sum, "%llu, not %zu", (unsigned long long)by_thread,
	       sum);
	ctl_expect(ctl_do("thread.tcache.flush"), 0, "thread.tcache.flush");
	expect(set == FULL || allocated() == before, "%zu left", allocated() - before);
}

/* No setting makes a cache keep two objects of one class and different sizes. */
static void caches_keep_none(unsigned set UNUSED)
{
	expect(CTL_READ(size_t, "arenas.tcache_max") == 8 * os_page, "arenas.tcache_max");
	expect(CTL_WRITE(size_t, "thread.tcache.max", 4 << 20) == 0, "thread.tcache.max");
	expect(CTL_READ(size_t, "thread.tcache.max") == 8 * os_page, "thread.tcache.max");
	unsigned cache = CTL_READ(unsigned, "tcache.create");
	for (int flags = 0; flags < 2; flags++) {
		int with = flags == 0 ? 0 : (int)MALLOCX_TCACHE(cache);
		for (size_t size = 9 * os_page; size < 300 * os_page; size += 5 * os_page) {
			void *larger = mh_mallocx(size + os_page, with);
			void *smaller = mh_mallocx(size, with);
			mh_dallocx(smaller, with);
			void *again = mh_mallocx(size + os_page, with);
			expect_object(again, size + os_page, "mallocx");
			expect_object(larger, size + os_page, "mallocx");
			mh_dallocx(larger, with);
			mh_dallocx(again, with);
		}
	}
}

static void batches_and_queries(unsigned set UNUSED)
{
	size_t size = 9 * os_page + 5;
	void *objects[20];
	struct {
		void **ptrs;
		size_t num, size;
		int flags;
	} request = {objects, ARRAY_LEN(objects), size, 0};
	size_t done, length = sizeof(done);
	ctl_expect(
		ctl_by_name("experimental.batch_alloc", &done, &length, &request, sizeof(request)),
		0, "experimental.batch_alloc");
	expect(done == ARRAY_LEN(objects), "%zu", done);
	for (unsigned i = 0; i < done; i++) {
		size_t found[3] = {0};
		length = sizeof(found);
		expect_object(objects[i], size, "batch_alloc");
		ctl_expect(ctl_by_name("experimental.utilization.batch_query", found, &length,
				       &objects[i], sizeof(void *)),
			   0, "experimental.utilization.batch_query");
		expect(found[0] == 0 && found[1] == 1 && found[2] == 10 * os_page, "%zu, %zu, %zu",
		       found[0], found[1], found[2]);
		mh_free(objects[i]);
	}
}

/* A reset of an arena takes them back, too. */
static void resets(unsigned set UNUSED)
{
	size_t before = allocated();
	unsigned arena = CTL_READ(unsigned, "arenas.create");
	for (unsigned i = 0; i < 50; i++)
		expect_object(mh_mallocx(9 * os_page + 1 + 7777 * (size_t)i,
					 (int)MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE),
			      9 * os_page + 1 + 7777 * (size_t)i, "mallocx");
	expect(ctl_do(ctl_named("arena.%u.reset", arena)) == 0, "reset");
	expect(allocated() == before, "%zu after a reset", allocated() - before);
	expect(CTL_READ(size_t, ctl_named("stats.arenas.%u.pactive", arena)) == 0, "pages");
	expect(ctl_do(ctl_named("arena.%u.destroy", arena)) == 0, "destroy");
	expect(allocated() == before, "%zu after all", allocated() - before);
}

/* -- each in a process of its own, under its options -- */

static const struct {
	const char *name;
	void (*run)(unsigned set);
	unsigned sets;
} cases[] = {
	{"known_values", known_values, 1},
	{"every_way_to_allocate", every_way_to_allocate, SETS},
	{"resizing", resizing, SETS},
	{"statistics", statistics, SETS},
	{"caches_keep_none", caches_keep_none, 1},
	{"batches_and_queries", batches_and_queries, 1},
	{"resets", resets, SETS},
};

START_TEST(each)
{
	for (unsigned set = 0; set < cases[_i].sets; set++) {
		char self[] = "/proc/self/exe", index[16], number[16], conf[200];
		char *argv[] = {self, index, number, NULL};
		struct child_end end;

		snprintf(index, sizeof(index), "%d", _i);
		snprintf(number, sizeof(number), "%u", set);
		snprintf(conf, sizeof(conf), "disable_large_size_classes:true,%s", others[set]);
		setenv("MALLOC_CONF", conf, 1);
		child_exec(argv, NULL, 60, &end);
		expect(!end.timed_out && end.signal == 0 && end.status == 0, "%s with %s: %s\n%s",
		       cases[_i].name, conf, child_describe(&end), end.output);
	}
}
END_TEST

int main(int argc, char **argv)
{
	if (argc == 3) {
		expect(boot_ensure() && options.disable_large_size_classes, "options");
		cases[atoi(argv[1])].run((unsigned)atoi(argv[2]));
		return 0;
	}
	const TTest *const all[] = {each, NULL};
	return suite_run_rows("exact", all, ARRAY_LEN(cases));
}

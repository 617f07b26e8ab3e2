/* test_ctl_experimental.c - leaves that take and give structures: what they do, and what they
 * answer to wrong ones. */
#include "ctl_row.h"

#include "ctl_read.h"
#include "jemalloc/jemalloc.h"
#include "suite.h"

#define QUERY  "experimental.utilization.query"
#define BATCH  "experimental.utilization.batch_query"
#define ALLOC  "experimental.batch_alloc"
#define CREATE "experimental.arenas_create_ext"

/* A call whose two lengths are what is asked about. */
static int call(const char *name, void *result, size_t *length, const void *argument, size_t size)
{
	return ctl_by_name(name, result, length, argument, size);
}

START_TEST(utilization_of_one)
{
	size_t found[6], length = sizeof(found);
	void *p = mh_malloc(100);
	ctl_expect(call(QUERY, found, &length, &p, sizeof(p)), 0, QUERY);
	expect(found[2] > 1 && found[3] % 4096 == 0 && found[5] >= found[4], "%zu regions in %zu",
	       found[2], found[3]);
	length = 40;
	ctl_expect(call(QUERY, found, &length, &p, sizeof(p)), EINVAL, "short");
	expect(length == 40, "the length becomes %zu", length);
	length = sizeof(found);
	ctl_expect(call(QUERY, found, &length, &p, 4), EINVAL, "half a pointer");
	ctl_expect(call(QUERY, found, &length, NULL, 0), EINVAL, "no pointer");
	ctl_expect(call(QUERY, NULL, NULL, &p, sizeof(p)), EINVAL, "no room");
	ctl_expect(ctl_do(QUERY), EINVAL, "nothing");
	mh_free(p);
}
END_TEST

START_TEST(utilization_of_many)
{
	void *objects[] = {mh_malloc(100), NULL, mh_malloc(1 << 20)};
	size_t found[3][3], length = sizeof(found);
	ctl_expect(call(BATCH, found, &length, objects, sizeof(objects)), 0, BATCH);
	expect(found[0][1] > 1 && found[0][2] > 0, "of the first");
	expect(found[1][0] == 0 && found[1][1] == 0 && found[1][2] == 0, "of no object");
	expect(found[2][0] == 0 && found[2][1] == 1 && found[2][2] >= 1 << 20, "of the third");
	length -= sizeof(size_t);
	ctl_expect(call(BATCH, found, &length, objects, sizeof(objects)), EINVAL, "short");
	length = sizeof(found);
	ctl_expect(call(BATCH, found, &length, objects, 0), EINVAL, "of none");
	ctl_expect(call(BATCH, found, &length, objects, sizeof(objects) - 1), EINVAL, "odd");
	mh_free(objects[0]);
	mh_free(objects[2]);
}
END_TEST

START_TEST(active_pages_without_a_call)
{
	size_t *pactive = CTL_READ(size_t *, "experimental.arenas.0.pactivep"), before = *pactive;
	void *p = mh_malloc(1 << 20);
	expect(*pactive >= before + (1 << 20) / 4096, "%zu, then %zu", before, *pactive);
	mh_free(p);
	size_t length = 4;
	ctl_expect(call("experimental.arenas.0.pactivep", &p, &length, NULL, 0), EINVAL, "short");
	expect(length == 4, "the length becomes %zu", length);
	ctl_expect(ctl_do("experimental.arenas.0.pactivep"), EINVAL, "nothing");
	length = 8;
	ctl_expect(call("experimental.arenas.0.pactivep", &p, &length, &p, 8), EPERM, "write");
	ctl_expect(call("experimental.arenas.4096.pactivep", &p, &length, NULL, 0), EFAULT, "all");
	ctl_expect(call("experimental.arenas.77.pactivep", &p, &length, NULL, 0), ENOENT, "none");
}
END_TEST

START_TEST(many_allocations_in_one_call)
{
	void *objects[50];
	struct {
		void **objects;
		size_t n, size;
		int flags;
	} batch = {objects, 50, 100, 0};
	size_t done = 0, length = sizeof(done);
	ctl_expect(call(ALLOC, &done, &length, &batch, sizeof(batch)), 0, ALLOC);
	expect(done == 50, "%zu", done);
	for (unsigned i = 0; i < 50; i++)
		mh_free(objects[i]);
	batch.flags = (int)MALLOCX_ARENA(3000);
	ctl_expect(call(ALLOC, &done, &length, &batch, sizeof(batch)), 0, "no such arena");
	expect(done == 0, "%zu from nowhere", done);
	length = 4;
	ctl_expect(call(ALLOC, &done, &length, &batch, sizeof(batch)), EINVAL, "short");
	expect(length == 0, "the length becomes %zu", length);
	length = sizeof(done);
	ctl_expect(call(ALLOC, &done, &length, &batch, 24), EINVAL, "half a structure");
	expect(length == sizeof(done), "the length becomes %zu", length);
	ctl_expect(call(ALLOC, &done, &length, NULL, 0), EINVAL, "no structure");
}
END_TEST

static unsigned asked;

static void *hook_alloc(extent_hooks_t *hooks, void *address, size_t size, size_t alignment,
			bool *zero, bool *commit, unsigned arena)
{
	extent_hooks_t *ours = CTL_READ(extent_hooks_t *, "arena.0.extent_hooks");
	asked++;
	expect(hooks != ours, "the table of another");
	return ours->alloc(ours, address, size, alignment, zero, commit, arena);
}

START_TEST(arenas_with_more_to_say)
{
	static extent_hooks_t hooks = {.alloc = hook_alloc};
	struct {
		extent_hooks_t *hooks;
		bool metadata_use_hooks;
	} config = {&hooks, false};
	unsigned arena;
	size_t length = sizeof(arena);
	ctl_expect(call(CREATE, &arena, &length, &config, sizeof(config)), 0, CREATE);
	mh_free(mh_mallocx(100, (int)MALLOCX_ARENA(arena)));
	expect(asked > 0, "the hooks were not asked");
	ctl_expect(call(CREATE, &arena, &length, NULL, 0), 0, "without");
	ctl_expect(call(CREATE, &arena, &length, &config, 8), EINVAL, "half a structure");
	length = 8;
	ctl_expect(call(CREATE, &arena, &length, &config, sizeof(config)), EINVAL, "long");
	expect(length == 0, "the length becomes %zu", length);
	ctl_expect(call(CREATE, NULL, NULL, &config, sizeof(config)), EINVAL, "no room");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {utilization_of_one,          utilization_of_many,
				      active_pages_without_a_call, many_allocations_in_one_call,
				      arenas_with_more_to_say,     NULL};
	return suite_run("ctl_experimental", cases);
}

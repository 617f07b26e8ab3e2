/* test_ctl_alone.c - one arena without the others: how old it may be, and whose epoch it is of. */
#include "ctl_alone.h"

#include <unistd.h>
#include "ctl_read.h"
#include "ctl_snapshot.h"
#include "expect.h"
#include "heap_under_test.h"
#include "os.h"
#include "suite.h"

static const uint64_t age_ns = 100000000;
static uint64_t taken_ns;
static bool is_of_epoch;

static const struct arena_stats *look(size_t index, uint64_t max_age_ns)
{
	lock_take(&ctl_lock);
	const struct arena_stats *stats =
		ctl_alone_arena(index, os_now_precise_ns(), max_age_ns, &taken_ns, &is_of_epoch);
	lock_drop(&ctl_lock);
	return stats;
}

START_TEST(as_old_as_the_caller_says)
{
	ctl_refresh();
	uint64_t epoch = ctl_snapshot_epoch(), refreshed_ns = ctl_snapshot_taken_ns();
	expect(look(0, UINT64_MAX) == ctl_snapshot_arena(0), "not the record of the epoch");
	expect(is_of_epoch && taken_ns == refreshed_ns, "of the epoch, at another time");

	usleep((unsigned)(age_ns / 1000));
	const struct arena_stats *fresh = look(0, 0);
	uint64_t first_ns = taken_ns;
	expect(fresh != NULL && fresh != ctl_snapshot_arena(0) && !is_of_epoch, "not looked at");
	expect(first_ns > refreshed_ns, "an old time");
	expect(look(0, 0) == fresh && taken_ns > first_ns, "not looked at again");
	first_ns = taken_ns;
	/* Too old as an epoch is, but not as what was looked at; unless the machine was busy. */
	look(0, age_ns);
	uint64_t found_ns = taken_ns;
	bool found_of_epoch = is_of_epoch;
	expect(os_now_precise_ns() - first_ns >= age_ns ||
		       (found_ns == first_ns && !found_of_epoch),
	       "looked at although young enough");
	expect(ctl_snapshot_epoch() == epoch, "an epoch for one arena");
}
END_TEST

START_TEST(another_arena_is_another)
{
	unsigned one = heap_arena_create(NULL), two = heap_arena_create(NULL);
	void *object = H(mallocx)(1 << 20, MALLOCX_ARENA(one) | MALLOCX_TCACHE_NONE);

	ctl_refresh();
	size_t pages = look(one, 0)->pactive;
	expect(pages > 0 && look(two, UINT64_MAX) != NULL, "no pages");
	expect(look(two, 0)->pactive == 0, "pages of another arena");
	expect(look(one, 0)->pactive == pages, "other pages");
	H(dallocx)(object, 0);
	expect(look(4094, 0) == NULL && look(MALLCTL_ARENAS_ALL, 0) == NULL, "there is none");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {as_old_as_the_caller_says, another_arena_is_another, NULL};
	return suite_run("ctl_alone", cases);
}

/* test_ctl_arenas.c - arenas.*: how many there are, which one an address is of, and making more. */
#include "ctl_row.h"

#include "ctl_read.h"
#include "heap_under_test.h"
#include "moonheap/hooks.h"
#include "moonheap/moonheap.h"
#include "suite.h"

START_TEST(lookup_of_strangers)
{
	unsigned owner;
	int own = 0;
	const void *const strangers[] = {NULL, &own, (const void *)16, (const void *)UINTPTR_MAX};
	for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
		size_t length = sizeof(owner);
		ctl_expect(ctl_by_name("arenas.lookup", &owner, &length, &strangers[i],
				       sizeof(void *)),
			   EINVAL, "arenas.lookup");
	}
}
END_TEST

START_TEST(arenas_are_made_until_there_are_no_more_numbers)
{
	extent_hooks_t *none = NULL;
	unsigned index = 0, count = CTL_READ(unsigned, "arenas.narenas");
	size_t length = sizeof(index);
	ctl_expect(ctl_by_name("arenas.create", &index, &length, &none, sizeof(none)), 0,
		   "NULL hooks");
	expect(index == count && CTL_READ(unsigned, "arenas.narenas") == count + 1, "%u", index);
	unsigned created = 0, limit = TEST_SANITIZED ? 100 : 5000;
	while (created < limit && ctl_by_name("arenas.create", &index, &length, NULL, 0) == 0)
		created++;
	if (TEST_SANITIZED)
		return;
	expect(created < limit && index == 4094, "%u arenas, the last %u", created, index);
	ctl_expect(ctl_by_name("arenas.create", &index, &length, NULL, 0), EAGAIN, "one more");
	ctl_refresh();
	ctl_expect(ctl_by_name("stats.arenas.4094.pactive", NULL, NULL, NULL, 0), 0, "the last");
	ctl_expect(ctl_do("arena.4094.destroy"), 0, "destroy");
	ctl_expect(ctl_by_name("arenas.create", &index, &length, NULL, 0), 0, "its number again");
	expect(index == 4094, "%u", index);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {lookup_of_strangers,
				      arenas_are_made_until_there_are_no_more_numbers, NULL};
	return suite_run("ctl_arenas", cases);
}

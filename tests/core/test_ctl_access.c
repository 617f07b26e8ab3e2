/* test_ctl_access.c - the access rules of mallctl(), each on a leaf that shows it: what programs
 * observe of the reference at these calls. test_ctl_table.c tries the common rules on every row. */
#include "ctl_access.h"

#include <errno.h>
#include <stdlib.h>
#include "ctl_read.h"
#include "suite.h"

START_TEST(sizes_of_types)
{
	expect(moonheap_ctl_type_size(MOONHEAP_CTL_NONE) == 0, "NONE");
	expect(moonheap_ctl_type_size(MOONHEAP_CTL_BOOL) == 1, "BOOL");
	expect(moonheap_ctl_type_size(MOONHEAP_CTL_UNSIGNED) == 4, "UNSIGNED");
	expect(moonheap_ctl_type_size(MOONHEAP_CTL_UINT32) == 4, "UINT32");
	expect(moonheap_ctl_type_size(MOONHEAP_CTL_SSIZE) == sizeof(ssize_t), "SSIZE");
	expect(moonheap_ctl_type_size(MOONHEAP_CTL_STRING) == sizeof(char *), "STRING");
	expect(moonheap_ctl_type_size(MOONHEAP_CTL_STRUCT) == 0, "STRUCT");
	expect(moonheap_ctl_type_size((enum moonheap_ctl_type)99) == 0, "no type");
}
END_TEST

START_TEST(a_wrong_length_copies_what_fits)
{
	unsigned nbins = CTL_READ(unsigned, "arenas.nbins");
	unsigned char buffer[8];
	memset(buffer, 0xee, sizeof(buffer));
	size_t length = 2;
	ctl_expect(ctl_by_name("arenas.nbins", buffer, &length, NULL, 0), EINVAL, "2 bytes");
	expect(length == 2 && memcmp(buffer, &nbins, 2) == 0 && buffer[2] == 0xee, "2 bytes");
	length = 8;
	ctl_expect(ctl_by_name("arenas.nbins", buffer, &length, NULL, 0), EINVAL, "8 bytes");
	expect(length == 4 && memcmp(buffer, &nbins, 4) == 0 && buffer[4] == 0xee, "8 bytes");
	length = 0;
	ctl_expect(ctl_by_name("arenas.nbins", buffer, &length, NULL, 0), EINVAL, "0 bytes");
	expect(length == 0, "0 bytes");
}
END_TEST

START_TEST(the_old_value_comes_back)
{
	ssize_t old = 0, new = 1234, before = CTL_READ(ssize_t, "arenas.dirty_decay_ms");
	size_t length = sizeof(old);
	ctl_expect(ctl_by_name("arenas.dirty_decay_ms", &old, &length, &new, sizeof(new)), 0,
		   "both");
	expect(old == before, "the old value is %zd", old);
	expect(CTL_READ(ssize_t, "arenas.dirty_decay_ms") == 1234, "the new one");
	/* A wrong *oldlenp prevents the write. */
	new = 99;
	length = 3;
	ctl_expect(ctl_by_name("arenas.dirty_decay_ms", &old, &length, &new, sizeof(new)), EINVAL,
		   "a short buffer");
	expect(length == 3 && CTL_READ(ssize_t, "arenas.dirty_decay_ms") == 1234, "not written");
	/* A value out of range is refused after the old one was copied. */
	new = -2;
	length = sizeof(old);
	ctl_expect(ctl_by_name("arenas.dirty_decay_ms", &old, &length, &new, sizeof(new)), EFAULT,
		   "-2");
	expect(old == 1234, "the old value came first");
}
END_TEST

START_TEST(the_new_length_is_looked_at_first_or_last)
{
	/* decay times: the old value is copied even when the new one has a wrong length */
	ssize_t old = -77, new = 5;
	size_t length = sizeof(old);
	ctl_expect(ctl_by_name("arena.0.dirty_decay_ms", &old, &length, &new, 4), EINVAL, "decay");
	expect(old != -77, "the old value is copied first");
	/* others: it is not */
	unsigned arena = 7777;
	length = sizeof(arena);
	ctl_expect(ctl_by_name("thread.arena", &arena, &length, &new, 8), EINVAL, "thread.arena");
	expect(arena == 7777, "nothing is copied");
	/* and a NULL newp is no write, whatever newlen says, unless the leaf is read-only */
	ctl_expect(ctl_by_name("thread.arena", NULL, NULL, NULL, 9), 0, "thread.arena");
	ctl_expect(ctl_by_name("version", NULL, NULL, NULL, 9), EPERM, "version");
}
END_TEST

START_TEST(epoch_is_read_after_the_write)
{
	uint64_t new = 0, seen = 0, before = CTL_READ(uint64_t, "epoch");
	size_t length = sizeof(seen);
	expect(before >= 1, "the first access takes a snapshot");
	ctl_expect(ctl_by_name("epoch", &seen, &length, &new, sizeof(new)), 0, "epoch");
	expect(seen == before + 1, "epoch %lu after %lu", (unsigned long)seen,
	       (unsigned long)before);
	length = 4;
	ctl_expect(ctl_by_name("epoch", &seen, &length, &new, sizeof(new)), EINVAL, "epoch");
	expect(CTL_READ(uint64_t, "epoch") == before + 2, "a wrong length comes too late");
	ctl_expect(ctl_by_name("epoch", NULL, NULL, &new, 4), EINVAL, "epoch");
	expect(CTL_READ(uint64_t, "epoch") == before + 2, "a wrong newlen does not");
}
END_TEST

START_TEST(some_apply_before_they_copy)
{
	bool new = false, old = true;
	size_t length = 8;
	expect(CTL_READ(bool, "thread.tcache.enabled"), "enabled at first");
	bool buffer[8];
	ctl_expect(ctl_by_name("thread.tcache.enabled", buffer, &length, &new, 1), EINVAL,
		   "length 8");
	expect(!CTL_READ(bool, "thread.tcache.enabled"), "it was applied all the same");
	new = true;
	length = 1;
	ctl_expect(ctl_by_name("thread.tcache.enabled", &old, &length, &new, 1), 0, "enabled");
	expect(!old, "the old value is that before the write");
}
END_TEST

/* As C counts: what is not 0 is true, and true is 1. */
START_TEST(a_bool_may_be_any_byte)
{
	unsigned char byte = 0, old = 0xa5;
	size_t length = sizeof(old);

	ctl_expect(ctl_by_name("thread.tcache.enabled", NULL, NULL, &byte, 1), 0, "off");
	byte = 0x65;
	ctl_expect(ctl_by_name("thread.tcache.enabled", NULL, NULL, &byte, 1), 0, "on");
	ctl_expect(ctl_by_name("thread.tcache.enabled", &old, &length, NULL, 0), 0, "read");
	expect(old == 1, "true is %d", old);
	ctl_expect(ctl_by_name("prof.active", NULL, NULL, &byte, 1), ENOENT, "on");
}
END_TEST

START_TEST(results_that_are_required)
{
	unsigned before = CTL_READ(unsigned, "arenas.narenas"), index = 0;
	size_t length = 2;
	ctl_expect(ctl_by_name("arenas.create", &index, &length, NULL, 0), EINVAL, "2 bytes");
	expect(length == 0, "*oldlenp is %zu", length);
	ctl_expect(ctl_do("arenas.create"), EINVAL, "no result");
	length = 4;
	ctl_expect(ctl_by_name("arenas.create", NULL, &length, NULL, 0), EINVAL, "no buffer");
	expect(length == 0, "*oldlenp is %zu", length);
	length = 4;
	void *hooks = NULL;
	ctl_expect(ctl_by_name("arenas.create", &index, &length, &hooks, 3), EINVAL, "3 bytes");
	expect(length == 4, "*oldlenp is %zu", length);
	expect(CTL_READ(unsigned, "arenas.narenas") == before, "an arena was made all the same");
	ctl_expect(ctl_do("tcache.create"), EINVAL, "no result");
	ctl_expect(CTL_WRITE(unsigned, "tcache.create", 1), EPERM, "tcache.create takes nothing");
}
END_TEST

START_TEST(arguments_that_are_required)
{
	unsigned index = 0;
	size_t length = 4;
	ctl_expect(ctl_do("tcache.flush"), EINVAL, "no argument");
	ctl_expect(ctl_by_name("tcache.flush", NULL, NULL, NULL, 4), EINVAL, "no argument");
	ctl_expect(ctl_by_name("tcache.flush", NULL, NULL, &index, 3), EINVAL, "3 bytes");
	ctl_expect(ctl_by_name("tcache.flush", &index, &length, &index, 4), EPERM, "no result");
	ctl_expect(ctl_do("arenas.lookup"), EINVAL, "no pointer");
	length = 2;
	const void *own = &index;
	ctl_expect(ctl_by_name("arenas.lookup", &index, &length, &own, sizeof(own)), EINVAL, "2");
}
END_TEST

START_TEST(arguments_that_are_ignored)
{
	uint64_t junk = 7;
	size_t length = 3;
	ctl_expect(ctl_by_name("stats.mutexes.reset", &junk, &length, &junk, 5), 0, "reset");
	expect(junk == 7 && length == 3, "nothing is copied");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {sizes_of_types,
				      a_wrong_length_copies_what_fits,
				      the_old_value_comes_back,
				      the_new_length_is_looked_at_first_or_last,
				      epoch_is_read_after_the_write,
				      some_apply_before_they_copy,
				      a_bool_may_be_any_byte,
				      results_that_are_required,
				      arguments_that_are_required,
				      arguments_that_are_ignored,
				      NULL};
	return suite_run("ctl_access", cases);
}

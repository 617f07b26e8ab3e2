/* test_ctl_prof.c - what programs hear that ask for heap profiling where it is off. */
#include "ctl_row.h"

#include <stdlib.h>
#include "ctl_read.h"
#include "suite.h"

START_TEST(what_can_be_read_says_that_it_is_off)
{
	expect(!CTL_READ(bool, "config.prof"), "config.prof");
	expect(!CTL_READ(bool, "prof.active"), "prof.active");
	expect(!CTL_READ(bool, "prof.thread_active_init"), "prof.thread_active_init");
	expect(!CTL_READ(bool, "prof.gdump"), "prof.gdump");
	expect(!CTL_READ(bool, "thread.prof.active"), "thread.prof.active");
	expect(CTL_READ(uint64_t, "prof.interval") == 0, "prof.interval");
	expect(CTL_READ(size_t, "prof.lg_sample") == 0, "prof.lg_sample");
}
END_TEST

START_TEST(what_would_do_something_is_not_there)
{
	static const char *const switches[] = {"prof.active", "prof.thread_active_init",
					       "prof.gdump", "thread.prof.active"};
	for (size_t i = 0; i < ARRAY_LEN(switches); i++)
		ctl_expect(CTL_WRITE(bool, switches[i], true), ENOENT, switches[i]);
	ctl_expect(CTL_WRITE(bool, "prof.active", false), 0, "off already");
	ctl_expect(CTL_WRITE(uint32_t, "prof.active", 0), EINVAL, "a wrong size");
	ctl_expect(CTL_WRITE(uint32_t, "thread.prof.active", 0), ENOENT, "a wrong size");
	static const char *const actions[] = {"prof.dump",     "prof.prefix",
					      "prof.reset",    "prof.log_start",
					      "prof.log_stop", "thread.prof.name"};
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		const char *text = "x";
		size_t length = sizeof(text);
		ctl_expect(ctl_do(actions[i]), ENOENT, actions[i]);
		ctl_expect(ctl_by_name(actions[i], &text, &length, NULL, 0), ENOENT, actions[i]);
		ctl_expect(ctl_by_name(actions[i], NULL, NULL, &text, length), ENOENT, actions[i]);
	}
}
END_TEST

/* As in a process without profiling: the names go as far as the index. */
START_TEST(sums_by_class_do_not_resolve)
{
	static const char *const leaves[] = {"prof.stats.bins.0.live", "prof.stats.bins.0.accum",
					     "prof.stats.lextents.0.live",
					     "prof.stats.lextents.0.accum"};
	char said[400];
	for (unsigned i = 0; i < ARRAY_LEN(leaves); i++) {
		size_t mib[8], depth = 8, length = 16;
		uint64_t sums[2];
		ctl_expect(ctl_name_to_mib(leaves[i], mib, &depth), ENOENT, leaves[i]);
		ctl_expect(ctl_by_name(leaves[i], sums, &length, NULL, 0), ENOENT, leaves[i]);
		ctl_expect(ctl_by_name(leaves[i], NULL, NULL, sums, 16), ENOENT, leaves[i]);
		moonheap_ctl_strerror(ENOENT, leaves[i], &length, 0, said, sizeof(said));
		expect(strstr(said, "no profiling") != NULL, "%s: %s", leaves[i], said);
	}
	size_t mib[8], depth = 8;
	ctl_expect(ctl_name_to_mib("prof.stats.bins", mib, &depth), 0, "prof.stats.bins");
	expect(depth == 3, "%zu components", depth);
	size_t length = 16;
	size_t below[5] = {mib[0], mib[1], mib[2], 0, 0};
	ctl_expect(ctl_by_mib(below, 5, said, &length, NULL, 0), ENOENT, "by MIB");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {what_can_be_read_says_that_it_is_off,
				      what_would_do_something_is_not_there,
				      sums_by_class_do_not_resolve, NULL};
	return suite_run("ctl_prof", cases);
}

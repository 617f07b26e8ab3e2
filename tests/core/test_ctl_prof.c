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

int main(void)
{
	const TTest *const cases[] = {what_can_be_read_says_that_it_is_off,
				      what_would_do_something_is_not_there, NULL};
	return suite_run("ctl_prof", cases);
}

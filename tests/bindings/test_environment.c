/* agent_environment: what is taken from an environment, and what is left of it. */
#include <agent_environment.h>

#include <string.h>

#include "cases.h"

/* Entries that may be written to, as the kernel passes them. */
static char entries[16][128];
static char *environment[17];

static void set_environment(const char *const texts[])
{
	size_t n = 0;

	for (; texts[n] != NULL; n++) {
		strcpy(entries[n], texts[n]);
		environment[n] = entries[n];
	}
	environment[n] = NULL;
}

static void assert_environment(const char *const texts[])
{
	size_t n = 0;

	for (; texts[n] != NULL; n++) {
		ck_assert_ptr_nonnull(environment[n]);
		ck_assert_str_eq(environment[n], texts[n]);
	}
	ck_assert_ptr_null(environment[n]);
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

START_TEST(variables_are_taken_and_removed)
{
	set_environment(TEXTS("PATH=/bin", "LD_PRELOAD=/l/libmoonheap.so /l/libmoonheap-agent.so",
			      "MOONHEAP_AGENT=1", "MOONHEAP_RUNTIME_DIR=/run/x",
			      "MOONHEAP_AGENT_MEMORY=8", "XDG_RUNTIME_DIR=/run/user/7",
			      "MOONHEAP_RUN_PRELOAD=", "HOME=/"));
	struct agent_environment taken = agent_environment_take(environment);
	ck_assert_str_eq(taken.agent, "1");
	ck_assert_str_eq(taken.memory_mib, "8");
	ck_assert_str_eq(taken.runtime_dir, "/run/x");
	ck_assert_str_eq(taken.xdg_runtime_dir, "/run/user/7");
	assert_environment(TEXTS("PATH=/bin", "MOONHEAP_RUNTIME_DIR=/run/x",
				 "XDG_RUNTIME_DIR=/run/user/7", "HOME=/"));
}
END_TEST

START_TEST(own_preload_comes_back)
{
	set_environment(TEXTS("MOONHEAP_RUN_PRELOAD=/usr/lib/libfaketime.so.1:/x.so", "A=b",
			      "LD_PRELOAD=/l/libmoonheap.so /usr/lib/libfaketime.so.1:/x.so",
			      "MOONHEAP_AGENT=1"));
	agent_environment_take(environment);
	assert_environment(TEXTS("A=b", "LD_PRELOAD=/usr/lib/libfaketime.so.1:/x.so"));
}
END_TEST

START_TEST(nothing_is_touched_unless_asked)
{
	set_environment(TEXTS("LD_PRELOAD=/l/libmoonheap-agent.so", "MOONHEAP_RUN_PRELOAD=/x",
			      "MOONHEAP_AGENTS=1"));
	ck_assert_ptr_null(agent_environment_take(environment).agent);
	assert_environment(TEXTS("LD_PRELOAD=/l/libmoonheap-agent.so", "MOONHEAP_RUN_PRELOAD=/x",
				 "MOONHEAP_AGENTS=1"));
	/* preloaded by hand: what the user wrote stays */
	set_environment(TEXTS("LD_PRELOAD=/l/libmoonheap-agent.so", "MOONHEAP_AGENT=1"));
	ck_assert_str_eq(agent_environment_take(environment).agent, "1");
	assert_environment(TEXTS("LD_PRELOAD=/l/libmoonheap-agent.so"));
}
END_TEST

int main(void)
{
	return cases_run("agent_environment",
			 (const TTest *const[]){variables_are_taken_and_removed,
						own_preload_comes_back,
						nothing_is_touched_unless_asked, NULL});
}

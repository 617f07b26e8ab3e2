/* test_descriptor.c - descriptors that stay ours, or do not. */
#include "agent_descriptor.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cases.h"

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

START_TEST(numbers_are_high)
{
	int low = new_socket();
	struct agent_descriptor kept = agent_descriptor_keep(low);

	ck_assert_int_gt(kept.fd, 100);
	ck_assert_int_eq(fcntl(low, F_GETFD), -1);
	ck_assert_int_eq(fcntl(kept.fd, F_GETFD), FD_CLOEXEC);
	ck_assert(agent_descriptor_is_ours(&kept));
	int number = kept.fd;
	agent_descriptor_close(&kept);
	ck_assert_int_eq(kept.fd, -1);
	ck_assert_int_eq(fcntl(number, F_GETFD), -1);
	ck_assert(!agent_descriptor_is_ours(&kept));
	ck_assert_int_eq(agent_descriptor_keep(-1).fd, -1);
}
END_TEST

START_TEST(what_is_another_s_is_left_alone)
{
	struct agent_descriptor kept = agent_descriptor_keep(new_socket());
	int number = kept.fd;

	close(number);
	ck_assert(!agent_descriptor_is_ours(&kept));
	int theirs = new_socket();
	ck_assert_int_eq(dup2(theirs, number), number);
	ck_assert(!agent_descriptor_is_ours(&kept));
	agent_descriptor_close(&kept);
	ck_assert_int_ge(fcntl(number, F_GETFD), 0);
	close(number);
	close(theirs);
}
END_TEST

START_TEST(few_numbers_are_enough)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 20;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	struct agent_descriptor kept = agent_descriptor_keep(new_socket());
	ck_assert_int_ge(kept.fd, 10);
	agent_descriptor_close(&kept);
}
END_TEST

int main(void)
{
	return cases_run("agent_descriptor",
			 (const TTest *const[]){numbers_are_high, what_is_another_s_is_left_alone,
						few_numbers_are_enough, NULL});
}

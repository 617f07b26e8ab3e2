/* agent_socket: which directory, and which directories are not good enough. */
#include <agent_socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cases.h"

#define NO_USER 4000000u /* has no /run/user directory */

static void assert_directory(const char *expected, const char *own, const char *xdg, uid_t uid)
{
	char path[PATH_MAX];

	ck_assert_int_eq(agent_socket_directory(path, own, xdg, uid), 0);
	ck_assert_str_eq(path, expected);
}

START_TEST(directory_is_the_first_that_applies)
{
	char too_long[PATH_MAX + 10], path[PATH_MAX];

	assert_directory("/a", "/a", "/b", NO_USER);
	assert_directory("/b/moonheap", NULL, "/b", NO_USER);
	assert_directory("/b/moonheap", "", "/b", NO_USER);
	assert_directory("/tmp/moonheap-4000000", "relative", "relative", NO_USER);
	assert_directory("/tmp/moonheap-4000000", NULL, NULL, NO_USER);
	memset(too_long, 'x', sizeof(too_long));
	too_long[0] = '/';
	too_long[sizeof(too_long) - 1] = '\0';
	ck_assert_int_eq(agent_socket_directory(path, too_long, NULL, NO_USER), -1);
}
END_TEST

static char base[64];

static void make_base(void)
{
	strcpy(base, "/tmp/moonheap-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(base));
}

static int open_at(const char *name)
{
	struct agent_socket where;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", base, name);
	int error = agent_socket_open(&where, path);
	if (error == 0) {
		agent_socket_remove(&where);
	}
	return error;
}

START_TEST(directory_is_made_private_and_checked)
{
	char path[128], link_path[128];
	struct stat info;

	make_base();
	ck_assert_int_eq(open_at("/new"), 0);
	snprintf(path, sizeof(path), "%s/new", base);
	ck_assert_int_eq(stat(path, &info), 0);
	ck_assert_uint_eq(info.st_mode & 07777, 0700);
	snprintf(link_path, sizeof(link_path), "%s/link", base);
	ck_assert_int_eq(symlink(path, link_path), 0);
	ck_assert_int_ne(open_at("/link"), 0);
	ck_assert_int_eq(chmod(path, 0750), 0);
	ck_assert_int_eq(open_at("/new"), EPERM);
	ck_assert_int_eq(open_at("/no/such/parent"), ENOENT);
	rmdir(path);
	unlink(link_path);
	rmdir(base);
}
END_TEST

START_TEST(stale_socket_is_replaced_and_a_long_path_fits)
{
	char path[PATH_MAX], name[300];
	struct agent_socket where;
	struct stat info;

	make_base();
	snprintf(path, sizeof(path), "%s/", base);
	memset(name, 'd', sizeof(name));
	name[200] = '\0';
	strcat(path, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(name, sizeof(name), "/%d.sock", (int)getpid());
	strcat(path, name);
	FILE *stale = fopen(path, "w");
	ck_assert_ptr_nonnull(stale);
	fclose(stale);
	*strrchr(path, '/') = '\0';
	ck_assert_int_eq(agent_socket_open(&where, path), 0);
	strcat(path, name);
	ck_assert_int_eq(stat(path, &info), 0);
	ck_assert(S_ISSOCK(info.st_mode));
	ck_assert_uint_eq(info.st_mode & 07777, 0600);
	agent_socket_remove(&where);
	ck_assert_int_eq(stat(path, &info), -1);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	rmdir(base);
}
END_TEST

/* As it is when a service has closed all descriptors, and perhaps has others in their place. */
START_TEST(name_goes_when_descriptors_were_closed)
{
	char path[300], moved[128], directory[128];
	struct agent_socket where;

	make_base();
	snprintf(directory, sizeof(directory), "%s/run", base);
	snprintf(path, sizeof(path), "%s/%d.sock", directory, (int)getpid());
	ck_assert_int_eq(agent_socket_open(&where, directory), 0);
	ck_assert_int_eq(access(path, F_OK), 0);
	close(where.listener.fd);
	close(where.directory.fd);
	agent_socket_remove(&where);
	ck_assert_int_ne(access(path, F_OK), 0);

	/* Another directory at that path is none of ours. */
	ck_assert_int_eq(agent_socket_open(&where, directory), 0);
	close(where.listener.fd);
	close(where.directory.fd);
	snprintf(moved, sizeof(moved), "%s/moved", base);
	ck_assert_int_eq(rename(directory, moved), 0);
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	FILE *other = fopen(path, "w");
	ck_assert_ptr_nonnull(other);
	fclose(other);
	agent_socket_remove(&where);
	ck_assert_int_eq(access(path, F_OK), 0);
	unlink(path);
	rmdir(directory);
	snprintf(path, sizeof(path), "%s/%d.sock", moved, (int)getpid());
	unlink(path);
	rmdir(moved);
	rmdir(base);
}
END_TEST

int main(void)
{
	return cases_run("agent_socket",
			 (const TTest *const[]){directory_is_the_first_that_applies,
						directory_is_made_private_and_checked,
						stale_socket_is_replaced_and_a_long_path_fits,
						name_goes_when_descriptors_were_closed, NULL});
}

/* test_agents.c - lines of the kernel's table of Unix sockets. */
#include "agents.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct agent_socket entry;

static bool parse(const char *line)
{
	return agents_parse_socket(line, &entry);
}

START_TEST(a_listening_socket)
{
	ck_assert(parse("000000009849934c: 00000002 00000000 00010000 0001 01 141487 "
			"/run/user/1000/moonheap/30437.sock\n"));
	ck_assert_int_eq(entry.inner_pid, 30437);
	ck_assert_uint_eq(entry.inode, 141487);
	ck_assert(entry.listening);
	ck_assert_str_eq(entry.path, "/run/user/1000/moonheap/30437.sock");
}
END_TEST

START_TEST(a_connected_socket)
{
	ck_assert(parse("0000000000000000: 00000003 00000000 00000000 0001 03 7 /a b/1.sock\n"));
	ck_assert(!entry.listening);
	ck_assert_str_eq(entry.path, "/a b/1.sock");
}
END_TEST

START_TEST(other_lines)
{
#define LINE "0: 2 0 00010000 0001 01 7 "
	static const char *const lines[] = {
		"Num       RefCount Protocol Flags    Type St Inode Path\n",
		"",
		"\n",
		"000000009849934c: 00000002 00000000 00010000 0001 01 141487\n", /* no name */
		LINE "@moonheap/12.sock\n", /* abstract: anybody may take the name */
		LINE "moonheap/12.sock\n",
		LINE "/moonheap/x12.sock\n",
		LINE "/moonheap/12.sock.old\n",
		LINE "/moonheap/12\n",
		LINE "/moonheap/-12.sock\n",
		LINE "/moonheap/012.sock\n",
		LINE "/moonheap/99999999999.sock\n",
		LINE "/moonheap/.sock\n",
	};
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		ck_assert_msg(!parse(lines[i]), "%s", lines[i]);
}
END_TEST

START_TEST(a_path_that_is_too_long)
{
	char line[PATH_MAX + 128];
	memset(line, 'a', sizeof line);
	memcpy(line, LINE "/", sizeof LINE);
	strcpy(line + sizeof line - 16, "/12.sock\n");
	ck_assert(!parse(line));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("agents");
	TCase *tcase = tcase_create("agents");
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, a_listening_socket);
	tcase_add_test(tcase, a_connected_socket);
	tcase_add_test(tcase, other_lines);
	tcase_add_test(tcase, a_path_that_is_too_long);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

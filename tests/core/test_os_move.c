/* test_os_move.c - contents that moved, and those that could not. */
#include "os_move.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include "child.h"
#include "expect.h"
#include "os.h"
#include "os_map.h"
#include "pattern.h"
#include "resident.h"
#include "suite.h"

enum { UNTOUCHED = 4711 }; /* an errno that no function sets */

START_TEST(move)
{
	size_t size = 4 * os_page, before = mapped_bytes();
	char *from = os_map(size, os_page);
	char *to = os_map(2 * size, os_page);
	char *third = os_map(2 * size, os_page);

	errno = UNTOUCHED;
	memset(from, 7, size);
	memset(to, 8, 2 * size);
	expect(os_move(from, to, size), "move");
	expect(to[0] == 7 && to[size - 1] == 7, "contents did not move");
	expect(to[size] == 8, "more was moved");
	expect(pattern_zero(from, size) == size, "the old place does not read as zero");
	from[0] = 1; /* and can be used */
	/* Again, out of a range that is two mappings for the kernel by now; not every one can. */
	if (os_move(to, third, 2 * size))
		expect(third[0] == 7 && third[2 * size - 1] == 8 &&
			       pattern_zero(to, 2 * size) == 2 * size,
		       "again");
	else
		expect(third[0] == 0 && to[0] == 7 && to[2 * size - 1] == 8, "failed half-way");
	expect(errno == UNTOUCHED, "errno %d", errno);
	os_unmap(from, size);
	os_unmap(to, 2 * size);
	os_unmap(third, 2 * size);
	expect(TEST_SANITIZED || mapped_bytes() == before, "left behind");
}
END_TEST

static int move_beyond_a_limit(void *unused)
{
	struct rlimit limit = {1 << 20, 1 << 20}; /* of address space: nothing more can be had */
	size_t size = 4 * os_page;
	char *from = os_map(size, os_page), *to = os_map(size, os_page);

	(void)unused;
	memset(from, 7, size);
	memset(to, 8, size);
	if (setrlimit(RLIMIT_AS, &limit) != 0 || os_move(from, to, size))
		return 1;
	return from[0] == 7 && from[size - 1] == 7 && to[0] == 8 && to[size - 1] == 8 ? 0 : 2;
}

START_TEST(a_failed_move_changes_nothing)
{
	struct child_end end;

	child_run(move_beyond_a_limit, NULL, 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s: %s", child_describe(&end), end.output);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {move, a_failed_move_changes_nothing, NULL};

	return suite_run("os_move", cases);
}

/* test_os_batch.c - several ranges are purged by one call where the system can, and all the same
 * where it cannot or stops half-way; nothing beside them is touched. */
#include "os_batch.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "expect.h"
#include "os.h"
#include "os_map.h"
#include "os_purge.h"
#include "os_call.h"
#include "suite.h"

enum { RANGES = 9 };

static char *memory; /* every other page is a range */
static struct os_batch batch;
static unsigned asked[OS_CALLS]; /* requests of each kind */
static int refusal;              /* of process_madvise */

static int count_calls(enum os_call call)
{
	asked[call]++;
	return call == OS_CALL_process_madvise ? refusal : 0;
}

static char *range(unsigned i)
{
	return memory + 2 * (size_t)i * os_page;
}

static void set_up_untrusted(void)
{
	os_boot();
	memory = os_map(2 * (size_t)RANGES * os_page, os_page);
	expect(memory != NULL, "no memory");
	memset(memory, 1, 2 * (size_t)RANGES * os_page);
	batch.n = 0;
	for (unsigned i = 0; i < RANGES; i++)
		os_batch_add(&batch, range(i), os_page);
	memset(asked, 0, sizeof asked);
	os_call_fault = count_calls;
}

static void set_up(void)
{
	os_trust_purge();
	set_up_untrusted();
}

static void expect_purged(unsigned but)
{
	for (unsigned i = 0; i < RANGES; i++) {
		expect(batch.purged[i] == (i != but), "range %u", i);
		expect(range(i)[os_page - 1] == (i == but), "contents of range %u", i);
		expect(range(i)[os_page] == 1, "what is behind range %u was purged", i);
	}
}

/* Does this system know the call? Asked by itself, not by what the module makes of it. */
static bool is_known(void)
{
	const int this_process = -10000;
	char *pages = os_map(2 * os_page, os_page);
	const struct iovec both[] = {{pages, os_page}, {pages + os_page, os_page}};
	long bytes = syscall(SYS_process_madvise, this_process, both, 2, MADV_DONTNEED, 0);
	os_unmap(pages, 2 * os_page);
	return bytes == 2 * (long)os_page;
}

START_TEST(one_call)
{
	set_up();
	unsigned calls = os_batch_purge(&batch);
	expect_purged(RANGES);
	expect(asked[OS_CALL_process_madvise] == 1, "not asked");
	if (is_known())
		expect(calls == 1 && asked[OS_CALL_madvise] == 0, "%u calls", calls);
	else
		expect(calls == RANGES, "%u calls", calls);
}
END_TEST

/* Nobody has purged before: the first range tells what purging does. */
START_TEST(the_first_finds_out)
{
	set_up_untrusted();
	unsigned calls = os_batch_purge(&batch);
	expect_purged(RANGES);
	expect(os_purge_zeroes() && asked[OS_CALL_process_madvise] == 1, "not found out");
	expect(calls == (is_known() ? 2 : RANGES), "%u calls", calls);
}
END_TEST

START_TEST(refused)
{
	refusal = ENOSYS;
	for (unsigned round = 0; round < 2; round++) {
		set_up();
		errno = 5;
		expect(os_batch_purge(&batch) == RANGES && errno == 5, "calls, or errno");
		expect_purged(RANGES);
		expect(asked[OS_CALL_process_madvise] == (round == 0), "asked again");
	}
}
END_TEST

/* What the system refuses once it may do another time: it is asked again. */
START_TEST(refused_for_once)
{
	refusal = ENOMEM;
	for (unsigned round = 0; round < 2; round++) {
		set_up();
		expect(os_batch_purge(&batch) == RANGES, "calls");
		expect_purged(RANGES);
		expect(asked[OS_CALL_process_madvise] == 1, "not asked");
	}
}
END_TEST

/* A locked range cannot be purged: those before it are, by the call, those behind it alone. */
START_TEST(stops_half_way)
{
	enum { LOCKED = 3 };

	set_up();
	/* Not by mlock(): sanitizers make that do nothing. */
	if (syscall(SYS_mlock, range(LOCKED), os_page) != 0)
		return; /* no right to lock */
	unsigned calls = os_batch_purge(&batch);
	expect_purged(LOCKED);
	if (is_known())
		expect(calls == 1 + RANGES - LOCKED, "%u calls", calls);
	else
		expect(calls == RANGES, "%u calls", calls);
}
END_TEST

/* One range, or none, is no batch. */
START_TEST(no_batch)
{
	set_up();
	batch.n = 1;
	expect(os_batch_purge(&batch) == 1 && asked[OS_CALL_process_madvise] == 0,
	       "one range needs no batch");
	batch.n = 0;
	expect(os_batch_purge(&batch) == 0, "no range needs no call");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {
		one_call, the_first_finds_out, refused, refused_for_once, stops_half_way, no_batch,
		NULL};

	return suite_run("os_batch", cases);
}

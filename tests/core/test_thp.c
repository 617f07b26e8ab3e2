/* test_thp.c - the policy as the file says it, and advice as the kernel notes it. */
#include "thp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "child.h"
#include "expect.h"
#include "hooks.h"
#include "mapping.h"
#include "options.h"
#include "os.h"
#include "os_map.h"
#include "suite.h"

/* Boots with a file of this text; NULL: with a file that is not there. */
static void boot_with(const char *text)
{
	char path[] = "/tmp/test_thp_XXXXXX";
	int file = mkstemp(path);

	expect(file >= 0, "no temporary file");
	if (text == NULL) {
		unlink(path);
	} else {
		expect(write(file, text, strlen(text)) == (ssize_t)strlen(text), "write");
	}
	errno = 0;
	thp_boot(path);
	expect(errno == 0, "errno %d", errno);
	close(file);
	unlink(path);
}

START_TEST(policies)
{
	static const struct {
		const char *text;
		enum thp_policy policy;
	} rows[] = {
		{"always [madvise] never\n", THP_POLICY_MADVISE},
		{"[always] madvise never\n", THP_POLICY_ALWAYS},
		{"always madvise [never]\n", THP_POLICY_NEVER},
		{NULL, THP_POLICY_NONE},
		{"", THP_POLICY_NONE},
		{"always madvise never\n", THP_POLICY_NONE},
		{"[sometimes]", THP_POLICY_NONE},
		{"always madvise [", THP_POLICY_NONE},
		{"a line that is much longer than what any kernel ever wrote here, and goes on "
		 "[always]",
		 THP_POLICY_NONE},
	};
	static const char *const words[] = {"not supported", "never", "madvise", "always"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		options.thp = THP_DEFAULT;
		boot_with(rows[i].text);
		expect(strcmp(thp_policy_word(), words[rows[i].policy]) == 0, "%s",
		       thp_policy_word());
		expect(thp_policy == rows[i].policy, "%s gives %d", rows[i].text, thp_policy);
		expect(options.thp == (rows[i].policy == THP_POLICY_NONE ? THP_NOT_SUPPORTED
									 : THP_DEFAULT),
		       "%s: the option is %u", rows[i].text, options.thp);
		expect(thp_is_usable() == (os_page == 4096 && rows[i].policy >= THP_POLICY_MADVISE),
		       "%s", rows[i].text);
	}
}
END_TEST

static int ask_in_vain(void *unused)
{
	(void)unused;
	options.thp = THP_ALWAYS;
	options.metadata_thp = METADATA_THP_AUTO;
	boot_with(NULL);
	void *p = os_map(THP_SIZE, os_page);
	thp_advise(p, THP_SIZE);
	return options.thp == THP_NOT_SUPPORTED && !mapping_has_flag(p, "hg") ? 0 : 1;
}

START_TEST(asking_in_vain_is_told)
{
	struct child_end end;

	child_run(ask_in_vain, NULL, 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s", child_describe(&end));
	expect(strcmp(end.output, "<jemalloc>: No THP support: thp:always\n"
				  "<jemalloc>: No THP support: metadata_thp:auto\n") == 0,
	       "%s", end.output);
}
END_TEST

/* A mapping of its own: below and above is none of the same kind that it could be made one with. */
static char *map_of_hooks(void)
{
	bool zeroed = false, committed = true;
	struct extent_events events = {0};
	char *p = hooks_alloc(&hooks_default, NULL, 2 * THP_SIZE, THP_SIZE, &zeroed, &committed, 0,
			      &events);

	expect(p != NULL && zeroed, "no memory");
	return p;
}

START_TEST(memory_of_objects_is_advised)
{
	static const struct {
		uint8_t option;
		bool hg, nh;
	} rows[] = {
		{THP_ALWAYS, true, false},
		{THP_NEVER, false, true},
		{THP_DEFAULT, false, false},
		{THP_NOT_SUPPORTED, false, false},
	};
	if (!mapping_can_be_huge()) /* a kernel that was built without them notes nothing */
		return;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		options.thp = rows[i].option;
		char *p = map_of_hooks();
		expect(mapping_has_flag(p, "hg") == rows[i].hg, "hg with %u", rows[i].option);
		expect(mapping_has_flag(p, "nh") == rows[i].nh, "nh with %u", rows[i].option);
		os_unmap(p, 2 * THP_SIZE);
	}
}
END_TEST

START_TEST(metadata_comes_in_huge_pages)
{
	if (!mapping_can_be_huge())
		return;
	char *p = thp_map(2 * THP_SIZE);
	expect(p != NULL && (uintptr_t)p % THP_SIZE == 0, "%p", (void *)p);
	expect(mapping_has_flag(p, "hg"), "not advised");
	p[0] = 1;
	expect(mapping_huge_bytes(p) >= THP_SIZE, "%zu bytes are huge", mapping_huge_bytes(p));
	os_unmap(p, 2 * THP_SIZE);
	expect(thp_map((size_t)1 << 60) == NULL, "2^60 bytes");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {policies, asking_in_vain_is_told,
				      memory_of_objects_is_advised, metadata_comes_in_huge_pages,
				      NULL};

	return suite_run("thp", cases);
}

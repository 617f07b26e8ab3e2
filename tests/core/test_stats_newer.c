/* test_stats_newer.c - what the report has beyond that of 5.3.0 stands where it belongs, and says
 * what the control tree says. That it disturbs nothing is the business of tests/conformance. */
#include "stats_newer.h"

#include "ctl_read.h"
#include "moonheap/moonheap.h"
#include "suite.h"

static char text[1 << 20];
static size_t used;

static void collect(void *opaque, const char *piece)
{
	size_t length = strlen(piece);
	expect(opaque == text && used + length < sizeof(text), "too long");
	memcpy(text + used, piece, length + 1);
	used += length;
}

static const char *report(const char *letters)
{
	used = 0;
	mh_malloc_stats_print(collect, text, letters);
	return text;
}

/* The number stands there, right-aligned in so many columns behind the words. */
static bool has_number(const char *words, int width, size_t number)
{
	static char line[160];
	snprintf(line, sizeof(line), "%s%*zu", words, width, number);
	return strstr(text, line) != NULL;
}

START_TEST(own_names_under_their_own_key)
{
	const char *own = strstr(report("J"), ",\"moonheap\":{\"version\":\"");
	expect(own != NULL, "no such key");
	expect(strstr(own, "\"safety\":\"default\"") != NULL &&
		       strstr(own, "\"approximate_stats\":{\"active\":") != NULL &&
		       strstr(own, "\"safety\":{\"") != NULL,
	       "%.300s", own);
	*(char *)own = '\0';
	expect(strstr(text, "safety_slots") == NULL && strstr(text, "dlopen_deepbind") == NULL,
	       "own options among those of the reference");
	expect(strstr(text, "\"process_madvise_max_batch\":0") != NULL, "one of a newer version");
	expect(strstr(report("Jg"), "\"moonheap\":") == NULL &&
		       strstr(report("g"), "Moonheap") == NULL,
	       "the letter g leaves it out");
}
END_TEST

START_TEST(metadata_by_purpose)
{
	mh_free(mh_malloc(1 << 20));
	report("gxble");
	size_t edata = CTL_READ(size_t, "stats.arenas.0.metadata_edata");
	expect(edata != 0 && has_number("\nmetadata_edata:      ", 16, edata), "%zu bytes:\n%s",
	       edata, text);
	report("Jgma");
	expect(has_number("\"metadata_rtree\":", 0, CTL_READ(size_t, "stats.metadata_rtree")),
	       "the page map");
}
END_TEST

START_TEST(names_of_arenas)
{
	unsigned arena;
	size_t size = sizeof(arena);
	ctl_expect(ctl_by_name("arenas.create", &arena, &size, NULL, 0), 0, "create");
	const char *name = "requests";
	char path[32];
	snprintf(path, sizeof(path), "arena.%u.name", arena);
	ctl_expect(ctl_by_name(path, NULL, NULL, (void *)&name, sizeof(name)), 0, "name");
	expect(strstr(report("gxble"), "\nname: \"requests\"\n") != NULL, "%s", text);
	expect(strstr(report("Jgxble"), ",\"name\":\"requests\"") != NULL, "%s", text);
	/* All together have none. */
	expect(strstr(report("Jgxblea"), "\"name\":") == NULL, "%s", text);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {own_names_under_their_own_key, metadata_by_purpose,
				      names_of_arenas, NULL};

	return suite_run("stats_newer", cases);
}

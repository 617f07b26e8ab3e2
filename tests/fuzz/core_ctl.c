/* Names of the control tree: looked up, walked, completed, corrected. Nothing is written, and no
 * action is called. */
#include "fuzz.h"

#include <errno.h>
#include <moonheap/ctl.h>
#include <moonheap/moonheap.h>
#include <string.h>

#define NEAREST_BYTES      128
#define VALUE_BYTES_MAX    64
#define WORDS_BYTES        400
#define CANDIDATES_AT_MOST 64

static int visit_child(const char *child, int is_leaf, void *opaque)
{
	(void)opaque;
	fuzz_assert(child[0] != '\0' && strchr(child, '.') == NULL);
	fuzz_assert(is_leaf == 0 || is_leaf == 1);
	return 0;
}

static int visit_candidate(const char *candidate, void *opaque)
{
	const char *text = opaque;
	fuzz_assert(strncmp(candidate, text, strlen(text)) == 0);
	return 0;
}

static int visit_leaf(const char *name, const struct moonheap_ctl_row *row, void *opaque)
{
	size_t *leaves = opaque;
	fuzz_assert(moonheap_ctl_describe(name) == row);
	return ++*leaves >= CANDIDATES_AT_MOST;
}

/* A constant or statistic that plain reading cannot change anything by. */
static int is_harmless(const struct moonheap_ctl_row *row)
{
	return row->access == MOONHEAP_CTL_READ &&
	       (row->freshness == MOONHEAP_CTL_CONST || row->freshness == MOONHEAP_CTL_CACHED);
}

static void read_value(const char *name, const struct moonheap_ctl_row *row)
{
	size_t mib[MOONHEAP_CTL_DEPTH_MAX];
	size_t miblen = MOONHEAP_CTL_DEPTH_MAX;
	unsigned char by_name[VALUE_BYTES_MAX], by_mib[VALUE_BYTES_MAX];
	size_t name_length = sizeof(by_name), mib_length = sizeof(by_mib);

	int found = mh_mallctlnametomib(name, mib, &miblen);
	if (row == NULL || found != 0 || !is_harmless(row))
		return;
	fuzz_assert(miblen <= MOONHEAP_CTL_DEPTH_MAX);
	int status = mh_mallctl(name, by_name, &name_length, NULL, 0);
	fuzz_assert(mh_mallctlbymib(mib, miblen, by_mib, &mib_length, NULL, 0) == status);
	if (status != 0 || row->type == MOONHEAP_CTL_STRUCT)
		return;
	fuzz_assert(name_length == moonheap_ctl_type_size(row->type) && mib_length == name_length);
	fuzz_assert(memcmp(by_name, by_mib, name_length) == 0);
}

/* Words for one of the failures that such a call could have: each costs a search for a near name.
 */
static void ask_why(const char *name)
{
	static const int errors[] = {0, ENOENT, EINVAL, EPERM, EFAULT, EAGAIN, 77};
	char words[WORDS_BYTES], spelled[NEAREST_BYTES];
	size_t mib[MOONHEAP_CTL_DEPTH_MAX], miblen = MOONHEAP_CTL_DEPTH_MAX;
	size_t i = strlen(name) % (sizeof(errors) / sizeof(errors[0])), length = i;
	size_t said = moonheap_ctl_strerror(errors[i], name, i % 2 ? &length : NULL, i, words,
					    sizeof(words));
	fuzz_assert(said > 0 && said < sizeof(words) && said == strlen(words));
	if (mh_mallctlnametomib(name, mib, &miblen) != 0)
		return;
	fuzz_assert(moonheap_ctl_name(mib, miblen, spelled, sizeof(spelled)) > 0);
	size_t again[MOONHEAP_CTL_DEPTH_MAX], depth = MOONHEAP_CTL_DEPTH_MAX;
	fuzz_assert(mh_mallctlnametomib(spelled, again, &depth) == 0 && depth == miblen);
	fuzz_assert(memcmp(mib, again, depth * sizeof(mib[0])) == 0);
}

/* Names with spaces between, indices that stand for each: what comes is of the tree, and no more
 * than there is room for. */
static void take_snapshot(const char *names)
{
	struct moonheap_ctl_value values[CANDIDATES_AT_MOST];
	struct moonheap_ctl_snapshot about;
	char name[NEAREST_BYTES];
	int status = moonheap_ctl_snapshot(names, UINT64_MAX, values, CANDIDATES_AT_MOST, &about);
	fuzz_assert(status == 0 || status == ERANGE || status == ENOENT);
	if (status == ENOENT) {
		fuzz_assert(about.count == 0 && about.needed == 0);
		return;
	}
	fuzz_assert(about.count <= about.needed && about.count <= CANDIDATES_AT_MOST);
	fuzz_assert((about.needed > CANDIDATES_AT_MOST) == (status == ERANGE));
	for (size_t i = 0; i < about.count; i++) {
		size_t length = moonheap_ctl_value_name(&values[i], name, sizeof(name));
		fuzz_assert(length > 0 && moonheap_ctl_describe(name) == values[i].row);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = fuzz_text(data, size);
	char nearest[NEAREST_BYTES];
	size_t leaves = 0;

	read_value(name, moonheap_ctl_describe(name));
	ask_why(name);
	take_snapshot(name);
	moonheap_ctl_children(name, visit_child, NULL);
	moonheap_ctl_complete(name, visit_candidate, name);
	moonheap_ctl_walk(name, visit_leaf, &leaves);
	if (moonheap_ctl_nearest(name, nearest, sizeof(nearest)) == 0)
		fuzz_assert(memchr(nearest, '\0', sizeof(nearest)) != NULL && nearest[0] != '\0');
	free(name);
	return 0;
}

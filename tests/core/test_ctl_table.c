/* test_ctl_table.c - every row, one by one: it explains itself, its parts fit together, its name
 * and its MIB lead back to it, and it keeps the rules of access that hold for all. */
#include "ctl_row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ctl_access.h"
#include "ctl_read.h"
#include "ctl_tree.h"
#include "suite.h"

/* The path with each index replaced by one that is always there: the first. */
static void name_of(const char *path, char *name)
{
	for (; *path != '\0'; path++) {
		if (*path != '<') {
			*name++ = *path;
			continue;
		}
		*name++ = '0';
		path = strchr(path, '>');
	}
	*name = '\0';
}

static bool has_read(const struct moonheap_ctl_row *row)
{
	return (row->access & MOONHEAP_CTL_READ) != 0;
}

static bool has_write(const struct moonheap_ctl_row *row)
{
	return (row->access & MOONHEAP_CTL_WRITE) != 0;
}

static void check_explanation(size_t i)
{
	const struct moonheap_ctl_row *row = moonheap_ctl_row_at(i);
	expect(row->path != NULL && row->help != NULL, "row %zu", i);
	size_t help = strlen(row->help);
	expect(help >= 10 && help < 160, "help of %s: %s", row->path, row->help);
	expect(row->help[help - 1] != '.', "help of %s ends like a sentence", row->path);
	/* A component that begins with a digit would be taken for an index. */
	for (const char *at = row->path; at != NULL;
	     at = strchr(at, '.') ? strchr(at, '.') + 1 : NULL)
		expect(strchr("0123456789 ", *at) == NULL, "path %s", row->path);
	expect(strchr(row->path, ' ') == NULL, "path %s", row->path);
	if (i > 0) {
		const char *before = moonheap_ctl_row_at(i - 1)->path;
		expect(strcmp(before, row->path) < 0, "%s before %s", before, row->path);
		size_t length = strlen(before);
		expect(strncmp(before, row->path, length) != 0 || row->path[length] != '.',
		       "%s is a leaf and has leaves below", before);
	}
}

static void check_parts(size_t i)
{
	const struct ctl_row *row = &ctl_rows[i];
	const struct moonheap_ctl_row *about = &row->about;
	if (row->source == CTL_RAW) {
		expect(row->from.raw.call != NULL, "%s does nothing", about->path);
		expect(about->type == MOONHEAP_CTL_STRUCT || about->argument == MOONHEAP_CTL_STRUCT,
		       "%s has no structure", about->path);
		return;
	}
	if (row->source == CTL_ACTION) {
		expect(about->access == 0, "%s is an action and can be read", about->path);
		expect(row->from.act != NULL || row->condition != NULL, "%s", about->path);
		return;
	}
	expect(about->access != 0, "%s can neither be read nor written", about->path);
	expect(has_read(about) == (about->type != MOONHEAP_CTL_NONE), "%s", about->path);
	expect(has_write(about) == (about->argument != MOONHEAP_CTL_NONE), "%s", about->path);
	if (row->source != CTL_VALUE)
		expect(!has_write(about), "%s is shown from memory and can be written",
		       about->path);
	else if (row->condition == NULL) {
		expect(has_read(about) == (row->from.value.get != NULL), "%s", about->path);
		expect(has_write(about) == (row->from.value.set != NULL), "%s", about->path);
	}
	if (about->metric != MOONHEAP_CTL_NO_METRIC)
		expect(has_read(about) && about->type != MOONHEAP_CTL_STRING &&
			       about->type != MOONHEAP_CTL_BOOL &&
			       about->unit != MOONHEAP_CTL_UNIT_NONE,
		       "%s is measured and no amount to read", about->path);
}

static void check_names(size_t i)
{
	const struct moonheap_ctl_row *row = moonheap_ctl_row_at(i);
	char name[CTL_NAME_MAX];
	size_t mib[MOONHEAP_CTL_DEPTH_MAX], depth = MOONHEAP_CTL_DEPTH_MAX;
	name_of(row->path, name);
	expect(moonheap_ctl_describe(row->path) == row, "%s is not itself", row->path);
	const struct ctl_row *own = ctl_nodes[i].row;
	if ((own->flags & CTL_CONDITION_OF_INDEX) != 0 && own->condition() != 0) {
		ctl_expect(ctl_name_to_mib(name, mib, &depth), ENOENT, name);
		return;
	}
	expect(moonheap_ctl_describe(name) == row, "%s is not %s", name, row->path);
	ctl_expect(ctl_name_to_mib(name, mib, &depth), 0, name);
	const struct ctl_node *leaf = ctl_tree_leaf(mib, depth);
	expect(leaf != NULL && &leaf->row->about == row, "the MIB of %s leads elsewhere", name);
	expect(ctl_tree_leaf(mib, depth - 1) == NULL, "%s is a leaf before its end", name);
	for (size_t room = 1; room < depth; room++) {
		size_t part[MOONHEAP_CTL_DEPTH_MAX], stored = room;
		ctl_expect(ctl_name_to_mib(name, part, &stored), 0, name);
		expect(stored == room && memcmp(part, mib, room * sizeof(mib[0])) == 0,
		       "the first %zu components of %s", room, name);
	}
	strcat(name, ".x");
	depth = MOONHEAP_CTL_DEPTH_MAX;
	ctl_expect(ctl_name_to_mib(name, mib, &depth), ENOENT, name);
}

/* Only rows that are read: to do what rows do is for the tests of their handlers. */
static void check_reading(size_t i)
{
	const struct ctl_row *row = &ctl_rows[i];
	char name[CTL_NAME_MAX];
	unsigned char value[16], rest[16];
	size_t size = ctl_type_size(row->about.type), length = size;
	name_of(row->about.path, name);
	if (!has_read(&row->about) || row->about.type == MOONHEAP_CTL_STRUCT)
		return;
	int error = ctl_by_name(name, value, &length, NULL, 0);
	if (row->condition != NULL && error == row->condition())
		return; /* not there at present */
	ctl_expect(error, 0, name);
	expect(length == size && size > 0, "%s has a length of %zu", name, length);
	if (row->flags & CTL_EXACT) {
		length = size - 1;
		ctl_expect(ctl_by_name(name, value, &length, NULL, 0), EINVAL, name);
		expect(length == size - 1, "%s: %zu bytes", name, length);
		ctl_expect(ctl_by_name(name, NULL, NULL, NULL, 0), EINVAL, name);
		return;
	}

	ctl_expect(ctl_by_name(name, NULL, NULL, NULL, 0), 0, name);
	length = size;
	ctl_expect(ctl_by_name(name, NULL, &length, NULL, 0), 0, name);
	ctl_expect(ctl_by_name(name, value, NULL, NULL, 0), 0, name);

	memset(rest, 0xee, sizeof(rest));
	length = sizeof(rest);
	ctl_expect(ctl_by_name(name, rest, &length, NULL, 0), EINVAL, name);
	expect(length == size && rest[size] == 0xee, "%s: %zu bytes of 16", name, length);
	memset(rest, 0xee, sizeof(rest));
	length = size - 1;
	ctl_expect(ctl_by_name(name, rest, &length, NULL, 0), EINVAL, name);
	expect(length == size - 1 && rest[size - 1] == 0xee, "%s: one byte less", name);

	if (!has_write(&row->about)) {
		length = size;
		ctl_expect(ctl_by_name(name, NULL, NULL, value, size), EPERM, name);
		ctl_expect(ctl_by_name(name, rest, &length, NULL, size), EPERM, name);
	} else if (row->condition == NULL) {
		ctl_expect(ctl_by_name(name, NULL, NULL, value, size + 1), EINVAL, name);
		ctl_expect(ctl_by_name(name, NULL, NULL, value, 0), EINVAL, name);
	}
}

static void check_action(size_t i)
{
	const struct ctl_row *row = &ctl_rows[i];
	char name[CTL_NAME_MAX];
	unsigned char value[16] = {0};
	size_t length = sizeof(value);
	name_of(row->about.path, name);
	if (row->source != CTL_ACTION || (row->flags & CTL_IGNORES_ARGUMENTS) != 0)
		return;
	int wanted = row->condition != NULL && row->condition() != 0 ? row->condition() : EPERM;
	if (row->about.type == MOONHEAP_CTL_NONE)
		ctl_expect(ctl_by_name(name, value, &length, NULL, 0), wanted, name);
	if (row->about.argument == MOONHEAP_CTL_NONE) {
		ctl_expect(ctl_by_name(name, NULL, NULL, value, 8), wanted, name);
		ctl_expect(ctl_by_name(name, NULL, NULL, NULL, 8), wanted, name);
	}
}

/* All rows in one child: a failure names its row, and a child for each would take a minute under
 * the sanitizers. */
static void check_rows(void (*check)(size_t))
{
	unsigned tcache; /* number 0, so that there is one */
	size_t length = sizeof(tcache);
	ctl_expect(ctl_by_name("tcache.create", &tcache, &length, NULL, 0), 0, "tcache.create");
	ctl_refresh();
	for (size_t i = 0; i < ctl_rows_count; i++)
		check(i);
}

START_TEST(row_explains_itself)
{
	check_rows(check_explanation);
}
END_TEST

START_TEST(row_is_of_one_piece)
{
	check_rows(check_parts);
}
END_TEST

START_TEST(name_and_mib_lead_to_the_row)
{
	check_rows(check_names);
}
END_TEST

START_TEST(reading_keeps_the_rules)
{
	check_rows(check_reading);
}
END_TEST

START_TEST(actions_refuse_what_they_do_not_take)
{
	check_rows(check_action);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {row_explains_itself,
				      row_is_of_one_piece,
				      name_and_mib_lead_to_the_row,
				      reading_keeps_the_rules,
				      actions_refuse_what_they_do_not_take,
				      NULL};
	return suite_run("ctl_table", cases);
}

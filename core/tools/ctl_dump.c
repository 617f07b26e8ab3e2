/* ctl_dump - prints what the control tree says about itself: --markdown, the reference page
 * docs/reference/mallctl.md; --json, docs/reference/mallctl.json, from which bindings are
 * generated.
 *
 * It sees the library as any program does, through moonheap/ctl.h. What it prints depends on the
 * rows alone: not on the machine, the options or the kind of build.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "moonheap/ctl.h"

struct words {
	const char *c;    /* in the reference page */
	const char *name; /* in JSON */
};

static const struct words types[] = {
	[MOONHEAP_CTL_NONE] = {"", "none"},
	[MOONHEAP_CTL_BOOL] = {"bool", "bool"},
	[MOONHEAP_CTL_UNSIGNED] = {"unsigned", "unsigned"},
	[MOONHEAP_CTL_UINT32] = {"uint32_t", "uint32"},
	[MOONHEAP_CTL_UINT64] = {"uint64_t", "uint64"},
	[MOONHEAP_CTL_INT64] = {"int64_t", "int64"},
	[MOONHEAP_CTL_SIZE] = {"size_t", "size"},
	[MOONHEAP_CTL_SSIZE] = {"ssize_t", "ssize"},
	[MOONHEAP_CTL_STRING] = {"const char *", "string"},
	[MOONHEAP_CTL_POINTER] = {"void *", "pointer"},
	[MOONHEAP_CTL_STRUCT] = {"struct", "struct"},
};

static const struct words units[] = {
	[MOONHEAP_CTL_UNIT_NONE] = {"", "none"},
	[MOONHEAP_CTL_UNIT_BYTES] = {"bytes", "bytes"},
	[MOONHEAP_CTL_UNIT_PAGES] = {"pages", "pages"},
	[MOONHEAP_CTL_UNIT_MS] = {"ms", "ms"},
	[MOONHEAP_CTL_UNIT_NS] = {"ns", "ns"},
	[MOONHEAP_CTL_UNIT_COUNT] = {"", "count"},
};

static const char *const moments[] = {[MOONHEAP_CTL_CONST] = "const",
				      [MOONHEAP_CTL_LIVE] = "live",
				      [MOONHEAP_CTL_CACHED] = "cached"};

static const char *const metrics[] = {[MOONHEAP_CTL_NO_METRIC] = "none",
				      [MOONHEAP_CTL_COUNTER] = "counter",
				      [MOONHEAP_CTL_GAUGE] = "gauge"};

static bool is_action(const struct moonheap_ctl_row *row)
{
	return row->access == 0;
}

static const char *access_of(const struct moonheap_ctl_row *row)
{
	static const char *const words[] = {"action", "r", "w", "rw"};
	return words[row->access & (MOONHEAP_CTL_READ | MOONHEAP_CTL_WRITE)];
}

/* -- the reference page ------------------------------------------------------------------------ */

/* clang-format off */
static const char introduction[] =
"# The control tree\n"
"\n"
"Every leaf that `mallctl()` reaches; a running process tells the same through `moonheap/ctl.h`.\n"
"This page is printed by `ctl_dump --markdown` from the rows of `core/ctl_table.c`.\n"
"\n"
"- **Type** is the C type of the value: its size is what `*oldlenp` and `newlen` must be. For an\n"
"  action it reads argument \xe2\x86\x92 result: the one is passed like a new value, the other comes back like an\n"
"  old one.\n"
"- **Access**: `r` can be read, `w` written; an *action* does something each time it is called.\n"
"- **When**: `const` values are fixed at start, `live` ones are taken at the call, `cached` ones are as\n"
"  of the last write to `epoch`. Values marked + only grow: counters. Other amounts that are read and\n"
"  not set, and are not constant, are gauges.\n"
"\n"
"`<arena>` is the index of an arena, below `arenas.narenas`; `4096` stands for all arenas together and\n"
"`4097` for those that were destroyed, where the leaf makes sense for them. `<bin>` is a small size\n"
"class, below `arenas.nbins`, `<lextent>` a large one, below `arenas.nlextents`, `<extent>` a page size\n"
"class. What is said of `<option>` is there for each option that has a value of its own.\n";
/* clang-format on */

/* Below it each option has names that say the same of each. */
static const char of_options[] = "moonheap.opt";

static bool is_of_option(const char *path)
{
	size_t length = sizeof(of_options) - 1;
	return strncmp(path, of_options, length) == 0 && path[length] == '.';
}

/* What is told of all options at once. */
static bool is_source_of_option(const char *path)
{
	return is_of_option(path) && strcmp(strrchr(path, '.'), ".source") == 0;
}

/* Bytes of the path without its last component and the dot before; of options those of the name
 * that they have in common. */
static size_t parent_length(const char *path)
{
	const char *dot = strrchr(path, '.');
	if (is_of_option(path))
		return sizeof(of_options) - 1;
	return dot != NULL ? (size_t)(dot - path) : 0;
}

static void print_type(const struct moonheap_ctl_row *row)
{
	const char *type = types[row->type].c, *argument = types[row->argument].c;
	if (!is_action(row))
		printf("`%s`", *type != '\0' ? type : argument);
	else if (*type != '\0' || *argument != '\0')
		printf("%s%s%s \xe2\x86\x92 %s%s%s", *argument != '\0' ? "`" : "", argument,
		       *argument != '\0' ? "`" : "", *type != '\0' ? "`" : "", type,
		       *type != '\0' ? "`" : "");
}

static int compare_parents(const char *a, const char *b)
{
	size_t la = parent_length(a), lb = parent_length(b);
	int order = strncmp(a, b, la < lb ? la : lb);
	return order != 0 ? order : (la > lb) - (la < lb);
}

/* The row with the least parent behind the one of a row; NULL: there is none. */
static const struct moonheap_ctl_row *next_section(const struct moonheap_ctl_row *after)
{
	const struct moonheap_ctl_row *best = NULL;
	for (size_t i = 0; i < moonheap_ctl_count(); i++) {
		const struct moonheap_ctl_row *row = moonheap_ctl_row_at(i);
		if ((after == NULL || compare_parents(row->path, after->path) > 0) &&
		    (best == NULL || compare_parents(row->path, best->path) < 0))
			best = row;
	}
	return best;
}

/* The anchor that jemalloc's manual has for a name of so many bytes: indices are i and j. */
static void print_anchor(const char *path, size_t length)
{
	char letter = 'i';
	printf("<a id=\"");
	for (const char *end = path + length; path < end; path++) {
		putchar(*path == '<' ? letter++ : *path);
		if (*path == '<')
			path = strchr(path, '>');
	}
	printf("\"></a>");
}

static void print_row(const struct moonheap_ctl_row *row, const char *path)
{
	printf("| ");
	print_anchor(path, strlen(path));
	printf("`%s` | ", path);
	print_type(row);
	printf(" | %s | %s | %s%s | ", access_of(row), units[row->unit].c, moments[row->freshness],
	       row->metric == MOONHEAP_CTL_COUNTER ? " +" : "");
	for (const char *c = row->help; *c != '\0'; c++)
		printf(*c == '|' ? "\\%c" : "%c", *c); /* a bar would end the cell */
	printf(" |\n");
}

static void print_section(const struct moonheap_ctl_row *any)
{
	size_t length = parent_length(any->path);
	bool had_source = false;
	if (length > 0) {
		printf("\n");
		print_anchor(any->path, length);
		printf("\n## `%.*s`\n", (int)length, any->path);
	}
	printf("\n| name | type | access | unit | when | |\n|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < moonheap_ctl_count(); i++) {
		const struct moonheap_ctl_row *row = moonheap_ctl_row_at(i);
		if (compare_parents(row->path, any->path) != 0)
			continue;
		if (!is_source_of_option(row->path))
			print_row(row, row->path);
		else if (!had_source)
			print_row(row, "moonheap.opt.<option>.source");
		had_source = had_source || is_source_of_option(row->path);
	}
}

static void print_markdown(void)
{
	const struct moonheap_ctl_row *section = NULL;
	fputs(introduction, stdout);
	while ((section = next_section(section)) != NULL)
		print_section(section);
}

/* -- JSON -------------------------------------------------------------------------------------- */

static void print_text(const char *text)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

static void print_json(void)
{
	printf("{\"rows\": [");
	for (size_t i = 0; i < moonheap_ctl_count(); i++) {
		const struct moonheap_ctl_row *row = moonheap_ctl_row_at(i);
		printf("%s\n{\"path\": ", i > 0 ? "," : "");
		print_text(row->path);
		printf(", \"type\": \"%s\", \"argument\": \"%s\", \"access\": \"%s\", "
		       "\"unit\": \"%s\", \"freshness\": \"%s\", \"metric\": \"%s\",\n \"help\": ",
		       types[row->type].name, types[row->argument].name, access_of(row),
		       units[row->unit].name, moments[row->freshness], metrics[row->metric]);
		print_text(row->help);
		printf("}");
	}
	printf("\n]}\n");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--markdown") == 0)
		print_markdown();
	else if (argc == 2 && strcmp(argv[1], "--json") == 0)
		print_json();
	else {
		fprintf(stderr, "usage: ctl_dump --markdown | --json\n");
		return 2;
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "ctl_dump: cannot write to standard output\n");
		return 1;
	}
	return 0;
}

/* probe_main - conformance_probe rows | known | names | sequences | structs | api
 *
 *   rows       the rows of our control tree: path, type, freshness (only where moonheap/ctl.h is)
 *   known      of the paths on standard input, those that the library under test has
 *   names      for each line "path<TAB>type<TAB>freshness" of standard input: all the right and
 *              wrong ways to look a name up, to read and to write it
 *   sequences  calls that follow each other: created, destroyed, swapped, out of range
 *   structs    rows whose values are structs
 *   api        the exported functions at their edges
 */
#include "probe.h"
#include "probe_cases.h"
#include <moonheap/ctl.h>
#include <moonheap/moonheap.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static const char *const type_names[] = {
	[MOONHEAP_CTL_NONE] = "none",         [MOONHEAP_CTL_BOOL] = "bool",
	[MOONHEAP_CTL_UNSIGNED] = "unsigned", [MOONHEAP_CTL_UINT32] = "unsigned",
	[MOONHEAP_CTL_UINT64] = "uint64",     [MOONHEAP_CTL_INT64] = "int64",
	[MOONHEAP_CTL_SIZE] = "uint64",       [MOONHEAP_CTL_SSIZE] = "int64",
	[MOONHEAP_CTL_STRING] = "string",     [MOONHEAP_CTL_POINTER] = "pointer",
	[MOONHEAP_CTL_STRUCT] = "struct"};

static int print_rows(void)
{
	size_t (*count)(void);
	const struct moonheap_ctl_row *(*row_at)(size_t);
	void *address;
	size_t i;

	address = dlsym(RTLD_DEFAULT, "moonheap_ctl_count");
	memcpy(&count, &address, sizeof address);
	address = dlsym(RTLD_DEFAULT, "moonheap_ctl_row_at");
	memcpy(&row_at, &address, sizeof address);
	if (count == NULL || row_at == NULL) {
		fprintf(stderr, "no moonheap_ctl_row_at(): run this on libmoonheap.so\n");
		return 2;
	}
	for (i = 0; i < count(); i++) {
		const struct moonheap_ctl_row *row = row_at(i);

		printf("%s\t%s\t%s\n", row->path, type_names[row->type],
		       row->freshness == MOONHEAP_CTL_CONST ? "const" : "changes");
	}
	return 0;
}

/* Looked up with every index 0, the one that always exists. */
static int print_known(void)
{
	char line[400], name[400];
	size_t mib[10], length;

	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\t\n")] = '\0';
		probe_name_text(name, line);
		length = sizeof mib / sizeof *mib;
		if (mallctlnametomib(name, mib, &length) == 0)
			puts(line);
	}
	return 0;
}

static int probe_names(void)
{
	char line[400];

	while (fgets(line, sizeof line, stdin) != NULL) {
		char *path = strtok(line, "\t\n");
		char *type = strtok(NULL, "\t\n");
		char *freshness = strtok(NULL, "\t\n");

		if (path == NULL || type == NULL || freshness == NULL) {
			fprintf(stderr, "expected path<TAB>type<TAB>freshness\n");
			return 2;
		}
		probe_name(path, type, strcmp(freshness, "const") == 0);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (mallctl == NULL) {
		fprintf(stderr, "run this with LD_PRELOAD=libmoonheap.so or libjemalloc.so.2\n");
		return 2;
	}
	if (strcmp(what, "rows") == 0)
		return print_rows();
	if (strcmp(what, "known") == 0)
		return print_known();
	probe_init();
	if (strcmp(what, "names") == 0)
		return probe_names();
	if (strcmp(what, "sequences") == 0) {
		probe_sequences();
		return 0;
	}
	if (strcmp(what, "structs") == 0) {
		probe_structs();
		return 0;
	}
	if (strcmp(what, "api") == 0) {
		probe_api();
		return 0;
	}
	fprintf(stderr,
		"usage: conformance_probe rows | known | names | sequences | structs | api\n");
	return 2;
}

/* option_dump - prints the reference page of the run-time options, docs/reference/options.md, from
 * the rows of options.def and report_letter.def. It is built with the rows themselves, so it says
 * what every build does, whatever options it runs under.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "option.h"

/* What an option accepts: kind and range, in the words of the row. */
enum kind { FLAG, NUMBER, WORD, LETTERS, RATIO, LG_BYTES, HUGE_RATIO, SIZE_RANGES };
enum bound { BOUND_ANY, BOUND_WITHIN, BOUND_CLIP, BOUND_NONE_OR, BOUND_FROM, BOUND_AT_LEAST };

struct accepted {
	enum kind kind;
	enum bound bound;
	int64_t min, max;
	const char *target; /* of an alias */
};

#define ANY             BOUND_ANY, 0, 0
#define WITHIN(lo, hi)  BOUND_WITHIN, lo, hi
#define CLIP(lo, hi)    BOUND_CLIP, lo, hi
#define NONE_OR(lo, hi) BOUND_NONE_OR, lo, hi
#define FROM(lo)        BOUND_FROM, lo, 0
#define AT_LEAST(lo)    BOUND_AT_LEAST, lo, 0

static const struct accepted accepted[OPTIONS] = {
#define OPTION(name, kind, type, ctl, unit, accepts, initial, place, help) {kind, accepts, NULL},
#define OPTION_UNLISTED(name, kind, type, ctl, unit, accepts, initial, place, help)                \
	{kind, accepts, NULL},
#define OPTION_ALIAS(name, kind, target, accepts, help) {kind, accepts, #target},
#include "options.def"
};

static const struct {
	enum option_index option;
	const char *text;
} words[] = {
#define OPTION_WORD(option, name, value, word) {OPTION_##option, word},
#include "options.def"
};

static const char *const help[OPTIONS] = {
#define OPTION(name, kind, type, ctl, unit, accepts, initial, place, help)          help,
#define OPTION_UNLISTED(name, kind, type, ctl, unit, accepts, initial, place, help) help,
#define OPTION_ALIAS(name, kind, target, accepts, help)                             help,
#include "options.def"
};

/* clang-format off */
static const char introduction[] =
"# Run-time options\n"
"\n"
"This page is printed by `option_dump` from the rows of `core/options.def`.\n"
"\n"
"An option is set by a text `key:value[,key:value...]`, without blanks. Texts are read once, before the\n"
"first allocation, from these places; a later one wins, option by option:\n"
"\n"
"1. the text compiled in (`config.malloc_conf`);\n"
"2. the variable `const char *malloc_conf` of the program;\n"
"3. the target of the symbolic link `/etc/malloc.conf`, which need not exist;\n"
"4. the environment variable `MALLOC_CONF`;\n"
"5. the variable `const char *malloc_conf_2_conf_harder` of the program.\n"
"\n"
"A program that runs with more rights than its user (set-uid, file capabilities) reads neither the link nor\n"
"the environment.\n"
"\n"
"Numbers are written as in C (`0x20`, `040`, `32`), flags as `true` or `false`. What is wrong is reported\n"
"on standard error, or through `malloc_message`, in a line that begins with `<jemalloc>: `, and passed\n"
"over; with `abort_conf:true` it ends the program. To see what was read: `MALLOC_CONF=confirm_conf:true`.\n"
"A key that does not exist is told with the one that was probably meant, or with what took its place.\n"
"\n"
"In the running process an option is `opt.<name>` of the [control tree](mallctl.md), a constant, where the\n"
"table does not say otherwise. `moonheap.opt.<name>.source` tells which of these places it was set in last.\n"
"\n"
"| option | accepts | default | |\n"
"|---|---|---|---|\n";

static const char letters[] =
"\n"
"## Letters of `malloc_stats_print()` and `stats_print_opts`\n"
"\n"
"| letter | |\n"
"|---|---|\n";
/* clang-format on */

/* A bar would end the cell of the table. */
static void print_cell(const char *text)
{
	for (; *text != '\0'; text++)
		printf(*text == '|' ? "\\|" : "%c", *text);
}

static void print_range(const struct accepted *row)
{
	switch (row->bound) {
	case BOUND_ANY:
		printf("a number");
		break;
	case BOUND_WITHIN:
		if (row->max == INT64_MAX)
			printf("%" PRId64 " or more", row->min);
		else
			printf("%" PRId64 " to %" PRId64, row->min, row->max);
		break;
	case BOUND_CLIP:
		printf("%" PRId64 " to %" PRId64 "; the nearest of these", row->min, row->max);
		break;
	case BOUND_AT_LEAST:
		printf("%" PRId64 " or more; less counts as that", row->min);
		break;
	case BOUND_NONE_OR:
		printf("-1, or %" PRId64 " to %" PRId64 "; the nearest of these", row->min,
		       row->max);
		break;
	case BOUND_FROM:
		printf("%" PRId64 " or more", row->min);
		break;
	}
}

static void print_accepted(unsigned index)
{
	const struct accepted *row = &accepted[index];
	const char *separator = "";

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (words[i].option == index) {
			printf("%s`%s`", separator, words[i].text);
			separator = ", ";
		}
	}
	switch (row->kind) {
	case FLAG:
		printf("`true`, `false`");
		break;
	case WORD:
		break;
	case NUMBER:
	case LG_BYTES:
		printf("%s", separator);
		print_range(row);
		break;
	case LETTERS:
		printf("letters, see below; of several texts together");
		break;
	case RATIO:
		printf("a decimal such as 4 or 0.5%s",
		       row->bound == BOUND_NONE_OR ? ", or -1" : "");
		break;
	case HUGE_RATIO:
		printf("a decimal from 0 to 1");
		break;
	case SIZE_RANGES:
		printf("`lo-hi:n`, sizes in bytes, n ");
		print_range(row);
		printf(", several joined by `\\|`; `default`");
		break;
	}
}

static void print_default(unsigned index)
{
	const void *value;
	const char *word;

	if (accepted[index].target != NULL) {
		printf("that of `%s`", accepted[index].target);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		/* A number for which a word stands. */
		if (words[i].option == index && accepted[index].kind == NUMBER) {
			printf("`%s`", words[i].text);
			return;
		}
	}
	value = option_value(&options_default, (enum option_index)index, &word);
	switch (option_rows[index].type) {
	case MOONHEAP_CTL_BOOL:
		printf(*(const bool *)value ? "`true`" : "`false`");
		break;
	case MOONHEAP_CTL_UNSIGNED:
		printf("%u", *(const unsigned *)value);
		break;
	case MOONHEAP_CTL_UINT32: /* a ratio */
		printf("%g", *(const uint32_t *)value / 65536.0);
		break;
	case MOONHEAP_CTL_UINT64:
	case MOONHEAP_CTL_SIZE:
		printf("%zu", *(const size_t *)value);
		break;
	case MOONHEAP_CTL_INT64:
	case MOONHEAP_CTL_SSIZE:
		printf("%zd", *(const ssize_t *)value);
		break;
	case MOONHEAP_CTL_STRING: {
		const char *text = *(const char *const *)value;
		if (text != NULL && *text != '\0')
			printf("`%s`", text);
		else
			printf(text != NULL ? "none" : "`default`");
		break;
	}
	case MOONHEAP_CTL_NONE:
	case MOONHEAP_CTL_POINTER:
	case MOONHEAP_CTL_STRUCT:
		break;
	}
}

/* Where the control tree has it, when that is not opt.<name>. */
static void print_place(unsigned index)
{
	if (option_rows[index].listed)
		return;
	if (accepted[index].target != NULL)
		printf("; shown as `opt.%s`", accepted[index].target);
	else
		printf("; shown as `moonheap.opt.%s.value`", option_rows[index].name);
}

int main(void)
{
	fputs(introduction, stdout);
	for (unsigned i = 0; i < OPTIONS; i++) {
		printf("| <a id=\"opt.%s\"></a>`%s` | ", option_rows[i].name, option_rows[i].name);
		print_accepted(i);
		printf(" | ");
		print_default(i);
		printf(" | ");
		print_cell(help[i]);
		print_place(i);
		printf(" |\n");
	}
	fputs(letters, stdout);
#define REPORT_LETTER(letter, field, help) printf("| `%c` | %s |\n", letter, help);
#include "report_letter.def"
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "option_dump: cannot write to standard output\n");
		return 1;
	}
	return 0;
}

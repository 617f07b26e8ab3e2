/* One name of the control tree, by all the right and wrong ways to use it. */
#include "probe.h"
#include "probe_cases.h"
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

enum { DEPTH_MAX = 10, NAME_MAX_BYTES = 300, VALUE_MAX = 64 };

struct name {
	char text[NAME_MAX_BYTES];
	const char *type;
	size_t size; /* of the type; 0 for none and struct */
	bool constant;
};

static size_t size_of(const char *type)
{
	if (strcmp(type, "bool") == 0)
		return 1;
	if (strcmp(type, "unsigned") == 0)
		return 4;
	return strcmp(type, "none") == 0 || strcmp(type, "struct") == 0 ? 0 : 8;
}

/* Replaces the index number which (0: the first) by text, every other one by 0. */
static void substitute(char *out, const char *path, unsigned which, const char *text)
{
	unsigned at = 0;
	size_t used = 0;

	while (*path != '\0' && used < NAME_MAX_BYTES - 40) {
		if (*path != '<') {
			out[used++] = *path++;
			continue;
		}
		used += (size_t)snprintf(out + used, 40, "%s", at++ == which ? text : "0");
		path = strchr(path, '>');
		path = path ? path + 1 : "";
	}
	out[used] = '\0';
}

static unsigned count_indices(const char *path)
{
	unsigned count = 0;

	for (; *path != '\0'; path++)
		count += *path == '<';
	return count;
}

/* -- reading ----------------------------------------------------------------------------------- */

static void say_value(const struct name *name, const unsigned char *bytes)
{
	uint64_t u64;
	uint32_t u32;
	const char *string;

	memcpy(&u64, bytes, sizeof u64);
	memcpy(&u32, bytes, sizeof u32);
	memcpy(&string, bytes, sizeof string);
	if (strcmp(name->type, "bool") == 0)
		probe_say(" value %d", bytes[0]);
	else if (strcmp(name->type, "unsigned") == 0)
		probe_say(" value %" PRIu32, u32);
	else if (strcmp(name->type, "uint64") == 0)
		probe_say(" value %" PRIu64, u64);
	else if (strcmp(name->type, "int64") == 0)
		probe_say(" value %" PRId64, (int64_t)u64);
	else if (strcmp(name->type, "string") == 0)
		probe_say(" value \"%.200s\"", string ? string : "(null)");
}

/* Reads with a length and says the code, the length that comes back, and how many bytes were
 * stored: found by reading over two different backgrounds. */
static void read_with(const struct name *name, size_t length)
{
	unsigned char first[VALUE_MAX], second[VALUE_MAX];
	size_t returned = length, again = length, stored = VALUE_MAX;
	int code;

	memset(first, 0x00, sizeof first);
	memset(second, 0xff, sizeof second);
	code = mallctl(name->text, first, &returned, NULL, 0);
	mallctl(name->text, second, &again, NULL, 0);
	while (stored > 0 && first[stored - 1] == 0x00 && second[stored - 1] == 0xff)
		stored--;
	probe_say("%s length %zu stored %zu", probe_code(code), returned, stored);
	if (code == 0 && name->constant)
		say_value(name, first);
}

static void probe_reads(const struct name *name)
{
	static const size_t lengths[] = {0, 1, 2, 4, 7, 8, 16, 32};
	unsigned char value[VALUE_MAX] = {0};
	size_t i, length = name->size;

	for (i = 0; i < sizeof lengths / sizeof *lengths; i++)
		if (probe_begin(name->text, "read %zu", lengths[i])) {
			read_with(name, lengths[i]);
			probe_end();
		}
	if (probe_begin(name->text, "read, length only")) {
		probe_say("%s", probe_code(mallctl(name->text, NULL, &length, NULL, 0)));
		probe_say(" length %zu", length);
		probe_end();
	}
	if (probe_begin(name->text, "read, buffer only")) {
		probe_say("%s", probe_code(mallctl(name->text, value, NULL, NULL, 0)));
		probe_end();
	}
	if (probe_begin(name->text, "call")) {
		probe_say("%s", probe_code(mallctl(name->text, NULL, NULL, NULL, 0)));
		probe_end();
	}
}

/* -- writing ----------------------------------------------------------------------------------- */

static void probe_writes(const struct name *name)
{
	static const size_t lengths[] = {0, 1, 2, 4, 7, 8, 16, 32};
	unsigned char zeros[VALUE_MAX] = {0}, value[VALUE_MAX] = {0};
	size_t i, length;
	int code;

	for (i = 0; i < sizeof lengths / sizeof *lengths; i++)
		if (probe_begin(name->text, "write %zu zero bytes", lengths[i])) {
			code = mallctl(name->text, NULL, NULL, zeros, lengths[i]);
			probe_say("%s", probe_code(code));
			probe_end();
		}
	if (probe_begin(name->text, "write, length only")) {
		code = mallctl(name->text, NULL, NULL, NULL, name->size ? name->size : 8);
		probe_say("%s", probe_code(code));
		probe_end();
	}
	if (name->size == 0)
		return;
	if (probe_begin(name->text, "write what was read")) {
		length = name->size;
		mallctl(name->text, value, &length, NULL, 0);
		code = mallctl(name->text, NULL, NULL, value, name->size);
		probe_say("%s", probe_code(code));
		probe_end();
	}
	if (probe_begin(name->text, "read and write")) {
		length = name->size;
		mallctl(name->text, value, &length, NULL, 0);
		code = mallctl(name->text, value, &length, value, name->size);
		probe_say("%s length %zu", probe_code(code), length);
		probe_end();
	}
	if (probe_begin(name->text, "read too short and write")) {
		length = name->size;
		mallctl(name->text, value, &length, NULL, 0);
		length = name->size - 1;
		code = mallctl(name->text, zeros, &length, value, name->size);
		probe_say("%s length %zu", probe_code(code), length);
		probe_end();
	}
	if (probe_begin(name->text, "read and write too short")) {
		length = name->size;
		mallctl(name->text, value, &length, NULL, 0);
		code = mallctl(name->text, zeros, &length, value, name->size - 1);
		probe_say("%s length %zu", probe_code(code), length);
		probe_end();
	}
}

/* -- looking up -------------------------------------------------------------------------------- */

static unsigned depth_of(const char *text)
{
	unsigned depth = 1;

	for (; *text != '\0'; text++)
		depth += *text == '.';
	return depth;
}

static void probe_lookup(const struct name *name)
{
	size_t mib[DEPTH_MAX] = {0}, length, capacity, depth = depth_of(name->text), old;
	unsigned char value[VALUE_MAX];
	char other[NAME_MAX_BYTES + 8];
	int code;

	for (capacity = 0; capacity <= depth + 1; capacity++)
		if (probe_begin(name->text, "to MIB, room for %zu", capacity)) {
			length = capacity;
			code = mallctlnametomib(name->text, mib, &length);
			probe_say("%s length %zu", probe_code(code), length);
			probe_end();
		}
	for (length = 0; length <= depth + 1; length++)
		if (probe_begin(name->text, "by %zu numbers of its MIB", length)) {
			size_t whole = DEPTH_MAX;

			mallctlnametomib(name->text, mib, &whole);
			old = name->size;
			code = mallctlbymib(mib, length, name->size ? value : NULL,
					    name->size ? &old : NULL, NULL, 0);
			probe_say("%s", probe_code(code));
			probe_end();
		}
	if (probe_begin(name->text, "with a component more")) {
		snprintf(other, sizeof other, "%s.x", name->text);
		length = DEPTH_MAX;
		probe_say("%s", probe_code(mallctlnametomib(other, mib, &length)));
		probe_end();
	}
	if (probe_begin(name->text, "with a dot more")) {
		snprintf(other, sizeof other, "%s.", name->text);
		length = DEPTH_MAX;
		probe_say("%s", probe_code(mallctlnametomib(other, mib, &length)));
		probe_end();
	}
	if (probe_begin(name->text, "a letter short")) {
		snprintf(other, strlen(name->text), "%s", name->text);
		length = DEPTH_MAX;
		probe_say("%s", probe_code(mallctlnametomib(other, mib, &length)));
		probe_end();
	}
	if (probe_begin(name->text, "without its last component")) {
		snprintf(other, sizeof other, "%s", name->text);
		if (strrchr(other, '.') != NULL)
			*strrchr(other, '.') = '\0';
		length = DEPTH_MAX;
		code = mallctlnametomib(other, mib, &length);
		probe_say("%s length %zu, called %s", probe_code(code), length,
			  probe_code(mallctl(other, NULL, NULL, NULL, 0)));
		probe_end();
	}
}

/* -- indices ----------------------------------------------------------------------------------- */

/* Every index that a name has, each with wrong and special values, by name and by number. */
static void probe_indices(const char *path, const struct name *name)
{
	static const char *const wrong[] = {"1",
					    "36",
					    "196",
					    "199",
					    "4095",
					    "4096",
					    "4097",
					    "4098",
					    "4294967295",
					    "4294967296",
					    "18446744073709551615",
					    "18446744073709551616",
					    "-1",
					    "",
					    "x"};
	unsigned indices = count_indices(path), which, depth = 0, i;
	unsigned char value[VALUE_MAX];
	size_t length;

	for (which = 0; which < indices; which++) {
		struct name other = *name;
		const char *at = path;
		unsigned seen;

		/* the position of this index among the components */
		for (depth = 0, seen = 0; *at != '\0'; at++) {
			if (*at == '.')
				depth++;
			if (*at == '<' && seen++ == which)
				break;
		}
		for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
			substitute(other.text, path, which, wrong[i]);
			if (probe_begin(other.text, "index")) {
				length = name->size;
				probe_say("%s", probe_code(mallctl(
							other.text, name->size ? value : NULL,
							name->size ? &length : NULL, NULL, 0)));
				probe_end();
			}
			if (wrong[i][0] < '0' || wrong[i][0] > '9')
				continue;
			if (probe_begin(other.text, "index by MIB")) {
				size_t mib[DEPTH_MAX], whole = DEPTH_MAX;
				unsigned long long number = 0;

				mallctlnametomib(name->text, mib, &whole);
				sscanf(wrong[i], "%llu", &number);
				mib[depth] = (size_t)number;
				length = name->size;
				probe_say("%s", probe_code(mallctlbymib(
							mib, whole, name->size ? value : NULL,
							name->size ? &length : NULL, NULL, 0)));
				probe_end();
			}
		}
	}
}

/* The constants of every size class. */
static void probe_values(const char *path, const struct name *name)
{
	unsigned i;

	if (!name->constant || count_indices(path) != 1)
		return;
	for (i = 0; i < 200; i++) {
		struct name other = *name;
		char number[8];

		snprintf(number, sizeof number, "%u", i);
		substitute(other.text, path, 0, number);
		if (probe_begin(other.text, "value")) {
			read_with(&other, other.size);
			probe_end();
		}
	}
}

void probe_name_text(char *name, const char *path)
{
	substitute(name, path, 0, "0");
}

void probe_name(const char *path, const char *type, bool constant)
{
	struct name name = {.type = type, .size = size_of(type), .constant = constant};

	substitute(name.text, path, 0, "0");
	probe_lookup(&name);
	probe_reads(&name);
	probe_writes(&name);
	probe_indices(path, &name);
	probe_values(path, &name);
}

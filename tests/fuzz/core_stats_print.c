/* malloc_stats_print(): whatever the letters, the report is whole, and in JSON its brackets match.
 */
#include "fuzz.h"

#include <moonheap/moonheap.h>
#include <stdbool.h>
#include <string.h>

struct seen {
	size_t depth; /* of brackets outside of strings */
	size_t bytes;
	bool in_string;
	bool escaped;
	bool closed; /* the outermost bracket */
};

static void follow(void *opaque, const char *text)
{
	struct seen *seen = opaque;
	fuzz_assert(text[0] != '\0');
	for (; *text != '\0'; text++, seen->bytes++) {
		fuzz_assert(!seen->closed);
		if (seen->escaped) {
			seen->escaped = false;
		} else if (seen->in_string) {
			seen->escaped = *text == '\\';
			seen->in_string = *text != '"';
		} else if (*text == '"') {
			seen->in_string = true;
		} else if (*text == '{' || *text == '[') {
			seen->depth++;
		} else if (*text == '}' || *text == ']') {
			fuzz_assert(seen->depth > 0);
			seen->closed = --seen->depth == 0;
		}
	}
}

static void count(void *opaque, const char *text)
{
	struct seen *seen = opaque;
	seen->bytes += strlen(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *letters = fuzz_text(data, size);
	bool json = strchr(letters, 'J') != NULL;
	struct seen seen = {.depth = 0};

	mh_malloc_stats_print(json ? follow : count, &seen, letters);
	fuzz_assert(seen.bytes > 0);
	fuzz_assert(!json || (seen.closed && !seen.in_string));
	free(letters);
	return 0;
}

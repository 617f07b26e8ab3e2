/* MALLOC_CONF: any text leaves options that a boot can use, and complains in words of a bounded
 * length. */
#include "fuzz.h"

#include "options.h"

#include <moonheap/moonheap.h>
#include <string.h>

#define MESSAGE_BYTES_MAX 65536

static void say_nothing(void *opaque, const char *text)
{
	(void)opaque;
	fuzz_assert(strlen(text) < MESSAGE_BYTES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	const char *texts[OPTION_SOURCES] = {NULL};

	mh_malloc_message = say_nothing;
	if (strstr(text, "abort_conf") == NULL) { /* which would end the process, as it should */
		texts[OPTION_SOURCE_ENVIRONMENT] = text;
		options_apply(texts);
	}
	free(text);
	return 0;
}

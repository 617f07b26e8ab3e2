/* Statements as they are typed: is one finished? */
#include "fuzz.h"

#include "chunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	chunk_is_unfinished(text);
	free(text);
	return 0;
}

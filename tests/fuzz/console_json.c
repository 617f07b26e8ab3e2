/* JSON that the console reads members of, and strings that it writes. */
#include "fuzz.h"

#include "json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = {"pid", "program", "", "a\"b"};
	struct buffer value = {0};
	char *text = fuzz_text(data, size);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_member(text, size, keys[i], &value);
	value.length = 0;
	json_append_string(&value, text);
	fuzz_assert(value.length >= 2);
	fuzz_assert(value.bytes[0] == '"' && value.bytes[value.length - 1] == '"');
	for (size_t i = 0; i < value.length; i++)
		fuzz_assert((unsigned char)value.bytes[i] >= ' ');
	buffer_free(&value);
	free(text);
	return 0;
}

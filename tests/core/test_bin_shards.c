/* test_bin_shards.c - from a text to the number of shards of each class. */
#include "bin_shards.h"

#include <stdio.h>
#include <string.h>
#include "expect.h"
#include "os.h"
#include "suite.h"

/* As the reference shows arenas.bin.<i>.nshards for the same texts. */
START_TEST(ranges_of_classes)
{
	static const struct {
		const char *text;
		const char *sizes; /* of the classes that have other than one */
	} cases[] = {
		{"8-14336:1", ""},
		{"0-0:3", "8:3 "},
		{"130-130:5", "160:5 "},
		{"100-200:6", "112:6 128:6 160:6 192:6 224:6 "},
		{"64-8:4", ""},
		{"8-64:3|32-32:1", "8:3 16:3 48:3 64:3 "},
		{"12000-100000:64", "12288:64 14336:64 "},
		{"20000-30000:3", ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char sizes[1000] = "";
		unsigned more = 0;
		bin_shards_boot(cases[i].text);
		for (unsigned class = 0; size_class_sizes[class] <= 14336; class ++) {
			size_t used = strlen(sizes);
			if (bin_shards[class] != 1)
				snprintf(sizes + used, sizeof sizes - used, "%zu:%u ",
					 size_class_sizes[class], bin_shards[class]);
			more += bin_shards[class] - 1;
		}
		expect(strcmp(sizes, cases[i].sizes) == 0, "%s makes %s", cases[i].text, sizes);
		expect(bin_shards_more() == more, "%s: %u more", cases[i].text, bin_shards_more());
	}
	bin_shards_boot(NULL);
	expect(bin_shards_more() == 0, "without a text");
}
END_TEST

int main(void)
{
	os_boot();
	size_class_boot(4096, NULL);
	return suite_run("bin_shards", (const TTest *[]){ranges_of_classes, NULL});
}

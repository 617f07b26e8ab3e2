/* test_bin_refused.c - each region that a bin refuses is told of, also those that are not kept. */
#include "bin_refused.h"

#include <stdio.h>
#include <string.h>
#include "boot.h"
#include "expect.h"
#include "misuse.h"
#include "options.h"
#include "said.h"
#include "suite.h"

START_TEST(one_message_for_each)
{
	static char regions[BIN_REFUSED_MAX + 2];
	struct bin_refused refused;
	char pointer[40];

	expect(boot_ensure(), "boot");
	said_listen();
	options.safety_action = SAFETY_REPORT; /* and no end */
	refused.n = 0;
	unsigned class = size_class_of(112);
	bin_refuse(&refused, &regions[0], 5, SLAB_PUT_NOT_A_REGION);
	for (unsigned i = 1; i < BIN_REFUSED_MAX + 2; i++)
		bin_refuse(&refused, &regions[i], 5, SLAB_PUT_TWICE);
	bin_tell_refused(&refused, class);
	expect(nsaid == BIN_REFUSED_MAX + 2, "%u messages", nsaid);
	snprintf(pointer, sizeof pointer, "free of %p ", (void *)&regions[0]);
	expect(strstr(said, pointer) != NULL, "%s", said);
	expect(strstr(said, "inside an object and not its start") != NULL, "%s", said);
	snprintf(pointer, sizeof pointer, "double free of %p ", (void *)&regions[1]);
	expect(strstr(said, pointer) != NULL, "%s", said);
	expect(strstr(said, "double free of one more object") != NULL, "%s", said);
	expect(strstr(said, "size class 112, arena 5") != NULL, "%s", said);
	expect(misuse_count(MISUSE_DOUBLE_FREE) == BIN_REFUSED_MAX + 1 &&
		       misuse_count(MISUSE_INVALID_FREE) == 1,
	       "counted otherwise");
}
END_TEST

int main(void)
{
	return suite_run("bin_refused", (const TTest *[]){one_message_for_each, NULL});
}

/* test_option_texts.c - where texts are found, and what is kept of them. */
#include "option_texts.h"

#include <stdlib.h>
#include <string.h>
#include "child.h"
#include "expect.h"
#include "moonheap/moonheap.h"
#include "suite.h"

static int show_texts(void *text)
{
	const char *found[OPTION_SOURCES];
	unsetenv("MALLOC_CONF");
	API(malloc_conf) = text;
	option_texts_fetch(found);
	if (found[OPTION_SOURCE_ENVIRONMENT] != NULL ||
	    options_texts[OPTION_SOURCE_ENVIRONMENT] != NULL ||
	    options_texts[OPTION_SOURCE_PROGRAM] != (char *)text)
		return 1;
	setenv("MALLOC_CONF", text, 1);
	option_texts_fetch(found);
	const char *kept = options_texts[OPTION_SOURCE_ENVIRONMENT];
	memset(getenv("MALLOC_CONF"), 'x', 3);
	return strcmp(kept, text) == 0 ? 0 : 2;
}

START_TEST(texts_are_kept)
{
	struct child_end end;
	child_run(show_texts, "zero:true", 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s: %s", child_describe(&end), end.output);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {texts_are_kept, NULL};
	return suite_run("option_texts", cases);
}

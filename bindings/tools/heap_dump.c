/* heap_dump - prints docs/reference/heap.md from the rows that the agent has its functions from. */
#include <stdio.h>

static const struct {
	const char *usage, *help;
} functions[] = {
#define HEAP_FUNCTION(name, usage, help) {usage, help},
#include "heap_functions.def"
#undef HEAP_FUNCTION
};

int main(void)
{
	printf("# The table `heap`\n\n"
	       "What a script of the agent has besides the control tree "
	       "([mallctl.md](mallctl.md)). "
	       "At the prompt\n`help heap.walk` says the same. This page is the output of "
	       "`build/bin/heap_dump`.\n");
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		printf("\n- `%s`: %s\n", functions[i].usage, functions[i].help);
	return 0;
}

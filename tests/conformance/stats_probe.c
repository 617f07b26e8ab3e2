/* stats_probe LETTERS - a program that has used the heap in known ways prints the statistics report
 * with these letters on standard output, and a line feed. Then it answers each line "TYPE NAME" on
 * standard input by the value that mallctl() reads, without a refresh in between; TYPE is b (bool),
 * i (integer of any size), or s (string). test_stats_report.py runs it.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <moonheap/moonheap.h>

#pragma weak mallctl
#pragma weak malloc_stats_print
#pragma weak mallocx

static void *kept[3000];

static void print(void *stream, const char *text)
{
	fputs(text, stream);
}

/* Small and large sizes, some freed again, a second and a destroyed arena. */
static int use_the_heap(void)
{
	unsigned arena[2];
	size_t size = sizeof arena[0];
	char name[64];

	if (mallctl("arenas.create", &arena[0], &size, NULL, 0) != 0 ||
	    mallctl("arenas.create", &arena[1], &size, NULL, 0) != 0)
		return -1;
	kept[0] = mallocx(5000, MALLOCX_ARENA(arena[0]) | MALLOCX_TCACHE_NONE);
	kept[1] = mallocx(70000, MALLOCX_ARENA(arena[1]) | MALLOCX_TCACHE_NONE);
	snprintf(name, sizeof name, "arena.%u.destroy", arena[0]);
	if (mallctl(name, NULL, NULL, NULL, 0) != 0)
		return -1;
	for (size_t i = 2; i < 3000; i++)
		kept[i] = malloc(i * 7 % 20000);
	for (size_t i = 2; i < 3000; i += 3)
		free(kept[i]);
	return kept[1] == NULL ? -1 : 0;
}

static void answer(char type, const char *name)
{
	uint64_t wide = 0;
	uint32_t narrow = 0;
	const char *string = NULL;
	bool flag = false;
	size_t size = type == 'b' ? sizeof flag : sizeof wide;
	int error;

	if (type == 'b') {
		error = mallctl(name, &flag, &size, NULL, 0);
		wide = flag;
	} else if (type == 's') {
		error = mallctl(name, &string, &size, NULL, 0);
	} else {
		error = mallctl(name, &wide, &size, NULL, 0);
		if (error != 0) {
			size = sizeof narrow;
			error = mallctl(name, &narrow, &size, NULL, 0);
			wide = narrow;
		}
	}
	if (error != 0)
		printf("error %d\n", error);
	else if (type == 's')
		printf("%s\n", string);
	else
		printf("%" PRIu64 "\n", wide);
}

int main(int argc, char **argv)
{
	char line[256];

	if (mallctl == NULL || malloc_stats_print == NULL || mallocx == NULL || argc != 2)
		return 77;
	if (use_the_heap() != 0)
		return 3;
	malloc_stats_print(print, stdout, argv[1]);
	putchar('\n');
	fflush(stdout);
	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		answer(line[0], line + 2);
	}
	return 0;
}

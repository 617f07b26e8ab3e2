/* shapes: a process whose memory has a known shape, for the canned diagnostics to tell.
 *
 *   shapes plain             50 MB of small objects and pointers to them, all in use
 *   shapes holes SIZE        objects of SIZE bytes, of which every sixteenth is left
 *   shapes dirty             64 MB allocated, written to and freed
 *   shapes foreign           64 MB of anonymous memory that no allocator handed out
 *
 * Prints "ready" when the shape is there and waits for the end of its standard input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEGABYTE ((size_t)1 << 20)

static void **fill(size_t size, size_t count)
{
	void **objects = malloc(count * sizeof(void *));
	for (size_t i = 0; objects != NULL && i < count; i++) {
		objects[i] = malloc(size);
		if (objects[i] == NULL)
			exit(1);
		memset(objects[i], (int)i, size);
	}
	return objects;
}

static void make_plain(void)
{
	for (size_t size = 16; size <= 8192; size *= 2)
		fill(size, 5 * MEGABYTE / size);
}

static void make_holes(size_t size)
{
	size_t count = 64 * MEGABYTE / size;
	void **objects = fill(size, count);
	for (size_t i = 0; i < count; i++)
		if (i % 16 != 0)
			free(objects[i]);
}

static void make_dirty(void)
{
	size_t count = 64;
	void **objects = fill(MEGABYTE, count);
	for (size_t i = 0; i < count; i++)
		free(objects[i]);
}

static void make_foreign(void)
{
	void *p = mmap(NULL, 64 * MEGABYTE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	if (p == MAP_FAILED)
		exit(1);
	memset(p, 1, 64 * MEGABYTE);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	if (strcmp(argv[1], "plain") == 0)
		make_plain();
	else if (strcmp(argv[1], "holes") == 0 && argc == 3)
		make_holes((size_t)atol(argv[2]));
	else if (strcmp(argv[1], "dirty") == 0)
		make_dirty();
	else if (strcmp(argv[1], "foreign") == 0)
		make_foreign();
	else
		return 2;
	printf("ready\n");
	fflush(stdout);
	char byte;
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	return 0;
}

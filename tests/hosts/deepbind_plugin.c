#include "deepbind_plugin.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern struct plugin deepbind_plugin;

static char *line_of_a_file(void)
{
	char *line = NULL;
	size_t size = 0;
	FILE *file = fopen("/etc/passwd", "r");

	if (file == NULL || getline(&line, &size, file) < 0)
		return NULL;
	fclose(file);
	return line;
}

static char *text_of_a_stream(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (stream == NULL)
		return NULL;
	for (int i = 0; i < 5000; i++)
		fprintf(stream, "%d ", i);
	fclose(stream);
	return text;
}

static void *make(unsigned way)
{
	char *text = NULL;
	void *object = NULL;

	switch (way) {
	case 0:
		return malloc(100);
	case 1:
		return calloc(10, 1000);
	case 2:
		return realloc(malloc(10), 100000);
	case 3:
		return posix_memalign(&object, 64, 200) == 0 ? object : NULL;
	case 4:
		return aligned_alloc(4096, 8192);
	case 5:
		return strdup("duplicated");
	case 6:
		return strndup("duplicated", 4);
	case 7:
		return asprintf(&text, "%d%s", 1, "printed") > 0 ? text : NULL;
	case 8:
		return line_of_a_file();
	case 9:
		return realpath("/proc/self/../..", NULL);
	case 10:
		return text_of_a_stream();
	default:
		return NULL;
	}
}

static void take(void *object)
{
	free(realloc(object, 3000));
}

static const char *open_inner(int flags)
{
	return dlopen("deepbind_inner.so", flags) != NULL ? NULL : dlerror();
}

struct plugin deepbind_plugin = {make, take, malloc, open_inner, NULL};

__attribute__((constructor)) static void start(void)
{
	deepbind_plugin.from_constructor = strdup("made in dlopen()");
}

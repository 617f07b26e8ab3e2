/* replay.c - main() of a fuzz target outside the fuzzer: hands it every file of a folder, and every
 * file cut short at each length, which is where parsers trip. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define FILE_BYTES_MAX 65536

static uint8_t bytes[FILE_BYTES_MAX];

static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		perror(path);
		return 1;
	}
	size_t size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	size_t step = size < 512 ? 1 : size / 512;
	for (size_t length = 0; length < size; length += step) {
		/* memory of exactly this size, so that a sanitizer sees a read past it */
		uint8_t *exact = malloc(length + (length == 0));
		fuzz_assert(exact != NULL);
		memcpy(exact, bytes, length);
		LLVMFuzzerTestOneInput(exact, length);
		free(exact);
	}
	LLVMFuzzerTestOneInput(bytes, size);
	return 0;
}

int main(int argc, char **argv)
{
	int files = 0;
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	if (folder == NULL) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		char path[4096];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		if (replay(path) != 0)
			return 1;
		files++;
	}
	closedir(folder);
	printf("%d files\n", files);
	return files > 0 ? 0 : 1;
}

/* replay.c - main() of a fuzz target outside the fuzzer: hands it every file of a folder, and every
 * file cut short, which is where parsers trip: at each length where the files are few, in so many
 * places altogether where they are many. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define FILE_BYTES_MAX    65536
#define CUTS_AT_MOST      4096 /* of all files together */
#define CUTS_PER_FILE_MIN 16

static uint8_t bytes[FILE_BYTES_MAX];

static int replay(const char *path, size_t cuts)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		perror(path);
		return 1;
	}
	size_t size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	size_t step = size / cuts + 1;
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

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	int files = argc == 2 ? scandir(argv[1], &entries, is_visible, alphasort) : -1;
	if (files < 0) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	size_t cuts = files > 0 ? CUTS_AT_MOST / (size_t)files : 0;
	cuts = cuts < CUTS_PER_FILE_MIN ? CUTS_PER_FILE_MIN : cuts;
	for (int i = 0; i < files; i++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
		if (replay(path, cuts) != 0)
			return 1;
		free(entries[i]);
	}
	free(entries);
	printf("%d files\n", files);
	return files > 0 ? 0 : 1;
}

#include "mapping.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "expect.h"

/* The line of this name in the paragraph of the mapping, without the name. */
static void read_line(const void *address, const char *name, char *line, size_t size)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	bool found = false;
	char text[512];

	expect(file != NULL, "no /proc/self/smaps");
	line[0] = '\0';
	while (line[0] == '\0' && fgets(text, sizeof text, file) != NULL) {
		uintptr_t from, to;

		if (sscanf(text, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
			found = from <= (uintptr_t)address && (uintptr_t)address < to;
		else if (found && strncmp(text, name, strlen(name)) == 0)
			snprintf(line, size, "%s", text + strlen(name));
	}
	fclose(file);
	expect(line[0] != '\0', "no %s of the mapping at %p", name, address);
}

bool mapping_has_flag(const void *address, const char *flag)
{
	char line[256];
	char word[8];

	read_line(address, "VmFlags:", line, sizeof line);
	snprintf(word, sizeof word, " %s ", flag);
	return strstr(line, word) != NULL;
}

size_t mapping_huge_bytes(const void *address)
{
	char line[256];
	size_t kilobytes = 0;

	read_line(address, "AnonHugePages:", line, sizeof line);
	expect(sscanf(line, "%zu", &kilobytes) == 1, "no number: %s", line);
	return kilobytes << 10;
}

bool mapping_can_be_huge(void)
{
	char text[64] = "";
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");

	if (file == NULL)
		return false;
	bool read = fgets(text, sizeof text, file) != NULL;
	fclose(file);
	return read && strstr(text, "[never]") == NULL;
}

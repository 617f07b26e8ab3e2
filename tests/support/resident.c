#include "resident.h"
#include "expect.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void read_statm(size_t *mapped_pages, size_t *resident_pages)
{
	char text[200];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t length;

	expect(fd >= 0, "no /proc/self/statm");
	length = read(fd, text, sizeof text - 1);
	close(fd);
	expect(length > 0, "/proc/self/statm is empty");
	text[length] = '\0';
	expect(sscanf(text, "%zu %zu", mapped_pages, resident_pages) == 2,
	       "/proc/self/statm says %s", text);
}

size_t resident_bytes(void)
{
	size_t mapped, resident;

	read_statm(&mapped, &resident);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

size_t mapped_bytes(void)
{
	size_t mapped, resident;

	read_statm(&mapped, &resident);
	return mapped * (size_t)sysconf(_SC_PAGESIZE);
}

size_t mappings(void)
{
	char buffer[4096];
	size_t lines = 0;
	ssize_t length;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	expect(fd >= 0, "no /proc/self/maps");
	while ((length = read(fd, buffer, sizeof buffer)) > 0)
		for (ssize_t i = 0; i < length; i++)
			lines += buffer[i] == '\n';
	close(fd);
	return lines;
}

bool resident_falls_to(size_t limit, unsigned seconds, void (*tick)(void))
{
	unsigned long looks = seconds * 100ul;

	while (resident_bytes() > limit) {
		if (looks-- == 0)
			return false;
		usleep(10000);
		if (tick != NULL)
			tick();
	}
	return true;
}

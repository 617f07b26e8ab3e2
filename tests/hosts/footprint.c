/* footprint.c - what the library costs a program that needs next to nothing of it, page by page.
 *
 * One block is allocated and freed; then the kernel is asked (smaps) what is resident: pages of the
 * library's file (they are shared, but count in every process), pages of its data that are the
 * process's own, and memory of the heap. Each has a bound, a little above what it is. A table of
 * pointers (relocated at start), an array between the variables that every process writes, or a
 * function that every process runs and that is far from the others breaks one of them:
 * core/layout.ld.in says what to do.
 *
 * Nothing of a test framework is linked, because it would allocate. The bounds are those of pages
 * of 4 KiB and of the optimised build. Prints what it finds; exits 1 when a bound is broken, 77
 * where they do not apply.
 */
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KIB = 1024 };

static char smaps[256 * KIB];

struct footprint {
	size_t library_file; /* resident KiB */
	size_t library_own;
	size_t heap;
	size_t relocated;          /* bytes that are written by the loader and constant then */
	unsigned long library_end; /* by its headers */
	bool is_there;
	bool is_merged; /* the kernel made one mapping of the library's data and some of the heap */
	bool is_aligned; /* to the windows by which the kernel brings files in */
};

/* A line "Rss:   12 kB" of the mapping that begins at text. */
static size_t field(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	return at != NULL ? strtoul(at + strlen(name), NULL, 10) : 0;
}

static bool is_library(const char *name)
{
	return strstr(name, "/libmoonheap.so") != NULL;
}

/* The mappings follow each other by address: data without a file is that of the library when it
 * begins where the library's ends, before it ends altogether. */
static void read_smaps(struct footprint *found)
{
	unsigned long library_end = 0, file_end = 0;
	char *text = smaps;
	while (*text != '\0') {
		unsigned long start, end;
		char line[512], name[256] = "";
		snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %255[^\n]", &start, &end, name) < 2)
			break;
		char *next = strstr(text, "VmFlags:");
		if (next == NULL)
			break;
		char *behind = next + strcspn(next, "\n");
		next = *behind != '\0' ? behind + 1 : behind;
		*behind = '\0'; /* so that fields are looked for in this mapping alone */

		size_t resident = field(text, "\nRss:"), own = field(text, "\nAnonymous:");
		bool is_of_library = is_library(name) || (name[0] == '\0' && start == library_end &&
							  start < found->library_end);
		if (is_of_library) {
			found->library_file += resident - own;
			found->library_own += own;
			found->is_merged |= end > found->library_end;
			library_end = end;
		} else if ((name[0] == '\0' && start != file_end) || strstr(name, "moonheap]")) {
			found->heap += own;
		}
		if (name[0] == '/')
			file_end = end;
		text = next;
	}
}

static int look_at_headers(struct dl_phdr_info *info, size_t size, void *opaque)
{
	struct footprint *found = opaque;
	(void)size;
	if (!is_library(info->dlpi_name))
		return 0;
	found->is_there = true;
	found->is_aligned = info->dlpi_addr % (64 * KIB) == 0;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		if (part->p_type == PT_GNU_RELRO)
			found->relocated = part->p_memsz;
		if (part->p_type == PT_LOAD)
			found->library_end =
				(info->dlpi_addr + part->p_vaddr + part->p_memsz + 4 * KIB - 1) &
				~(4ul * KIB - 1);
	}
	return 1;
}

static int check(const char *what, size_t value, size_t bound, const char *unit)
{
	char line[160];
	int n = snprintf(line, sizeof line, "%-5s %-42s %5zu %s (at most %zu)\n",
			 value <= bound ? "ok" : "WRONG", what, value, unit, bound);
	return write(STDOUT_FILENO, line, (size_t)n) != n || value > bound;
}

int main(void)
{
	struct footprint found = {0};
	void *volatile block = malloc(64);
	size_t length = 0;
	ssize_t n = 1;

	free(block);
	int file = open("/proc/self/smaps", O_RDONLY);
	while (file >= 0 && n > 0 && length < sizeof smaps - 1) {
		n = read(file, smaps + length, sizeof smaps - 1 - length);
		length += n > 0 ? (size_t)n : 0;
	}
	close(file);
	dl_iterate_phdr(look_at_headers, &found);
#ifndef NDEBUG
	return 77;
#endif
	if (length == 0 || !found.is_there || sysconf(_SC_PAGESIZE) != 4 * KIB)
		return 77;
	read_smaps(&found);

	int wrong = 0;
	if (found.is_aligned)
		wrong |= check("pages of the library's file", found.library_file, 100, "KiB");
	if (found.is_merged) {
		wrong |= check("its data, the heap, two pages of ld.so's",
			       found.library_own + found.heap, 100, "KiB");
	} else {
		wrong |= check("pages of its data, written to", found.library_own, 36, "KiB");
		wrong |= check("memory of the heap, two pages of ld.so's", found.heap, 64, "KiB");
	}
	wrong |= check("what the loader relocates", found.relocated, 4 * KIB, "B");
	return wrong;
}

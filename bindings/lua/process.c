#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- reading lines ------------------------------------------------------------------------ */

struct lines {
	int fd;
	int error;
	size_t start, end; /* unread bytes of buffer */
	char buffer[8192];
};

static int lines_open(struct lines *lines, const char *path)
{
	lines->buffer[0] = '\0';
	lines->fd = open(path, O_RDONLY | O_CLOEXEC);
	lines->error = lines->fd < 0 ? errno : 0;
	lines->start = lines->end = 0;
	return lines->error;
}

/* The next line without its end, NULL after the last. A line longer than the buffer is cut. */
static char *lines_next(struct lines *lines)
{
	for (;;) {
		char *line = lines->buffer + lines->start;
		char *end = memchr(line, '\n', lines->end - lines->start);
		if (end != NULL) {
			*end = '\0';
			lines->start = (size_t)(end + 1 - lines->buffer);
			return line;
		}
		memmove(lines->buffer, line, lines->end - lines->start);
		lines->end -= lines->start;
		lines->start = 0;
		if (lines->end == sizeof(lines->buffer))
			lines->end = 0;
		ssize_t n = read(lines->fd, lines->buffer + lines->end,
				 sizeof(lines->buffer) - lines->end);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			lines->error = n < 0 ? errno : 0;
			return NULL;
		}
		lines->end += (size_t)n;
	}
}

static int lines_close(struct lines *lines)
{
	close(lines->fd);
	return lines->error;
}

static uint64_t number_in(const char *text)
{
	uint64_t number = 0;

	while (*text == ' ' || *text == '\t')
		text++;
	for (; *text >= '0' && *text <= '9'; text++)
		number = number * 10 + (uint64_t)(*text - '0');
	return number;
}

static uint64_t hex_in(const char **text)
{
	uint64_t number = 0;

	for (;; ++*text) {
		char c = **text;
		if (c >= '0' && c <= '9')
			number = number << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			number = number << 4 | (uint64_t)(c - 'a' + 10);
		else
			return number;
	}
}

/* The text after "key:", NULL when the line has another key. */
static const char *after_key(const char *line, const char *key)
{
	size_t n = strlen(key);

	return strncmp(line, key, n) == 0 && line[n] == ':' ? line + n + 1 : NULL;
}

/* "   123 kB" in bytes, "12" as it is. */
static uint64_t bytes_in(const char *text)
{
	uint64_t number = number_in(text);

	return strstr(text, " kB") != NULL ? number << 10 : number;
}

/* --- status ------------------------------------------------------------------------------- */

int process_read_status(struct process_status *status)
{
	struct lines lines;
	const char *line, *value;

	*status = (struct process_status){0};
	if (lines_open(&lines, "/proc/self/status") != 0)
		return lines.error;
	while ((line = lines_next(&lines)) != NULL) {
#define PROCESS_TAKE(name, key)                                                                    \
	if ((value = after_key(line, key)) != NULL)                                                \
		status->name = bytes_in(value);
		PROCESS_STATUS(PROCESS_TAKE)
#undef PROCESS_TAKE
	}
	return lines_close(&lines);
}

void process_name(char *to, size_t size)
{
	int fd = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, to, size - 1);

	if (fd >= 0)
		close(fd);
	if (n > 0 && to[n - 1] == '\n')
		n--;
	to[n > 0 ? n : 0] = '\0';
}

/* --- threads ------------------------------------------------------------------------------ */

struct directory_entry { /* as getdents64 writes them */
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

/* The last but one field of /proc/self/task/<id>/syscall; 0 when the thread runs. */
static uintptr_t stack_pointer_of(const char *thread)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/self/task/%.20s/syscall", thread);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	char *last = strrchr(text, ' ');
	if (last == NULL)
		return 0;
	*last = '\0';
	const char *field = strrchr(text, ' ');
	if (field == NULL || strncmp(field, " 0x", 3) != 0)
		return 0;
	field += 3;
	return (uintptr_t)hex_in(&field);
}

size_t process_stack_pointers(uintptr_t *to, size_t max)
{
	_Alignas(struct directory_entry) char buffer[2048];
	size_t found = 0;
	long n;
	int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	while ((n = syscall(SYS_getdents64, fd, buffer, sizeof(buffer))) > 0) {
		for (long i = 0; i < n;) {
			const struct directory_entry *entry = (const void *)(buffer + i);
			uintptr_t pointer =
				entry->name[0] == '.' ? 0 : stack_pointer_of(entry->name);
			if (pointer != 0 && found < max)
				to[found++] = pointer;
			i += entry->length;
		}
	}
	close(fd);
	return found;
}

/* --- maps --------------------------------------------------------------------------------- */

struct mapping {
	uintptr_t from, to;
	bool shared;
	const char *path; /* "" for none */
};

/* "55d0c0000000-55d0c0021000 rw-p 00000000 00:00 0    [heap]"; false when it is no such line. */
static bool parse_mapping(const char *line, struct mapping *mapping)
{
	const char *p = line;

	mapping->from = (uintptr_t)hex_in(&p);
	if (p == line || *p != '-')
		return false;
	p++;
	mapping->to = (uintptr_t)hex_in(&p);
	if (strlen(p) < 5 || *p != ' ')
		return false;
	mapping->shared = p[4] == 's';
	for (int field = 0; field < 4; field++) { /* mode, offset, device, inode */
		p += strspn(p, " ");
		p += strcspn(p, " ");
	}
	mapping->path = p + strspn(p, " ");
	return true;
}

static bool is_anonymous(const struct mapping *mapping)
{
	return mapping->path[0] == '\0' || strcmp(mapping->path, "[heap]") == 0 ||
	       strncmp(mapping->path, "[anon:", 6) == 0;
}

struct classifier {
	const uintptr_t *stack_pointers;
	size_t nstack_pointers;
	const struct process_range *agent;
	size_t nagent;
};

static bool has_stack(const struct classifier *c, const struct mapping *mapping)
{
	if (mapping->to - mapping->from > PROCESS_STACK_MAX)
		return false;
	for (size_t i = 0; i < c->nstack_pointers; i++)
		if (c->stack_pointers[i] >= mapping->from && c->stack_pointers[i] < mapping->to)
			return true;
	return false;
}

static enum process_kind classify(const struct classifier *c, const struct mapping *mapping)
{
	if (strncmp(mapping->path, "[stack", 6) == 0)
		return PROCESS_STACK;
	if (is_anonymous(mapping)) {
		for (size_t i = 0; i < c->nagent; i++)
			if (mapping->from >= c->agent[i].from && mapping->to <= c->agent[i].to)
				return PROCESS_AGENT;
		if (strcmp(mapping->path, "[anon:moonheap-agent]") == 0)
			return PROCESS_AGENT;
		return has_stack(c, mapping) ? PROCESS_STACK : PROCESS_ANONYMOUS;
	}
	if (mapping->path[0] == '[')
		return PROCESS_KERNEL;
	if (mapping->shared &&
	    (strncmp(mapping->path, "/dev/shm/", 9) == 0 ||
	     strncmp(mapping->path, "/memfd:", 7) == 0 || strncmp(mapping->path, "/SYSV", 5) == 0 ||
	     strncmp(mapping->path, "/dev/zero", 9) == 0))
		return PROCESS_SHARED;
	return PROCESS_FILE;
}

int process_read_maps(struct process_maps *maps, const uintptr_t *stack_pointers,
		      size_t nstack_pointers, const struct process_range *agent, size_t nagent)
{
	const struct classifier classifier = {stack_pointers, nstack_pointers, agent, nagent};
	struct process_mapping *kind = NULL;
	struct mapping mapping;
	struct lines lines;
	const char *line, *value;

	*maps = (struct process_maps){0};
	if (lines_open(&lines, "/proc/self/smaps") != 0)
		return lines.error;
	while ((line = lines_next(&lines)) != NULL) {
		if (parse_mapping(line, &mapping)) {
			kind = &maps->kinds[classify(&classifier, &mapping)];
			kind->count++;
			continue;
		}
		if (kind == NULL)
			continue;
#define PROCESS_ADD(name, key)                                                                     \
	if ((value = after_key(line, key)) != NULL)                                                \
		kind->name += bytes_in(value);
		PROCESS_MAPPING(PROCESS_ADD)
#undef PROCESS_ADD
	}
	return lines_close(&lines);
}

const char *process_kind_word(enum process_kind kind)
{
	static const char *const words[] = {
#define PROCESS_WORD(name, word) word,
		PROCESS_KINDS(PROCESS_WORD)
#undef PROCESS_WORD
	};

	return words[kind];
}

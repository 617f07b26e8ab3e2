#include "cgroup.h"

#include "fmt.h"
#include "os.h"

#include <string.h>

#define PATH_SIZE 4096

/* One thread at a time, and stacks of threads may be small. */
static APART char groups[4096];
static APART char mounts[65536];
static APART char path[PATH_SIZE];

/* A piece of a text. */
struct piece {
	const char *at;
	size_t length;
};

static bool is(struct piece piece, const char *text)
{
	return piece.length == strlen(text) && memcmp(piece.at, text, piece.length) == 0;
}

/* Takes what is before the next separator, or all, off the front. */
static struct piece next(struct piece *rest, char separator)
{
	const char *end = memchr(rest->at, separator, rest->length);
	struct piece piece = {rest->at, end != NULL ? (size_t)(end - rest->at) : rest->length};
	size_t used = piece.length + (end != NULL);
	rest->at += used;
	rest->length -= used;
	return piece;
}

static bool has_word(struct piece list, const char *word)
{
	while (list.length > 0)
		if (is(next(&list, ','), word))
			return true;
	return false;
}

static struct piece read_file(const char *root, const char *name, char *buffer, size_t size)
{
	struct fmt f;
	fmt_begin(&f, path, sizeof(path));
	fmt_text(&f, root);
	fmt_text(&f, name);
	return (struct piece){buffer, f.cut ? 0 : os_read_file(path, buffer, size)};
}

/* Lines "number:controllers:group" of /proc/self/cgroup; version 2 has no controllers there. */
static bool find_group(struct piece text, bool is_v2, struct piece *group)
{
	while (text.length > 0) {
		struct piece line = next(&text, '\n');
		next(&line, ':');
		struct piece controllers = next(&line, ':');
		if (is_v2 ? controllers.length == 0 : has_word(controllers, "cpu")) {
			*group = line;
			return line.length > 0;
		}
	}
	return false;
}

struct mount {
	struct piece root; /* the group that is visible at the point */
	struct piece point;
};

/* Lines "id parent device root point options [optional ...] - type source options". */
static bool find_mount(struct piece text, bool is_v2, struct mount *mount)
{
	while (text.length > 0) {
		struct piece line = next(&text, '\n');
		for (int i = 0; i < 3; i++)
			next(&line, ' ');
		mount->root = next(&line, ' ');
		mount->point = next(&line, ' ');
		while (line.length > 0 && !is(next(&line, ' '), "-"))
			;
		struct piece type = next(&line, ' ');
		next(&line, ' ');
		if (is_v2 ? is(type, "cgroup2") : is(type, "cgroup") && has_word(line, "cpu"))
			return true;
	}
	return false;
}

/* Reads a file of the group whose folder is the first length bytes of the path. */
static struct piece read_limit(size_t length, const char *name, char *buffer, size_t size)
{
	size_t name_size = strlen(name) + 1;
	if (length + name_size > sizeof(path))
		return (struct piece){buffer, 0};
	memcpy(path + length, name, name_size);
	return (struct piece){buffer, os_read_file(path, buffer, size)};
}

static bool parse(struct piece text, uint64_t *n)
{
	return fmt_parse_index(text.at, text.length, n) == FMT_OK;
}

/* The limit of one group. "max" and -1 are no numbers, and no limits. */
static uint32_t limit_of(size_t length, bool is_v2)
{
	char a[64];
	char b[64];
	uint64_t quota;
	uint64_t period;
	struct piece quota_text;
	struct piece period_text;
	if (is_v2) {
		struct piece line = read_limit(length, "/cpu.max", a, sizeof(a));
		line = next(&line, '\n');
		quota_text = next(&line, ' ');
		period_text = line;
	} else {
		quota_text = read_limit(length, "/cpu.cfs_quota_us", a, sizeof(a));
		quota_text = next(&quota_text, '\n');
		period_text = read_limit(length, "/cpu.cfs_period_us", b, sizeof(b));
		period_text = next(&period_text, '\n');
	}
	if (!parse(quota_text, &quota) || !parse(period_text, &period) || period == 0 ||
	    quota > UINT64_MAX - period)
		return CGROUP_NO_LIMIT;
	uint64_t cpus = (quota + period - 1) / period;
	return cpus == 0 ? 1 : cpus < CGROUP_NO_LIMIT ? (uint32_t)cpus : CGROUP_NO_LIMIT;
}

/* The least limit of a group and of those above it, down to the mount point. */
static uint32_t least_limit(const char *root, const struct mount *mount, struct piece group,
			    bool is_v2)
{
	struct fmt f;
	fmt_begin(&f, path, sizeof(path));
	fmt_text(&f, root);
	fmt_bytes(&f, mount->point.at, mount->point.length);
	size_t shortest = f.length;
	/* A container may see only its own part of the tree; its group is then named from outside,
	 * or from within. What is not below the mount is the mount's own. */
	size_t above = is(mount->root, "/") ? 0 : mount->root.length;
	if (group.length >= above && memcmp(group.at, mount->root.at, above) == 0 &&
	    (group.length == above || group.at[above] == '/'))
		fmt_bytes(&f, group.at + above, group.length - above);
	if (f.cut)
		return CGROUP_NO_LIMIT;

	uint32_t least = CGROUP_NO_LIMIT;
	size_t length = f.length;
	for (;;) {
		while (length > shortest && path[length - 1] == '/')
			length--;
		uint32_t limit = limit_of(length, is_v2);
		least = limit < least ? limit : least;
		if (length <= shortest)
			return least;
		while (length > shortest && path[length - 1] != '/')
			length--;
	}
}

const char *cgroup_root = "";

uint32_t cgroup_cpus(void)
{
	const char *root = cgroup_root;
	struct piece group_text = read_file(root, "/proc/self/cgroup", groups, sizeof(groups));
	if (group_text.length == 0)
		return CGROUP_NO_LIMIT;
	struct piece mount_text = read_file(root, "/proc/self/mountinfo", mounts, sizeof(mounts));
	uint32_t least = CGROUP_NO_LIMIT;
	for (int is_v2 = 0; is_v2 < 2; is_v2++) {
		struct piece group;
		struct mount mount;
		if (!find_group(group_text, is_v2, &group) ||
		    !find_mount(mount_text, is_v2, &mount))
			continue;
		uint32_t limit = least_limit(root, &mount, group, is_v2);
		least = limit < least ? limit : least;
	}
	return least;
}

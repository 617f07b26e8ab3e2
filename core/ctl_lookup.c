#include "ctl_lookup.h"

#include <assert.h>
#include <string.h>
#include "ctl_domain.h"

#define LG_SLOTS 11
#define SLOTS    (1u << LG_SLOTS)
static_assert(CTL_ROWS_MAX * 3 < SLOTS * 2, "the table stays a third empty");

static APART uint16_t slots[SLOTS]; /* number of the node + 1; 0: nothing */
static bool filled;

/* One character more; an index is one '<'. */
ALWAYS_INLINE uint32_t mix(uint32_t hash, char c)
{
	return (hash << 5 | hash >> 27) ^ (unsigned char)c;
}

ALWAYS_INLINE uint32_t slot_of(uint32_t hash)
{
	const uint32_t golden_section = 0x9e3779b9;
	return hash * golden_section >> (32 - LG_SLOTS);
}

static uint32_t hash_of_path(const char *path)
{
	uint32_t hash = 0;
	for (; *path != '\0'; path++) {
		hash = mix(hash, *path);
		if (*path == '<')
			while (path[1] != '.' && path[1] != '\0')
				path++;
	}
	return mix(hash, '.');
}

void ctl_lookup_start(void)
{
	if (filled)
		return;
	filled = true;
	for (size_t i = 0; i < ctl_rows_count; i++) {
		uint32_t slot = slot_of(hash_of_path(ctl_nodes[i].row->about.path));
		while (slots[slot] != 0)
			slot = (slot + 1) % SLOTS;
		slots[slot] = (uint16_t)(i + 1);
	}
}

const struct ctl_node *ctl_lookup_path(const char *path)
{
	for (uint32_t slot = slot_of(hash_of_path(path)); slots[slot] != 0;
	     slot = (slot + 1) % SLOTS) {
		const struct ctl_node *node = &ctl_nodes[slots[slot] - 1];
		if (strcmp(node->row->about.path, path) == 0)
			return node;
	}
	return NULL;
}

/* A name as it was read. */
struct reading {
	uint32_t hash;
	unsigned indices;
	size_t index[CTL_INDICES_MAX];
};

#define DIGITS_MAX 9

/* The digits of an index, written as usual; NULL: not so. */
static const char *read_index(const char *text, struct reading *to)
{
	size_t number = 0;
	const char *end = text;
	for (; *end >= '0' && *end <= '9' && end - text <= DIGITS_MAX; end++)
		number = number * 10 + (size_t)(*end - '0');
	if ((*end != '.' && *end != '\0') || end - text > DIGITS_MAX ||
	    (*text == '0' && end - text > 1) || to->indices == CTL_INDICES_MAX)
		return NULL;
	to->index[to->indices++] = number;
	return end;
}

static bool read_name(const char *name, struct reading *to)
{
	uint32_t hash = 0;
	to->indices = 0;
	for (;;) {
		if (*name >= '0' && *name <= '9') {
			name = read_index(name, to);
			if (name == NULL)
				return false;
			hash = mix(hash, '<');
		} else {
			for (; *name != '.' && *name != '\0'; name++)
				hash = mix(hash, *name);
		}
		hash = mix(hash, '.');
		if (*name == '\0')
			break;
		name++;
	}
	to->hash = hash;
	return true;
}

/* Whether a name that may have indices is that of a node. */
static bool is_name_of(const struct ctl_node *node, const char *name)
{
	if (node->indices == 0)
		return strcmp(node->row->about.path, name) == 0;
	const char *path = node->row->about.path;
	for (; *path != '\0'; path++, name++) {
		if (*path == '<') {
			if (*name < '0' || *name > '9')
				return false;
			while (*name >= '0' && *name <= '9')
				name++;
			while (*path != '>')
				path++;
			path++;
		}
		if (*path != *name || *path == '\0')
			return *path == *name;
	}
	return *name == '\0';
}

static bool accepts(const struct ctl_node *node, const struct reading *reading)
{
	for (size_t i = 0; i < node->indices; i++)
		if (!ctl_node_accepts(node, i, reading->index[i]))
			return false;
	return true;
}

bool ctl_lookup(const char *name, struct ctl_place *place)
{
	struct reading reading = {.indices = 0};
	if (!read_name(name, &reading))
		return false;
	for (uint32_t slot = slot_of(reading.hash); slots[slot] != 0; slot = (slot + 1) % SLOTS) {
		const struct ctl_node *node = &ctl_nodes[slots[slot] - 1];
		if (node->indices != reading.indices || !is_name_of(node, name))
			continue;
		if (!accepts(node, &reading))
			return false;
		place->node = node;
		place->depth = node->depth;
		for (size_t level = 0; level < node->depth; level++)
			place->mib[level] = node->first[level];
		for (size_t i = 0; i < node->indices; i++)
			place->mib[node->index_at[i]] = reading.index[i];
		return true;
	}
	return false;
}

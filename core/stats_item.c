/* stats_item.c - see stats_item.h. */
#include "stats_item.h"

#include <string.h>
#include "fmt.h"
#include "stats_leaf.h"
#include "stats_record.h"

static const stats_name mutex_leaves[] = {
#define MUTEX_COUNTER(field, type, unit, kind, help) #field,
#include "counter.def"
	""};

void stats_item(struct emitter *e, const char *prefix, const struct stats_item *item, size_t index)
{
	struct stats_leaf leaf;
	union ctl_value value;

	if (item->label == NULL && e->format != EMITTER_JSON)
		return;
	if (!stats_leaf_find(&leaf, prefix, item->leaf != NULL ? item->leaf : item->key))
		return;
	if (leaf.indices > 0)
		stats_leaf_index(&leaf, 0, index);
	if (!stats_leaf_read(&leaf, &value))
		return;
	if (item->label != NULL)
		emitter_pair(e, item->key, item->label, leaf.type, &value);
	else
		emitter_json(e, item->key, leaf.type, &value);
}

void stats_items(struct emitter *e, const char *prefix, const struct stats_item *items,
		 size_t count, size_t index)
{
	for (size_t i = 0; i < count; i++)
		stats_item(e, prefix, &items[i], index);
}

void stats_json(struct emitter *e, const char *prefix, const stats_name *names, size_t index)
{
	for (; **names != '\0'; names++)
		stats_item(e, prefix, &(struct stats_item){*names, NULL, NULL}, index);
}

void stats_template(struct emitter *e, const char *template, size_t index)
{
	char piece[128];
	struct fmt f;
	enum moonheap_ctl_type type;
	union ctl_value value;

	if (e->format != EMITTER_TEXT)
		return;
	while (*template != '\0') {
		size_t words = strcspn(template, "{");
		fmt_begin(&f, piece, sizeof piece);
		fmt_bytes(&f, template, words);
		emitter_text(e, piece);
		template += words;
		if (*template == '{') {
			size_t length = strcspn(template, "}");
			fmt_begin(&f, piece, sizeof piece);
			fmt_bytes(&f, template + 1, length - 1);
			if (stats_read(piece, index, &type, &value))
				emitter_text_value(e, type, &value);
			else
				emitter_text(e, "0");
			template += length + 1;
		}
	}
	emitter_text(e, "\n");
}

/* The leaves of these names for each class, and how many names there are; paths have the class as
 * their last index. */
static size_t find_leaves(struct stats_leaf *leaves, const char *prefix, const char *infix,
			  const stats_name *names, size_t arena)
{
	size_t n = 0;
	for (; names[n][0] != '\0'; n++) {
		char path[64];
		struct fmt f;
		fmt_begin(&f, path, sizeof path);
		fmt_text(&f, infix);
		fmt_text(&f, names[n]);
		if (stats_leaf_find(&leaves[n], prefix, path) && leaves[n].indices == 2)
			stats_leaf_index(&leaves[n], 0, arena);
	}
	return n;
}

static void print_class(struct emitter *e, struct stats_leaf *leaves, const stats_name *names,
			size_t n, size_t class)
{
	for (size_t i = 0; i < n; i++) {
		union ctl_value value;
		if (!leaves[i].is_there)
			continue;
		stats_leaf_index(&leaves[i], leaves[i].indices - 1u, class);
		if (stats_leaf_read(&leaves[i], &value))
			emitter_json(e, names[i], leaves[i].type, &value);
	}
}

uint64_t stats_nretained(uint64_t nslabs, uint64_t nactive, uint64_t ndirty)
{
	uint64_t npages = nslabs * HPA_SLAB_PAGES_SHOWN;
	return npages > nactive + ndirty ? npages - nactive - ndirty : 0;
}

/* leaves: slabs, active and dirty pages of the class that was printed last. */
static void print_nretained(struct emitter *e, const struct stats_leaf leaves[3])
{
	union ctl_value value = {.u64 = stats_nretained(stats_leaf_number(&leaves[0]),
							stats_leaf_number(&leaves[1]),
							stats_leaf_number(&leaves[2]))};
	emitter_json(e, "nretained_nonhuge", MOONHEAP_CTL_UINT64, &value);
}

void stats_array(struct emitter *e, const struct stats_array *array, size_t arena, size_t classes,
		 bool with_mutexes)
{
	struct stats_leaf leaves[STATS_ARRAY_LEAVES];
	struct stats_leaf mutex[ARRAY_LEN(mutex_leaves)];

	if (e->format != EMITTER_JSON)
		return;
	with_mutexes = with_mutexes && array->has_mutex;
	size_t n = find_leaves(leaves, array->prefix, "", array->names, arena);
	size_t nmutex =
		with_mutexes ? find_leaves(mutex, array->prefix, "mutex.", mutex_leaves, arena) : 0;
	emitter_json_array(e, array->key);
	for (size_t class = 0; class < classes; class ++) {
		emitter_json_object(e, NULL);
		print_class(e, leaves, array->names, n, class);
		if (array->has_nretained)
			print_nretained(e, &leaves[n - 3]);
		if (with_mutexes) {
			emitter_json_object(e, "mutex");
			print_class(e, mutex, mutex_leaves, nmutex, class);
			emitter_json_close(e);
		}
		emitter_json_close(e);
	}
	emitter_json_close(e);
}

void stats_mutexes(struct emitter *e, const char *prefix, const stats_name *names, size_t index)
{
	if (e->format != EMITTER_JSON)
		return;
	emitter_json_object(e, "mutexes");
	for (; **names != '\0'; names++) {
		char path[64];
		struct fmt f;
		struct stats_leaf leaf;
		fmt_begin(&f, path, sizeof path);
		fmt_text(&f, prefix);
		fmt_text(&f, *names);
		fmt_text(&f, ".");
		if (!stats_leaf_find(&leaf, path, mutex_leaves[0]))
			continue;
		emitter_json_object(e, *names);
		stats_json(e, path, mutex_leaves, index);
		emitter_json_close(e);
	}
	emitter_json_close(e);
}

/* All scalars below some names in one call, of one refresh: moonheap_ctl_snapshot() of
 * include/moonheap/ctl.h.
 *
 * Values of the statistics are copied with ctl_lock held from the first to the last, so that no
 * refresh comes between; handlers of live values run meanwhile, and take only locks that come after
 * it. Nothing is allocated: what a caller has no room for is counted.
 */
#include "moonheap/ctl.h"

#include <errno.h>
#include "arenas.h"
#include "ctl.h"
#include "ctl_access.h"
#include "ctl_domain.h"
#include "ctl_alone.h"
#include "ctl_snapshot.h"
#include "ctl_tree.h"
#include "fmt.h"
#include "os.h"

/* ---- the names ---- */

/* Takes the next one off a list with spaces between; false: there are no more. One that is too long
 * for any name comes as "", which is none. */
static bool next_name(const char **list, char name[CTL_NAME_MAX])
{
	*list += strspn(*list, " ");
	size_t length = strcspn(*list, " ");
	if (length == 0)
		return false;
	size_t kept = length < CTL_NAME_MAX ? length : 0;
	memcpy(name, *list, kept);
	name[kept] = '\0';
	*list += length;
	return true;
}

/* What a name picks: a place, in which some indices may be any that exist. */
struct pick {
	struct ctl_place place; /* with 0 for those */
	unsigned any;           /* bit k: the component at level k is one of them */
};

/* false: there is no such name. */
static bool resolve(const char *name, struct pick *pick)
{
	*pick = (struct pick){.place = {.node = &ctl_nodes[0]}};
	size_t level = 0;
	for (const char *p = name; *p != '\0'; p++) {
		if (*p == '<')
			pick->any |= 1u << level;
		level += *p == '.' && level < MOONHEAP_CTL_DEPTH_MAX;
	}
	return ctl_tree_resolve(name, MOONHEAP_CTL_DEPTH_MAX,
				pick->any != 0 ? CTL_NAMES_AND_PATHS : CTL_NAMES, &pick->place);
}

/* The arena that everything picked belongs to; NO_ARENA: it is of several, or of none. */
#define NO_ARENA SIZE_MAX
static size_t arena_of(const struct pick *pick)
{
	const struct ctl_node *node = pick->place.node;
	size_t level = node->index_at[0];
	if (node->indices == 0 || level >= pick->place.depth || (pick->any >> level & 1) != 0 ||
	    !ctl_node_is_arena(node, level))
		return NO_ARENA;
	return pick->place.mib[level] < arenas_count() ? pick->place.mib[level] : NO_ARENA;
}

static bool has_statistics(const struct ctl_place *place)
{
	for (size_t i = ctl_place_begin(place); i < ctl_place_end(place); i++)
		if (ctl_nodes[i].row->about.freshness == MOONHEAP_CTL_CACHED)
			return true;
	return false;
}

struct wanted {
	bool all_exist;
	bool statistics; /* some are wanted */
	size_t arena;    /* ... all of them of this one; or NO_ARENA */
};

static struct wanted look_at(const char *names)
{
	struct wanted wanted = {.all_exist = true, .arena = NO_ARENA};
	char name[CTL_NAME_MAX];
	struct pick pick;
	while (next_name(&names, name)) {
		if (!resolve(name, &pick)) {
			wanted.all_exist = false;
		} else if (has_statistics(&pick.place)) {
			size_t arena = arena_of(&pick);
			wanted.arena =
				!wanted.statistics || arena == wanted.arena ? arena : NO_ARENA;
			wanted.statistics = true;
		}
	}
	return wanted;
}

/* ---- the values ---- */

struct scan {
	struct moonheap_ctl_value *values;
	size_t room;
	size_t stored;
	size_t needed;
	const struct arena_stats *alone; /* NULL: statistics come from the last epoch */
	size_t mib[MOONHEAP_CTL_DEPTH_MAX];
};

static bool read_scalar(const struct scan *scan, const struct ctl_row *row,
			const struct ctl_call *call, union ctl_value *value)
{
	const void *record = NULL;
	size_t length = ctl_type_size(row->about.type);
	if (row->source == CTL_ARENA_FIELD)
		record = scan->alone != NULL ? scan->alone : ctl_snapshot_arena(call->index[0]);
	else if (row->source == CTL_TOTAL_FIELD)
		record = ctl_snapshot_totals();
	else
		return ctl_access(row, call, value, &length, NULL, 0) == 0;
	if (record == NULL)
		return false;
	size_t offset = row->from.field.offset + row->from.field.stride * call->index[1];
	memcpy(value, (const char *)record + offset, length);
	return true;
}

/* Numbers of all sizes become 64 bits. */
static void store(struct moonheap_ctl_value *to, const struct ctl_row *row,
		  const struct ctl_call *call, const union ctl_value *value)
{
	to->row = &row->about;
	to->index[0] = (uint32_t)call->index[0];
	to->index[1] = (uint32_t)call->index[1];
	switch (row->about.type) {
	case MOONHEAP_CTL_BOOL:
		to->as.boolean = value->boolean;
		break;
	case MOONHEAP_CTL_UNSIGNED:
	case MOONHEAP_CTL_UINT32:
		to->as.number = value->u32;
		break;
	case MOONHEAP_CTL_UINT64:
	case MOONHEAP_CTL_SIZE:
		to->as.number = value->u64;
		break;
	case MOONHEAP_CTL_INT64:
	case MOONHEAP_CTL_SSIZE:
		to->as.integer = value->i64;
		break;
	case MOONHEAP_CTL_STRING:
		to->as.string = value->string;
		break;
	case MOONHEAP_CTL_POINTER:
	case MOONHEAP_CTL_NONE:
	case MOONHEAP_CTL_STRUCT:
		to->as.pointer = value->pointer;
		break;
	}
}

static bool is_scalar(const struct moonheap_ctl_row *row)
{
	return (row->access & MOONHEAP_CTL_READ) != 0 && row->type != MOONHEAP_CTL_NONE &&
	       row->type != MOONHEAP_CTL_STRUCT;
}

static void scan_leaf(struct scan *scan, const struct ctl_node *node)
{
	union ctl_value value = {.u64 = 0};
	if (!is_scalar(&node->row->about))
		return;
	scan->needed++;
	if (scan->stored == scan->room)
		return;
	struct ctl_call call = ctl_tree_call(node, scan->mib);
	if (read_scalar(scan, node->row, &call, &value)) /* else it is not there in this process */
		store(&scan->values[scan->stored++], node->row, &call, &value);
}

static void scan_below(struct scan *scan, size_t begin, size_t end, size_t level);

static void scan_component(struct scan *scan, const struct ctl_node *node, size_t level,
			   size_t number)
{
	scan->mib[level] = number;
	if (node->depth > level + 1)
		scan_below(scan, node->first[level], node->end[level], level + 1);
	else
		scan_leaf(scan, node);
}

/* No deeper than a path has components. */
static void scan_below(struct scan *scan, size_t begin, size_t end, size_t level)
{
	for (size_t i = begin; i < end; i = ctl_nodes[i].end[level]) {
		const struct ctl_node *node = &ctl_nodes[i];
		const struct ctl_domain *domain = ctl_node_domain(node, level);
		if (domain == NULL) {
			scan_component(scan, node, level, i);
			continue;
		}
		for (size_t index = ctl_domain_next(domain, 0); index != CTL_NO_INDEX;
		     index = ctl_domain_next(domain, index + 1))
			scan_component(scan, node, level, index);
	}
}

static void scan_place(struct scan *scan, const struct ctl_place *place)
{
	if (ctl_place_is_leaf(place))
		scan_leaf(scan, place->node);
	else
		scan_below(scan, ctl_place_begin(place), ctl_place_end(place), place->depth);
}

/* Whatever the indices from a level on are that may be any. As deep as there are such. */
static void scan_pick(struct scan *scan, const struct pick *pick, size_t level)
{
	while (level < pick->place.depth && (pick->any >> level & 1) == 0)
		level++;
	if (level == pick->place.depth) {
		scan_place(scan, &pick->place);
		return;
	}
	const struct ctl_domain *domain = ctl_node_domain(pick->place.node, level);
	for (size_t index = ctl_domain_next(domain, 0); index != CTL_NO_INDEX;
	     index = ctl_domain_next(domain, index + 1)) {
		scan->mib[level] = index;
		scan_pick(scan, pick, level + 1);
	}
}

/* false: one of the names is not there. */
static bool scan_names(struct scan *scan, const char *names)
{
	char name[CTL_NAME_MAX];
	struct pick pick;
	if (names[strspn(names, " ")] == '\0') {
		scan_below(scan, 0, ctl_rows_count, 0);
		return true;
	}
	while (next_name(&names, name)) {
		if (!resolve(name, &pick))
			return false;
		memcpy(scan->mib, pick.place.mib, pick.place.depth * sizeof(scan->mib[0]));
		scan_pick(scan, &pick, 0);
	}
	return true;
}

/* ---- the call ---- */

/* Decides what has to be refreshed. */
static int prepare(const char *names, uint64_t max_age_ns, struct wanted *wanted)
{
	bool is_everything = names[strspn(names, " ")] == '\0';
	*wanted = is_everything ? (struct wanted){true, true, NO_ARENA} : look_at(names);
	/* An arena that is newer than the statistics is there after a refresh. */
	if (wanted->all_exist && (!wanted->statistics || wanted->arena != NO_ARENA))
		return 0;
	uint64_t age_ns = wanted->all_exist ? max_age_ns : 0;
	wanted->arena = NO_ARENA;
	return ctl_snapshot_refresh_if_older(age_ns);
}

EXPORT int moonheap_ctl_snapshot(const char *names, uint64_t max_age_ns,
				 struct moonheap_ctl_value *values, size_t room,
				 struct moonheap_ctl_snapshot *about)
{
	struct scan scan = {.values = values, .room = room};
	struct wanted wanted = {.arena = NO_ARENA};
	bool is_of_epoch = true;
	if (about != NULL)
		*about = (struct moonheap_ctl_snapshot){.count = 0};
	if (names == NULL || about == NULL || (values == NULL && room != 0))
		return EINVAL;
	if (!ctl_start() || (lock_self & LOCK_SELF_IN_HOOK))
		return EAGAIN;
	uint64_t called_ns = os_now_precise_ns();
	/* Who only asks how many there are needs no refresh, unless one of the names is newer. */
	int error = prepare(names, room != 0 ? max_age_ns : UINT64_MAX, &wanted);
	if (error != 0)
		return error;

	lock_take(&ctl_lock);
	about->taken_ns = ctl_snapshot_taken_ns();
	if (wanted.arena != NO_ARENA) /* NULL: it has gone, and so has its name */
		scan.alone = ctl_alone_arena(wanted.arena, called_ns, max_age_ns, &about->taken_ns,
					     &is_of_epoch);
	about->epoch = is_of_epoch ? ctl_snapshot_epoch() : 0;
	bool exist = scan_names(&scan, names);
	lock_drop(&ctl_lock);

	if (!exist)
		return ENOENT;
	about->count = scan.stored;
	about->needed = scan.needed;
	return scan.needed > room ? ERANGE : 0;
}

EXPORT size_t moonheap_ctl_value_name(const struct moonheap_ctl_value *value, char *buffer,
				      size_t size)
{
	struct fmt name;
	size_t nth = 0;
	if (buffer == NULL || size == 0)
		return 0;
	fmt_begin(&name, buffer, size);
	for (const char *p = value->row->path; *p != '\0';) {
		size_t length = strcspn(p, ".");
		if (*p == '<')
			fmt_unsigned(&name, value->index[nth++]);
		else
			fmt_bytes(&name, p, length);
		p += length;
		if (*p == '.')
			fmt_char(&name, *p++);
	}
	return name.length;
}

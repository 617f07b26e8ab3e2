/* stats_table.c - see stats_table.h. */
#include "stats_table.h"

#include <string.h>
#include "fmt.h"
#include "size_class.h"
#include "stats.h"
#include "stats_leaf.h"

enum cell {
	LEAF,      /* what a leaf reads as */
	RATE,      /* the cell to the left, per second */
	INDEX,     /* of the size class, among all */
	PAGE_SIZE, /* of a page class */
	ALLOCATED, /* size times what is out */
	SLAB_PAGES,
	UTILIZATION, /* of slabs: regions out over all regions */
	EXTENTS,     /* of any state */
	EXTENT_BYTES,
	UNTOUCHED /* pages of packed huge pages without memory */
};

/* Without pointers, which the loader of every process would relocate. */
struct column {
	char title[20];
	uint8_t width;
	uint8_t cell;  /* enum cell */
	char leaf[32]; /* path, or its end behind the prefix of the table; "": none */
};

struct stats_table {
	const char *name;
	const char *prefix;
	const char *count; /* leaf with the number of rows ... */
	uint8_t rows;      /* ... or that number; neither: one for each page class */
	const char *used;  /* a class is in use where the cell with this title is not 0 (NULL: all
			      are) ... */
	const char *used2; /* ... nor, where there is another, that one */
	const struct column *columns;
	size_t ncolumns;
	bool has_mutex;
};

#define ROOM        "stats.arenas.<arena>.hpa_shard.nonfull_slabs.<room>."
#define COLUMNS_MAX 40
#define NAME_WIDTH  21
#define TITLE_WIDTH 20 /* the name of the table stands in its first columns */

#define PER_SECOND                                                                                 \
	{                                                                                          \
		"(#/sec)", 8, RATE, ""                                                             \
	}
#define PER_SECOND_WIDE                                                                            \
	{                                                                                          \
		"(#/sec)", 10, RATE, ""                                                            \
	}

static const struct column mutex_columns[] = {
	{"n_lock_ops", 16, LEAF, "num_ops"},
	PER_SECOND,
	{"n_waiting", 16, LEAF, "num_wait"},
	PER_SECOND,
	{"n_spin_acq", 16, LEAF, "num_spin_acq"},
	PER_SECOND,
	{"n_owner_switch", 16, LEAF, "num_owner_switch"},
	PER_SECOND,
	{"total_wait_ns", 16, LEAF, "total_wait_time"},
	PER_SECOND_WIDE,
	{"max_wait_ns", 16, LEAF, "max_wait_time"},
	{"max_n_thds", 12, LEAF, "max_num_thds"},
};

static const struct column bin_columns[] = {
	{"size", TITLE_WIDTH, LEAF, "arenas.bin.<bin>.size"},
	{"ind", 4, INDEX, ""},
	{"allocated", 13, ALLOCATED, ""},
	{"nmalloc", 13, LEAF, "nmalloc"},
	PER_SECOND,
	{"ndalloc", 13, LEAF, "ndalloc"},
	PER_SECOND,
	{"nrequests", 13, LEAF, "nrequests"},
	PER_SECOND_WIDE,
	{"nshards", 9, LEAF, "arenas.bin.<bin>.nshards"},
	{"curregs", 13, LEAF, "curregs"},
	{"curslabs", 13, LEAF, "curslabs"},
	{"nonfull_slabs", 15, LEAF, "nonfull_slabs"},
	{"regs", 5, LEAF, "arenas.bin.<bin>.nregs"},
	{"pgs", 4, SLAB_PAGES, "arenas.bin.<bin>.slab_size"},
	{"util", 7, UTILIZATION, ""},
	{"nfills", 13, LEAF, "nfills"},
	PER_SECOND,
	{"nflushes", 13, LEAF, "nflushes"},
	PER_SECOND,
	{"nslabs", 13, LEAF, "nslabs"},
	{"nreslabs", 13, LEAF, "nreslabs"},
	PER_SECOND,
};

static const struct column large_columns[] = {
	{"size", TITLE_WIDTH, LEAF, "arenas.lextent.<lextent>.size"},
	{"ind", 4, INDEX, ""},
	{"allocated", 13, ALLOCATED, ""},
	{"nmalloc", 13, LEAF, "nmalloc"},
	PER_SECOND,
	{"ndalloc", 13, LEAF, "ndalloc"},
	PER_SECOND,
	{"nrequests", 13, LEAF, "nrequests"},
	PER_SECOND,
	{"curlextents", 13, LEAF, "curlextents"},
};

static const struct column extent_columns[] = {
	{"size", TITLE_WIDTH, PAGE_SIZE, ""}, {"ind", 4, INDEX, ""},
	{"ndirty", 13, LEAF, "ndirty"},       {"dirty", 13, LEAF, "dirty_bytes"},
	{"nmuzzy", 13, LEAF, "nmuzzy"},       {"muzzy", 13, LEAF, "muzzy_bytes"},
	{"nretained", 13, LEAF, "nretained"}, {"retained", 13, LEAF, "retained_bytes"},
	{"ntotal", 13, EXTENTS, ""},          {"total", 13, EXTENT_BYTES, ""},
};

static const struct column room_columns[] = {
	{"size", TITLE_WIDTH, PAGE_SIZE, ""},
	{"ind", 4, INDEX, ""},
	{"npageslabs_huge", 16, LEAF, "npageslabs_huge"},
	{"nactive_huge", 16, LEAF, "nactive_huge"},
	{"ndirty_huge", 16, LEAF, "ndirty_huge"},
	{"npageslabs_nonhuge", 20, LEAF, "npageslabs_nonhuge"},
	{"nactive_nonhuge", 20, LEAF, "nactive_nonhuge"},
	{"ndirty_nonhuge", 20, LEAF, "ndirty_nonhuge"},
	{"nretained_nonhuge", 20, UNTOUCHED, ""},
};

/* "nslabs" stands where other tables have their name. */
static const struct column batch_columns[] = {
	{"nslabs", TITLE_WIDTH, INDEX, ""},
	{"min_extents", 16, LEAF, "min_extents"},
	{"max_extents", 16, LEAF, "max_extents"},
	{"extents", 16, LEAF, "extents"},
	{"ps", 16, LEAF, "ps"},
	{"pages_per_ps", 16, LEAF, "pages_per_ps"},
	{"extents_per_ps", 16, LEAF, "extents_per_ps"},
	{"elapsed_ns_per_ps", 20, LEAF, "total_elapsed_ns_per_ps"},
};

const struct stats_table stats_table_bins = {
	.name = "bins:",
	.prefix = "stats.arenas.<arena>.bins.<bin>.",
	.count = "arenas.nbins",
	.used = "nslabs",
	.columns = bin_columns,
	.ncolumns = ARRAY_LEN(bin_columns),
	.has_mutex = true,
};

const struct stats_table stats_table_large = {
	.name = "large:",
	.prefix = "stats.arenas.<arena>.lextents.<lextent>.",
	.count = "arenas.nlextents",
	.used = "nmalloc",
	.columns = large_columns,
	.ncolumns = ARRAY_LEN(large_columns),
};

const struct stats_table stats_table_extents = {
	.name = "extents:",
	.prefix = "stats.arenas.<arena>.extents.<extent>.",
	.used = "ntotal",
	.columns = extent_columns,
	.ncolumns = ARRAY_LEN(extent_columns),
};

const struct stats_table stats_table_rooms = {
	.name = "",
	.prefix = ROOM,
	.rows = HPA_ROOMS_SHOWN,
	.used = "npageslabs_huge",
	.used2 = "npageslabs_nonhuge",
	.columns = room_columns,
	.ncolumns = ARRAY_LEN(room_columns),
};

const struct stats_table stats_table_batches = {
	.name = "",
	.prefix = "stats.arenas.<arena>.hpa_shard.alloc.<nslabs>.",
	.rows = HPA_BATCHES_SHOWN,
	.columns = batch_columns,
	.ncolumns = ARRAY_LEN(batch_columns),
};

/* A table while it is printed: its columns, those of the lock included, and one row of values. */
struct printer {
	struct emitter *e;
	const struct column *columns[COLUMNS_MAX];
	struct stats_leaf leaves[COLUMNS_MAX];
	uint64_t values[COLUMNS_MAX];
	size_t ncolumns;
	uint64_t uptime_ns;
	size_t first_index; /* of the classes in this table, among all size classes */
};

uint64_t stats_rate(uint64_t value, uint64_t uptime_ns)
{
	uint64_t seconds = uptime_ns / 1000000000;
	if (uptime_ns == 0)
		return 0;
	return seconds == 0 ? value : value / seconds;
}

static bool add_columns(struct printer *p, const char *prefix, const struct column *columns,
			size_t count)
{
	bool any = false;
	for (size_t i = 0; i < count; i++) {
		const struct column *column = &columns[i];
		struct stats_leaf *leaf = &p->leaves[p->ncolumns];
		p->columns[p->ncolumns++] = column;
		if (column->leaf[0] == '\0')
			leaf->is_there = false;
		else if (strchr(column->leaf, '.') != NULL)
			any |= stats_leaf_find(leaf, "", column->leaf);
		else
			any |= stats_leaf_find(leaf, prefix, column->leaf);
	}
	return any;
}

static void print_titles(const struct printer *p, const char *name)
{
	size_t length = strlen(name);
	emitter_text(p->e, name);
	for (size_t i = 0; i < p->ncolumns; i++) {
		unsigned width = p->columns[i]->width - (unsigned)length;
		emitter_cell(p->e, p->columns[i]->title, width, EMITTER_RIGHT);
		length = 0;
	}
	emitter_text(p->e, "\n");
}

/* The value in this row of the column with a title. */
static uint64_t value_of(const struct printer *p, const char *title)
{
	for (size_t i = 0; i < p->ncolumns; i++) {
		if (strcmp(p->columns[i]->title, title) == 0)
			return p->values[i];
	}
	return 0;
}

/* Fills the row; a cell may build on leaves anywhere in it, so these come first. */
static void read_row(struct printer *p, size_t class)
{
	for (size_t i = 0; i < p->ncolumns; i++) {
		struct stats_leaf *leaf = &p->leaves[i];
		if (leaf->is_there && leaf->indices > 0 && class != SIZE_MAX)
			stats_leaf_index(leaf, leaf->indices - 1u, class);
		p->values[i] = stats_leaf_number(leaf);
	}
	for (size_t i = 0; i < p->ncolumns; i++) {
		uint64_t *value = &p->values[i];
		switch ((enum cell)p->columns[i]->cell) {
		case LEAF:
		case UTILIZATION:
			break;
		case RATE:
			*value = stats_rate(p->values[i - 1], p->uptime_ns);
			break;
		case INDEX:
			*value = p->first_index + class;
			break;
		case PAGE_SIZE:
			*value = page_class_size((unsigned)class);
			break;
		case ALLOCATED:
			*value = value_of(p, "size") *
				 (value_of(p, "curregs") + value_of(p, "curlextents"));
			break;
		case SLAB_PAGES:
			*value /= stats_read_number("arenas.page", 0);
			break;
		case EXTENTS:
			*value = value_of(p, "ndirty") + value_of(p, "nmuzzy") +
				 value_of(p, "nretained");
			break;
		case EXTENT_BYTES:
			*value = value_of(p, "dirty") + value_of(p, "muzzy") +
				 value_of(p, "retained");
			break;
		case UNTOUCHED:
			*value = value_of(p, "npageslabs_nonhuge") * HPA_SLAB_PAGES_SHOWN -
				 value_of(p, "nactive_nonhuge") - value_of(p, "ndirty_nonhuge");
			break;
		}
	}
}

/* Three decimals, cut; a bare 1 when every region is out, and when there is no slab. */
static void print_utilization(const struct printer *p, unsigned width)
{
	char text[FMT_DECIMAL_MAX + 8];
	struct fmt f;
	uint64_t used = value_of(p, "curregs");
	uint64_t room = value_of(p, "regs") * value_of(p, "curslabs");

	fmt_begin(&f, text, sizeof text);
	if (used >= room)
		fmt_text(&f, "1");
	else
		fmt_fixed(&f, used * 1000 / room, 3);
	emitter_cell(p->e, text, width, EMITTER_RIGHT);
}

static void print_row(const struct printer *p)
{
	for (size_t i = 0; i < p->ncolumns; i++) {
		const struct column *column = p->columns[i];
		if (column->cell == UTILIZATION)
			print_utilization(p, column->width);
		else
			emitter_number_cell(p->e, p->values[i], column->width);
	}
	emitter_text(p->e, "\n");
}

static size_t count_rows(const struct stats_table *table)
{
	if (table->count != NULL)
		return stats_read_number(table->count, 0);
	return table->rows != 0 ? table->rows : size_class_npages;
}

static bool is_used(const struct printer *p, const struct stats_table *table)
{
	return table->used == NULL || value_of(p, table->used) != 0 ||
	       (table->used2 != NULL && value_of(p, table->used2) != 0);
}

void stats_table_print(struct emitter *e, const struct stats_table *table, size_t arena,
		       uint64_t uptime_ns, bool with_mutexes)
{
	struct printer p = {.e = e, .uptime_ns = uptime_ns};
	size_t count = count_rows(table);
	bool in_gap = false;

	if (e->format != EMITTER_TEXT)
		return;
	add_columns(&p, table->prefix, table->columns, table->ncolumns);
	if (with_mutexes && table->has_mutex) {
		char prefix[64];
		struct fmt f;
		fmt_begin(&f, prefix, sizeof prefix);
		fmt_text(&f, table->prefix);
		fmt_text(&f, "mutex.");
		add_columns(&p, prefix, mutex_columns, ARRAY_LEN(mutex_columns));
	}
	for (size_t i = 0; i < p.ncolumns; i++) {
		if (p.leaves[i].is_there && p.leaves[i].indices == 2)
			stats_leaf_index(&p.leaves[i], 0, arena);
	}
	if (table == &stats_table_large)
		p.first_index = size_class_nbins;

	print_titles(&p, table->name);
	for (size_t class = 0; class < count; class ++) {
		read_row(&p, class);
		bool in_use = is_used(&p, table);
		if (in_use)
			print_row(&p);
		else if (!in_gap)
			emitter_text(e, "                     ---\n");
		in_gap = !in_use;
	}
}

void stats_table_mutexes(struct emitter *e, const char *prefix, const stats_name *names,
			 size_t index, uint64_t uptime_ns)
{
	struct printer p = {.e = e, .uptime_ns = uptime_ns};
	bool titles = false;

	if (e->format != EMITTER_TEXT)
		return;
	for (; **names != '\0'; names++) {
		char path[64];
		struct fmt f;
		fmt_begin(&f, path, sizeof path);
		fmt_text(&f, prefix);
		fmt_text(&f, *names);
		fmt_text(&f, ".");
		p.ncolumns = 0;
		if (!add_columns(&p, path, mutex_columns, ARRAY_LEN(mutex_columns)))
			continue;
		for (size_t i = 0; i < p.ncolumns; i++) {
			if (p.leaves[i].is_there && p.leaves[i].indices == 1)
				stats_leaf_index(&p.leaves[i], 0, index);
		}
		if (!titles) {
			emitter_cell(e, "", NAME_WIDTH, EMITTER_LEFT);
			print_titles(&p, "");
			titles = true;
		}
		emitter_cell(e, *names, NAME_WIDTH, EMITTER_LEFT);
		read_row(&p, SIZE_MAX);
		print_row(&p);
	}
}

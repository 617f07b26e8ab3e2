/* stats_table.c - see stats_table.h. */
#include "stats_table.h"

#include <string.h>
#include "fmt.h"
#include "os.h"
#include "size_class.h"
#include "stats.h"
#include "stats_leaf.h"

#define COLUMNS_MAX 40
#define NAME_WIDTH  21

/* Columns that cells are made of: OPERAND(name, title). */
#define OPERANDS                                                                                   \
	OPERAND(SIZE, "size")                                                                      \
	OPERAND(CURREGS, "curregs")                                                                \
	OPERAND(CURLEXTENTS, "curlextents")                                                        \
	OPERAND(REGS, "regs")                                                                      \
	OPERAND(CURSLABS, "curslabs")                                                              \
	OPERAND(NDIRTY, "ndirty")                                                                  \
	OPERAND(NMUZZY, "nmuzzy")                                                                  \
	OPERAND(NRETAINED, "nretained")                                                            \
	OPERAND(DIRTY, "dirty")                                                                    \
	OPERAND(MUZZY, "muzzy")                                                                    \
	OPERAND(RETAINED, "retained")                                                              \
	OPERAND(NPAGESLABS_NONHUGE, "npageslabs_nonhuge")                                          \
	OPERAND(NACTIVE_NONHUGE, "nactive_nonhuge")                                                \
	OPERAND(NDIRTY_NONHUGE, "ndirty_nonhuge")
enum operand {
#define OPERAND(name, title) OF_##name,
	OPERANDS
#undef OPERAND
		N_OPERANDS
};
static const stats_title operand_titles[] = {
#define OPERAND(name, title) title,
	OPERANDS
#undef OPERAND
};

/* A table while it is printed: its columns, those of the lock included, and one row of values. */
struct printer {
	struct emitter *e;
	const struct stats_column *columns[COLUMNS_MAX];
	struct stats_leaf leaves[COLUMNS_MAX];
	uint64_t values[COLUMNS_MAX + 1]; /* the last is 0: of columns that are not there */
	size_t ncolumns;
	uint8_t operands[N_OPERANDS]; /* where they stand */
	uint8_t used[STATS_USED_MAX]; /* what says whether a row is in use */
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

static bool add_columns(struct printer *p, const char *prefix, const struct stats_column *columns,
			size_t count)
{
	bool any = false;
	for (size_t i = 0; i < count; i++) {
		const struct stats_column *column = &columns[i];
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

/* The column with a title; COLUMNS_MAX: there is none. */
static uint8_t column_of(const struct printer *p, const char *title)
{
	for (uint8_t i = 0; i < p->ncolumns; i++)
		if (strcmp(p->columns[i]->title, title) == 0)
			return i;
	return COLUMNS_MAX;
}

/* Once all columns are there. */
static void find_operands(struct printer *p, const struct stats_table *table)
{
	for (size_t i = 0; i < N_OPERANDS; i++)
		p->operands[i] = column_of(p, operand_titles[i]);
	for (size_t i = 0; i < STATS_USED_MAX; i++)
		p->used[i] = table->used[i][0] != '\0' ? column_of(p, table->used[i])
						       : (uint8_t)COLUMNS_MAX;
}

/* In this row. */
static uint64_t value_of(const struct printer *p, enum operand operand)
{
	return p->values[p->operands[operand]];
}

static uint64_t read_leaf(struct printer *p, size_t i, size_t class)
{
	struct stats_leaf *leaf = &p->leaves[i];
	if (!leaf->is_there)
		return 0;
	if (leaf->indices > 0 && class != SIZE_MAX)
		stats_leaf_index(leaf, leaf->indices - 1u, class);
	return stats_leaf_number(leaf);
}

/* Fills the row; a cell may build on leaves anywhere in it, so these come first. */
static void read_row(struct printer *p, size_t class)
{
	for (size_t i = 0; i < p->ncolumns; i++)
		p->values[i] = read_leaf(p, i, class);
	for (size_t i = 0; i < p->ncolumns; i++) {
		uint64_t *value = &p->values[i];
		switch ((enum stats_cell)p->columns[i]->cell) {
		case CELL_LEAF:
		case CELL_UTILIZATION:
			break;
		case CELL_RATE:
			*value = stats_rate(p->values[i - 1], p->uptime_ns);
			break;
		case CELL_INDEX:
			*value = p->first_index + class;
			break;
		case CELL_PAGE_SIZE:
			*value = page_class_size((unsigned)class);
			break;
		case CELL_ALLOCATED:
			*value = value_of(p, OF_SIZE) *
				 (value_of(p, OF_CURREGS) + value_of(p, OF_CURLEXTENTS));
			break;
		case CELL_SLAB_PAGES:
			*value >>= os_lg_page;
			break;
		case CELL_EXTENTS:
			*value = value_of(p, OF_NDIRTY) + value_of(p, OF_NMUZZY) +
				 value_of(p, OF_NRETAINED);
			break;
		case CELL_EXTENT_BYTES:
			*value = value_of(p, OF_DIRTY) + value_of(p, OF_MUZZY) +
				 value_of(p, OF_RETAINED);
			break;
		case CELL_UNTOUCHED:
			*value = stats_nretained(value_of(p, OF_NPAGESLABS_NONHUGE),
						 value_of(p, OF_NACTIVE_NONHUGE),
						 value_of(p, OF_NDIRTY_NONHUGE));
			break;
		}
	}
}

/* Three decimals, cut; a bare 1 when every region is out, and when there is no slab. */
static void print_utilization(const struct printer *p, unsigned width)
{
	char text[FMT_DECIMAL_MAX + 8];
	struct fmt f;
	uint64_t used = value_of(p, OF_CURREGS);
	uint64_t room = value_of(p, OF_REGS) * value_of(p, OF_CURSLABS);

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
		const struct stats_column *column = p->columns[i];
		if (column->cell == CELL_UTILIZATION)
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

/* Before the row is read: most are not. */
static bool is_used(struct printer *p, const struct stats_table *table, size_t class)
{
	if (table->used[0][0] == '\0')
		return true;
	for (size_t i = 0; i < STATS_USED_MAX; i++)
		if (p->used[i] != COLUMNS_MAX && read_leaf(p, p->used[i], class) != 0)
			return true;
	return false;
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
		add_columns(&p, prefix, stats_mutex_columns, STATS_MUTEX_COLUMNS);
	}
	for (size_t i = 0; i < p.ncolumns; i++) {
		if (p.leaves[i].is_there && p.leaves[i].indices == 2)
			stats_leaf_index(&p.leaves[i], 0, arena);
	}
	if (table == &stats_table_large)
		p.first_index = size_class_nbins;
	find_operands(&p, table);

	print_titles(&p, table->name);
	for (size_t class = 0; class < count; class ++) {
		bool in_use = is_used(&p, table, class);
		if (in_use) {
			read_row(&p, class);
			print_row(&p);
		} else if (!in_gap) {
			emitter_text(e, "                     ---\n");
		}
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
		if (!add_columns(&p, path, stats_mutex_columns, STATS_MUTEX_COLUMNS))
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

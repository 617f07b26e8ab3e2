/* stats_columns.h - what the tables of the statistics report show: columns, of what width, from
 * which leaves. Programs read the text by columns, so titles, order and widths are those of
 * jemalloc 5.3. Rows only; stats_table.h prints them.
 */
#ifndef STATS_COLUMNS_H
#define STATS_COLUMNS_H

#include "build.h"

enum stats_cell {
	CELL_LEAF,      /* what a leaf reads as */
	CELL_RATE,      /* the cell to the left, per second */
	CELL_INDEX,     /* of the size class, among all */
	CELL_PAGE_SIZE, /* of a page class */
	CELL_ALLOCATED, /* size times what is out */
	CELL_SLAB_PAGES,
	CELL_UTILIZATION, /* of slabs: regions out over all regions */
	CELL_EXTENTS,     /* of any state */
	CELL_EXTENT_BYTES,
	CELL_UNTOUCHED /* pages of packed huge pages without memory */
};

/* Without pointers, which the loader of every process would relocate. */
typedef char stats_title[20];
struct stats_column {
	stats_title title;
	uint8_t width;
	uint8_t cell;  /* enum stats_cell */
	char leaf[32]; /* path, or its end behind the prefix of the table; "": none */
};

#define STATS_USED_MAX 3
struct stats_table {
	const char *name;
	const char *prefix;
	const char *count; /* leaf with the number of rows ... */
	uint8_t rows;      /* ... or that number; neither: one for each page class */
	/* A class is in use where a leaf with one of these titles is not 0; without any, all are.
	 */
	stats_title used[STATS_USED_MAX];
	const struct stats_column *columns;
	size_t ncolumns;
	bool has_mutex;
};

INTERNAL extern const struct stats_table stats_table_bins;
INTERNAL extern const struct stats_table stats_table_large;
INTERNAL extern const struct stats_table stats_table_extents;
INTERNAL extern const struct stats_table stats_table_rooms; /* packed huge pages */
INTERNAL extern const struct stats_table stats_table_batches;

/* Columns alone: what a lock has. No table, whose addresses the loader would write: all of them
 * fill one page of every process. */
#define STATS_MUTEX_COLUMNS 12
INTERNAL extern const struct stats_column stats_mutex_columns[STATS_MUTEX_COLUMNS];

#endif

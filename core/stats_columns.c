#include "stats_columns.h"

#include "stats.h"

#define ROOM        "stats.arenas.<arena>.hpa_shard.nonfull_slabs.<room>."
#define TITLE_WIDTH 20 /* the name of the table stands in its first columns */

#define PER_SECOND                                                                                 \
	{                                                                                          \
		"(#/sec)", 8, CELL_RATE, ""                                                        \
	}
#define PER_SECOND_WIDE                                                                            \
	{                                                                                          \
		"(#/sec)", 10, CELL_RATE, ""                                                       \
	}

const struct stats_column stats_mutex_columns[STATS_MUTEX_COLUMNS] = {
	{"n_lock_ops", 16, CELL_LEAF, "num_ops"},
	PER_SECOND,
	{"n_waiting", 16, CELL_LEAF, "num_wait"},
	PER_SECOND,
	{"n_spin_acq", 16, CELL_LEAF, "num_spin_acq"},
	PER_SECOND,
	{"n_owner_switch", 16, CELL_LEAF, "num_owner_switch"},
	PER_SECOND,
	{"total_wait_ns", 16, CELL_LEAF, "total_wait_time"},
	PER_SECOND_WIDE,
	{"max_wait_ns", 16, CELL_LEAF, "max_wait_time"},
	{"max_n_thds", 12, CELL_LEAF, "max_num_thds"},
};

static const struct stats_column bin_columns[] = {
	{"size", TITLE_WIDTH, CELL_LEAF, "arenas.bin.<bin>.size"},
	{"ind", 4, CELL_INDEX, ""},
	{"allocated", 13, CELL_ALLOCATED, ""},
	{"nmalloc", 13, CELL_LEAF, "nmalloc"},
	PER_SECOND,
	{"ndalloc", 13, CELL_LEAF, "ndalloc"},
	PER_SECOND,
	{"nrequests", 13, CELL_LEAF, "nrequests"},
	PER_SECOND_WIDE,
	{"nshards", 9, CELL_LEAF, "arenas.bin.<bin>.nshards"},
	{"curregs", 13, CELL_LEAF, "curregs"},
	{"curslabs", 13, CELL_LEAF, "curslabs"},
	{"nonfull_slabs", 15, CELL_LEAF, "nonfull_slabs"},
	{"regs", 5, CELL_LEAF, "arenas.bin.<bin>.nregs"},
	{"pgs", 4, CELL_SLAB_PAGES, "arenas.bin.<bin>.slab_size"},
	{"util", 7, CELL_UTILIZATION, ""},
	{"nfills", 13, CELL_LEAF, "nfills"},
	PER_SECOND,
	{"nflushes", 13, CELL_LEAF, "nflushes"},
	PER_SECOND,
	{"nslabs", 13, CELL_LEAF, "nslabs"},
	{"nreslabs", 13, CELL_LEAF, "nreslabs"},
	PER_SECOND,
};

static const struct stats_column large_columns[] = {
	{"size", TITLE_WIDTH, CELL_LEAF, "arenas.lextent.<lextent>.size"},
	{"ind", 4, CELL_INDEX, ""},
	{"allocated", 13, CELL_ALLOCATED, ""},
	{"nmalloc", 13, CELL_LEAF, "nmalloc"},
	PER_SECOND,
	{"ndalloc", 13, CELL_LEAF, "ndalloc"},
	PER_SECOND,
	{"nrequests", 13, CELL_LEAF, "nrequests"},
	PER_SECOND,
	{"curlextents", 13, CELL_LEAF, "curlextents"},
};

static const struct stats_column extent_columns[] = {
	{"size", TITLE_WIDTH, CELL_PAGE_SIZE, ""}, {"ind", 4, CELL_INDEX, ""},
	{"ndirty", 13, CELL_LEAF, "ndirty"},       {"dirty", 13, CELL_LEAF, "dirty_bytes"},
	{"nmuzzy", 13, CELL_LEAF, "nmuzzy"},       {"muzzy", 13, CELL_LEAF, "muzzy_bytes"},
	{"nretained", 13, CELL_LEAF, "nretained"}, {"retained", 13, CELL_LEAF, "retained_bytes"},
	{"ntotal", 13, CELL_EXTENTS, ""},          {"total", 13, CELL_EXTENT_BYTES, ""},
};

static const struct stats_column room_columns[] = {
	{"size", TITLE_WIDTH, CELL_PAGE_SIZE, ""},
	{"ind", 4, CELL_INDEX, ""},
	{"npageslabs_huge", 16, CELL_LEAF, "npageslabs_huge"},
	{"nactive_huge", 16, CELL_LEAF, "nactive_huge"},
	{"ndirty_huge", 16, CELL_LEAF, "ndirty_huge"},
	{"npageslabs_nonhuge", 20, CELL_LEAF, "npageslabs_nonhuge"},
	{"nactive_nonhuge", 20, CELL_LEAF, "nactive_nonhuge"},
	{"ndirty_nonhuge", 20, CELL_LEAF, "ndirty_nonhuge"},
	{"nretained_nonhuge", 20, CELL_UNTOUCHED, ""},
};

/* "nslabs" stands where other tables have their name. */
static const struct stats_column batch_columns[] = {
	{"nslabs", TITLE_WIDTH, CELL_INDEX, ""},
	{"min_extents", 16, CELL_LEAF, "min_extents"},
	{"max_extents", 16, CELL_LEAF, "max_extents"},
	{"extents", 16, CELL_LEAF, "extents"},
	{"ps", 16, CELL_LEAF, "ps"},
	{"pages_per_ps", 16, CELL_LEAF, "pages_per_ps"},
	{"extents_per_ps", 16, CELL_LEAF, "extents_per_ps"},
	{"elapsed_ns_per_ps", 20, CELL_LEAF, "total_elapsed_ns_per_ps"},
};

const struct stats_table stats_table_bins = {
	.name = "bins:",
	.prefix = "stats.arenas.<arena>.bins.<bin>.",
	.count = "arenas.nbins",
	.used = {"nslabs"},
	.columns = bin_columns,
	.ncolumns = ARRAY_LEN(bin_columns),
	.has_mutex = true,
};

const struct stats_table stats_table_large = {
	.name = "large:",
	.prefix = "stats.arenas.<arena>.lextents.<lextent>.",
	.count = "arenas.nlextents",
	.used = {"nmalloc"},
	.columns = large_columns,
	.ncolumns = ARRAY_LEN(large_columns),
};

const struct stats_table stats_table_extents = {
	.name = "extents:",
	.prefix = "stats.arenas.<arena>.extents.<extent>.",
	.used = {"ndirty", "nmuzzy", "nretained"},
	.columns = extent_columns,
	.ncolumns = ARRAY_LEN(extent_columns),
};

const struct stats_table stats_table_rooms = {
	.name = "",
	.prefix = ROOM,
	.rows = HPA_ROOMS_SHOWN,
	.used = {"npageslabs_huge", "npageslabs_nonhuge"},
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

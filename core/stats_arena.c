/* stats_arena.c - see stats_arena.h. */
#include "stats_arena.h"

#include "fmt.h"
#include "size_class.h"
#include "stats_hpa.h"
#include "stats_item.h"
#include "stats_leaf.h"
#include "stats_newer.h"
#include "stats_table.h"

#define ARENA "stats.arenas.<arena>."

#define MUTEXES                                                                                    \
	"large", "extent_avail", "extents_dirty", "extents_muzzy", "extents_retained",             \
		"decay_dirty", "decay_muzzy", "base", "tcache_list", "hpa_shard",                  \
		"hpa_shard_grow", "hpa_sec"
static const stats_name text_mutexes[] = {MUTEXES, ""};
static const stats_name json_mutexes[] = {MUTEXES, "extents_pinned" /* newer than 5.3.0 */, ""};

/* In text with the number of active bytes before them. */
static const stats_name byte_names[] = {"mapped",
					"retained",
					"base",
					"internal",
					"metadata_thp",
					"tcache_bytes",
					"tcache_stashed_bytes",
					"resident",
					"abandoned_vm",
					"extent_avail",
					""};

static const struct stats_array bins_array = {
	.key = "bins",
	.prefix = ARENA "bins.<bin>.",
	.has_mutex = true,
	.names = {"nmalloc", "ndalloc", "curregs", "nrequests", "nfills", "nflushes", "nreslabs",
		  "curslabs", "nonfull_slabs", ""},
};
static const struct stats_array lextents_array = {
	.key = "lextents",
	.prefix = ARENA "lextents.<lextent>.",
	.names = {"curlextents", ""},
};
static const struct stats_array extents_array = {
	.key = "extents",
	.prefix = ARENA "extents.<extent>.",
	.names = {"ndirty", "nmuzzy", "nretained", "dirty_bytes", "muzzy_bytes", "retained_bytes",
		  /* newer than 5.3.0 */
		  "npinned", "pinned_bytes", ""},
};

static void print_json(struct stats_report *r, size_t arena)
{
	const struct stats_item uptime = {"uptime_ns", NULL, "uptime"};
	static const stats_name state[] = {"dss",
					   "dirty_decay_ms",
					   "muzzy_decay_ms",
					   "pactive",
					   "pdirty",
					   "pmuzzy",
					   "dirty_npurge",
					   "dirty_nmadvise",
					   "dirty_purged",
					   "muzzy_npurge",
					   "muzzy_nmadvise",
					   "muzzy_purged",
					   ""};
	static const stats_name group[] = {"allocated", "nmalloc",  "ndalloc", "nrequests",
					   "nfills",    "nflushes", ""};

	stats_json(&r->e, ARENA, (const stats_name[]){"nthreads", ""}, arena);
	stats_item(&r->e, ARENA, &uptime, arena);
	stats_json(&r->e, ARENA, state, arena);
	emitter_json_object(&r->e, "small");
	stats_json(&r->e, ARENA "small.", group, arena);
	emitter_json_close(&r->e);
	emitter_json_object(&r->e, "large");
	stats_json(&r->e, ARENA "large.", group, arena);
	emitter_json_close(&r->e);
	stats_json(&r->e, ARENA, byte_names, arena);
}

/* "   dirty: 10000 ..." : time, pages, and what purging did. */
static void print_decay_row(struct stats_report *r, const char *name, const stats_name leaves[5],
			    size_t arena)
{
	emitter_cell(&r->e, name, 9, EMITTER_RIGHT);
	for (unsigned i = 0; i < 5; i++) {
		char text[FMT_DECIMAL_MAX];
		struct fmt f;
		enum moonheap_ctl_type type;
		union ctl_value value;
		char path[64];
		fmt_begin(&f, path, sizeof path);
		fmt_text(&f, ARENA);
		fmt_text(&f, leaves[i]);
		if (!stats_read(path, arena, &type, &value))
			value.u64 = 0;
		fmt_begin(&f, text, sizeof text);
		if (i == 0 && arena >= STATS_ARENAS_ALL)
			fmt_text(&f, "N/A");
		else
			fmt_signed(&f, value.i64);
		emitter_cell(&r->e, text, i == 0 ? 6 : 13, EMITTER_RIGHT);
	}
	emitter_text(&r->e, "\n");
}

static void print_decay(struct stats_report *r, size_t arena)
{
	static const stats_name dirty[5] = {"dirty_decay_ms", "pdirty", "dirty_npurge",
					    "dirty_nmadvise", "dirty_purged"};
	static const stats_name muzzy[5] = {"muzzy_decay_ms", "pmuzzy", "muzzy_npurge",
					    "muzzy_nmadvise", "muzzy_purged"};
	emitter_text(&r->e,
		     "decaying:  time       npages       sweeps     madvises       purged\n");
	print_decay_row(r, "dirty:", dirty, arena);
	print_decay_row(r, "muzzy:", muzzy, arena);
}

static void print_small_and_large(struct stats_report *r, size_t arena, uint64_t uptime_ns)
{
	static const stats_name groups[] = {"small", "large", "total"};
	static const struct {
		const char *title;
		const char *leaf;
	} columns[] = {
		{"allocated", "allocated"}, {"nmalloc", "nmalloc"}, {"ndalloc", "ndalloc"},
		{"nrequests", "nrequests"}, {"nfill", "nfills"},    {"nflush", "nflushes"},
	};
	uint64_t totals[ARRAY_LEN(columns)] = {0};

	emitter_cell(&r->e, "", 21, EMITTER_LEFT);
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		emitter_cell(&r->e, columns[i].title, 16, EMITTER_RIGHT);
		emitter_cell(&r->e, i == 0 ? "" : "(#/sec)", i == 0 ? 0 : 10, EMITTER_RIGHT);
	}
	emitter_text(&r->e, "\n");
	for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
		emitter_text(&r->e, groups[g]);
		emitter_cell(&r->e, ":", 16, EMITTER_LEFT);
		for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
			char path[64];
			struct fmt f;
			fmt_begin(&f, path, sizeof path);
			fmt_text(&f, ARENA);
			fmt_text(&f, groups[g]);
			fmt_text(&f, ".");
			fmt_text(&f, columns[i].leaf);
			uint64_t value = totals[i];
			if (g < 2)
				value = stats_read_number(path, arena);
			totals[i] += value;
			emitter_number_cell(&r->e, value, 16);
			if (i > 0)
				emitter_number_cell(&r->e, stats_rate(value, uptime_ns), 10);
		}
		emitter_text(&r->e, "\n");
	}
	emitter_cell(&r->e, "", 37, EMITTER_LEFT);
	emitter_text(&r->e, "\n");
}

/* "active:                      37580800" */
static void print_bytes(struct stats_report *r, size_t arena)
{
	uint64_t active =
		stats_read_number(ARENA "pactive", arena) * stats_read_number("arenas.page", 0);

	emitter_cell(&r->e, "active:", 21, EMITTER_LEFT);
	emitter_number_cell(&r->e, active, 16);
	emitter_text(&r->e, "\n");
	for (const stats_name *name = byte_names; **name != '\0'; name++) {
		char text[64];
		struct fmt f;
		fmt_begin(&f, text, sizeof text);
		fmt_text(&f, *name);
		fmt_char(&f, ':');
		emitter_cell(&r->e, text, 21, EMITTER_LEFT);
		fmt_begin(&f, text, sizeof text);
		fmt_text(&f, ARENA);
		fmt_text(&f, *name);
		emitter_number_cell(&r->e, stats_read_number(text, arena), 16);
		emitter_text(&r->e, "\n");
	}
}

static void print_text(struct stats_report *r, size_t arena, uint64_t uptime_ns)
{
	stats_template(&r->e, "assigned threads: {" ARENA "nthreads}", arena);
	stats_template(&r->e, "uptime: {" ARENA "uptime}", arena);
	stats_template(&r->e, "dss allocation precedence: {" ARENA "dss}", arena);
	print_decay(r, arena);
	print_small_and_large(r, arena, uptime_ns);
	print_bytes(r, arena);
}

void stats_arena(struct stats_report *r, const char *key, const char *heading, size_t arena)
{
	uint64_t uptime_ns = stats_read_number(ARENA "uptime", arena);

	emitter_json_object(&r->e, key);
	emitter_text(&r->e, heading);
	emitter_text(&r->e, "\n");
	if (r->e.format == EMITTER_JSON)
		print_json(r, arena);
	else
		print_text(r, arena, uptime_ns);
	if (!r->no_mutexes) {
		stats_mutexes(&r->e, ARENA "mutexes.", json_mutexes, arena);
		stats_table_mutexes(&r->e, ARENA "mutexes.", text_mutexes, arena, uptime_ns);
	}
	if (!r->no_bins) {
		stats_array(&r->e, &bins_array, arena, stats_read_number("arenas.nbins", 0),
			    !r->no_mutexes);
		stats_table_print(&r->e, &stats_table_bins, arena, uptime_ns, !r->no_mutexes);
	}
	if (!r->no_large) {
		stats_array(&r->e, &lextents_array, arena, stats_read_number("arenas.nlextents", 0),
			    false);
		stats_table_print(&r->e, &stats_table_large, arena, uptime_ns, false);
	}
	if (!r->no_extents) {
		stats_array(&r->e, &extents_array, arena, size_class_npages, false);
		stats_table_print(&r->e, &stats_table_extents, arena, uptime_ns, false);
	}
	if (!r->no_huge_pages)
		stats_hpa(&r->e, arena, uptime_ns);
	stats_newer_arena(&r->e, arena);
	emitter_json_close(&r->e);
}

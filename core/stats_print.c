/* stats_print.c - see stats_print.h. The layout of the report: which leaf of the control tree
 * stands where, under which key in JSON and in which words in text. A leaf that this build does not
 * have is left out.
 */
#include "stats_print.h"

#include <errno.h>
#include <string.h>
#include "ctl.h"
#include "ctl_snapshot.h"
#include "emitter.h"
#include "fmt.h"
#include "lock.h"
#include "message.h"
#include "option.h"
#include "options.h"
#include "stats_arena.h"
#include "stats_item.h"
#include "stats_leaf.h"
#include "stats_newer.h"
#include "stats_table.h"
#include "thread.h"

/* -- general part ------------------------------------------------------------------------------ */

static const stats_name config_names[] = {"cache_oblivious", "debug", "fill", "lazy_lock",
					  "malloc_conf", "opt_safety_checks", "prof", "prof_libgcc",
					  "prof_libunwind", "stats", "utrace", "xmalloc",
					  /* newer than 5.3.0 */
					  "prof_frameptr"};

/* Options whose value can be changed later: where the present one stands. */
static const struct {
	enum option_index option;
	const char *leaf;
} changeable[] = {
	{OPTION_background_thread, "background_thread"},
	{OPTION_dirty_decay_ms, "arenas.dirty_decay_ms"},
	{OPTION_muzzy_decay_ms, "arenas.muzzy_decay_ms"},
};

static const struct stats_item arenas_items[] = {
	{"narenas", "Arenas", NULL},
	{"dirty_decay_ms", NULL, NULL},
	{"muzzy_decay_ms", NULL, NULL},
	{"quantum", "Quantum size", NULL},
	{"page", "Page size", NULL},
	{"tcache_max", "Maximum thread-cached size class", NULL},
	{"nbins", "Number of bin size classes", NULL},
	{"nhbins", "Number of thread-cache bin size classes", NULL},
};

static const struct stats_item nlextents_item = {"nlextents", "Number of large size classes", NULL};

static const struct stats_array bin_array = {
	.key = "bin",
	.prefix = "arenas.bin.<bin>.",
	.names = {"size", "nregs", "slab_size", "nshards", ""},
};
static const struct stats_array lextent_array = {
	.key = "lextent",
	.prefix = "arenas.lextent.<lextent>.",
	.names = {"size", ""},
};

static void print_config(struct stats_report *r)
{
	emitter_open(&r->e, "config", "Build-time option settings");
	for (size_t i = 0; i < ARRAY_LEN(config_names); i++) {
		char label[64];
		struct fmt f;
		fmt_begin(&f, label, sizeof label);
		fmt_text(&f, "config.");
		fmt_text(&f, config_names[i]);
		stats_item(&r->e, "config.", &(struct stats_item){config_names[i], label, NULL}, 0);
	}
	emitter_close(&r->e);
}

static void print_option(struct stats_report *r, enum option_index option)
{
	const struct option_row *row = &option_rows[option];
	char label[64];
	struct fmt f;
	union ctl_value value, present;
	enum moonheap_ctl_type type, present_type;

	fmt_begin(&f, label, sizeof label);
	fmt_text(&f, "opt.");
	fmt_text(&f, row->name);
	if (!stats_read(label, 0, &type, &value))
		return;
	for (size_t i = 0; i < ARRAY_LEN(changeable); i++) {
		const char *leaf = changeable[i].leaf;
		if (changeable[i].option == option &&
		    stats_read(leaf, 0, &present_type, &present)) {
			emitter_pair_beside(&r->e, row->name, label, type, &value, leaf,
					    present_type, &present);
			return;
		}
	}
	char ratio[FMT_DECIMAL_MAX + 16];
	if (row->is_ratio) {
		fmt_begin(&f, ratio, sizeof ratio);
		fmt_ratio(&f, value.u32);
		value.string = ratio;
		type = MOONHEAP_CTL_STRING;
	}
	emitter_pair(&r->e, row->name, label, type, &value);
}

/* In the order of their places, not of their names. */
static void print_options(struct stats_report *r)
{
	unsigned last = 0, next;
	emitter_open(&r->e, "opt", "Run-time option settings");
	do {
		unsigned option = 0;
		next = UINT16_MAX;
		for (unsigned i = 0; i < OPTIONS; i++) {
			if (option_rows[i].place > last && option_rows[i].place < next) {
				next = option_rows[i].place;
				option = i;
			}
		}
		if (next != UINT16_MAX)
			print_option(r, (enum option_index)option);
		last = next;
	} while (next != UINT16_MAX);
	stats_newer_options(&r->e);
	emitter_close(&r->e);
}

static void print_profiling(struct stats_report *r)
{
	static const struct stats_item items[] = {
		{"thread_active_init", "prof.thread_active_init", NULL},
		{"active", "prof.active", NULL},
		{"gdump", "prof.gdump", NULL},
		{"interval", "prof.interval", NULL},
		{"lg_sample", "prof.lg_sample", NULL},
	};
	if (stats_read_number("config.prof", 0) == 0)
		return;
	emitter_open(&r->e, "prof", "Profiling settings");
	stats_items(&r->e, "prof.", items, ARRAY_LEN(items), 0);
	emitter_close(&r->e);
}

static void print_general(struct stats_report *r)
{
	stats_item(&r->e, "", &(struct stats_item){"version", "Version", NULL}, 0);
	print_config(r);
	print_options(r);
	print_profiling(r);
	emitter_json_object(&r->e, "arenas");
	stats_items(&r->e, "arenas.", arenas_items, ARRAY_LEN(arenas_items), 0);
	stats_array(&r->e, &bin_array, 0, stats_read_number("arenas.nbins", 0), false);
	stats_item(&r->e, "arenas.", &nlextents_item, 0);
	stats_array(&r->e, &lextent_array, 0, stats_read_number("arenas.nlextents", 0), false);
	stats_newer_constants(&r->e);
	emitter_json_close(&r->e);
}

static const stats_name global_mutexes[] = {"background_thread",
					    "max_per_bg_thd",
					    "ctl",
					    "prof",
					    "prof_thds_data",
					    "prof_dump",
					    "prof_recent_alloc",
					    "prof_recent_dump",
					    "prof_stats",
					    ""};

/* -- the whole allocator ----------------------------------------------------------------------- */

static void print_total(struct stats_report *r)
{
	static const stats_name names[] = {"allocated",    "active",        "metadata",
					   "metadata_thp", "resident",      "mapped",
					   "retained",     "zero_reallocs", ""};
	static const stats_name background_names[] = {"num_threads", "num_runs", "run_interval",
						      ""};

	emitter_json_object(&r->e, "stats");
	stats_json(&r->e, "stats.", names, 0);
	emitter_json_object(&r->e, "background_thread");
	stats_json(&r->e, "stats.background_thread.", background_names, 0);
	emitter_json_close(&r->e);

	stats_template(&r->e,
		       "Allocated: {stats.allocated}, active: {stats.active}, metadata: "
		       "{stats.metadata} (n_thp {stats.metadata_thp}), resident: {stats.resident}, "
		       "mapped: {stats.mapped}, retained: {stats.retained}",
		       0);
	stats_template(&r->e, "Count of realloc(non-null-ptr, 0) calls: {stats.zero_reallocs}", 0);
	stats_template(&r->e,
		       "Background threads: {stats.background_thread.num_threads}, num_runs: "
		       "{stats.background_thread.num_runs}, run_interval: "
		       "{stats.background_thread.run_interval} ns",
		       0);
	if (!r->no_mutexes) {
		stats_mutexes(&r->e, "stats.mutexes.", global_mutexes, 0);
		stats_table_mutexes(&r->e, "stats.mutexes.", global_mutexes, 0,
				    stats_read_number("stats.arenas.<arena>.uptime", 0));
	}
	stats_newer_totals(&r->e);
	emitter_json_close(&r->e);
}

/* -- arenas ------------------------------------------------------------------------------------ */

static bool is_initialized(size_t arena)
{
	return stats_read_number("arena.<arena>.initialized", arena) != 0;
}

static void print_arenas(struct stats_report *r)
{
	size_t slots = stats_read_number("arenas.narenas", 0);
	size_t initialized = 0;

	if (r->no_merged && r->no_destroyed && r->no_arenas)
		return;
	for (size_t i = 0; i < slots; i++)
		initialized += is_initialized(i);

	emitter_json_object(&r->e, "stats.arenas");
	/* The sum of one arena is that arena. */
	if (!r->no_merged && (initialized > 1 || r->no_arenas))
		stats_arena(r, "merged", "Merged arenas stats:", STATS_ARENAS_ALL);
	if (!r->no_destroyed && is_initialized(STATS_ARENAS_DESTROYED))
		stats_arena(r, "destroyed", "Destroyed arenas stats:", STATS_ARENAS_DESTROYED);
	for (size_t i = 0; i < slots && !r->no_arenas; i++) {
		char key[FMT_DECIMAL_MAX], heading[FMT_DECIMAL_MAX + 16];
		struct fmt f;
		if (!is_initialized(i))
			continue;
		fmt_begin(&f, key, sizeof key);
		fmt_unsigned(&f, i);
		fmt_begin(&f, heading, sizeof heading);
		fmt_text(&f, "arenas[");
		fmt_text(&f, key);
		fmt_text(&f, "]:");
		stats_arena(r, key, heading, i);
	}
	emitter_json_close(&r->e);
}

/* -- the report -------------------------------------------------------------------------------- */

static void read_letters(struct stats_report *r, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		switch (*letters) {
#define REPORT_LETTER(letter, field, help)                                                         \
	case letter:                                                                               \
		r->field = true;                                                                   \
		break;
#include "report_letter.def"
		default: /* letters of other versions */
			break;
		}
	}
}

COLD void stats_print(void (*write)(void *opaque, const char *text), void *opaque,
		      const char *letters)
{
	struct stats_report r = {.json = false};
	uint64_t epoch = 1;
	size_t size = sizeof epoch;
	int saved_errno = errno;

	if (write == NULL)
		write = message_write_cb;
	if (lock_self & LOCK_SELF_IN_HOOK) {
		write(opaque,
		      MESSAGE_PREFIX_OURS "No statistics from inside an extent hook: the locks "
					  "that they need are taken\n");
		return;
	}
	bool is_interrupted = lock_is_any_own();
	if (is_interrupted && !ctl_is_started()) {
		write(opaque, MESSAGE_PREFIX_OURS "No statistics from here: the signal came while "
						  "this thread held a lock, and there are none "
						  "from before\n");
		return;
	}
	if (!is_interrupted && ctl_by_name("epoch", &epoch, &size, &epoch, sizeof epoch) != 0) {
		write(opaque,
		      MESSAGE_PREFIX "Memory allocation failure in mallctl(\"epoch\", ...)\n");
		return;
	}
	read_letters(&r, letters != NULL ? letters : "");
	emitter_begin(&r.e, r.json ? EMITTER_JSON : EMITTER_TEXT, write, opaque);
	emitter_json_object(&r.e, "jemalloc");
	emitter_text(&r.e, "___ Begin jemalloc statistics ___\n");
	if (is_interrupted)
		emitter_text(&r.e, "Not refreshed: the signal came while this thread held a "
				   "lock\n");
	if (!r.no_general)
		print_general(&r);
	if (stats_read_number("config.stats", 0) != 0) {
		print_total(&r);
		print_arenas(&r);
	}
	if (!r.no_general)
		stats_newer_own(&r.e, !is_interrupted);
	emitter_text(&r.e, "--- End jemalloc statistics ---\n");
	emitter_json_close(&r.e);
	emitter_end(&r.e);
	errno = saved_errno;
}

/* Threads count in steps of this part of the interval, but of not too many bytes. */
#define INTERVAL_STEPS    64
#define INTERVAL_STEP_MAX ((uint64_t)4 << 20)

static void on_bytes(bool is_alloc UNUSED, uint64_t bytes, uint64_t deallocated UNUSED)
{
	static uint64_t total; /* atomic */
	uint64_t interval = options.stats_interval > 0 ? (uint64_t)options.stats_interval : 1;
	uint64_t after = __atomic_add_fetch(&total, bytes, __ATOMIC_RELAXED);
	if (after / interval != (after - bytes) / interval)
		stats_print(NULL, NULL, options.stats_interval_opts);
}

ALWAYS_RUN void stats_print_begin(void)
{
	if (options.stats_interval < 0)
		return;
	uint64_t step = (uint64_t)options.stats_interval / INTERVAL_STEPS;
	if (step > INTERVAL_STEP_MAX)
		step = INTERVAL_STEP_MAX;
	marks_add_own(on_bytes, step > 0 ? step : 1);
	lock_take(&ctl_lock);
	thread_remind_all();
	lock_drop(&ctl_lock);
}

ALWAYS_RUN void stats_print_at_exit(void)
{
	if (options.stats_print)
		stats_print(NULL, NULL, options.stats_print_opts);
}

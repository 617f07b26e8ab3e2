/* stats_newer.c - see stats_newer.h. */
#include "stats_newer.h"

#include "fmt.h"
#include "option.h"
#include "stats_item.h"
#include "stats_leaf.h"

#define ARENA "stats.arenas.<arena>."

void stats_newer_constants(struct emitter *e)
{
	const struct stats_item hugepage = {"hugepage", "Hugepage size", NULL};
	stats_item(e, "arenas.", &hugepage, 0);
}

void stats_newer_options(struct emitter *e)
{
	static const struct stats_item texts[] = {
		{"global_var", "Global variable malloc_conf", NULL},
		{"global_var_2_conf_harder", "Global variable malloc_conf_2_conf_harder", NULL},
		{"symlink", "Symbolic link malloc.conf", NULL},
		{"env_var", "Environment variable MALLOC_CONF", NULL},
	};
	stats_items(e, "opt.malloc_conf.", texts, ARRAY_LEN(texts), 0);
}

static const stats_name metadata_names[] = {"metadata_edata", "metadata_rtree", "pinned", ""};

void stats_newer_totals(struct emitter *e)
{
	stats_json(e, "stats.", metadata_names, 0);
}

void stats_newer_arena(struct emitter *e, size_t arena)
{
	const struct stats_item name = {"name", "name", NULL};
	stats_json(e, ARENA, metadata_names, arena);
	if (arena < STATS_ARENAS_ALL)
		stats_item(e, "moonheap.arena.<arena>.", &name, arena);
	for (const stats_name *line = metadata_names; **line != '\0'; line++) {
		char path[64];
		struct fmt f;
		fmt_begin(&f, path, sizeof path);
		fmt_text(&f, *line);
		fmt_char(&f, ':');
		emitter_cell(e, path, 21, EMITTER_LEFT);
		fmt_begin(&f, path, sizeof path);
		fmt_text(&f, ARENA);
		fmt_text(&f, *line);
		emitter_number_cell(e, stats_read_number(path, arena), 16);
		emitter_text(e, "\n");
	}
}

/* Options that no version of jemalloc has, as far as they can be read. */
static void print_options(struct emitter *e)
{
	emitter_json_object(e, "opt");
	for (unsigned i = 0; i < OPTIONS; i++) {
		char label[64];
		struct fmt f;
		union ctl_value value;
		enum moonheap_ctl_type type;
		if (!option_rows[i].listed || option_rows[i].place != OPTION_PLACE_OWN)
			continue;
		fmt_begin(&f, label, sizeof label);
		fmt_text(&f, "opt.");
		fmt_text(&f, option_rows[i].name);
		if (stats_read(label, 0, &type, &value))
			emitter_pair(e, option_rows[i].name, label, type, &value);
	}
	emitter_json_close(e);
}

/* In text; in JSON they stand among the totals. */
static void print_totals(struct emitter *e)
{
	for (const stats_name *name = metadata_names; **name != '\0'; name++) {
		char path[64];
		struct fmt f;
		union ctl_value value;
		enum moonheap_ctl_type type;
		fmt_begin(&f, path, sizeof path);
		fmt_text(&f, "stats.");
		fmt_text(&f, *name);
		if (e->format == EMITTER_TEXT && stats_read(path, 0, &type, &value))
			emitter_pair(e, *name, path, type, &value);
	}
}

void stats_newer_own(struct emitter *e, bool is_refreshed)
{
	const union ctl_value refreshed = {.boolean = is_refreshed};
	const struct stats_item version = {"version", "moonheap.version", NULL};
	const struct stats_item thp_mode = {"thp_mode", "system.thp_mode", NULL};
	const struct stats_item active = {"active", "approximate_stats.active", NULL};
	static const struct stats_item safety[] = {
#define SAFETY_FINDING(field, option, NAME, help)     {#field, "stats.safety." #field, NULL},
#define SAFETY_COUNTER(field, type, unit, kind, help) {#field, "stats.safety." #field, NULL},
#include "counter.def"
	};
	emitter_open(e, "system", "System configuration");
	stats_item(e, "moonheap.", &thp_mode, 0);
	emitter_close(e);
	emitter_open(e, "moonheap", "Moonheap");
	stats_item(e, "moonheap.", &version, 0);
	emitter_json(e, "refreshed", MOONHEAP_CTL_BOOL, &refreshed);
	print_options(e);
	emitter_json_object(e, "approximate_stats");
	stats_item(e, "approximate_stats.", &active, 0);
	emitter_json_close(e);
	print_totals(e);
	emitter_json_object(e, "safety");
	stats_items(e, "stats.safety.", safety, ARRAY_LEN(safety), 0);
	emitter_json_close(e);
	emitter_close(e);
}

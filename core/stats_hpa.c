/* stats_hpa.c - see stats_hpa.h. */
#include "stats_hpa.h"

#include "fmt.h"
#include "options.h"
#include "stats.h"
#include "stats_item.h"
#include "stats_leaf.h"
#include "stats_table.h"

#define ARENA "stats.arenas.<arena>."
#define SHARD ARENA "hpa_shard."

/* Programs know these keys, in this order. */
static const stats_name group_names[] = {"npageslabs_huge",
					 "nactive_huge",
					 "npageslabs_nonhuge",
					 "nactive_nonhuge",
					 "ndirty_nonhuge",
					 "ndirty_huge",
					 ""};

static const struct stats_array rooms_array = {
	.key = "nonfull_slabs",
	.prefix = SHARD "nonfull_slabs.<room>.",
	.names = {"npageslabs_huge", "nactive_huge", "ndirty_huge", "npageslabs_nonhuge",
		  "nactive_nonhuge", "ndirty_nonhuge", ""},
	.has_nretained = true,
};

/* What newer versions than 5.3.0 show comes behind what that one does. */
static const stats_name newer_slab_names[] = {"npageslabs_nonhuge",
					      "nactive_nonhuge",
					      "ndirty_nonhuge",
					      "npageslabs_huge",
					      "nactive_huge",
					      "ndirty_huge",
					      ""};

static const struct stats_array batches_array = {
	.key = "extent_allocation_distribution",
	.prefix = SHARD "alloc.<nslabs>.",
	.names = {"min_extents", "max_extents", "extents", "ps", "pages_per_ps", "extents_per_ps",
		  "total_elapsed_ns_per_ps", ""},
};

/* group: of slabs; "": of the whole. */
static uint64_t read(const char *group, const char *name, size_t arena)
{
	char path[96];
	struct fmt f;
	fmt_begin(&f, path, sizeof path);
	fmt_text(&f, SHARD);
	fmt_text(&f, group);
	if (group[0] != '\0')
		fmt_char(&f, '.');
	fmt_text(&f, name);
	return stats_read_number(path, arena);
}

static uint64_t read_nretained(const char *group, size_t arena)
{
	return stats_nretained(read(group, "npageslabs_nonhuge", arena),
			       read(group, "nactive_nonhuge", arena),
			       read(group, "ndirty_nonhuge", arena));
}

static void print_group_json(struct emitter *e, const char *group, const stats_name *names,
			     size_t arena)
{
	char prefix[64];
	struct fmt f;
	union ctl_value nretained = {.u64 = read_nretained(group, arena)};
	fmt_begin(&f, prefix, sizeof prefix);
	fmt_text(&f, SHARD);
	fmt_text(&f, group);
	fmt_char(&f, '.');
	emitter_json_object(e, group);
	stats_json(e, prefix, names, arena);
	emitter_json(e, "nretained_nonhuge", MOONHEAP_CTL_UINT64, &nretained);
	emitter_json_close(e);
}

static void print_newer_json(struct emitter *e, size_t arena)
{
	static const struct stats_item sec_items[] = {
		{"sec_bytes", NULL, "hpa_sec_bytes"},
		{"sec_hits", NULL, "hpa_sec_hits"},
		{"sec_misses", NULL, "hpa_sec_misses"},
		{"sec_dalloc_noflush", NULL, "hpa_sec_dalloc_noflush"},
		{"sec_dalloc_flush", NULL, "hpa_sec_dalloc_flush"},
		{"sec_overfills", NULL, "hpa_sec_overfills"},
	};
	static const stats_name counters[] = {"npageslabs", "nactive", "ndirty", "nhugify_failures",
					      ""};
	stats_items(e, ARENA, sec_items, ARRAY_LEN(sec_items), arena);
	stats_json(e, SHARD, counters, arena);
	print_group_json(e, "slabs", newer_slab_names, arena);
	stats_array(e, &batches_array, arena, HPA_BATCHES_SHOWN, false);
}

static void print_json(struct emitter *e, size_t arena)
{
	const struct stats_item sec_bytes = {"sec_bytes", NULL, "hpa_sec_bytes"};
	static const stats_name counters[] = {"npurge_passes", "npurges", "nhugifies",
					      "ndehugifies", ""};
	stats_item(e, ARENA, &sec_bytes, arena);
	emitter_json_object(e, "hpa_shard");
	stats_json(e, SHARD, counters, arena);
	print_group_json(e, "full_slabs", group_names, arena);
	print_group_json(e, "empty_slabs", group_names, arena);
	stats_array(e, &rooms_array, arena, HPA_ROOMS_SHOWN, false);
	print_newer_json(e, arena);
	emitter_json_close(e);
}

/* "  Purges: 12 (1 / sec)" */
static void print_rate(struct emitter *e, const char *label, const char *name, size_t arena,
		       uint64_t uptime_ns)
{
	uint64_t value = read("", name, arena);
	emitter_text(e, "  ");
	emitter_text(e, label);
	emitter_text(e, ": ");
	emitter_number_cell(e, value, 0);
	emitter_text(e, " (");
	emitter_number_cell(e, stats_rate(value, uptime_ns), 0);
	emitter_text(e, " / sec)\n");
}

/* "      nactive: 0 huge, 12 nonhuge " */
static void print_pair(struct emitter *e, const char *label, uint64_t huge, uint64_t nonhuge,
		       const char *end)
{
	emitter_text(e, "      ");
	emitter_text(e, label);
	emitter_text(e, ": ");
	emitter_number_cell(e, huge, 0);
	emitter_text(e, " huge, ");
	emitter_number_cell(e, nonhuge, 0);
	emitter_text(e, end);
}

static void print_group(struct emitter *e, const char *title, const char *group, size_t arena)
{
	emitter_text(e, title);
	print_pair(e, "npageslabs", read(group, "npageslabs_huge", arena),
		   read(group, "npageslabs_nonhuge", arena), " nonhuge\n");
	print_pair(e, "nactive", read(group, "nactive_huge", arena),
		   read(group, "nactive_nonhuge", arena), " nonhuge \n");
	print_pair(e, "ndirty", read(group, "ndirty_huge", arena),
		   read(group, "ndirty_nonhuge", arena), " nonhuge \n");
	print_pair(e, "nretained", 0, read_nretained(group, arena), " nonhuge \n");
}

#define PAGES_LINE(label, name)                                                                    \
	"  " label ": {" SHARD name "} ({" SHARD "slabs." name "_huge} huge, {" SHARD              \
	"slabs." name "_nonhuge} nonhuge)"

static void print_newer_text(struct emitter *e, size_t arena, uint64_t uptime_ns)
{
	static const char lines[][192] = {
		"Total hits in small extent cache: {" ARENA "hpa_sec_hits}",
		"Total misses in small extent cache: {" ARENA "hpa_sec_misses}",
		"Dalloc calls without flush in small extent cache: {" ARENA
		"hpa_sec_dalloc_noflush}",
		"Dalloc calls with flush in small extent cache: {" ARENA "hpa_sec_dalloc_flush}",
		"sec_fill calls that went over max_bytes: {" ARENA "hpa_sec_overfills}",
		PAGES_LINE("Pageslabs", "npageslabs"),
		PAGES_LINE("Active pages", "nactive"),
		PAGES_LINE("Dirty pages", "ndirty"),
	};
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		stats_template(e, lines[i], arena);
	print_rate(e, "Hugify failures", "nhugify_failures", arena, uptime_ns);
	emitter_text(e, "  extent allocation distribution:\n");
	stats_table_print(e, &stats_table_batches, arena, uptime_ns, false);
}

static void print_text(struct emitter *e, size_t arena, uint64_t uptime_ns)
{
	stats_template(e, "Bytes in small extent cache: {" ARENA "hpa_sec_bytes}", arena);
	emitter_text(e, "HPA shard stats:\n");
	print_rate(e, "Purge passes", "npurge_passes", arena, uptime_ns);
	print_rate(e, "Purges", "npurges", arena, uptime_ns);
	print_rate(e, "Hugeifies", "nhugifies", arena, uptime_ns);
	print_rate(e, "Dehugifies", "ndehugifies", arena, uptime_ns);
	emitter_text(e, "\n");
	print_group(e, "  In full slabs:\n", "full_slabs", arena);
	print_group(e, "  In empty slabs:\n", "empty_slabs", arena);
	emitter_text(e, "\n");
	stats_table_print(e, &stats_table_rooms, arena, uptime_ns, false);
	if (options.hpa)
		print_newer_text(e, arena, uptime_ns);
}

void stats_hpa(struct emitter *e, size_t arena, uint64_t uptime_ns)
{
	if (e->format == EMITTER_JSON)
		print_json(e, arena);
	else
		print_text(e, arena, uptime_ns);
}

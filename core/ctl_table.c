/* The control tree, once: every leaf is a row here. Names, MIBs, access, help, completion, the
 * statistics report, the reference pages and the bindings derive from these rows; options and
 * counters come in from their own lists. The order does not matter, ctl_tree.c sorts.
 *
 * A row looks like data and is a call that writes it, when the tree is first asked for anything. As
 * constants the rows would be 25 KiB of pointers, which the loader of every process would have to
 * relocate: memory of its own in each that preloads the library, most of which never ask.
 *
 * Leaves stand here when what they show or do exists. Where a name is kept for programs that look
 * for it (profiling), its help says what it answers.
 */
#include "ctl_row.h"

#include "jemalloc/jemalloc.h"
#include "bin_shards.h"
#include "ctl_handlers.h"
#include "ctl_snapshot.h"
#include "fault.h"
#include "options.h"
#include "os.h"
#include "size_class.h"
#include "stats.h"
#include "thp.h"

APART struct ctl_row ctl_rows[CTL_ROWS_MAX];
size_t ctl_rows_count;

/* -- writing a row ----------------------------------------------------------------------------- */

/* Where each part stands in the number that is a row's shape. */
enum {
	SHAPE_TYPE = 0,
	SHAPE_ARGUMENT = 8,
	SHAPE_UNIT = 16,
	SHAPE_FRESHNESS = 20,
	SHAPE_ACCESS = 24,
	SHAPE_MONOTONIC = 28,
	SHAPE_NO_AMOUNT = 29, /* a setting that is shown, say */
	SHAPE_FLAGS = 32,
};
#define SHAPE_OF(value, at) ((uint64_t)(value) << (at))

static unsigned part(uint64_t shape, unsigned at, unsigned bits)
{
	return (unsigned)(shape >> at) & ((1u << bits) - 1);
}

/* An amount that is read, not set, and not the same for ever. */
static bool is_gauge(const struct moonheap_ctl_row *about)
{
	return about->access == MOONHEAP_CTL_READ && about->freshness != MOONHEAP_CTL_CONST &&
	       about->unit != MOONHEAP_CTL_UNIT_NONE && about->type >= MOONHEAP_CTL_UNSIGNED &&
	       about->type <= MOONHEAP_CTL_SSIZE;
}

static __attribute__((noinline)) struct ctl_row *add(const char *path, const char *help,
						     uint64_t shape, enum ctl_source source)
{
	if (ctl_rows_count == CTL_ROWS_MAX)
		fault_die("more rows than CTL_ROWS_MAX", (char *)0);
	struct ctl_row *row = &ctl_rows[ctl_rows_count++];
	row->about = (struct moonheap_ctl_row){
		.path = path,
		.help = help,
		.type = (enum moonheap_ctl_type)part(shape, SHAPE_TYPE, 8),
		.argument = (enum moonheap_ctl_type)part(shape, SHAPE_ARGUMENT, 8),
		.unit = (enum moonheap_ctl_unit)part(shape, SHAPE_UNIT, 4),
		.freshness = (enum moonheap_ctl_freshness)part(shape, SHAPE_FRESHNESS, 4),
		.access = part(shape, SHAPE_ACCESS, 4),
	};
	if (part(shape, SHAPE_MONOTONIC, 1) != 0)
		row->about.metric = MOONHEAP_CTL_COUNTER;
	else if (part(shape, SHAPE_NO_AMOUNT, 1) == 0 && is_gauge(&row->about))
		row->about.metric = MOONHEAP_CTL_GAUGE;
	row->source = (uint8_t)source;
	row->flags = (uint16_t)part(shape, SHAPE_FLAGS, 16);
	return row;
}

static void add_constant(const char *path, const char *help, uint64_t shape, union ctl_value value)
{
	add(path, help, shape, CTL_CONSTANT)->from.constant = value;
}

static void add_variable(const char *path, const char *help, uint64_t shape, const void *base,
			 size_t stride)
{
	struct ctl_row *row = add(path, help, shape, CTL_VARIABLE);
	row->from.variable.base = base;
	row->from.variable.stride = stride;
}

static void add_option(const char *path, const char *help, uint64_t shape, enum option_index option)
{
	add(path, help, shape, CTL_OPTION)->from.option = option;
}

static void add_option_source(const char *path, uint64_t shape, enum option_index option)
{
	add(path,
	    "who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, "
	    "malloc_conf_2_conf_harder, or nobody: default",
	    shape, CTL_OPTION_SOURCE)
		->from.option = option;
}

static void add_field(const char *path, const char *help, uint64_t shape, enum ctl_source source,
		      uint32_t offset, uint32_t stride)
{
	struct ctl_row *row = add(path, help, shape, source);
	row->from.field.offset = offset;
	row->from.field.stride = stride;
}

static void add_value(const char *path, const char *help, uint64_t shape,
		      ctl_condition_fn *condition, ctl_get_fn *get, ctl_set_fn *set)
{
	struct ctl_row *row = add(path, help, shape, CTL_VALUE);
	row->condition = condition;
	row->from.value.get = get;
	row->from.value.set = set;
}

static void add_action(const char *path, const char *help, uint64_t shape,
		       ctl_condition_fn *condition, ctl_act_fn *act)
{
	struct ctl_row *row = add(path, help, shape, CTL_ACTION);
	row->condition = condition;
	row->from.act = act;
}

static void add_raw(const char *path, const char *help, uint64_t shape, ctl_raw_fn *call,
		    uint16_t argument_size, uint16_t result_size)
{
	struct ctl_row *row = add(path, help, shape, CTL_RAW);
	row->from.raw.call = call;
	row->from.raw.argument_size = argument_size;
	row->from.raw.result_size = result_size;
}

/* Arguments below become parts of initialisers and of names.
 * NOLINTBEGIN(bugprone-macro-parentheses) */

/* -- kinds of rows ----------------------------------------------------------------------------- */

/* C types of the counters, and whether a counter only grows. */
#define TYPE_unsigned MOONHEAP_CTL_UNSIGNED
#define TYPE_uint32_t MOONHEAP_CTL_UINT32
#define TYPE_uint64_t MOONHEAP_CTL_UINT64
#define TYPE_size_t   MOONHEAP_CTL_SIZE
#define TYPE_ssize_t  MOONHEAP_CTL_SSIZE
#define KIND_COUNTER  SHAPE_OF(1, SHAPE_MONOTONIC)
#define KIND_GAUGE    0
#define KIND_MAX      0
#define KIND_MIN      0
#define KIND_SETTING  SHAPE_OF(1, SHAPE_NO_AMOUNT)

/* What a row says about itself, as one number: its parts are joined by |. */
#define TYPE(type_)     SHAPE_OF(MOONHEAP_CTL_##type_, SHAPE_TYPE)
#define ARGUMENT(type_) SHAPE_OF(MOONHEAP_CTL_##type_, SHAPE_ARGUMENT)
#define UNIT(unit_)     SHAPE_OF(MOONHEAP_CTL_UNIT_##unit_, SHAPE_UNIT)
#define FRESH(when)     SHAPE_OF(MOONHEAP_CTL_##when, SHAPE_FRESHNESS)
#define ACCESS(bits)    SHAPE_OF(bits, SHAPE_ACCESS)
#define R               ACCESS(MOONHEAP_CTL_READ)
#define W               ACCESS(MOONHEAP_CTL_WRITE)
#define RW              R | W
#define MONOTONIC(yes)  SHAPE_OF(yes, SHAPE_MONOTONIC)
#define FLAGS(flags_)   SHAPE_OF(flags_, SHAPE_FLAGS)

/* A value that stands here: member of union ctl_value, value. */
#define CONSTANT(path_, type_, unit_, member, value_, help_)                                       \
	add_constant(path_, help_, TYPE(type_) | UNIT(unit_) | FRESH(CONST) | R,                   \
		     (union ctl_value){.member = value_})

/* A variable that does not change any more; ELEMENT: of an array, by the index in the path. */
#define VARIABLE(path_, type_, unit_, name, help_) ELEMENT(path_, type_, unit_, name, 0, help_)
#define ELEMENT(path_, type_, unit_, first, stride_, help_)                                        \
	add_variable(path_, help_, TYPE(type_) | UNIT(unit_) | FRESH(CONST) | R, &(first), stride_)

/* A field of the snapshot, of the type, unit and kind of a counter. */
#define FIELD(path_, ctype, unit_, kind, source_, offset, stride, help_)                           \
	add_field(path_, help_,                                                                    \
		  SHAPE_OF(TYPE_##ctype, SHAPE_TYPE) | UNIT(unit_) | FRESH(CACHED) | R |           \
			  KIND_##kind,                                                             \
		  source_, offset, stride)
#define TOTAL_FIELD(path_, ctype, unit_, kind, member, help_)                                      \
	FIELD("stats." path_, ctype, unit_, kind, CTL_TOTAL_FIELD,                                 \
	      offsetof(struct ctl_totals, member), 0, help_)
#define ARENA_FIELD(path_, ctype, unit_, kind, member, help_)                                      \
	FIELD("stats.arenas.<arena>." path_, ctype, unit_, kind, CTL_ARENA_FIELD,                  \
	      offsetof(struct arena_stats, member), 0, help_)
/* The same of an array in the arena's record, by the second index in the path. */
#define CLASS_FIELD(path_, ctype, unit_, kind, array, member, help_)                               \
	FIELD("stats.arenas.<arena>." path_, ctype, unit_, kind, CTL_ARENA_FIELD,                  \
	      offsetof(struct arena_stats, array[0].member),                                       \
	      sizeof(((struct arena_stats *)0)->array[0]), help_)

/* Values behind functions. */
#define VALUE(path_, shape, condition_, get_, set_, help_)                                         \
	add_value(path_, help_, shape, condition_, get_, set_)
#define GETTER(path_, type_, unit_, when, get_, help_)                                             \
	VALUE(path_, TYPE(type_) | UNIT(unit_) | FRESH(when) | R, NULL, get_, NULL, help_)
#define COUNTING(path_, type_, unit_, get_, help_)                                                 \
	VALUE(path_, TYPE(type_) | UNIT(unit_) | FRESH(LIVE) | R | MONOTONIC(1), NULL, get_, NULL, \
	      help_)
#define SETTING(path_, type_, unit_, handler, flags_, condition_, help_)                           \
	VALUE(path_,                                                                               \
	      TYPE(type_) | ARGUMENT(type_) | UNIT(unit_) | FRESH(LIVE) | RW | FLAGS(flags_),      \
	      condition_, handler, handler##_set, help_)

/* Something to do: its argument, its result. */
#define ACTION(path_, argument_, type_, act_, flags_, condition_, help_)                           \
	add_action(path_, help_, TYPE(type_) | ARGUMENT(argument_) | FRESH(LIVE) | FLAGS(flags_),  \
		   condition_, act_)

/* What handles structures: sizes of its argument and its result, 0 where it looks itself. */
#define RAW(path_, access_, argument_, argument_size_, type_, result_size_, call_, flags_, help_)  \
	add_raw(path_, help_,                                                                      \
		TYPE(type_) | ARGUMENT(argument_) | FRESH(LIVE) | ACCESS(access_) | FLAGS(flags_), \
		call_, argument_size_, result_size_)
#define RAW_ACTION(path_, argument_, argument_size_, type_, result_size_, call_, flags_, help_)    \
	RAW(path_, 0, argument_, argument_size_, type_, result_size_, call_, flags_, help_)

/* Profiling in a process without it: what has a value shows that it is off, the rest is not there.
 */
#define PROF_READ(path_, type_, unit_, help_) GETTER(path_, type_, unit_, LIVE, ctl_prof_off, help_)
#define PROF_SWITCH(path_, help_)                                                                  \
	VALUE(path_,                                                                               \
	      TYPE(BOOL) | ARGUMENT(BOOL) | FRESH(LIVE) | RW | FLAGS(CTL_CONDITION_OF_WRITE),      \
	      ctl_needs_prof, ctl_prof_off, NULL, help_)
#define PROF_SUM(path_, of_)                                                                       \
	VALUE(path_, TYPE(STRUCT) | FRESH(LIVE) | R | FLAGS(CTL_CONDITION_OF_INDEX),               \
	      ctl_needs_prof, NULL, NULL,                                                          \
	      "{uint64_t bytes asked for; uint64_t count} of sampled objects " of_ NO_PROF),
#define PROF_ACTION(path_, argument_, help_)                                                       \
	ACTION(path_, argument_, NONE, NULL, 0, ctl_needs_prof, help_)

#define NO_PROF "; this build has no profiling"

#ifdef NDEBUG
#define IS_DEBUG_BUILD false
#else
#define IS_DEBUG_BUILD true
#endif

/* -- the rows ---------------------------------------------------------------------------------- */

/* clang-format off */
void ctl_rows_write(void)
{

CONSTANT("version", STRING, NONE, string, JEMALLOC_VERSION, "version of jemalloc whose interface this is"),
CONSTANT("moonheap.version", STRING, NONE, string, MOONHEAP_VERSION, "version of Moonheap"),
GETTER("moonheap.thp_mode", STRING, NONE, CONST, ctl_moonheap_thp_mode, "the system's policy for transparent huge pages: always, madvise, never, or not supported"),

VALUE("epoch", TYPE(UINT64) | ARGUMENT(UINT64) | UNIT(COUNT) | FRESH(LIVE) | RW | MONOTONIC(1) | FLAGS(CTL_READ_AFTER), NULL, ctl_epoch, ctl_epoch_set, "writing any number refreshes the statistics and counts one up; reading tells the count"),

ACTION("moonheap.snapshot.refresh", UINT64, UINT64, ctl_moonheap_snapshot_refresh, CTL_ARGUMENT_REQUIRED, NULL, "refresh the statistics unless the last refresh began at most so many ns ago, so that readers share one; gives the epoch"),
GETTER("moonheap.snapshot.taken_ns", UINT64, NS, CACHED, ctl_moonheap_snapshot_taken_ns, "when the last refresh of the statistics began, by CLOCK_MONOTONIC"),

SETTING("background_thread", BOOL, NONE, ctl_background_thread, 0, NULL, "background threads give unused pages back"),
SETTING("max_background_threads", SIZE, COUNT, ctl_max_background_threads, 0, NULL, "most background threads, at most opt.max_background_threads"),

/* the calling thread */
SETTING("thread.arena", UNSIGNED, NONE, ctl_thread_arena, 0, NULL, "index of the arena that serves the calling thread; writing binds it to another"),
COUNTING("thread.allocated", UINT64, BYTES, ctl_thread_allocated, "bytes that the calling thread ever allocated"),
GETTER("thread.allocatedp", POINTER, NONE, LIVE, ctl_thread_allocatedp, "address of the counter behind thread.allocated, valid while the thread lives"),
COUNTING("thread.deallocated", UINT64, BYTES, ctl_thread_deallocated, "bytes that the calling thread ever freed"),
GETTER("thread.deallocatedp", POINTER, NONE, LIVE, ctl_thread_deallocatedp, "address of the counter behind thread.deallocated, valid while the thread lives"),
SETTING("thread.tcache.enabled", BOOL, NONE, ctl_thread_tcache_enabled, CTL_APPLY_FIRST, NULL, "the calling thread keeps free regions in a cache of its own; switching off empties it"),
ACTION("thread.tcache.flush", NONE, NONE, ctl_thread_tcache_flush, 0, ctl_needs_tcache, "give everything in the calling thread's cache back to the arenas"),
SETTING("thread.tcache.max", SIZE, BYTES, ctl_thread_tcache_max, 0, NULL, "largest size that the calling thread's cache keeps; rounded up to a size class, at most 8 MiB. A change empties the cache"),
ACTION("thread.tcache.ncached_max.read_sizeclass", SIZE, SIZE, ctl_thread_tcache_slots_of, CTL_ARGUMENT_REQUIRED, NULL, "most regions of this size that the calling thread's cache holds"),
VALUE("thread.tcache.ncached_max.write", ARGUMENT(STRING) | FRESH(LIVE) | W, NULL, NULL, ctl_thread_tcache_slots_set, "\"lo-hi:n|...\": the calling thread's cache holds at most n regions of each size from lo to hi; 0 none"),
GETTER("thread.peak.read", UINT64, BYTES, LIVE, ctl_thread_peak_read, "most bytes that the calling thread had allocated and not freed, since it started or the last reset"),
ACTION("thread.peak.reset", NONE, NONE, ctl_thread_peak_reset, 0, NULL, "start thread.peak.read again from the present amount"),
ACTION("thread.idle", NONE, NONE, ctl_thread_idle, 0, NULL, "the calling thread will do nothing for a while: give back what it keeps for itself"),

/* explicit thread caches, for MALLOCX_TCACHE() */
ACTION("tcache.create", NONE, UNSIGNED, ctl_tcache_create, CTL_RESULT_REQUIRED, NULL, "make an explicit thread cache; returns its number for MALLOCX_TCACHE()"),
ACTION("tcache.flush", UNSIGNED, NONE, ctl_tcache_flush, CTL_ARGUMENT_REQUIRED, NULL, "empty the explicit thread cache of this number"),
ACTION("tcache.destroy", UNSIGNED, NONE, ctl_tcache_destroy, CTL_ARGUMENT_REQUIRED, NULL, "empty and remove the explicit thread cache of this number"),

/* one arena */
GETTER("arena.<arena>.initialized", BOOL, NONE, CACHED, ctl_arena_initialized, "there was an arena in this slot at the last epoch"),
ACTION("arena.<arena>.decay", NONE, NONE, ctl_arena_decay, 0, NULL, "give back the unused pages whose time has come"),
ACTION("arena.<arena>.purge", NONE, NONE, ctl_arena_purge, 0, NULL, "give back all unused pages now"),
ACTION("arena.<arena>.reset", NONE, NONE, ctl_arena_reset, 0, NULL, "discard every allocation of an arena made by arenas.create; nobody may use them any more"),
ACTION("arena.<arena>.destroy", NONE, NONE, ctl_arena_destroy, 0, NULL, "reset an arena made by arenas.create, give its memory back and free its index; no thread may be bound to it"),
SETTING("arena.<arena>.dss", STRING, NONE, ctl_arena_dss, CTL_APPLY_FIRST, NULL, "use of sbrk(): disabled, primary (before mmap()) or secondary (when mmap() has none); index 4096: of arenas to come"),
SETTING("arena.<arena>.dirty_decay_ms", SSIZE, MS, ctl_arena_dirty_decay_ms, CTL_READ_FIRST, NULL, "time until unused dirty pages of the arena are given back; 0 at once, -1 never"),
SETTING("arena.<arena>.muzzy_decay_ms", SSIZE, MS, ctl_arena_muzzy_decay_ms, CTL_READ_FIRST, NULL, "time until unused muzzy pages of the arena are given back; 0 at once, -1 never"),
SETTING("arena.<arena>.extent_hooks", POINTER, NONE, ctl_arena_extent_hooks, CTL_APPLY_FIRST, NULL, "extent_hooks_t *: where the arena gets its address space"),
RAW("arena.<arena>.name", MOONHEAP_CTL_READ | MOONHEAP_CTL_WRITE, STRING, 8, STRUCT, 8, ctl_arena_name, CTL_EXACT, "name of the arena, cut to 31 letters; to read it *oldp has to point to 32 bytes of the caller's"),
SETTING("arena.<arena>.oversize_threshold", SIZE, BYTES, ctl_arena_oversize_threshold, 0, NULL, "freed memory of at least this size is given back at once, as long as no decay time is -1; 0: none for its size"),
SETTING("arena.<arena>.retain_grow_limit", SIZE, BYTES, ctl_arena_retain_grow_limit, 0, ctl_needs_retain, "largest step by which the arena's address space grows; rounded down to a page size class"),

GETTER("moonheap.arena.<arena>.name", STRING, NONE, LIVE, ctl_moonheap_arena_name, "name of the arena, as arena.<arena>.name gives it to programs in C"),
GETTER("moonheap.arena.<arena>.is_manual", BOOL, NONE, LIVE, ctl_moonheap_arena_is_manual, "made by a call of arenas.create, not by the library for its threads"),
GETTER("moonheap.arena.<arena>.created_ns", UINT64, NS, LIVE, ctl_moonheap_arena_created_ns, "when the arena was made, by CLOCK_MONOTONIC"),
GETTER("moonheap.arena.<arena>.creator.thread", UNSIGNED, NONE, LIVE, ctl_moonheap_arena_creator_thread, "kernel's number of the thread that made the arena; 0: it came with the process"),
GETTER("moonheap.arena.<arena>.creator.thread_name", STRING, NONE, LIVE, ctl_moonheap_arena_creator_thread_name, "name of that thread at that time"),
GETTER("moonheap.arena.<arena>.creator.caller", STRING, NONE, LIVE, ctl_moonheap_arena_creator_caller, "who called to make it, \"libfoo.so+0x1234\"; empty for an arena that was made by itself"),
GETTER("moonheap.arena.<arena>.due_ms", SSIZE, MS, LIVE, ctl_moonheap_arena_due_ms, "time until unused pages of the arena are given back next; -1: none are waiting for that"),
GETTER("moonheap.arena.<arena>.dirty_backlog", SIZE, PAGES, LIVE, ctl_moonheap_arena_dirty_backlog, "pages that became dirty within dirty_decay_ms, by which it is decided how many may stay"),
GETTER("moonheap.arena.<arena>.muzzy_backlog", SIZE, PAGES, LIVE, ctl_moonheap_arena_muzzy_backlog, "pages that became muzzy within muzzy_decay_ms, by which it is decided how many may stay"),
#define EXTENT_EVENT(event, help) FIELD("moonheap.arena.<arena>.extent_events." #event, uint64_t, COUNT, COUNTER, CTL_ARENA_FIELD, offsetof(struct arena_stats, events.event), 0, help),
#include "counter.def"

GETTER("moonheap.tcache.<tcache>.arena", UNSIGNED, NONE, LIVE, ctl_moonheap_tcache_arena, "arena that fills the explicit thread cache"),
GETTER("moonheap.tcache.<tcache>.bytes", SIZE, BYTES, LIVE, ctl_moonheap_tcache_bytes, "bytes that wait in the cache; a close estimate while somebody uses it"),
GETTER("moonheap.tcache.<tcache>.created_ns", UINT64, NS, LIVE, ctl_moonheap_tcache_created_ns, "when the cache was made, by CLOCK_MONOTONIC"),
GETTER("moonheap.tcache.<tcache>.creator.thread", UNSIGNED, NONE, LIVE, ctl_moonheap_tcache_creator_thread, "kernel's number of the thread that made the cache"),
GETTER("moonheap.tcache.<tcache>.creator.thread_name", STRING, NONE, LIVE, ctl_moonheap_tcache_creator_thread_name, "name of that thread at that time"),
GETTER("moonheap.tcache.<tcache>.creator.caller", STRING, NONE, LIVE, ctl_moonheap_tcache_creator_caller, "who called to make it, \"libfoo.so+0x1234\""),
SETTING("moonheap.tcache.<tcache>.name", STRING, NONE, ctl_moonheap_tcache_name, 0, NULL, "name of the cache, cut to 31 letters; empty until the program gives it one"),

/* all arenas, and the geometry they share */
GETTER("arenas.narenas", UNSIGNED, COUNT, LIVE, ctl_arenas_narenas, "number of arena slots: all indices are below"),
SETTING("arenas.dirty_decay_ms", SSIZE, MS, ctl_arenas_dirty_decay_ms, CTL_READ_FIRST, NULL, "arena.<arena>.dirty_decay_ms of arenas made from now on; 0 at once, -1 never"),
SETTING("arenas.muzzy_decay_ms", SSIZE, MS, ctl_arenas_muzzy_decay_ms, CTL_READ_FIRST, NULL, "arena.<arena>.muzzy_decay_ms of arenas made from now on; 0 at once, -1 never"),
CONSTANT("arenas.quantum", SIZE, BYTES, size, QUANTUM, "alignment of allocations"),
CONSTANT("arenas.hugepage", SIZE, BYTES, size, THP_SIZE, "size of a huge page"),
VARIABLE("arenas.page", SIZE, BYTES, os_page, "size of a page"),
GETTER("arenas.tcache_max", SIZE, BYTES, CONST, ctl_arenas_tcache_max, "largest size that thread caches keep"),
VARIABLE("arenas.nbins", UNSIGNED, COUNT, size_class_nbins, "number of small size classes"),
VARIABLE("arenas.nhbins", UNSIGNED, COUNT, size_class_ncached, "number of size classes that thread caches keep"),
ELEMENT("arenas.bin.<bin>.size", SIZE, BYTES, bin_infos[0].size, sizeof(bin_infos[0]), "size of the regions of this class"),
ELEMENT("arenas.bin.<bin>.nregs", UINT32, COUNT, bin_infos[0].nregs, sizeof(bin_infos[0]), "regions in a slab of this class"),
ELEMENT("arenas.bin.<bin>.slab_size", SIZE, BYTES, bin_infos[0].slab_size, sizeof(bin_infos[0]), "size of a slab of this class"),
ELEMENT("arenas.bin.<bin>.nshards", UINT32, COUNT, bin_shards[0], sizeof(bin_shards[0]), "parts of the bin with a lock of their own"),
GETTER("arenas.nlextents", UNSIGNED, COUNT, CONST, ctl_arenas_nlextents, "number of large size classes"),
GETTER("arenas.lextent.<lextent>.size", SIZE, BYTES, CONST, ctl_lextent_size, "size of the extents of this class"),
ACTION("arenas.create", POINTER, UNSIGNED, ctl_arenas_create, CTL_RESULT_REQUIRED, NULL, "make an arena; returns its index. The argument may be left out: an extent_hooks_t * for the arena"),
ACTION("arenas.lookup", POINTER, UNSIGNED, ctl_arenas_lookup, CTL_ARGUMENT_REQUIRED, NULL, "index of the arena that an allocation belongs to, by its address"),

/* how the library was built */
CONSTANT("config.cache_oblivious", BOOL, NONE, boolean, true, "built with the option cache_oblivious"),
CONSTANT("config.debug", BOOL, NONE, boolean, IS_DEBUG_BUILD, "built with assertions"),
CONSTANT("config.fill", BOOL, NONE, boolean, true, "built with the options junk and zero"),
CONSTANT("config.lazy_lock", BOOL, NONE, boolean, false, "locks are left out until there is a second thread"),
CONSTANT("config.malloc_conf", STRING, NONE, string, "", "options that were compiled in"),
CONSTANT("config.opt_safety_checks", BOOL, NONE, boolean, false, "built with further checks of what the program frees"),
CONSTANT("config.prof", BOOL, NONE, boolean, false, "built with heap profiling"),
CONSTANT("config.prof_frameptr", BOOL, NONE, boolean, false, "profiling unwinds stacks by frame pointers"),
CONSTANT("config.prof_libgcc", BOOL, NONE, boolean, false, "profiling unwinds stacks by libgcc"),
CONSTANT("config.prof_libunwind", BOOL, NONE, boolean, false, "profiling unwinds stacks by libunwind"),
CONSTANT("config.stats", BOOL, NONE, boolean, true, "built with statistics"),
CONSTANT("config.utrace", BOOL, NONE, boolean, false, "built with the option utrace"),
CONSTANT("config.xmalloc", BOOL, NONE, boolean, true, "built with the option xmalloc"),

/* options as they were read at start */
#define OPTION(name, kind, type_, ctl, unit_, accepts, initial, place, help_) \
	add_option("opt." #name, help_, TYPE(ctl) | UNIT(unit_) | FRESH(CONST) | R, OPTION_##name),
#include "options.def"

#define OPTION(name, kind, type_, ctl, unit_, accepts, initial, place, help_) OPTION_SOURCE_OF(name)
#define OPTION_UNLISTED(name, kind, type_, ctl, unit_, accepts, initial, place, help_) \
	OPTION_SOURCE_OF(name) \
	add_option("moonheap.opt." #name ".value", help_, TYPE(ctl) | UNIT(unit_) | FRESH(CONST) | R, OPTION_##name),
#define OPTION_SOURCE_OF(name) \
	add_option_source("moonheap.opt." #name ".source", TYPE(STRING) | FRESH(CONST) | R, OPTION_##name),
#include "options.def"
#define CONF_TEXT(name, which, what) VALUE("opt.malloc_conf." name, TYPE(STRING) | FRESH(CONST) | R, ctl_needs_conf_##which, ctl_conf_##which, NULL, what),
CONF_TEXT("symlink", link, "options as the link /etc/malloc.conf gave them at start; not there without it")
CONF_TEXT("env_var", environment, "options as the variable MALLOC_CONF gave them at start; not there without it")
CONF_TEXT("global_var", program, "options that the program has in its variable malloc_conf; not there without it")
CONF_TEXT("global_var_2_conf_harder", harder, "options that the program has in its variable malloc_conf_2_conf_harder; not there without it")

/* heap profiling */
PROF_SWITCH("thread.prof.active", "the calling thread is sampled" NO_PROF),
VALUE("thread.prof.name", TYPE(STRING) | ARGUMENT(STRING) | FRESH(LIVE) | RW | FLAGS(CTL_EXCLUSIVE), ctl_needs_prof, NULL, NULL, "name of the calling thread in profiles" NO_PROF),
PROF_SWITCH("prof.thread_active_init", "thread.prof.active of threads to come" NO_PROF),
VALUE("prof.active", TYPE(BOOL) | ARGUMENT(BOOL) | FRESH(LIVE) | RW, NULL, ctl_prof_off, ctl_prof_active_set, "allocations are sampled" NO_PROF),
PROF_SWITCH("prof.gdump", "a profile is written whenever the memory in use reaches a new maximum" NO_PROF),
PROF_READ("prof.interval", UINT64, BYTES, "bytes of allocation between two profiles; 0 for none" NO_PROF),
PROF_READ("prof.lg_sample", SIZE, NONE, "one allocation in this power of two of bytes is sampled; 0 where none is" NO_PROF),
PROF_ACTION("prof.dump", STRING, "write a profile to this file" NO_PROF),
PROF_ACTION("prof.prefix", STRING, "beginning of the names of profile files" NO_PROF),
PROF_ACTION("prof.reset", SIZE, "forget all samples, and sample by this power of two from now on" NO_PROF),
PROF_SUM("prof.stats.bins.<bin>.live", "out, of this small class")
PROF_SUM("prof.stats.bins.<bin>.accum", "ever made, of this small class")
PROF_SUM("prof.stats.lextents.<lextent>.live", "out, of this large class")
PROF_SUM("prof.stats.lextents.<lextent>.accum", "ever made, of this large class")
PROF_ACTION("prof.log_start", STRING, "log allocations to this file" NO_PROF),
PROF_ACTION("prof.log_stop", NONE, "end the log of allocations" NO_PROF),

#define PROF_OPTION(name, type, unit, member, value, help) CONSTANT("opt." name, type, unit, member, value, help NO_PROF),
PROF_OPTION("prof", BOOL, NONE, boolean, false, "allocations are profiled")
PROF_OPTION("prof_accum", BOOL, NONE, boolean, false, "profiles have sums of all times")
PROF_OPTION("prof_active", BOOL, NONE, boolean, true, "prof.active at start")
PROF_OPTION("prof_bt_max", UNSIGNED, COUNT, number, 128, "most frames of a stack")
PROF_OPTION("prof_final", BOOL, NONE, boolean, false, "a profile is written at exit")
PROF_OPTION("prof_gdump", BOOL, NONE, boolean, false, "prof.gdump at start")
PROF_OPTION("prof_leak", BOOL, NONE, boolean, false, "what is left at exit is reported")
PROF_OPTION("prof_leak_error", BOOL, NONE, boolean, false, "the process fails when something is left at exit")
PROF_OPTION("prof_pid_namespace", BOOL, NONE, boolean, false, "names of profile files have the PID namespace")
PROF_OPTION("prof_prefix", STRING, NONE, string, "jeprof", "beginning of the names of profile files")
PROF_OPTION("prof_recent_alloc_max", SSIZE, COUNT, ssize, 0, "sampled allocations that are remembered")
PROF_OPTION("prof_stats", BOOL, NONE, boolean, false, "sums of samples by size class")
PROF_OPTION("prof_sys_thread_name", BOOL, NONE, boolean, false, "threads have the system's names in profiles")
PROF_OPTION("prof_thread_active_init", BOOL, NONE, boolean, true, "prof.thread_active_init at start")
PROF_OPTION("prof_time_resolution", STRING, NONE, string, "default", "clock of profiles")
PROF_OPTION("lg_prof_interval", SSIZE, NONE, ssize, -1, "a profile is written each time this power of two of bytes was allocated; -1 none")
PROF_OPTION("lg_prof_sample", SIZE, NONE, size, 19, "one allocation in this power of two of bytes is sampled")
VALUE("opt.utrace", TYPE(BOOL) | FRESH(CONST) | R, ctl_needs_utrace, ctl_prof_off, NULL, "allocations are reported by utrace(), which no Linux has; not in this build"),
VALUE("experimental.prof_recent.alloc_max", TYPE(SSIZE) | ARGUMENT(SSIZE) | FRESH(LIVE) | RW, ctl_needs_prof, NULL, NULL, "how many sampled allocations are remembered" NO_PROF),
PROF_ACTION("experimental.prof_recent.alloc_dump", STRUCT, "write the remembered allocations" NO_PROF),
#define PROF_HOOK(name, help) VALUE("experimental.hooks." name, TYPE(POINTER) | ARGUMENT(POINTER) | FRESH(LIVE) | RW | FLAGS(CTL_CONDITION_OF_WRITE), ctl_needs_prof, ctl_prof_off, NULL, help NO_PROF),
PROF_HOOK("prof_backtrace", "function that finds the stack of a sample")
PROF_HOOK("prof_dump", "function that is called after a profile was written")
PROF_HOOK("prof_sample", "function that is called for each sample")
PROF_HOOK("prof_sample_free", "function that is called when a sampled allocation is freed")
#define PROF_MUTEX(lock, what, field, type, unit, kind, help) \
	CONSTANT("stats.mutexes." #lock "." #field, COUNTER_TYPE_##type, unit, u64, 0, what ": " help NO_PROF),
#define COUNTER_TYPE_uint64_t UINT64
#define COUNTER_TYPE_uint32_t UINT32
MUTEX_COUNTERS(PROF_MUTEX, prof, "lock of stacks")
MUTEX_COUNTERS(PROF_MUTEX, prof_thds_data, "lock of threads")
MUTEX_COUNTERS(PROF_MUTEX, prof_dump, "lock of profiles being written")
MUTEX_COUNTERS(PROF_MUTEX, prof_recent_alloc, "lock of remembered allocations")
MUTEX_COUNTERS(PROF_MUTEX, prof_recent_dump, "lock of their being written")
MUTEX_COUNTERS(PROF_MUTEX, prof_stats, "lock of sums by size class")

/* the whole allocator */
GETTER("approximate_stats.active", SIZE, BYTES, LIVE, ctl_approximate_active, "bytes in active pages at this moment, without a refresh; each arena is looked at in turn"),
#define TOTAL_COUNTER(field, type, unit, kind, help) TOTAL_FIELD(#field, type, unit, kind, stats.field, help),
#include "counter.def"
COUNTING("stats.zero_reallocs", SIZE, COUNT, ctl_zero_reallocs, "calls of realloc() with a pointer and size 0"),
TOTAL_FIELD("background_thread.num_threads", size_t, COUNT, GAUGE, background.threads, "background threads that run, also one that was not asked for"),
TOTAL_FIELD("background_thread.num_runs", uint64_t, COUNT, COUNTER, background.runs, "times that background threads woke up"),
TOTAL_FIELD("background_thread.run_interval", uint64_t, NS, GAUGE, background.interval_ns, "mean time between two of them"),
#define TOTAL_MUTEX(lock, what, field, type, unit, kind, help) \
	TOTAL_FIELD("mutexes." #lock "." #field, type, unit, kind, mutexes.lock.field, what ": " help),
MUTEX_COUNTERS(TOTAL_MUTEX, background_thread, "lock of the background threads")
MUTEX_COUNTERS(TOTAL_MUTEX, max_per_bg_thd, "locks of the background threads one by one, the largest value of each count")
MUTEX_COUNTERS(TOTAL_MUTEX, ctl, "lock of the control tree")
#define SAFETY_FINDING(field, option, NAME, help) TOTAL_FIELD("safety." #field, uint64_t, COUNT, COUNTER, safety.field, help),
#define SAFETY_COUNTER(field, type, unit, kind, help) TOTAL_FIELD("safety." #field, type, unit, kind, safety.field, help),
#include "counter.def"
ACTION("stats.mutexes.reset", NONE, NONE, ctl_mutexes_reset, CTL_IGNORES_ARGUMENTS, NULL, "start the counters of all locks again from 0"),

VALUE("experimental.hooks.safety_check_abort", ARGUMENT(POINTER) | FRESH(LIVE) | W, NULL, NULL, ctl_safety_check_abort_set, "void (*)(const char *): called with the text of a finding of misuse instead of writing it and ending the process; NULL: neither"),
RAW_ACTION("experimental.utilization.query", POINTER, 8, STRUCT, 48, ctl_utilization_query, CTL_EXACT, "of an object (void *): {void *slabcur; size_t nfree, nregs, size, bin_nfree, bin_nregs} of its slab and bin; zeros where it is none"),
RAW_ACTION("experimental.utilization.batch_query", STRUCT, 0, STRUCT, 0, ctl_utilization_batch_query, CTL_EXACT, "takes an array of objects; gives {size_t nfree, nregs, size} for each"),
RAW_ACTION("experimental.batch_alloc", STRUCT, 32, SIZE, 8, ctl_batch_alloc, CTL_RESULT_REQUIRED | CTL_ARGUMENT_REQUIRED, "takes {void **ptrs; size_t num, size; int flags}: num calls of mallocx(size, flags) in one; gives how many could be stored"),
RAW_ACTION("experimental.arenas_create_ext", STRUCT, 16, UNSIGNED, 4, ctl_arenas_create_ext, CTL_RESULT_REQUIRED, "arenas.create with {extent_hooks_t *hooks; bool metadata_use_hooks}; metadata comes from the system in any case"),
RAW_ACTION("experimental.hooks.install", STRUCT, 32, POINTER, 8, ctl_hooks_install, CTL_EXACT, "takes {alloc, dalloc, expand functions; void *extra} that see every call of the allocator, in all threads, which slows them; gives a handle"),
ACTION("experimental.hooks.remove", POINTER, NONE, ctl_hooks_remove, CTL_ARGUMENT_REQUIRED, NULL, "end what experimental.hooks.install began, by its handle; a function may be running once more on another thread"),
RAW("experimental.hooks.thread_event", MOONHEAP_CTL_WRITE, STRUCT, 24, NONE, 0, ctl_hooks_thread_event, CTL_ARGUMENT_REQUIRED, "{void (*)(bool is_alloc, uint64_t allocated, uint64_t freed); uint64_t interval; bool alloc_only}: called in each thread by bytes; stays"),
RAW("experimental.thread.activity_callback", MOONHEAP_CTL_READ | MOONHEAP_CTL_WRITE, STRUCT, 16, STRUCT, 16, ctl_activity_callback, CTL_READ_FIRST, "{void (*)(void *, uint64_t allocated, uint64_t freed); void *}: called in this thread about every 64 KiB allocated or freed"),
VALUE("experimental.arenas.<arena>.pactivep", TYPE(POINTER) | FRESH(LIVE) | R | FLAGS(CTL_EXACT), NULL, ctl_experimental_pactivep, NULL, "address of the arena's count of active pages, a size_t: read without a call, valid for the life of the process"),

/* one arena */
#define ARENA_COUNTER(field, type, unit, kind, help) ARENA_FIELD(#field, type, unit, kind, field, help),
#include "counter.def"
#define ARENA_MUTEX_FIELD(lock, what, field, type, unit, kind, help) \
	ARENA_FIELD("mutexes." #lock "." #field, type, unit, kind, mutexes.lock.field, "lock of " what ": " help),
#define ARENA_MUTEX(lock, what) MUTEX_COUNTERS(ARENA_MUTEX_FIELD, lock, what)
#include "counter.def"
GETTER("stats.arenas.<arena>.dss", STRING, NONE, CACHED, ctl_stats_arena_dss, "use of sbrk(): disabled, primary or secondary, or \"N/A\" for arenas taken together"),
ARENA_FIELD("dirty_decay_ms", ssize_t, MS, SETTING, dirty_decay_ms, "time until unused dirty pages are given back; -1 never, and for arenas taken together"),
ARENA_FIELD("muzzy_decay_ms", ssize_t, MS, SETTING, muzzy_decay_ms, "time until unused muzzy pages are given back; -1 never, and for arenas taken together"),
#define GROUP(group, classes, fills) \
	ARENA_FIELD(#group ".allocated", size_t, BYTES, GAUGE, group.allocated, "bytes handed out, over all " classes), \
	ARENA_FIELD(#group ".nmalloc", uint64_t, COUNT, COUNTER, group.nmalloc, "times that memory was handed out, to the program or a thread cache, over all " classes), \
	ARENA_FIELD(#group ".ndalloc", uint64_t, COUNT, COUNTER, group.ndalloc, "times that memory was taken back, over all " classes), \
	ARENA_FIELD(#group ".nrequests", uint64_t, COUNT, COUNTER, group.nrequests, "allocation requests of the program, over all " classes), \
	ARENA_FIELD(#group ".nfills", uint64_t, COUNT, COUNTER, group.nfills, fills), \
	ARENA_FIELD(#group ".nflushes", uint64_t, COUNT, COUNTER, group.nflushes, "times that a thread cache was flushed, over all " classes)
GROUP(small, "small classes", "times that a thread cache was filled, over all small classes"),
GROUP(large, "large classes", "times that memory was fetched, one object each time: as large.nmalloc"),

/* packed huge pages of one arena */
#define HPA_SEC_COUNTER(field, type, unit, kind, help) ARENA_FIELD("hpa_sec_" #field, type, unit, kind, hpa.sec.field, help),
#include "counter.def"
#define HPA_COUNTER(field, type, unit, kind, help) ARENA_FIELD("hpa_shard." #field, type, unit, kind, hpa.field, help),
#include "counter.def"
#define HPA_BATCH_COUNTER(field, type, unit, kind, help) CLASS_FIELD("hpa_shard.alloc.<nslabs>." #field, type, unit, kind, hpa.alloc, field, "calls for extents that took them from so many huge pages, 8: or more; 0: that got none: " help),
#include "counter.def"
#define HPA_SLAB_COUNTER(field, type, unit, kind, help) ARENA_FIELD("hpa_shard.slabs." #field, type, unit, kind, hpa.slabs.field, "packed huge pages: " help),
#include "counter.def"
#define HPA_SLAB_COUNTER(field, type, unit, kind, help) ARENA_FIELD("hpa_shard.full_slabs." #field, type, unit, kind, hpa.full_slabs.field, "packed huge pages without a free page: " help),
#include "counter.def"
#define HPA_SLAB_COUNTER(field, type, unit, kind, help) ARENA_FIELD("hpa_shard.empty_slabs." #field, type, unit, kind, hpa.empty_slabs.field, "packed huge pages without a used page: " help),
#include "counter.def"
#define HPA_SLAB_COUNTER(field, type, unit, kind, help) CLASS_FIELD("hpa_shard.nonfull_slabs.<room>." #field, type, unit, kind, hpa.nonfull_slabs, field, "packed huge pages, the rest of them by the page size class of their longest free run: " help),
#include "counter.def"

/* one size class in one arena */
#define BIN_COUNTER(field, type, unit, kind, help) CLASS_FIELD("bins.<bin>." #field, type, unit, kind, bins, field, help),
#include "counter.def"
#define BIN_MUTEX(lock, what, field, type, unit, kind, help) \
	CLASS_FIELD("bins.<bin>." #lock "." #field, type, unit, kind, bins, lock.field, what ": " help),
MUTEX_COUNTERS(BIN_MUTEX, mutex, "lock of the bin")
#define LARGE_COUNTER(field, type, unit, kind, help) CLASS_FIELD("lextents.<lextent>." #field, type, unit, kind, lextents, field, help),
#include "counter.def"
#define PINNED_COUNTER(field, type, unit, kind, help) CLASS_FIELD("extents.<extent>." #field, type, unit, kind, pinned_extents, field, help),
#include "counter.def"
#define EXTENT_COUNTER(field, type, unit, kind, help) CLASS_FIELD("extents.<extent>." #field, type, unit, kind, extents, field, help),
#include "counter.def"

(void)0;
}
/* clang-format on */

/* NOLINTEND(bugprone-macro-parentheses) */

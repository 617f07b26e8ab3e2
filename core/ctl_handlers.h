/* ctl_handlers.h - the leaves of the control tree that do more than show a value: what ctl_table.c
 * puts into its rows. Bodies stand by subject in ctl_process.c, ctl_thread.c, ctl_arena.c,
 * ctl_arenas.c, ctl_creator.c, ctl_experimental.c and ctl_prof.c. Names follow the path:
 * arena.<arena>.purge is ctl_arena_purge.
 *
 * Called by ctl_access.c alone; types, lengths and indices have been checked. No lock is held, but
 * for ctl_lock while a snapshot reads live values: what reads must not take it. Error numbers are
 * those that programs know from jemalloc.
 */
#ifndef CTL_HANDLERS_H
#define CTL_HANDLERS_H

#include "ctl_row.h"

#define CTL_GET(name)       INTERNAL int name(const struct ctl_call *call, union ctl_value *value)
#define CTL_SET(name)       INTERNAL int name(const struct ctl_call *call, const union ctl_value *value)
#define CTL_CONDITION(name) INTERNAL int name(void)
#define CTL_ACT(name)                                                                              \
	INTERNAL int name(const struct ctl_call *call, const union ctl_value *argument,            \
			  union ctl_value *result)

#define CTL_RAW_CALL(name)                                                                         \
	INTERNAL int name(const struct ctl_call *call, const struct ctl_buffers *caller)

/* ctl_process.c: what is one in the process */
CTL_GET(ctl_epoch);
CTL_SET(ctl_epoch_set);
CTL_ACT(ctl_moonheap_snapshot_refresh);
CTL_GET(ctl_moonheap_snapshot_taken_ns);
CTL_GET(ctl_background_thread);
CTL_SET(ctl_background_thread_set);
CTL_GET(ctl_max_background_threads);
CTL_SET(ctl_max_background_threads_set);
CTL_GET(ctl_arenas_tcache_max);
CTL_GET(ctl_moonheap_thp_mode);
CTL_GET(ctl_arenas_nlextents);
CTL_GET(ctl_approximate_active);
CTL_GET(ctl_zero_reallocs);
CTL_CONDITION(ctl_needs_conf_link);
CTL_CONDITION(ctl_needs_conf_environment);
CTL_CONDITION(ctl_needs_conf_program);
CTL_CONDITION(ctl_needs_conf_harder);
CTL_GET(ctl_conf_link);
CTL_GET(ctl_conf_environment);
CTL_GET(ctl_conf_program);
CTL_GET(ctl_conf_harder);
CTL_GET(ctl_lextent_size);
CTL_ACT(ctl_tcache_create);
CTL_ACT(ctl_tcache_flush);
CTL_ACT(ctl_tcache_destroy);
CTL_ACT(ctl_mutexes_reset);
CTL_SET(ctl_safety_check_abort_set);

/* ctl_thread.c: the calling thread */
CTL_GET(ctl_thread_allocated);
CTL_GET(ctl_thread_allocatedp);
CTL_GET(ctl_thread_deallocated);
CTL_GET(ctl_thread_deallocatedp);
CTL_GET(ctl_thread_arena);
CTL_SET(ctl_thread_arena_set);
CTL_GET(ctl_thread_tcache_enabled);
CTL_SET(ctl_thread_tcache_enabled_set);
CTL_CONDITION(ctl_needs_tcache);
CTL_GET(ctl_thread_tcache_max);
CTL_SET(ctl_thread_tcache_max_set);
CTL_ACT(ctl_thread_tcache_slots_of);
CTL_SET(ctl_thread_tcache_slots_set);
CTL_ACT(ctl_thread_tcache_flush);
CTL_GET(ctl_thread_peak_read);
CTL_ACT(ctl_thread_peak_reset);
CTL_ACT(ctl_thread_idle);

/* ctl_arena.c: one arena */
CTL_GET(ctl_arena_initialized);
CTL_ACT(ctl_arena_decay);
CTL_ACT(ctl_arena_purge);
CTL_ACT(ctl_arena_reset);
CTL_ACT(ctl_arena_destroy);
CTL_GET(ctl_arena_dss);
CTL_SET(ctl_arena_dss_set);
CTL_GET(ctl_arena_dirty_decay_ms);
CTL_SET(ctl_arena_dirty_decay_ms_set);
CTL_GET(ctl_arena_muzzy_decay_ms);
CTL_SET(ctl_arena_muzzy_decay_ms_set);
CTL_GET(ctl_arena_extent_hooks);
CTL_SET(ctl_arena_extent_hooks_set);
CTL_CONDITION(ctl_needs_retain);
CTL_RAW_CALL(ctl_arena_name);
CTL_GET(ctl_moonheap_arena_name);
CTL_GET(ctl_moonheap_arena_due_ms);
CTL_GET(ctl_moonheap_arena_dirty_backlog);
CTL_GET(ctl_moonheap_arena_muzzy_backlog);
CTL_GET(ctl_arena_oversize_threshold);
CTL_SET(ctl_arena_oversize_threshold_set);
CTL_GET(ctl_arena_retain_grow_limit);
CTL_SET(ctl_arena_retain_grow_limit_set);
CTL_GET(ctl_stats_arena_dss);

/* ctl_arenas.c: all of them */
CTL_GET(ctl_arenas_narenas);
CTL_GET(ctl_arenas_dirty_decay_ms);
CTL_SET(ctl_arenas_dirty_decay_ms_set);
CTL_GET(ctl_arenas_muzzy_decay_ms);
CTL_SET(ctl_arenas_muzzy_decay_ms_set);
CTL_ACT(ctl_arenas_create);
CTL_ACT(ctl_arenas_lookup);

/* ctl_creator.c: who made arenas and explicit thread caches */
CTL_GET(ctl_moonheap_arena_is_manual);
CTL_GET(ctl_moonheap_arena_created_ns);
CTL_GET(ctl_moonheap_arena_creator_thread);
CTL_GET(ctl_moonheap_arena_creator_thread_name);
CTL_GET(ctl_moonheap_arena_creator_caller);
CTL_GET(ctl_moonheap_tcache_name);
CTL_SET(ctl_moonheap_tcache_name_set);
CTL_GET(ctl_moonheap_tcache_arena);
CTL_GET(ctl_moonheap_tcache_bytes);
CTL_GET(ctl_moonheap_tcache_created_ns);
CTL_GET(ctl_moonheap_tcache_creator_thread);
CTL_GET(ctl_moonheap_tcache_creator_thread_name);
CTL_GET(ctl_moonheap_tcache_creator_caller);

/* ctl_experimental.c */
CTL_RAW_CALL(ctl_utilization_query);
CTL_RAW_CALL(ctl_utilization_batch_query);
CTL_GET(ctl_experimental_pactivep);
CTL_RAW_CALL(ctl_batch_alloc);
CTL_RAW_CALL(ctl_arenas_create_ext);
CTL_RAW_CALL(ctl_hooks_install);
CTL_ACT(ctl_hooks_remove);
CTL_RAW_CALL(ctl_hooks_thread_event);
CTL_RAW_CALL(ctl_activity_callback);

/* ctl_prof.c: heap profiling */
CTL_CONDITION(ctl_needs_prof);
CTL_CONDITION(ctl_needs_utrace);
CTL_GET(ctl_prof_off);
CTL_SET(ctl_prof_active_set);

#endif

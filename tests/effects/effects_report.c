/* effects_report.c - options about what the library says: of its options, and of its statistics. */
#include "effect.h"

#include "ctl_read.h"

static bool has(const char *said, const char *words)
{
	return strstr(said, words) != NULL;
}

EFFECT_OF_OPTION("confirm_conf", "confirm_conf:true,narenas:2")
{
	return has(effect_said("", 1), "-- Set conf value: narenas:2");
}

EFFECT_OF_OPTION("abort_conf", "abort_conf:true")
{
	return has(effect_said("nonsense:1", 1), "Abort (abort_conf:true) on invalid conf value");
}

EFFECT_OF_OPTION("stats_print", "stats_print:true,stats_print_opts:gmdablxeh")
{
	return has(effect_said("", 1), "Begin jemalloc statistics");
}

EFFECT_OF_OPTION("stats_print_opts", "stats_print:true,stats_print_opts:Jgmdablxeh")
{
	return has(effect_said("", 1), "{\"jemalloc\":");
}

EFFECT_OF_OPTION("stats_interval", "stats_interval:1048576,stats_interval_opts:gmdablxeh")
{
	return has(effect_said("", 2100), "Begin jemalloc statistics");
}

EFFECT_OF_OPTION("stats_interval_opts", "stats_interval:1048576,stats_interval_opts:Jgmdablxeh")
{
	return has(effect_said("", 2100), "{\"jemalloc\":");
}

/* options.h - what the user decided before the program ran.
 *
 * options.def lists the options; this header derives from it the struct that the rest of core
 * reads, and the description of each option that the control tree, the report and the reference
 * page read. The struct holds the defaults until options_read() has run, once, at boot, before the
 * first allocation and with one thread; modules that compute a final value from an option (the
 * number of arenas) write it back during boot. From then on it is constant and read without locks.
 *
 * Sources, weakest first, a later one wins option by option: the string compiled in, the program's
 * malloc_conf, the target of the link /etc/malloc.conf, the environment variable MALLOC_CONF
 * (not in privileged programs), the program's malloc_conf_2_conf_harder. Wrong texts are reported
 * (message.h) and skipped; abort_conf makes them fatal.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "build.h"
#include <sys/types.h>
#include "moonheap/ctl.h"

/* Decay times fit in nanoseconds in 64 bits, with room for arithmetic. */
#define DECAY_MS_MAX     ((int64_t)(UINT64_MAX / 1000000))
#define TCACHE_MAX_LIMIT 8388608
#define NARENAS_LIMIT    4094 /* automatic arenas; see size of an arena index */

enum {
#define OPTION_WORD(option, name, value, word) name = value,
#include "options.def"
};

struct options {
#define OPTION(name, kind, type, ctl, accepts, initial, place, help)          type name;
#define OPTION_UNLISTED(name, kind, type, ctl, accepts, initial, place, help) type name;
#include "options.def"
};

/* Index of a row in option_rows: OPTION_narenas and so on. */
enum option_index {
#define OPTION(name, kind, type, ctl, accepts, initial, place, help)          OPTION_##name,
#define OPTION_UNLISTED(name, kind, type, ctl, accepts, initial, place, help) OPTION_##name,
#define OPTION_ALIAS(name, kind, target, accepts, help)                       OPTION_##name,
#include "options.def"
	OPTIONS
};

/* One option, described. */
struct option_row {
	const char *name;
	const char *help;
	enum moonheap_ctl_type type; /* of the value that option_value() points to */
	uint16_t place;              /* position in the statistics report, 0: not in it */
	bool listed;                 /* has a row opt.<name> in the control tree */
};

INTERNAL extern struct options options;
INTERNAL extern const struct options options_default;
INTERNAL extern const struct option_row option_rows[OPTIONS]; /* alphabetical */

/* Reads all sources into options. Allocates nothing, keeps errno. */
INTERNAL void options_read(void);

/* Address of one option's value in a struct options, as an object of the row's type: a bool, a
 * size_t, ..., or for a word the const char * that spells it. Valid for the life of the process. */
INTERNAL const void *option_value(const struct options *from, enum option_index index);

/* What an option accepts, in words ("true or false", "-1..18446744073709", "0..8388608, clipped"),
 * for the reference page. Written to buffer, cut to size. */
INTERNAL void option_accepts(enum option_index index, char *buffer, size_t size);

#endif

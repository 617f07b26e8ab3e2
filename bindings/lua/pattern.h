/* pattern.h - Lua's patterns, matched with an account of every step.
 *
 * The language is that of the reference manual (6.4.1): classes, sets, the repetitions * + - ?,
 * captures, %b, %f, back references, anchors. Characters are bytes, classes those of ASCII.
 * A match that backtracks for long raises when the statement has to stop (budget_step).
 */
#ifndef MOONHEAP_LUA_PATTERN_H
#define MOONHEAP_LUA_PATTERN_H

#include <lua.h>
#include <stddef.h>

#define PATTERN_NCAPTURES 32
#define PATTERN_DEPTH_MAX 200 /* nested backtracking points; deeper is an error, not a crash */

struct pattern {
	lua_State *L; /* for errors */
	const char *subject, *subject_end;
	const char *text, *text_end; /* of the pattern, without a leading ^ */
	int depth;
	int ncaptures;
	struct {
		const char *start;
		ptrdiff_t length; /* or one of the two below */
	} captures[PATTERN_NCAPTURES];
};

#define PATTERN_OPEN     (-1)
#define PATTERN_POSITION (-2)

/* Match at exactly this place: the end of the match, or NULL. Captures are in the structure. */
const char *pattern_match(struct pattern *pattern, const char *at) __attribute__((nonnull));

/* Push capture i (0 is the first); when there is none at all, capture 0 is the whole match. */
void pattern_push_capture(struct pattern *pattern, int i, const char *start, const char *end);

/* Push all captures, or the whole match when there is none; returns how many. Without a whole match
 * (start NULL) only captures are pushed. */
int pattern_push_captures(struct pattern *pattern, const char *start, const char *end);

#endif

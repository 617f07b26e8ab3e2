#include "pattern.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "budget.h"

#define ESCAPE '%'

static const char *match_here(struct pattern *m, const char *s, const char *p);

/* --- single characters -------------------------------------------------------------------- */

static bool is_lower(unsigned char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(unsigned char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_graphic(unsigned char c)
{
	return c > ' ' && c < 0x7f;
}

static bool is_alphanumeric(unsigned char c)
{
	return is_lower(c) || is_upper(c) || is_digit(c);
}

/* %a, %d ...: an upper-case letter negates; any other character stands for itself. */
static bool in_class(unsigned char c, unsigned char class)
{
	bool is_in;

	switch (is_upper(class) ? class + ('a' - 'A') : class) {
	case 'a':
		is_in = is_lower(c) || is_upper(c);
		break;
	case 'c':
		is_in = c < ' ' || c == 0x7f;
		break;
	case 'd':
		is_in = is_digit(c);
		break;
	case 'g':
		is_in = is_graphic(c);
		break;
	case 'l':
		is_in = is_lower(c);
		break;
	case 'p':
		is_in = is_graphic(c) && !is_alphanumeric(c);
		break;
	case 's':
		is_in = c == ' ' || (c >= '\t' && c <= '\r');
		break;
	case 'u':
		is_in = is_upper(c);
		break;
	case 'w':
		is_in = is_alphanumeric(c);
		break;
	case 'x':
		is_in = is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
		break;
	case 'z': /* of Lua 5.1, still understood */
		is_in = c == '\0';
		break;
	default:
		return c == class;
	}
	return is_upper(class) ? !is_in : is_in;
}

/* Where the item that begins at p (a character, a class, a set) ends. */
static const char *item_end(struct pattern *m, const char *p)
{
	if (*p == ESCAPE) {
		if (p + 1 == m->text_end)
			luaL_error(m->L, "malformed pattern (ends with '%%')");
		return p + 2;
	}
	if (*p != '[')
		return p + 1;
	p++;
	if (p < m->text_end && *p == '^')
		p++;
	/* A ] that comes first stands for itself. */
	for (bool first = true; first || p == m->text_end || *p != ']'; first = false) {
		if (p == m->text_end)
			luaL_error(m->L, "malformed pattern (missing ']')");
		p += *p == ESCAPE && p + 1 < m->text_end ? 2 : 1;
	}
	return p + 1;
}

/* Is c in the set from p ('[') to last (its ']')? */
static bool in_set(unsigned char c, const char *p, const char *last)
{
	bool negated = p[1] == '^';

	for (p += negated ? 2 : 1; p < last; p++) {
		if (*p == ESCAPE) {
			p++;
			if (in_class(c, (unsigned char)*p))
				return !negated;
		} else if (p + 2 < last && p[1] == '-') {
			if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2])
				return !negated;
			p += 2;
		} else if ((unsigned char)*p == c) {
			return !negated;
		}
	}
	return negated;
}

/* Does the character at s fit the item from p to end? */
static bool fits(const struct pattern *m, const char *s, const char *p, const char *end)
{
	if (s >= m->subject_end)
		return false;
	unsigned char c = (unsigned char)*s;
	switch (*p) {
	case '.':
		return true;
	case ESCAPE:
		return in_class(c, (unsigned char)p[1]);
	case '[':
		return in_set(c, p, end - 1);
	default:
		return (unsigned char)*p == c;
	}
}

/* --- captures ----------------------------------------------------------------------------- */

static const char *open_capture(struct pattern *m, const char *s, const char *p, ptrdiff_t kind)
{
	if (m->ncaptures >= PATTERN_NCAPTURES)
		luaL_error(m->L, "too many captures");
	m->captures[m->ncaptures].start = s;
	m->captures[m->ncaptures].length = kind;
	m->ncaptures++;
	const char *end = match_here(m, s, p);
	if (end == NULL)
		m->ncaptures--;
	return end;
}

static const char *close_capture(struct pattern *m, const char *s, const char *p)
{
	int i = m->ncaptures - 1;

	while (i >= 0 && m->captures[i].length != PATTERN_OPEN)
		i--;
	if (i < 0)
		luaL_error(m->L, "invalid pattern capture");
	m->captures[i].length = s - m->captures[i].start;
	const char *end = match_here(m, s, p);
	if (end == NULL)
		m->captures[i].length = PATTERN_OPEN;
	return end;
}

static const char *match_back_reference(struct pattern *m, const char *s, char digit)
{
	int i = digit - '1';

	if (i < 0 || i >= m->ncaptures || m->captures[i].length == PATTERN_OPEN)
		luaL_error(m->L, "invalid capture index %%%d", i + 1);
	ptrdiff_t length = m->captures[i].length;
	if (length == PATTERN_POSITION)
		return NULL; /* a position is not text */
	budget_step(m->L, (uint64_t)length / 16);
	if (m->subject_end - s < length || memcmp(m->captures[i].start, s, (size_t)length) != 0)
		return NULL;
	return s + length;
}

/* --- items that are more than a character ------------------------------------------------- */

/* p points at the two characters after %b. */
static const char *match_balanced(struct pattern *m, const char *s, const char *p)
{
	if (m->text_end - p < 2)
		luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
	if (s >= m->subject_end || *s != p[0])
		return NULL;
	for (size_t open = 1; ++s < m->subject_end;) {
		budget_step(m->L, 1);
		if (*s == p[1]) {
			if (--open == 0)
				return s + 1;
		} else if (*s == p[0]) {
			open++;
		}
	}
	return NULL;
}

/* p points at the set after %f; the characters before and after the subject count as \0. */
static bool is_frontier(struct pattern *m, const char *s, const char *p, const char *end)
{
	unsigned char before = s == m->subject ? 0 : (unsigned char)s[-1];
	unsigned char here = s == m->subject_end ? 0 : (unsigned char)*s;

	return !in_set(before, p, end - 1) && in_set(here, p, end - 1);
}

/* As many as possible, then fewer. */
static const char *match_greedy(struct pattern *m, const char *s, const char *p, const char *end,
				ptrdiff_t least)
{
	ptrdiff_t n = 0;

	while (fits(m, s + n, p, end)) {
		n++;
		budget_step(m->L, 1);
	}
	for (; n >= least; n--) {
		const char *rest = match_here(m, s + n, end + 1);
		if (rest != NULL)
			return rest;
	}
	return NULL;
}

/* As few as possible, then more. */
static const char *match_lazy(struct pattern *m, const char *s, const char *p, const char *end)
{
	for (;;) {
		const char *rest = match_here(m, s, end + 1);
		if (rest != NULL)
			return rest;
		if (!fits(m, s, p, end))
			return NULL;
		s++;
	}
}

/* --- the match ---------------------------------------------------------------------------- */

static const char *match_items(struct pattern *m, const char *s, const char *p)
{
	while (p < m->text_end) {
		budget_step(m->L, 1);
		if (*p == '(')
			return p + 1 < m->text_end && p[1] == ')'
				       ? open_capture(m, s, p + 2, PATTERN_POSITION)
				       : open_capture(m, s, p + 1, PATTERN_OPEN);
		if (*p == ')')
			return close_capture(m, s, p + 1);
		if (*p == '$' && p + 1 == m->text_end)
			return s == m->subject_end ? s : NULL;
		char escaped = *p == ESCAPE && p + 1 < m->text_end ? p[1] : '\0';
		if (escaped == 'b') {
			s = match_balanced(m, s, p + 2);
			if (s == NULL)
				return NULL;
			p += 4;
			continue;
		}
		if (escaped == 'f') {
			p += 2;
			if (p >= m->text_end || *p != '[')
				luaL_error(m->L, "missing '[' after '%%f' in pattern");
			const char *set_end = item_end(m, p);
			if (!is_frontier(m, s, p, set_end))
				return NULL;
			p = set_end;
			continue;
		}
		if (is_digit((unsigned char)escaped)) {
			s = match_back_reference(m, s, escaped);
			if (s == NULL)
				return NULL;
			p += 2;
			continue;
		}
		const char *end = item_end(m, p);
		char repetition = end < m->text_end ? *end : '\0';
		if (repetition == '*')
			return match_greedy(m, s, p, end, 0);
		if (repetition == '+')
			return match_greedy(m, s, p, end, 1);
		if (repetition == '-')
			return match_lazy(m, s, p, end);
		if (repetition == '?') {
			const char *rest =
				fits(m, s, p, end) ? match_here(m, s + 1, end + 1) : NULL;
			if (rest != NULL)
				return rest;
			p = end + 1;
			continue;
		}
		if (!fits(m, s, p, end))
			return NULL;
		s++;
		p = end;
	}
	return s;
}

static const char *match_here(struct pattern *m, const char *s, const char *p)
{
	if (++m->depth > PATTERN_DEPTH_MAX)
		luaL_error(m->L, "pattern too complex");
	const char *end = match_items(m, s, p);
	m->depth--;
	return end;
}

const char *pattern_match(struct pattern *m, const char *at)
{
	m->depth = 0;
	m->ncaptures = 0;
	return match_here(m, at, m->text);
}

void pattern_push_capture(struct pattern *m, int i, const char *start, const char *end)
{
	if (i >= m->ncaptures) {
		if (i != 0)
			luaL_error(m->L, "invalid capture index %%%d", i + 1);
		lua_pushlstring(m->L, start, (size_t)(end - start));
		return;
	}
	if (m->captures[i].length == PATTERN_OPEN)
		luaL_error(m->L, "unfinished capture");
	if (m->captures[i].length == PATTERN_POSITION)
		lua_pushinteger(m->L, m->captures[i].start - m->subject + 1);
	else
		lua_pushlstring(m->L, m->captures[i].start, (size_t)m->captures[i].length);
}

int pattern_push_captures(struct pattern *m, const char *start, const char *end)
{
	int n = m->ncaptures == 0 && start != NULL ? 1 : m->ncaptures;

	luaL_checkstack(m->L, n, "too many captures");
	for (int i = 0; i < n; i++)
		pattern_push_capture(m, i, start, end);
	return n;
}

/* probe.h - one call, made in a child of its own, and a line of text about what came of it.
 *
 *	if (probe_begin("arenas.nbins", "read 4")) {
 *		...
 *		probe_say("%s", probe_code(mallctl(...)));
 *		probe_end();
 *	}
 *
 * prints "arenas.nbins<TAB>read 4<TAB>0". A child that crashes or hangs gives "signal 11" or
 * "hangs" instead, and the next case finds the process as it was. The same program runs on two
 * libraries; compare.py compares the lines.
 */
#ifndef TESTS_CONFORMANCE_PROBE_H
#define TESTS_CONFORMANCE_PROBE_H

#include <stdbool.h>
#include <stddef.h>

void probe_init(void);

/* True in the child, which makes the call and ends with probe_end(); false in the parent, once the
 * child has ended and its line is printed. */
bool probe_begin(const char *subject, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void probe_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void probe_end(void);

/* "0", "EINVAL", … for a return code. */
const char *probe_code(int code);

#endif

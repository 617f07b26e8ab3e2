#include "target.h"

#include "buffer.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define MENTIONED_MAX 8 /* processes listed in one message */

static int resolve_pid(long pid, struct agent *agent, struct failure *failure)
{
	struct process process;
	if (pid <= 0 || pid > INT_MAX || !process_read((pid_t)pid, &process))
		return failure_set(failure, EXIT_REFUSED,
				   "no process %ld: it has ended, or the number is wrong; "
				   "`moonheap ps` lists what can be attached to",
				   pid);
	if (process.state == 'Z')
		return failure_set(failure, EXIT_REFUSED,
				   "%s (pid %ld) has ended and only waits for its parent to notice",
				   process.program, pid);
	if (agents_find(&process, agent))
		return 0;
	return failure_set(failure, EXIT_REFUSED,
			   "%s (pid %ld) has no Moonheap agent; start it with `moonheap run -- %s "
			   "…`, then attach",
			   process.program, pid, process.program);
}

struct search {
	const char *name;
	struct buffer found; /* "12, 34" */
	size_t count;
	char program[64];
};

static bool collect_namesake(pid_t pid, void *opaque)
{
	struct search *search = opaque;
	struct process process;
	if (process_read(pid, &process) && process.state != 'Z' &&
	    process_is_named(&process, search->name)) {
		memcpy(search->program, process.program, sizeof search->program);
		if (search->count++ < MENTIONED_MAX)
			buffer_printf(&search->found, "%s%d", search->count > 1 ? ", " : "",
				      (int)pid);
	}
	return true;
}

/* No agent goes by the name: is there a process at all that does? */
static int explain_absence(const char *name, const char *shown, struct failure *failure)
{
	struct search search = {.name = name};
	process_each(collect_namesake, &search);
	if (search.count == 0)
		failure_set(failure, EXIT_REFUSED,
			    "'%s' is not a pid, and no process goes by that name; "
			    "`moonheap ps` lists what can be attached to",
			    shown);
	else
		failure_set(failure, EXIT_REFUSED,
			    "%s runs (pid %s%s) but has no Moonheap agent; start it with "
			    "`moonheap run -- %s …`, then attach",
			    shown, buffer_text(&search.found),
			    search.count > MENTIONED_MAX ? " …" : "", search.program);
	buffer_free(&search.found);
	return (int)failure->code;
}

static int resolve_name(const char *name, struct agent *agent, struct failure *failure)
{
	struct agents agents;
	struct buffer listed = {0};
	char shown[128];
	size_t matches = 0;
	text_clean_name(name, shown, sizeof shown);
	agents_scan(&agents);
	for (size_t i = 0; i < agents.count; i++) {
		const struct agent *row = &agents.rows[i];
		if (!process_is_named(&row->process, name))
			continue;
		*agent = *row;
		if (matches++ < MENTIONED_MAX)
			buffer_printf(&listed, "%s%d", matches > 1 ? ", " : "",
				      (int)row->process.pid);
	}
	agents_free(&agents);
	int code = 0;
	if (matches == 0)
		code = explain_absence(name, shown, failure);
	else if (matches > 1)
		code = failure_set(failure, EXIT_REFUSED,
				   "%zu processes with an agent go by the name %s: pid %s%s; say "
				   "which one",
				   matches, shown, buffer_text(&listed),
				   matches > MENTIONED_MAX ? " …" : "");
	buffer_free(&listed);
	return code;
}

int target_resolve(const char *text, struct agent *agent, struct failure *failure)
{
	char *end;
	if (text[0] == '\0')
		return failure_set(failure, EXIT_REFUSED,
				   "an empty name; give a pid or the name of a process");
	if (strspn(text, "0123456789") != strlen(text))
		return resolve_name(text, agent, failure);
	return resolve_pid(strlen(text) > 10 ? 0 : strtol(text, &end, 10), agent, failure);
}

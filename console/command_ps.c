/* command_ps.c - `moonheap ps`: the processes that can be attached to. */
#include "agents.h"
#include "command.h"
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* 12.3 MiB, in at most four digits. */
static void format_bytes(uint64_t bytes, char *to, size_t size)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes;
	size_t unit = 0;
	for (; value >= 1024 && unit + 1 < sizeof units / sizeof units[0]; unit++)
		value /= 1024;
	snprintf(to, size, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

static const char *allocator_of(const struct agent *agent)
{
	const char *allocator = process_allocator(agent->process.pid);
	return allocator[0] == '\0' ? "?" : allocator;
}

static void print_table(const struct agents *agents, struct buffer *to)
{
	char user[64], rss[32], sessions[32];
	buffer_printf(to, "%8s  %-12s  %-20s  %10s  %-9s  %s\n", "PID", "USER", "PROGRAM", "RSS",
		      "ALLOCATOR", "AGENT");
	for (size_t i = 0; i < agents->count; i++) {
		const struct agent *row = &agents->rows[i];
		process_user_name(row->process.uid, user, sizeof user);
		format_bytes(row->process.rss_bytes, rss, sizeof rss);
		snprintf(sessions, sizeof sessions, "%u session%s", row->sessions,
			 row->sessions == 1 ? "" : "s");
		buffer_printf(to, "%8d  %-12s  %-20s  %10s  %-9s  %s\n", (int)row->process.pid,
			      user, row->process.program, rss, allocator_of(row),
			      row->sessions == 0 ? "asleep" : sessions);
	}
}

static void print_json(const struct agents *agents, struct buffer *to)
{
	char user[64], socket_name[PATH_MAX];
	buffer_append_text(to, "[");
	for (size_t i = 0; i < agents->count; i++) {
		const struct agent *row = &agents->rows[i];
		process_user_name(row->process.uid, user, sizeof user);
		buffer_printf(to, "%s\n  {\"pid\": %d, \"uid\": %u, \"user\": ", i > 0 ? "," : "",
			      (int)row->process.pid, (unsigned)row->process.uid);
		json_append_string(to, user);
		buffer_append_text(to, ", \"program\": ");
		json_append_string(to, row->process.program);
		buffer_printf(to, ", \"rss_bytes\": %" PRIu64 ", \"allocator\": ",
			      row->process.rss_bytes);
		json_append_string(to, allocator_of(row));
		buffer_printf(to, ", \"sessions\": %u, \"socket\": ", row->sessions);
		agents_socket_name(row, socket_name, sizeof socket_name);
		json_append_string(to, socket_name);
		buffer_append_text(to, "}");
	}
	buffer_append_text(to, agents->count > 0 ? "\n]\n" : "]\n");
}

int command_ps(struct arguments *arguments, struct view *view, struct failure *failure)
{
	struct agents agents;
	struct buffer text = {0};
	(void)failure;
	agents_scan(&agents);
	if (arguments->json)
		print_json(&agents, &text);
	else if (agents.count > 0)
		print_table(&agents, &text);
	else
		view_notice(view, "no process that you may see holds a Moonheap agent; start one "
				  "with `moonheap run -- PROGRAM`");
	fwrite(buffer_text(&text), 1, text.length, stdout);
	buffer_free(&text);
	agents_free(&agents);
	return 0;
}

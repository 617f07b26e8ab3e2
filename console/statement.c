#include "statement.h"

#include "interrupt.h"
#include "target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HELP_LIMIT_MS 10000

int statement_attach(struct session *session, const char *word, const char *role,
		     struct failure *failure)
{
	struct agent agent;
	int code = target_resolve(word, &agent, failure);
	if (code != 0)
		return code;
	interrupt_open();
	return session_open(session, &agent, role, failure);
}

static bool on_output(const char *bytes, size_t length, void *opaque)
{
	return view_output(opaque, bytes, length);
}

static bool on_value(const char *bytes, size_t length, void *opaque)
{
	return view_value(opaque, bytes, length);
}

static void on_notice(const char *text, void *opaque)
{
	view_notice(opaque, text);
}

static int code_of(const struct session_reply *reply)
{
	switch (reply->status) {
	case PROTOCOL_OK:
		return reply->exit_code;
	case PROTOCOL_TIMEOUT:
		return EXIT_TIMEOUT;
	case PROTOCOL_DENIED:
		return EXIT_REFUSED;
	case PROTOCOL_LUA_ERROR:
	case PROTOCOL_CANCELLED:
		break;
	}
	return EXIT_LUA_ERROR;
}

static void complain_about_output(const struct view *view)
{
	char message[256];
	int length = snprintf(message, sizeof message, "cannot write the output: %s",
			      strerror(view->broken));
	view_error(view, message, (size_t)length);
}

struct statement_end statement_ask(struct session *session, struct view *view,
				   enum protocol_type type, const struct buffer *payload,
				   uint32_t limit_ms, struct failure *failure)
{
	struct session_sink sink = {on_output, on_value, on_notice, view};
	struct session_reply reply;
	struct statement_end end = {0};
	view_begin(view);
	end.code = session_ask(session, type, payload, limit_ms, &sink, &reply, failure);
	end.lost = end.code != 0 && end.code != EXIT_USAGE;
	end.left = reply.left;
	bool answered = end.code == 0 && !reply.left;
	if (answered && reply.status == PROTOCOL_OK)
		view_value(view, buffer_text(&reply.text), reply.text.length);
	view_end(view);
	if (answered && reply.status != PROTOCOL_OK)
		view_error(view, buffer_text(&reply.text), reply.text.length);
	if (view->broken != 0 && view->broken != EPIPE)
		complain_about_output(view);
	if (answered)
		end.code = code_of(&reply);
	if (reply.left || (view->broken != 0 && end.code == 0))
		end.code = EXIT_LUA_ERROR;
	buffer_free(&reply.text);
	return end;
}

struct statement_end statement_eval(struct session *session, struct view *view, const char *text,
				    uint32_t limit_ms, struct failure *failure)
{
	struct buffer payload = {0}, statement = {0};
	const char *begin = text + strspn(text, " \t\r\n");
	if (*begin == '=')
		buffer_printf(&statement, "return %s", begin + 1);
	else
		buffer_append_text(&statement, text);
	frame_put(&payload, buffer_text(&statement), statement.length);
	frame_put_text(&payload, "statement");
	frame_put_text(&payload, view->json ? "json" : "text");
	if (limit_ms == SESSION_NO_LIMIT)
		frame_put_text(&payload, "");
	else
		frame_put_number(&payload, limit_ms);
	struct statement_end end =
		statement_ask(session, view, PROTOCOL_EVAL, &payload, limit_ms, failure);
	buffer_free(&payload);
	buffer_free(&statement);
	return end;
}

struct statement_end statement_help(struct session *session, struct view *view, const char *name,
				    struct failure *failure)
{
	struct buffer payload = {0};
	frame_put_text(&payload, name);
	struct statement_end end =
		statement_ask(session, view, PROTOCOL_HELP, &payload, HELP_LIMIT_MS, failure);
	buffer_free(&payload);
	return end;
}

void statement_part(struct session *session, struct view *view, const struct statement_end *last)
{
	struct buffer goodbye = {0};
	if (last->lost) {
		session_drop(session);
		return;
	}
	session_close(session, &goodbye);
	while (goodbye.length > 0 && goodbye.bytes[goodbye.length - 1] == '\n')
		goodbye.bytes[--goodbye.length] = '\0';
	if (goodbye.length > 0) {
		view_notice(view, "stays changed:");
		view_notice(view, goodbye.bytes);
	}
	buffer_free(&goodbye);
}

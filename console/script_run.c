#include "script_run.h"

#define MODULE_LIMIT_MS 10000

struct sending {
	struct session *session;
	struct view *view;
	struct failure *failure;
	struct statement_end end;
};

static int send_module(const char *name, const struct buffer *text, void *opaque)
{
	struct sending *sending = opaque;
	struct buffer payload = {0};
	frame_put_text(&payload, name);
	frame_put(&payload, buffer_text(text), text->length);
	sending->end = statement_ask(sending->session, sending->view, PROTOCOL_MODULE, &payload,
				     MODULE_LIMIT_MS, sending->failure);
	buffer_free(&payload);
	return sending->end.code;
}

struct statement_end script_run(struct session *session, struct view *view,
				const struct script *script, char *const *words, int nwords,
				uint32_t limit_ms, struct failure *failure)
{
	struct sending sending = {.session = session, .view = view, .failure = failure};
	if (script_each_module(script, send_module, &sending) != 0)
		return sending.end;
	struct buffer payload = {0};
	frame_put(&payload, buffer_text(&script->text), script->text.length);
	frame_put_text(&payload, script->name);
	frame_put_text(&payload, view->json ? "json" : "text");
	if (limit_ms == SESSION_NO_LIMIT)
		frame_put_text(&payload, "");
	else
		frame_put_number(&payload, limit_ms);
	for (int i = 0; i < nwords; i++)
		frame_put_text(&payload, words[i]);
	struct statement_end end =
		statement_ask(session, view, PROTOCOL_SCRIPT, &payload, limit_ms, failure);
	buffer_free(&payload);
	return end;
}

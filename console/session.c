#include "session.h"

#include "clock.h"
#include "interrupt.h"
#include "json.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GREETING_LIMIT_MS 5000
#define GOODBYE_LIMIT_MS  2000
#define SEND_LIMIT_MS     5000
/* The agent stops a statement at its limit; this long afterwards we stop believing in the agent. */
#define LIMIT_GRACE_MS 3000

static int64_t deadline_in(int64_t ms)
{
	return clock_now_ms() + ms;
}

static int request_send(struct session *session, enum protocol_type type,
			const struct buffer *payload, uint32_t *request, struct failure *failure)
{
	if (++session->last_request == 0)
		session->last_request = 1;
	*request = session->last_request;
	return transport_send(&session->transport, type, *request, payload,
			      deadline_in(SEND_LIMIT_MS), failure);
}

/* The next frame; TRANSPORT_OTHER is a Ctrl-C. */
static enum transport_event next_or_interrupt(struct transport *transport, struct frame *frame,
					      int64_t deadline_ms)
{
	for (;;) {
		struct pollfd interrupt = {.fd = interrupt_descriptor(), .events = POLLIN};
		enum transport_event event =
			transport_next(transport, frame, deadline_ms, &interrupt, 1);
		if (event != TRANSPORT_OTHER || interrupt_take())
			return event;
	}
}

/* A member of the greeting, harmless; "" when it is absent. */
static void greeting_member(const char *json, uint32_t length, const char *key, char *to,
			    size_t size)
{
	struct buffer value = {0};
	bool found = json_member(json, length, key, &value);
	text_clean_name(found ? buffer_text(&value) : "", to, size);
	buffer_free(&value);
}

static int read_greeting(struct session *session, const char *role, struct frame *frame,
			 struct failure *failure)
{
	const struct transport *transport = &session->transport;
	const char *json = "";
	uint32_t length = 0;
	char protocol[16];
	frame_field(frame, &json, &length);
	greeting_member(json, length, "protocol", protocol, sizeof protocol);
	if (protocol[0] == '\0')
		return failure_set(failure, EXIT_LOST,
				   "%s (pid %d) greets in a way that this console does not "
				   "understand; it is no Moonheap agent, or one of another version",
				   transport->program, (int)transport->pid);
	if (strtoul(protocol, NULL, 10) != PROTOCOL_VERSION)
		return failure_set(failure, EXIT_REFUSED,
				   "the agent in %s (pid %d) speaks protocol %s and this console "
				   "speaks %u; use the moonheap command of the agent's version",
				   transport->program, (int)transport->pid, protocol,
				   PROTOCOL_VERSION);
	greeting_member(json, length, "role", session->role, sizeof session->role);
	if (session->role[0] == '\0')
		snprintf(session->role, sizeof session->role, "%s", role);
	greeting_member(json, length, "allocator", session->allocator, sizeof session->allocator);
	greeting_member(json, length, "version", session->version, sizeof session->version);
	return 0;
}

static int read_refusal(const struct session *session, struct frame *frame, struct failure *failure)
{
	const char *why = "";
	uint32_t length = 0;
	char *copy, clean[1024];
	frame_field(frame, &why, &length);
	copy = strndup(why, length);
	text_clean_name(copy == NULL ? "" : copy, clean, sizeof clean);
	free(copy);
	return failure_set(failure, EXIT_REFUSED, "%s (pid %d) refuses: %s",
			   session->transport.program, (int)session->transport.pid,
			   clean[0] == '\0' ? "it gives no reason" : clean);
}

static int await_greeting(struct session *session, const char *role, int64_t deadline_ms,
			  struct failure *failure)
{
	struct transport *transport = &session->transport;
	struct frame frame;
	switch (next_or_interrupt(transport, &frame, deadline_ms)) {
	case TRANSPORT_FRAME:
		if (frame.header.type == PROTOCOL_WELCOME)
			return read_greeting(session, role, &frame, failure);
		if (frame.header.type == PROTOCOL_REFUSED)
			return read_refusal(session, &frame, failure);
		return failure_set(failure, EXIT_LOST,
				   "%s (pid %d) answered with something else than a greeting; it "
				   "is no Moonheap agent, or one of another version",
				   transport->program, (int)transport->pid);
	case TRANSPORT_LOST:
		return transport_explain_loss(transport, failure);
	case TRANSPORT_OTHER:
		return failure_set(failure, EXIT_LUA_ERROR, "cancelled before %s (pid %d) answered",
				   transport->program, (int)transport->pid);
	case TRANSPORT_TIMEOUT:
		break;
	}
	return transport_explain_silence(transport, "greet in time", failure);
}

int session_open(struct session *session, const struct agent *agent, const char *role,
		 struct failure *failure)
{
	struct buffer hello = {0};
	uint32_t request;
	int64_t deadline_ms = deadline_in(GREETING_LIMIT_MS);
	*session = (struct session){.agent = *agent};
	int code = transport_open(&session->transport, agent, deadline_ms, failure);
	if (code != 0)
		return code;
	frame_put_number(&hello, PROTOCOL_VERSION);
	frame_put_text(&hello, role);
	frame_put_text(&hello, "moonheap " MOONHEAP_VERSION);
	code = request_send(session, PROTOCOL_HELLO, &hello, &request, failure);
	/* A peer that closes at once may have said why before. */
	if (code == 0 || code == EXIT_LOST)
		code = await_greeting(session, role, deadline_ms, failure);
	buffer_free(&hello);
	if (code != 0)
		transport_close(&session->transport);
	return code;
}

static void read_result(struct frame *frame, struct session_reply *reply)
{
	const char *text = "";
	uint32_t status = PROTOCOL_LUA_ERROR, length = 0, exit_code = 0;
	frame_number(frame, &status);
	frame_field(frame, &text, &length);
	frame_number(frame, &exit_code);
	reply->status = (enum protocol_status)status;
	reply->exit_code = (int)(exit_code & 0xFF);
	buffer_append(&reply->text, text, length);
}

static void send_cancel(struct session *session, uint32_t statement)
{
	struct buffer payload = {0};
	struct failure ignored; /* a lost connection is seen by the next wait */
	uint32_t request;
	frame_put_number(&payload, statement);
	request_send(session, PROTOCOL_CANCEL, &payload, &request, &ignored);
	buffer_free(&payload);
}

struct wait {
	struct session *session;
	const struct session_sink *sink;
	struct session_reply *reply;
	uint32_t request;
	bool cancelled;
};

/* The first Ctrl-C asks the agent to stop the statement, the second one stops waiting. */
static void on_interrupt(struct wait *wait)
{
	if (wait->cancelled) {
		wait->reply->left = true;
		wait->sink->notice("detaching; Ctrl-C again quits at once", wait->sink->opaque);
		return;
	}
	wait->cancelled = true;
	wait->sink->notice("cancelling; Ctrl-C again detaches", wait->sink->opaque);
	send_cancel(wait->session, wait->request);
}

static void pass_on(struct wait *wait, struct frame *frame,
		    bool (*to)(const char *bytes, size_t length, void *opaque))
{
	const char *bytes;
	uint32_t length;
	bool wanted = !frame_field(frame, &bytes, &length) || to(bytes, length, wait->sink->opaque);
	if (!wanted && !wait->cancelled) {
		wait->cancelled = true;
		send_cancel(wait->session, wait->request);
	}
}

/* True when the statement has ended. */
static bool on_frame(struct wait *wait, struct frame *frame)
{
	if (frame->header.request != wait->request)
		return false; /* an answer that we stopped waiting for */
	if (frame->header.type == PROTOCOL_RESULT)
		read_result(frame, wait->reply);
	else if (frame->header.type == PROTOCOL_OUTPUT)
		pass_on(wait, frame, wait->sink->output);
	else if (frame->header.type == PROTOCOL_VALUE)
		pass_on(wait, frame, wait->sink->value);
	return frame->header.type == PROTOCOL_RESULT;
}

int session_ask(struct session *session, enum protocol_type type, const struct buffer *payload,
		uint32_t limit_ms, const struct session_sink *sink, struct session_reply *reply,
		struct failure *failure)
{
	struct wait wait = {.session = session, .sink = sink, .reply = reply};
	*reply = (struct session_reply){0};
	if (payload->length > PROTOCOL_PAYLOAD_MAX)
		return failure_set(failure, EXIT_USAGE,
				   "the text is %zu bytes long and the agent takes at most %u",
				   payload->length, PROTOCOL_PAYLOAD_MAX - 1024);
	int64_t deadline_ms = limit_ms == SESSION_NO_LIMIT
				      ? CLOCK_NEVER
				      : deadline_in((int64_t)limit_ms + LIMIT_GRACE_MS);
	int code = request_send(session, type, payload, &wait.request, failure);
	while (code == 0) {
		struct frame frame;
		switch (next_or_interrupt(&session->transport, &frame, deadline_ms)) {
		case TRANSPORT_FRAME:
			if (on_frame(&wait, &frame))
				return 0;
			break;
		case TRANSPORT_OTHER:
			on_interrupt(&wait);
			if (reply->left)
				return 0;
			break;
		case TRANSPORT_TIMEOUT:
			code = transport_explain_silence(&session->transport,
							 "answer within its time limit", failure);
			break;
		case TRANSPORT_LOST:
			code = transport_explain_loss(&session->transport, failure);
			break;
		}
	}
	return code;
}

static void read_candidates(struct frame *frame, size_t length, struct session_candidates *to)
{
	const char *text;
	uint32_t from, text_length;
	if (!frame_number(frame, &from) || from > length)
		return;
	to->from = from;
	while (frame_field(frame, &text, &text_length)) {
		char **texts = realloc(to->texts, (to->count + 1) * sizeof *texts);
		if (texts == NULL)
			return;
		to->texts = texts;
		char *copy = strndup(text, text_length);
		if (copy == NULL)
			return;
		to->texts[to->count++] = copy;
	}
}

bool session_complete(struct session *session, const char *text, size_t length, int budget_ms,
		      struct session_candidates *candidates)
{
	struct buffer payload = {0};
	struct failure failure;
	struct frame frame;
	uint32_t request;
	*candidates = (struct session_candidates){0};
	int64_t deadline_ms = deadline_in(budget_ms);
	frame_put(&payload, text, length);
	int code = payload.length > PROTOCOL_PAYLOAD_MAX
			   ? EXIT_USAGE
			   : request_send(session, PROTOCOL_COMPLETE, &payload, &request, &failure);
	buffer_free(&payload);
	while (code == 0) {
		switch (transport_next(&session->transport, &frame, deadline_ms, NULL, 0)) {
		case TRANSPORT_FRAME:
			if (frame.header.request != request)
				break;
			if (frame.header.type == PROTOCOL_CANDIDATES)
				read_candidates(&frame, length, candidates);
			return true;
		case TRANSPORT_OTHER:
		case TRANSPORT_TIMEOUT:
			return true;
		case TRANSPORT_LOST:
			return false;
		}
	}
	return code == EXIT_USAGE;
}

void session_candidates_free(struct session_candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++)
		free(candidates->texts[i]);
	free(candidates->texts);
	*candidates = (struct session_candidates){0};
}

void session_close(struct session *session, struct buffer *goodbye)
{
	struct failure ignored;
	struct frame frame;
	const char *text;
	uint32_t request, length;
	int64_t deadline_ms = deadline_in(GOODBYE_LIMIT_MS);
	bool waiting = request_send(session, PROTOCOL_CLOSE, NULL, &request, &ignored) == 0;
	while (waiting) {
		switch (next_or_interrupt(&session->transport, &frame, deadline_ms)) {
		case TRANSPORT_FRAME:
			waiting = frame.header.type != PROTOCOL_GOODBYE;
			if (!waiting && frame_field(&frame, &text, &length))
				buffer_append(goodbye, text, length);
			break;
		case TRANSPORT_OTHER: /* Ctrl-C: leave at once */
		case TRANSPORT_TIMEOUT:
		case TRANSPORT_LOST:
			waiting = false;
			break;
		}
	}
	transport_close(&session->transport);
}

void session_drop(struct session *session)
{
	transport_close(&session->transport);
}

#include "agent_session.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "complete.h"
#include "help.h"
#include "json.h"
#include "lua_open.h"
#include "statement.h"

#define PIECE_BYTES      ((size_t)16 << 10) /* of an OUTPUT or VALUE frame */
#define CANDIDATES_BYTES ((size_t)64 << 10)
#define NFIELDS_NEEDED   4
#define COMPLETE_MS      150 /* a completion must never hold up typing */

struct agent_session {
	struct agent_channel *channel;
	const struct agent_config *config;
	agent_session_sleep *sleep;
	void *sleep_owner;
	const char *_Atomic inside;
	uint32_t request; /* that is being answered */
	bool welcomed;
	struct journal journal;
	struct context context;
	struct agent_sandbox sandbox;
	struct sink out, value;
	char out_buffer[PIECE_BYTES];
	char value_buffer[PIECE_BYTES];
	char candidates[CANDIDATES_BYTES];
};

/* --- output ------------------------------------------------------------------------------- */

static void flush_output(struct sink *sink, const char *text, size_t length)
{
	struct agent_session *session = sink->owner;
	struct agent_field field = {text, length};

	agent_channel_send(session->channel, PROTOCOL_OUTPUT, session->request, &field, 1);
}

static void flush_value(struct sink *sink, const char *text, size_t length)
{
	struct agent_session *session = sink->owner;
	struct agent_field field = {text, length};

	sink_flush(&session->out); /* what was printed before stays before */
	agent_channel_send(session->channel, PROTOCOL_VALUE, session->request, &field, 1);
}

static void answer_result(struct agent_session *session, enum protocol_status status,
			  struct agent_field value, int exit_code)
{
	char status_text[12], exit_text[12];
	struct agent_field fields[] = {agent_field_number(status_text, (uint32_t)status), value,
				       agent_field_number(exit_text, (uint32_t)exit_code)};

	sink_flush(&session->out);
	agent_channel_send(session->channel, PROTOCOL_RESULT, session->request, fields, 3);
}

static bool refuse(struct agent_session *session, const char *why)
{
	struct agent_field field = agent_field_text(why);

	agent_channel_send(session->channel, PROTOCOL_REFUSED, session->request, &field, 1);
	return false;
}

/* --- life --------------------------------------------------------------------------------- */

static void context_sleep(struct context *context, uint64_t ns)
{
	struct agent_session *session = context->owner;

	session->sleep(session->sleep_owner, ns);
}

struct agent_session *agent_session_create(const struct agent_config *config,
					   struct agent_channel *channel,
					   agent_session_sleep *sleep, void *owner)
{
	struct agent_session *session = mmap(NULL, sizeof(*session), PROT_READ | PROT_WRITE,
					     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (session == MAP_FAILED)
		return NULL;
	session->channel = channel;
	session->config = config;
	session->sleep = sleep;
	session->sleep_owner = owner;
	sink_init(&session->out, session->out_buffer, sizeof(session->out_buffer));
	session->out.flush = flush_output;
	session->out.owner = session;
	sink_init(&session->value, session->value_buffer, sizeof(session->value_buffer));
	session->value.flush = flush_value;
	session->value.owner = session;
	session->context.target = config->target;
	session->context.gate.target = config->target;
	session->context.gate.journal = &session->journal;
	session->context.gate.inside = &session->inside;
	session->context.out = &session->out;
	session->context.sleep = context_sleep;
	session->context.own_memory = agent_sandbox_memory;
	session->context.owner = session;
	return session;
}

void agent_session_destroy(struct agent_session *session)
{
	agent_sandbox_close(&session->sandbox);
	journal_fini(&session->journal);
	munmap(session, sizeof(*session));
}

void agent_session_stop(struct agent_session *session, enum budget_reason reason)
{
	session->context.budget.stop = (int)reason;
}

void agent_session_rearm(struct agent_session *session)
{
	session->context.budget.stop = BUDGET_RUNS;
}

const char *agent_session_inside(struct agent_session *session)
{
	return session->inside;
}

/* --- requests ----------------------------------------------------------------------------- */

struct request {
	struct agent_session *session;
	struct statement_text text, name;
	bool json;
	const unsigned char *payload; /* arguments of a script stand from `arguments` on */
	uint32_t length, arguments;
	int exit_code;
};

static bool field_is(struct agent_field field, const char *word)
{
	return field.length == strlen(word) && memcmp(field.text, word, field.length) == 0;
}

static struct agent_field field_at(const unsigned char *payload, uint32_t length, unsigned index)
{
	const char *text = "";
	uint32_t offset = 0, text_length = 0;

	for (unsigned i = 0; i <= index; i++)
		if (!protocol_next_field(payload, length, &offset, &text, &text_length))
			return (struct agent_field){"", 0};
	return (struct agent_field){text, text_length};
}

static uint64_t field_number(struct agent_field field)
{
	uint64_t number = 0;

	for (size_t i = 0; i < field.length && i < 15; i++) {
		if (field.text[i] < '0' || field.text[i] > '9')
			return 0;
		number = number * 10 + (uint64_t)(field.text[i] - '0');
	}
	return number;
}

uint64_t agent_session_limit_ms(struct protocol_header header, const unsigned char *payload)
{
	if (header.type != PROTOCOL_EVAL && header.type != PROTOCOL_SCRIPT)
		return 0;
	return field_number(field_at(payload, header.length, 3));
}

static void put_welcome(struct agent_session *session, struct sink *sink)
{
	const struct target *target = session->config->target;
	union value version = {.string = ""};
	size_t size = sizeof(version);
	char program[32];

	if (target->allocates && target->mallctl("version", &version, &size, NULL, 0) != 0)
		version.string = "";
	process_name(program, sizeof(program));
	sink_printf(sink, "{\"protocol\":%u,\"pid\":%d,\"program\":", PROTOCOL_VERSION,
		    (int)getpid());
	json_put_string(sink, program, strlen(program));
	sink_printf(sink, ",\"agent\":\"%s\",\"allocator\":\"%s\",\"version\":", AGENT_VERSION,
		    target->reflects    ? "moonheap"
		    : target->allocates ? "jemalloc"
					: "unknown");
	json_put_string(sink, version.string, strlen(version.string));
	sink_printf(sink, ",\"role\":\"%s\",\"lua\":\"%s\"}",
		    gate_role_word(session->context.gate.role), LUA_RELEASE);
}

static bool open_state(struct agent_session *session)
{
	const char *why = agent_sandbox_open(&session->sandbox, &session->context,
					     session->config->memory_limit);
	return why == NULL ? true : refuse(session, why);
}

static bool hello(struct agent_session *session, const unsigned char *payload, uint32_t length)
{
	struct agent_field role = field_at(payload, length, 1);
	char text[1024];
	struct sink sink;

	if (session->welcomed)
		return refuse(session, "HELLO was said already");
	if (field_number(field_at(payload, length, 0)) != PROTOCOL_VERSION)
		return refuse(session, "this agent speaks version 1 of the protocol, and the "
				       "console another one: use the console that came with it");
	if (field_is(role, "operator"))
		session->context.gate.role = GATE_OPERATOR;
	else if (!field_is(role, "observer") && role.length != 0)
		return refuse(session, "unknown role: there are observer and operator");
	if (!open_state(session))
		return false;
	session->welcomed = true;
	sink_init(&sink, text, sizeof(text));
	put_welcome(session, &sink);
	struct agent_field field = {text, sink.used};
	return agent_channel_send(session->channel, PROTOCOL_WELCOME, session->request, &field, 1);
}

/* Runs inside the protected call. */
static int run_statement(lua_State *L)
{
	struct request *request = lua_touserdata(L, 1);
	struct agent_session *session = request->session;

	lua_settop(L, 0);
	statement_eval(L, &session->value, request->text, request->name, request->json);
	return 0;
}

static int run_script(lua_State *L)
{
	struct request *request = lua_touserdata(L, 1);
	struct agent_session *session = request->session;
	uint32_t offset = request->arguments, length;
	const char *argument;
	int narguments = 0;

	lua_settop(L, 0);
	while (protocol_next_field(request->payload, request->length, &offset, &argument,
				   &length)) {
		luaL_checkstack(L, 2, "too many arguments");
		lua_pushlstring(L, argument, length);
		narguments++;
	}
	request->exit_code = statement_script(L, &session->value, request->text, request->name,
					      request->json, narguments);
	return 0;
}

static int add_module(lua_State *L)
{
	struct request *request = lua_touserdata(L, 1);

	statement_module(L, request->text, request->name);
	return 0;
}

static int put_help(lua_State *L)
{
	struct request *request = lua_touserdata(L, 1);

	help_put(L, &request->session->value, request->text.text, request->text.length);
	return 0;
}

/* Run it, and turn the way it ended into a RESULT. A state that panicked is replaced. */
static bool answer_protected(struct agent_session *session, lua_CFunction function,
			     struct request *request, uint64_t limit_ms)
{
	struct context *context = &session->context;
	enum protocol_status status = PROTOCOL_OK;
	struct agent_field value;

	context->gate.pinned = false;
	context->gate.denied = false;
	context->shown_ns = 0;
	context->json = request->json;
	session->value.used = 0;
	budget_begin(&context->budget, limit_ms);
	int ended = agent_sandbox_protect(&session->sandbox, function, request);
	context->budget.armed = false;
	if (ended == -1) {
		answer_result(session, PROTOCOL_LUA_ERROR,
			      agent_field_text("the session's Lua state failed and was replaced: "
					       "its variables are gone"),
			      1);
		agent_sandbox_close(&session->sandbox);
		return open_state(session);
	}
	lua_State *L = session->sandbox.L;
	budget_end(L, &context->budget);
	if (ended == LUA_OK) {
		value = (struct agent_field){session->value.buffer, session->value.used};
	} else {
		/* A half-written value is no value: the error takes its place. */
		struct statement_error error =
			statement_explain(L, ended, request->text, request->name);
		status = error.status;
		value = (struct agent_field){error.text.text, error.text.length};
		request->exit_code = status == PROTOCOL_TIMEOUT  ? 5
				     : status == PROTOCOL_DENIED ? 3
								 : 1;
	}
	answer_result(session, status, value, request->exit_code);
	if (agent_channel_was_answered(session->channel, session->request)) {
		agent_sandbox_close(&session->sandbox);
		return open_state(session);
	}
	agent_sandbox_protect(&session->sandbox, statement_tidy, NULL);
	return true;
}

struct completion {
	struct agent_field text;
	struct complete_result result;
	struct agent_session *session;
};

static int put_candidates(lua_State *L)
{
	struct completion *completion = lua_touserdata(L, 1);

	complete_find(L, completion->text.text, completion->text.length, &completion->result);
	return 0;
}

/* A completion that fails is one without candidates. */
static bool complete(struct agent_session *session, struct agent_field text)
{
	struct completion completion = {.text = text, .session = session};
	char start[12];

	/* Room for the first field, whose length is not known before. */
	complete_init(&completion.result, session->candidates + 16, CANDIDATES_BYTES - 16);
	budget_begin(&session->context.budget, COMPLETE_MS);
	int ended = agent_sandbox_protect(&session->sandbox, put_candidates, &completion);
	session->context.budget.armed = false;
	if (ended == -1) {
		agent_sandbox_close(&session->sandbox);
		return open_state(session);
	}
	budget_end(session->sandbox.L, &session->context.budget);
	struct agent_field first = agent_field_number(start, (uint32_t)completion.result.start);
	char *payload = session->candidates + 16 - 4 - first.length;
	protocol_put32((unsigned char *)payload, (uint32_t)first.length);
	memcpy(payload + 4, first.text, first.length);
	agent_channel_send_packed(session->channel, PROTOCOL_CANDIDATES, session->request, payload,
				  4 + first.length + completion.result.used);
	agent_sandbox_protect(&session->sandbox, statement_tidy, NULL);
	return true;
}

/* The lines of GOODBYE go through the value's buffer; a longer list ends with a count. */
static bool goodbye(struct agent_session *session)
{
	struct sink *sink = &session->value;
	size_t shown = 0, lasting = 0;

	session->value.used = 0;
	for (size_t i = 0; i < session->journal.count; i++) {
		const struct journal_entry *entry = &session->journal.entries[i];
		if (journal_is_restored(entry))
			continue;
		lasting++;
		if (sink->used + 2 * sizeof(*entry) > sink->size)
			continue;
		shown++;
		if (entry->old_value[0] == '\0')
			sink_printf(sink, "%s: %s\n", entry->name, entry->new_value);
		else
			sink_printf(sink, "%s: %s -> %s\n", entry->name, entry->old_value,
				    entry->new_value);
	}
	if (lasting > shown)
		sink_printf(sink, "... %zu more\n", lasting - shown);
	if (session->journal.missed > 0)
		sink_printf(sink, "... %zu changes found no memory to be noted in\n",
			    session->journal.missed);
	if (sink->used > 0)
		sink->used--; /* the last line needs no end */
	struct agent_field field = {sink->buffer, sink->used};
	agent_channel_send(session->channel, PROTOCOL_GOODBYE, session->request, &field, 1);
	return false;
}

static struct statement_text statement_field(struct agent_field field)
{
	return (struct statement_text){field.text, field.length};
}

bool agent_session_handle(struct agent_session *session, struct protocol_header header,
			  const unsigned char *payload)
{
	struct agent_field first = field_at(payload, header.length, 0);
	struct request request = {.session = session,
				  .text = statement_field(first),
				  .name = statement_field(field_at(payload, header.length, 1)),
				  .json = field_is(field_at(payload, header.length, 2), "json"),
				  .payload = payload,
				  .length = header.length};
	uint64_t limit_ms = agent_session_limit_ms(header, payload);

	session->request = header.request;
	if (header.type == PROTOCOL_HELLO)
		return hello(session, payload, header.length);
	if (header.type == PROTOCOL_CLOSE)
		return goodbye(session);
	if (!session->welcomed)
		return refuse(session, "the first frame of a session is HELLO");
	switch (header.type) {
	case PROTOCOL_EVAL:
		return answer_protected(session, run_statement, &request, limit_ms);
	case PROTOCOL_SCRIPT: {
		const char *text;
		uint32_t length;
		for (unsigned i = 0; i < NFIELDS_NEEDED; i++)
			protocol_next_field(payload, header.length, &request.arguments, &text,
					    &length);
		return answer_protected(session, run_script, &request, limit_ms);
	}
	case PROTOCOL_MODULE:
		request.text = statement_field(field_at(payload, header.length, 1));
		request.name = statement_field(first);
		request.json = false;
		return answer_protected(session, add_module, &request, 0);
	case PROTOCOL_HELP:
		request.json = false;
		return answer_protected(session, put_help, &request, 0);
	case PROTOCOL_COMPLETE:
		return complete(session, first);
	default:
		answer_result(session, PROTOCOL_LUA_ERROR,
			      agent_field_text("this agent does not know that request"), 1);
		return true;
	}
}

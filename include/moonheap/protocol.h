/* protocol.h - frames between the console and the agent, over a Unix stream socket.
 *
 * A frame is a 12-byte header and a payload; all numbers are little-endian:
 *
 *     0        4        6        8            12
 *     | length | type   | flags  | request id | payload (length bytes) ...
 *
 * length counts the payload alone, at most PROTOCOL_PAYLOAD_MAX; a longer one is a protocol error
 * and ends the connection. A request id is chosen by the client, is not 0, and comes back in every
 * frame that answers it; frames that answer no request carry 0. A payload is a sequence of fields,
 * each a 32-bit length and that many bytes (text is UTF-8 without a terminating NUL). Fields that a
 * newer peer adds stand at the end and are ignored by an older one. docs/protocol.md tells the
 * conversation; this file is its vocabulary.
 */
#ifndef MOONHEAP_PROTOCOL_H
#define MOONHEAP_PROTOCOL_H

#include <stdint.h>
#include <string.h>

#define PROTOCOL_VERSION     1u
#define PROTOCOL_HEADER_SIZE 12u
#define PROTOCOL_PAYLOAD_MAX                                                                       \
	(1u << 20) /* an answer longer than this comes as several OUTPUT frames */

/* client -> agent: name, number, fields.
 * format is "text" or "json"; a time limit is in ms, "" for none. */
#define PROTOCOL_REQUESTS(X)                                                                       \
	X(HELLO, 1)  /* version (decimal), role "observer"|"operator", client name */              \
	X(EVAL, 2)   /* Lua text, chunk name, format, time limit */                                \
	X(SCRIPT, 3) /* Lua text, script name, format, time limit, then one field per argument */  \
	X(COMPLETE, 4) /* text up to the cursor; answered by CANDIDATES */                         \
	X(HELP, 5)     /* a name of the tree, a word of the language, or "" for the overview */    \
	X(CANCEL, 6)   /* request id (decimal) of the statement to stop; answered by RESULT */     \
	X(CLOSE, 7)    /* end the session; answered by GOODBYE */                                  \
	X(MODULE, 8)   /* name, Lua text: what require(name) loads; answered by RESULT */

/* agent -> client */
#define PROTOCOL_REPLIES(X)                                                                        \
	X(WELCOME, 64) /* JSON object: protocol, pid, program, agent, allocator, version, role */  \
	X(OUTPUT, 65)  /* a piece of what the statement printed, in order */                       \
	X(RESULT, 66)  /* status (enum protocol_status, decimal), value as text or JSON,           \
			  exit code of a script (decimal) */                                       \
	X(CANDIDATES, 67) /* first byte to replace (decimal), then one field per candidate */      \
	X(GOODBYE, 68)    /* what stays changed: one line of text per change, "" when nothing */   \
	X(REFUSED, 69)    /* why, in words; the agent closes the connection after it */            \
	X(VALUE, 70)      /* a piece of a long value: RESULT's text is the last piece */

enum protocol_type {
#define PROTOCOL_TYPE(name, number) PROTOCOL_##name = (number),
	PROTOCOL_REQUESTS(PROTOCOL_TYPE) PROTOCOL_REPLIES(PROTOCOL_TYPE)
#undef PROTOCOL_TYPE
};

/* How a statement ended; RESULT's first field. The text field then holds the error in words. */
enum protocol_status {
	PROTOCOL_OK = 0,
	PROTOCOL_LUA_ERROR = 1, /* the statement raised an error, or does not compile */
	PROTOCOL_CANCELLED = 2, /* stopped by CANCEL */
	PROTOCOL_TIMEOUT = 3,   /* stopped by its time limit */
	PROTOCOL_DENIED = 4,    /* needs a role that this session does not have */
};

struct protocol_header {
	uint32_t length;
	uint16_t type;
	uint16_t flags; /* none defined yet: send 0, ignore what comes */
	uint32_t request;
};

static inline void protocol_put32(unsigned char *to, uint32_t value)
{
	to[0] = (unsigned char)value;
	to[1] = (unsigned char)(value >> 8);
	to[2] = (unsigned char)(value >> 16);
	to[3] = (unsigned char)(value >> 24);
}

static inline uint32_t protocol_get32(const unsigned char *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
	       (uint32_t)from[3] << 24;
}

static inline void protocol_pack(unsigned char to[PROTOCOL_HEADER_SIZE], struct protocol_header h)
{
	protocol_put32(to, h.length);
	protocol_put32(to + 4, (uint32_t)h.type | (uint32_t)h.flags << 16);
	protocol_put32(to + 8, h.request);
}

static inline struct protocol_header protocol_unpack(const unsigned char from[PROTOCOL_HEADER_SIZE])
{
	uint32_t type_flags = protocol_get32(from + 4);
	struct protocol_header h = {
		.length = protocol_get32(from),
		.type = (uint16_t)type_flags,
		.flags = (uint16_t)(type_flags >> 16),
		.request = protocol_get32(from + 8),
	};
	return h;
}

/* Walk the fields of a payload: returns 1 and moves *offset past the field that it reports, or 0
 * when there is none left or the rest is malformed (then *offset is set past the end). */
static inline int protocol_next_field(const unsigned char *payload, uint32_t length,
				      uint32_t *offset, const char **text, uint32_t *text_length)
{
	if (*offset > length || length - *offset < 4)
		return 0;
	uint32_t n = protocol_get32(payload + *offset);
	if (n > length - *offset - 4) {
		*offset = length + 1;
		return 0;
	}
	*text = (const char *)payload + *offset + 4;
	*text_length = n;
	*offset += 4 + n;
	return 1;
}

#endif

/* said.h - what the allocator says to the program (malloc_message), for tests that read it. */
#ifndef TESTS_SUPPORT_SAID_H
#define TESTS_SUPPORT_SAID_H

extern char said[65536]; /* all messages, one behind the other; what does not fit is left out */
extern unsigned nsaid;   /* messages */

/* From now on; what was said before is forgotten. */
void said_listen(void);
void said_forget(void);

#endif

/* interrupt.h - Ctrl-C as something that can be waited for, instead of something that strikes.
 *
 * SIGINT, and SIGCONT, which says that the terminal is ours again, are blocked in this process and
 * read from a descriptor, so they arrive exactly where the console polls: at an idle prompt, or
 * while an answer is awaited. Programs that the console starts get the ordinary signals back.
 */
#ifndef CONSOLE_INTERRUPT_H
#define CONSOLE_INTERRUPT_H

#include <stdbool.h>

/* Opens it; once, at the start. -1 when the kernel refuses: then Ctrl-C ends the console. */
int interrupt_open(void);

/* The descriptor to poll; -1 when not open (poll ignores it). */
int interrupt_descriptor(void);

/* Was there a Ctrl-C since the last call? Several in between count as one. */
bool interrupt_take(void);

/* Was the console stopped (Ctrl-Z) and has it come back since the last call? */
bool interrupt_take_return(void);

/* In a child, before exec. */
void interrupt_restore(void);

#endif

/* creator.h - who made something that lives on (an arena, an explicit thread cache): which thread,
 * and from where in the program.
 *
 * It is what was so at that moment: the thread may have ended since, and its number may be
 * another's. What the library makes by itself when the process starts has nobody: zeros.
 */
#ifndef CREATOR_H
#define CREATOR_H

#include "build.h"

#define CREATOR_THREAD_MAX 16 /* bytes of a thread's name, the zero counted; the kernel's */
#define CREATOR_CALLER_MAX 60

struct creator {
	uint32_t thread;                      /* the kernel's number */
	char thread_name[CREATOR_THREAD_MAX]; /* always ends */
	char caller[CREATOR_CALLER_MAX];      /* "libfoo.so+0x1234"; "": not by a call for it */
};

/* The running thread, which happens to be the first that needs it. */
INTERNAL void creator_note_thread(struct creator *creator);
/* The running thread, and who called the library for it. No lock; slow. */
INTERNAL void creator_note_call(struct creator *creator);

#endif

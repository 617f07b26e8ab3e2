/* mailbox.h - objects of shadow models under way from one thread to another, in no order. Any
 * number of threads may put and take. */
#ifndef TESTS_SUPPORT_MAILBOX_H
#define TESTS_SUPPORT_MAILBOX_H

#include "shadow.h"
#include <pthread.h>

enum { MAILBOX_OBJECTS = 256 };

struct mailbox {
	pthread_mutex_t mutex;
	struct shadow_object objects[MAILBOX_OBJECTS];
	size_t count;
};

#define MAILBOX_EMPTY                                                                              \
	{                                                                                          \
		.mutex = PTHREAD_MUTEX_INITIALIZER                                                 \
	}

/* False when it is full. */
bool mailbox_put(struct mailbox *mailbox, const struct shadow_object *object);
/* False when it is empty; choice decides which object. */
bool mailbox_take(struct mailbox *mailbox, struct shadow_object *object, size_t choice);

/* One object of the shadow goes, if the slot picked has one and the mailbox has room, and one
 * comes, if there is one. */
void mailbox_exchange(struct mailbox *mailbox, struct shadow *shadow);
/* Checks and frees the objects that nobody took. */
void mailbox_drain(struct mailbox *mailbox, const struct shadow_limits *limits, uint64_t seed);

#endif

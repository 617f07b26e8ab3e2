#include "mailbox.h"

bool mailbox_put(struct mailbox *mailbox, const struct shadow_object *object)
{
	bool room;

	pthread_mutex_lock(&mailbox->mutex);
	room = mailbox->count < MAILBOX_OBJECTS;
	if (room)
		mailbox->objects[mailbox->count++] = *object;
	pthread_mutex_unlock(&mailbox->mutex);
	return room;
}

bool mailbox_take(struct mailbox *mailbox, struct shadow_object *object, size_t choice)
{
	bool found;

	pthread_mutex_lock(&mailbox->mutex);
	found = mailbox->count > 0;
	if (found) {
		size_t at = choice % mailbox->count;

		*object = mailbox->objects[at];
		mailbox->objects[at] = mailbox->objects[--mailbox->count];
	}
	pthread_mutex_unlock(&mailbox->mutex);
	return found;
}

void mailbox_exchange(struct mailbox *mailbox, struct shadow *shadow)
{
	struct shadow_object object;

	if (shadow_give(shadow, &object) && !mailbox_put(mailbox, &object))
		shadow_receive(shadow, &object);
	if (mailbox_take(mailbox, &object, (size_t)random_next(&shadow->random)))
		shadow_receive(shadow, &object);
}

void mailbox_drain(struct mailbox *mailbox, const struct shadow_limits *limits, uint64_t seed)
{
	struct shadow last;
	struct shadow_object object;

	shadow_init(&last, limits, seed);
	while (mailbox_take(mailbox, &object, 0))
		shadow_receive(&last, &object);
	shadow_fini(&last);
}

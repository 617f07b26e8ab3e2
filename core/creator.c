#include "creator.h"

#include <string.h>
#include "os.h"
#include "unwind.h"

void creator_note_thread(struct creator *creator)
{
	memset(creator, 0, sizeof(*creator));
	creator->thread = os_thread_id();
	os_thread_name(creator->thread_name, sizeof(creator->thread_name));
}

void creator_note_call(struct creator *creator)
{
	creator_note_thread(creator);
	void *caller;
	if (unwind_here(&caller, 1) == 0)
		return;
	/* Of "0x7f... /usr/lib/libfoo.so+0x1234", or "... program+0x1234", the last part. */
	char place[256];
	struct fmt text;
	fmt_begin(&text, place, sizeof(place));
	unwind_tell(&text, caller);
	const char *file = place;
	for (const char *p = place; *p != '\0'; p++)
		if (*p == '/' || *p == ' ')
			file = p + 1;
	fmt_begin(&text, creator->caller, sizeof(creator->caller));
	fmt_text(&text, file);
}

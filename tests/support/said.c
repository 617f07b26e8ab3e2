#include "said.h"
#include "heap_under_test.h"
#include <string.h>

char said[65536];
unsigned nsaid;

static void listen(void *opaque, const char *text)
{
	(void)opaque;
	nsaid++;
	strncat(said, text, sizeof said - strlen(said) - 1);
}

void said_forget(void)
{
	said[0] = '\0';
	nsaid = 0;
}

void said_listen(void)
{
	said_forget();
	H(malloc_message) = listen;
}

/* conf_probe - a program with options of its own says which values are in force.
 *
 * For each line "NAME<TAB>KIND" of standard input, KIND being i (a number of any size) or s (a
 * string), it prints "NAME<TAB>VALUE" as mallctl() reads it; "-" for what there is not. The
 * variables malloc_conf and malloc_conf_2_conf_harder of the program have the texts of the
 * environment's PROBE_PROGRAM and PROBE_HARDER, from before the first allocation on: functions of
 * .preinit_array are the first of a process that run, but for the loader. The first line it prints
 * says whether the kernel started it with more rights than its caller has. It allocates nothing
 * itself, so all that is said to standard error is of the options; what another program said that
 * started this one stands before a line "conf_probe begins".
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
#include <moonheap/moonheap.h>

#pragma weak mallctl

const char *malloc_conf;
const char *malloc_conf_2_conf_harder;

static char output[1 << 16];

static void set_sources(int argc, char **argv, char **environment)
{
	static const char program[] = "PROBE_PROGRAM=", harder[] = "PROBE_HARDER=";
	static const char begins[] = "conf_probe begins\n";
	(void)argc;
	(void)argv;
	if (write(STDERR_FILENO, begins, sizeof begins - 1) < 0)
		_exit(2);
	for (char **entry = environment; *entry != NULL; entry++) {
		if (strncmp(*entry, program, sizeof program - 1) == 0)
			malloc_conf = *entry + sizeof program - 1;
		if (strncmp(*entry, harder, sizeof harder - 1) == 0)
			malloc_conf_2_conf_harder = *entry + sizeof harder - 1;
	}
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char **,
									    char **) = set_sources;

static void print_string(const char *name)
{
	const char *text = NULL;
	size_t size = sizeof text;
	int error = mallctl(name, &text, &size, NULL, 0);
	if (error == 0)
		printf("%s\t%s\n", name, text);
	else
		printf("%s\t-\n", name);
}

/* The length that a wrong one is corrected to is that of the value. */
static void print_number(const char *name)
{
	uint64_t value = 0, longer[2];
	size_t size = sizeof longer;
	if (mallctl(name, longer, &size, NULL, 0) != EINVAL || size > sizeof value ||
	    mallctl(name, &value, &size, NULL, 0) != 0)
		printf("%s\t-\n", name);
	else
		printf("%s\t%" PRIu64 "\n", name, value);
}

int main(void)
{
	static char input[1 << 16];
	size_t length = 0;
	ssize_t got;

	if (mallctl == NULL) {
		fprintf(stderr, "run this with LD_PRELOAD=libmoonheap.so or libjemalloc.so.2\n");
		return 2;
	}
	setvbuf(stdout, output, _IOFBF, sizeof output);
	printf("AT_SECURE\t%lu\n", getauxval(AT_SECURE));
	while ((got = read(STDIN_FILENO, input + length, sizeof input - 1 - length)) > 0)
		length += (size_t)got;
	for (char *line = strtok(input, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		char *kind = strchr(line, '\t');
		if (kind == NULL)
			return 2;
		*kind++ = '\0';
		if (*kind == 's')
			print_string(line);
		else
			print_number(line);
	}
	fflush(stdout);
	_exit(0); /* and no report at exit */
}

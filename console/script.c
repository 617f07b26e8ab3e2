#include "script.h"

#include "place.h"
#include "text.h"

#include <moonheap/protocol.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SUFFIX      ".lua"
#define MODULES_MAX 64 /* of one script; more is a circle of names that we do not see */

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);
	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* The whole stream, up to what a frame can carry; false when it is longer. */
static bool read_stream(FILE *stream, struct buffer *text)
{
	for (;;) {
		char *room = buffer_reserve(text, 65536);
		size_t length = fread(room, 1, 65536, stream);
		text->length += length;
		text->bytes[text->length] = '\0';
		if (length == 0)
			return true;
		if (text->length > PROTOCOL_PAYLOAD_MAX)
			return false;
	}
}

static bool read_file(const char *path, struct buffer *text)
{
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return false;
	bool read = read_stream(file, text) && ferror(file) == 0;
	if (ferror(file) != 0)
		errno = EIO;
	fclose(file);
	return read;
}

static void collect_name(const char *name, const char *summary, void *opaque)
{
	struct buffer *names = opaque;
	(void)summary;
	buffer_printf(names, "%s%s", names->length > 0 ? ", " : "", name);
}

static int explain_missing(const char *word, struct failure *failure)
{
	struct buffer names = {0};
	char shown[128];
	text_clean_name(word, shown, sizeof shown);
	if (script_each_canned(collect_name, &names, failure))
		failure_set(failure, EXIT_USAGE,
			    "there is no script %s; the canned ones are: %s; a file needs a slash "
			    "or .lua in its name",
			    shown, names.length > 0 ? names.bytes : "none");
	buffer_free(&names);
	failure->code = EXIT_USAGE;
	return EXIT_USAGE;
}

/* A canned script's file; false when there is none of that name. */
static bool canned_path(const char *name, char *path, size_t size)
{
	char directory[PATH_MAX];
	struct stat status;
	if (!place_scripts(directory, sizeof directory))
		return false;
	int length = snprintf(path, size, "%s/%s" SUFFIX, directory, name);
	return length > 0 && (size_t)length < size && stat(path, &status) == 0 &&
	       S_ISREG(status.st_mode);
}

static int load_file(const char *path, struct script *script, struct failure *failure)
{
	struct stat status;
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return failure_set(failure, EXIT_USAGE, "%s is a directory, not a script", path);
	if (!read_file(path, &script->text)) {
		bool too_long = script->text.length > PROTOCOL_PAYLOAD_MAX;
		return too_long ? failure_set(failure, EXIT_USAGE,
					      "%s is longer than the %u bytes that the agent takes",
					      path, PROTOCOL_PAYLOAD_MAX)
				: failure_set(failure, EXIT_USAGE, "cannot read the script %s: %s",
					      path, strerror(errno));
	}
	const char *slash = strrchr(path, '/');
	script->directory = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
	snprintf(script->name, sizeof script->name, "%s", slash == NULL ? path : slash + 1);
	return 0;
}

int script_load(const char *word, struct script *script, struct failure *failure)
{
	char path[PATH_MAX];
	*script = (struct script){0};
	int code;
	if (strcmp(word, "-") == 0) {
		snprintf(script->name, sizeof script->name, "stdin");
		code = read_stream(stdin, &script->text)
			       ? 0
			       : failure_set(failure, EXIT_USAGE,
					     "standard input is longer than the %u bytes that the "
					     "agent takes",
					     PROTOCOL_PAYLOAD_MAX);
	} else if (strchr(word, '/') != NULL || ends_with(word, SUFFIX)) {
		code = load_file(word, script, failure);
	} else if (canned_path(word, path, sizeof path)) {
		code = load_file(path, script, failure);
	} else {
		code = explain_missing(word, failure);
	}
	if (code != 0)
		script_free(script);
	return code;
}

void script_free(struct script *script)
{
	buffer_free(&script->text);
	free(script->directory);
	script->directory = NULL;
}

static bool is_word_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Passes over a comment that begins at `at`; returns where the text goes on. */
static size_t skip_comment(const char *text, size_t at)
{
	if (strncmp(text + at, "--[[", 4) == 0) {
		const char *end = strstr(text + at, "]]");
		return end == NULL ? strlen(text) : (size_t)(end - text) + 2;
	}
	return at + strcspn(text + at, "\n");
}

bool script_next_require(const char *text, size_t *at, char *name, size_t size)
{
	static const char word[] = "require";
	size_t length = sizeof word - 1;
	while (text[*at] != '\0') {
		if (strncmp(text + *at, "--", 2) == 0) {
			*at = skip_comment(text, *at);
			continue;
		}
		bool begins = strncmp(text + *at, word, length) == 0 &&
			      !is_word_byte(text[*at + length]) &&
			      (*at == 0 || (!is_word_byte(text[*at - 1]) && text[*at - 1] != '.'));
		if (!begins) {
			(*at)++;
			continue;
		}
		*at += length;
		const char *rest = text + *at + strspn(text + *at, " \t\r\n(");
		if (*rest != '"' && *rest != '\'')
			continue;
		const char quote[] = {*rest, '\n', '\0'};
		size_t name_length = strcspn(rest + 1, quote);
		if (rest[1 + name_length] != quote[0] || name_length == 0 || name_length >= size)
			continue;
		memcpy(name, rest + 1, name_length);
		name[name_length] = '\0';
		*at = (size_t)(rest + 2 + name_length - text);
		return true;
	}
	return false;
}

struct modules {
	const struct script *script;
	int (*visit)(const char *name, const struct buffer *text, void *opaque);
	void *opaque;
	char names[MODULES_MAX][128];
	size_t count;
};

static bool read_module(const struct script *script, const char *name, struct buffer *text)
{
	char relative[160], path[PATH_MAX], canned[PATH_MAX];
	snprintf(relative, sizeof relative, "%s", name);
	for (char *c = relative; *c != '\0'; c++)
		if (*c == '.')
			*c = '/';
	const char *places[] = {script->directory,
				place_scripts(canned, sizeof canned) ? canned : NULL};
	for (size_t i = 0; i < 2; i++) {
		if (places[i] == NULL)
			continue;
		snprintf(path, sizeof path, "%s/%s" SUFFIX, places[i], relative);
		buffer_clear(text);
		if (read_file(path, text))
			return true;
	}
	return false;
}

/* Only names that stay below the directory: words joined by dots. */
static bool is_module_name(const char *name)
{
	bool after_dot = true;
	for (; *name != '\0'; name++) {
		if (!is_word_byte(*name) && *name != '-' && (*name != '.' || after_dot))
			return false;
		after_dot = *name == '.';
	}
	return !after_dot;
}

static int visit_modules(struct modules *modules, const char *text)
{
	char name[sizeof modules->names[0]];
	size_t at = 0;
	int code = 0;
	while (code == 0 && script_next_require(text, &at, name, sizeof name)) {
		bool known = !is_module_name(name) || modules->count == MODULES_MAX;
		for (size_t i = 0; i < modules->count && !known; i++)
			known = strcmp(modules->names[i], name) == 0;
		if (known)
			continue;
		memcpy(modules->names[modules->count++], name, sizeof name);
		struct buffer module = {0};
		if (read_module(modules->script, name, &module)) {
			code = visit_modules(modules, buffer_text(&module));
			if (code == 0)
				code = modules->visit(name, &module, modules->opaque);
		}
		buffer_free(&module);
	}
	return code;
}

int script_each_module(const struct script *script,
		       int (*visit)(const char *name, const struct buffer *text, void *opaque),
		       void *opaque)
{
	struct modules modules = {.script = script, .visit = visit, .opaque = opaque};
	return visit_modules(&modules, buffer_text(&script->text));
}

void script_summary(const char *first_line, const char *name, char *summary, size_t size)
{
	const char *at = first_line + strspn(first_line, "-[ \t");
	size_t name_length = strlen(name);
	if (strncmp(at, name, name_length) == 0) {
		at += name_length;
		if (strncmp(at, SUFFIX, sizeof SUFFIX - 1) == 0)
			at += sizeof SUFFIX - 1;
	}
	/* Whatever dash or colon parts the name from what it is about. */
	for (;;) {
		if (strncmp(at, "—", strlen("—")) == 0 || strncmp(at, "–", strlen("–")) == 0)
			at += strlen("—");
		else if (*at == ' ' || *at == '\t' || *at == '-' || *at == ':')
			at++;
		else
			break;
	}
	char line[512];
	snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\r\n"), at);
	text_clean_name(line, summary, size);
}

static int is_script(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && ends_with(entry->d_name, SUFFIX);
}

bool script_each_canned(void (*visit)(const char *name, const char *summary, void *opaque),
			void *opaque, struct failure *failure)
{
	char directory[PATH_MAX], path[2 * PATH_MAX], line[512], summary[512];
	struct dirent **entries;
	directory[0] = '\0';
	int count = place_scripts(directory, sizeof directory)
			    ? scandir(directory, &entries, is_script, alphasort)
			    : -1;
	if (count < 0) {
		failure_set(failure, EXIT_USAGE,
			    "the directory of canned scripts %s is missing; MOONHEAP_SCRIPTS can "
			    "name another one",
			    directory);
		return false;
	}
	for (int i = 0; i < count; i++) {
		char *name = entries[i]->d_name;
		snprintf(path, sizeof path, "%s/%s", directory, name);
		name[strlen(name) - (sizeof SUFFIX - 1)] = '\0';
		FILE *file = fopen(path, "re");
		if (file == NULL || fgets(line, sizeof line, file) == NULL)
			line[0] = '\0';
		if (file != NULL)
			fclose(file);
		script_summary(line, name, summary, sizeof summary);
		visit(name, summary, opaque);
		free(entries[i]);
	}
	free(entries);
	return true;
}

static void print_canned(const char *name, const char *summary, void *opaque)
{
	(void)opaque;
	printf("  %-20s %s\n", name, summary);
}

int script_list_canned(struct failure *failure)
{
	return script_each_canned(print_canned, NULL, failure) ? 0 : EXIT_USAGE;
}

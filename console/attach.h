/* attach.h - what the commands of the prompt do; the rows that name them are in commands.c. */
#ifndef CONSOLE_ATTACH_H
#define CONSOLE_ATTACH_H

struct prompt_session;

void attach_help(struct prompt_session *session, const char *text);
void attach_role(struct prompt_session *session, const char *text);
void attach_script(struct prompt_session *session, const char *text);
void attach_scripts(struct prompt_session *session, const char *text);
void attach_timeout(struct prompt_session *session, const char *text);
void attach_pager(struct prompt_session *session, const char *text);
void attach_quit(struct prompt_session *session, const char *text);

#endif

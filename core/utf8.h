/* utf8.h - whether bytes are a character. Pure. */
#ifndef UTF8_H
#define UTF8_H

#include "build.h"

/* Bytes of the UTF-8 character at a text that ends with NUL; 0 when it is none. Overlong forms,
 * surrogates and what lies beyond U+10FFFF are none. */
INTERNAL size_t utf8_length(const unsigned char *text);

#endif

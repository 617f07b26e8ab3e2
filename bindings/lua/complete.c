#include "complete.h"
void complete_init(struct complete_result *result, char *fields, size_t size)
{
	*result = (struct complete_result){.fields = fields, .size = size};
}
void complete_find(lua_State *L, const char *text, size_t length, struct complete_result *result)
{
	(void)L;
	(void)text;
	result->start = length;
}

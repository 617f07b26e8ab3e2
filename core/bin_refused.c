#include "bin_refused.h"

#include "misuse.h"

COLD void bin_refuse(struct bin_refused *refused, const void *region, uint32_t arena,
		     enum slab_put_result why)
{
	if (refused->n < BIN_REFUSED_MAX) {
		refused->kept[refused->n].region = region;
		refused->kept[refused->n].arena = arena;
		refused->kept[refused->n].why = why;
	}
	refused->n++;
}

COLD void bin_tell_refused(const struct bin_refused *refused, unsigned class)
{
	for (unsigned i = 0; i < refused->n; i++) {
		bool is_kept = i < BIN_REFUSED_MAX;
		bool is_twice = !is_kept || refused->kept[i].why == SLAB_PUT_TWICE;
		struct fmt *text =
			misuse_begin(is_twice ? MISUSE_DOUBLE_FREE : MISUSE_INVALID_FREE);
		if (text == NULL)
			continue;
		fmt_text(text, is_twice ? "double free of " : "free of ");
		if (is_kept)
			fmt_pointer(text, refused->kept[i].region);
		else
			fmt_text(text, "one more object");
		misuse_tell_object(text, 0, bin_infos[class].size,
				   is_kept ? refused->kept[i].arena : refused->kept[0].arena);
		fmt_text(text, is_twice ? ": the program freed it twice, or a copy of the pointer "
					  "did (Internal heap corruption detected: mismatch in "
					  "slab bit)"
					: ", which is inside an object and not its start: the "
					  "program frees a pointer that no allocation returned");
		misuse_end(text);
	}
}

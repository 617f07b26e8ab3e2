/* effects_memory.c - options about what memory holds, and where it comes from: fill, huge pages,
 * out of memory. */
#include "effect.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>
#include "ctl_read.h"
#include "heap_under_test.h"
#include "lock.h"
#include "mapping.h"
#include "os.h"
#include "os_purge.h"
#include "os_call.h"
#include "thp.h"

static bool is_all(const unsigned char *p, unsigned char byte, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != byte)
			return false;
	return true;
}

EFFECT_OF_OPTION("zero", "zero:true")
{
	for (unsigned i = 0; i < 50; i++) {
		unsigned char *p = mh_malloc(100);
		if (!is_all(p, 0, 100))
			return false;
		memset(p, 7, 100);
		mh_free(p);
	}
	return true;
}

EFFECT_OF_OPTION("junk", "junk:true")
{
	unsigned char *p = mh_malloc(100);
	bool is_filled = is_all(p, 0xa5, 100);
	mh_free(p);
	return is_filled;
}

static int allocate_too_much(void *unused)
{
	return mh_malloc((size_t)1 << 60) == unused ? 0 : 1;
}

EFFECT_OF_OPTION("disable_large_size_classes", "disable_large_size_classes:true")
{
	size_t needed = 9 * os_page; /* between the classes of eight and of ten pages */
	void *p = mh_malloc(needed - 1);
	bool is_exact = mh_malloc_usable_size(p) == needed;
	mh_free(p);
	return is_exact;
}

EFFECT_OF_OPTION("xmalloc", "xmalloc:true")
{
	return effect_ends_with(allocate_too_much, NULL, "out of memory");
}

EFFECT_OF_OPTION("zero_realloc", "zero_realloc:alloc")
{
	return mh_realloc(mh_malloc(100), (size_t)heap_opaque(NULL)) != NULL;
}

static int refuse_munmap(enum os_call call)
{
	return call == OS_CALL_munmap ? ENOMEM : 0;
}

static int fail_to_unmap(void *unused)
{
	void *p = mh_malloc(64 << 20);
	os_call_fault = refuse_munmap;
	mh_free(p);
	return unused != NULL;
}

EFFECT_OF_OPTION("abort", "abort:true,retain:false,dirty_decay_ms:0")
{
	return effect_ends_with(fail_to_unmap, NULL, "munmap");
}

/* -- huge pages -------------------------------------------------------------------------------- */

static void need_huge_pages(void)
{
	mh_free(mh_malloc(1));
	if (!mapping_can_be_huge() || !thp_is_usable())
		effect_not_here();
}

EFFECT_OF_OPTION("thp", "thp:always")
{
	need_huge_pages();
	return mapping_has_flag((char *)mh_malloc(64 << 20) + (8 << 20), "hg");
}

EFFECT_OF_OPTION("huge_arena_pac_thp", "huge_arena_pac_thp:true")
{
	need_huge_pages();
	return mapping_has_flag((char *)mh_malloc(64 << 20) + (8 << 20), "hg") &&
	       !mapping_has_flag(mh_malloc(1 << 20), "hg");
}

EFFECT_OF_OPTION("metadata_thp", "metadata_thp:always")
{
	need_huge_pages();
	for (unsigned i = 0; i < 64; i++)
		CTL_READ(unsigned, "arenas.create");
	ctl_refresh();
	return CTL_READ(size_t, "stats.metadata_thp") > 0;
}

/* -- what the library takes from others -------------------------------------------------------- */

/* Memory that does not read as zero when it was purged. */
EFFECT_OF_OPTION("trust_madvise", "trust_madvise:true")
{
	mh_free(mh_malloc(1));
	int file = memfd_create("not zero", 0);
	expect(file >= 0 && write(file, "x", 1) == 1 && ftruncate(file, (off_t)os_page) == 0,
	       "file");
	void *p = mmap(NULL, os_page, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	expect(p != MAP_FAILED, "no memory");
	return os_purge_forced(p, os_page);
}

/* A lock that another thread has for some time. */
static struct lock lock;
static bool is_taken;

static void *hold_for_a_while(void *unused)
{
	lock_take(&lock);
	__atomic_store_n(&is_taken, true, __ATOMIC_RELEASE);
	usleep(50000);
	lock_drop(&lock);
	return unused;
}

/* What was used before and is to be zero: the system takes and gives it, or it is cleared. */
EFFECT_OF_OPTION("calloc_madvise_threshold",
		 "calloc_madvise_threshold:67108864,background_thread:false,tcache:false")
{
	enum { BYTES = 3 << 20 };
	static unsigned char present[BYTES / 4096];
	char *p = mh_malloc(BYTES - 4096);
	memset(p, 1, BYTES - 4096);
	mh_free(p);
	p = mh_calloc(1, BYTES - 4096);
	if (mincore((char *)((uintptr_t)p & ~(os_page - 1)), BYTES - 4096, present) != 0)
		effect_not_here();
	return present[BYTES / 4096 / 2] & 1;
}

static bool has_asked_for_several;

static int note_several(enum os_call call)
{
	has_asked_for_several |= call == OS_CALL_process_madvise;
	return 0;
}

EFFECT_OF_OPTION("process_madvise_max_batch",
		 "process_madvise_max_batch:16,background_thread:false,tcache:false")
{
	void *objects[20];
	for (unsigned i = 0; i < 20; i++)
		memset(objects[i] = mh_malloc(50000), 1, 50000);
	for (unsigned i = 0; i < 20; i += 2)
		mh_free(objects[i]);
	os_call_fault = note_several;
	mh_mallctl("arena.4096.purge", NULL, NULL, NULL, 0);
	return has_asked_for_several;
}

/* Takes the lock while another thread has it; false: that was over before. */
static bool contend(struct mutex_stats *stats)
{
	pthread_t thread;
	lock_init(&lock, RANK_BIN);
	__atomic_store_n(&is_taken, false, __ATOMIC_RELEASE);
	expect(pthread_create(&thread, NULL, hold_for_a_while, NULL) == 0, "no thread");
	while (!__atomic_load_n(&is_taken, __ATOMIC_ACQUIRE))
		usleep(100);
	lock_take(&lock);
	lock_stats(&lock, stats);
	lock_drop(&lock);
	pthread_join(thread, NULL);
	return stats->num_wait + stats->num_spin_acq > 0;
}

EFFECT_OF_OPTION("mutex_max_spin", "mutex_max_spin:9223372036854775807")
{
	struct mutex_stats stats = {0};
	mh_free(mh_malloc(1));
	for (unsigned tries = 0; !contend(&stats); tries++)
		expect(tries < 200, "the lock is never held");
	return stats.num_wait == 0 && stats.num_spin_acq == 1;
}

struct next {
	void *function;
	long mode;
};
struct next api_dlopen_next(const char *file, int mode);

EFFECT_OF_OPTION("dlopen_deepbind", "dlopen_deepbind:true")
{
	return (api_dlopen_next("x", RTLD_NOW | RTLD_DEEPBIND).mode & RTLD_DEEPBIND) != 0;
}

void *API(_Znwm)(size_t size);

static int new_of_too_much(void *unused)
{
	return API(_Znwm)((size_t)1 << 60) == unused;
}

EFFECT_OF_OPTION("experimental_infallible_new", "experimental_infallible_new:true")
{
	return effect_ends_with(new_of_too_much, NULL, "opt.experimental_infallible_new is true");
}

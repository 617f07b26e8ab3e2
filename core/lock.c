#include "lock.h"

#include "fault.h"
#include "os.h"
#include "os_call.h"

#include <assert.h>
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int64_t lock_max_spin = 600;
__thread uint32_t lock_self;
__thread uint32_t lock_nheld;

void lock_init(struct lock *lock, enum lock_rank rank)
{
	*lock = (struct lock){.rank = (uint8_t)rank};
}

static long futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout)
{
	return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, timeout, NULL, 0);
}

/* Returns for any reason: who calls looks again. */
static void wait(uint32_t *word, uint32_t value, const struct timespec *timeout)
{
	int saved = errno;
	os_call(futex_wait, -1, futex(word, FUTEX_WAIT, value, timeout));
	errno = saved;
}

static void wake(uint32_t *word, int32_t how_many)
{
	int saved = errno;
	futex(word, FUTEX_WAKE, (uint32_t)how_many, NULL);
	errno = saved;
}

void lock_sleep_on(uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
	struct timespec timeout = {
		.tv_sec = (time_t)(timeout_ns / 1000000000u),
		.tv_nsec = (long)(timeout_ns % 1000000000u),
	};
	wait(word, value, timeout_ns != UINT64_MAX ? &timeout : NULL);
}

void lock_wake_sleepers(uint32_t *word)
{
	wake(word, INT32_MAX);
}

static inline void pause_cpu(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb" ::: "memory");
#endif
}

/* Takes a lock that looked free, with these bits. */
static inline bool take_seen(struct lock *lock, uintptr_t seen, unsigned bits)
{
	const uintptr_t self = (uintptr_t)&lock_self;
	if ((seen & LOCK_HELD) != 0 ||
	    !__atomic_compare_exchange_n(&lock->owner, &seen, self | bits, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	if (seen != self)
		shared_add(lock->owner_switches, 1);
	return true;
}

bool lock_try_other(struct lock *lock, uintptr_t seen)
{
	return take_seen(lock, seen, LOCK_HELD);
}

static bool spin(struct lock *lock)
{
	int64_t most = shared_load(lock_max_spin);
	for (int64_t i = 0; most < 0 || i < most; i++) {
		if (take_seen(lock, __atomic_load_n(&lock->owner, __ATOMIC_RELAXED), LOCK_HELD))
			return true;
		pause_cpu();
	}
	return false;
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the bits are in the word to sleep on");

static uint32_t *sleepers_word(struct lock *lock)
{
	return (uint32_t *)(void *)&lock->owner;
}

/* From here on the lock says that somebody may sleep, also when we get it: we cannot know whether
 * we were the last. */
static void take_asleep(struct lock *lock)
{
	uintptr_t seen = __atomic_load_n(&lock->owner, __ATOMIC_RELAXED);
	while (!take_seen(lock, seen, LOCK_HELD | LOCK_SLEEPERS)) {
		if ((seen & LOCK_HELD) != 0 &&
		    __atomic_compare_exchange_n(&lock->owner, &seen, seen | LOCK_SLEEPERS, false,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			wait(sleepers_word(lock), (uint32_t)(seen | LOCK_SLEEPERS), NULL);
		seen = __atomic_load_n(&lock->owner, __ATOMIC_RELAXED);
	}
}

static COLD void take_slow(struct lock *lock)
{
	uint32_t waiters = __atomic_add_fetch(&lock->waiters, 1, __ATOMIC_RELAXED);
	if (spin(lock)) {
		__atomic_sub_fetch(&lock->waiters, 1, __ATOMIC_RELAXED);
		shared_add(lock->spins, 1);
		return;
	}
	uint64_t start = os_now_precise_ns();
	take_asleep(lock);
	__atomic_sub_fetch(&lock->waiters, 1, __ATOMIC_RELAXED);

	uint64_t waited = os_now_precise_ns() - start;
	shared_add(lock->waits, 1);
	shared_add(lock->wait_ns, waited);
	if (waited > lock->max_wait_ns)
		shared_store(lock->max_wait_ns, waited);
	if (waiters > lock->max_waiters)
		shared_store(lock->max_waiters, waiters);
}

void lock_take_other(struct lock *lock, uintptr_t seen)
{
	if (!take_seen(lock, seen, LOCK_HELD))
		take_slow(lock);
}

void lock_wake(struct lock *lock)
{
	wake(sleepers_word(lock), 1);
}

void lock_reset_in_child(struct lock *lock)
{
	lock_nheld = 0; /* all that it has are being reset */
	lock->owner &= ~(uintptr_t)(LOCK_HELD | LOCK_SLEEPERS);
	lock->waiters = 0;
}

void lock_stats(const struct lock *lock, struct mutex_stats *to)
{
	*to = (struct mutex_stats){
		.num_ops = shared_load(lock->ops),
		.num_wait = shared_load(lock->waits),
		.num_spin_acq = shared_load(lock->spins),
		.num_owner_switch = shared_load(lock->owner_switches),
		.total_wait_time = shared_load(lock->wait_ns),
		.max_wait_time = shared_load(lock->max_wait_ns),
		.max_num_thds = shared_load(lock->max_waiters),
	};
}

void lock_stats_most(struct mutex_stats *to, const struct mutex_stats *other)
{
#define MUTEX_COUNTER(field, type, unit, kind, help)                                               \
	if (other->field > to->field)                                                              \
		to->field = other->field;
#include "counter.def"
}

void lock_stats_reset(struct lock *lock)
{
	shared_store(lock->ops, 0);
	shared_store(lock->waits, 0);
	shared_store(lock->spins, 0);
	shared_store(lock->owner_switches, 0);
	shared_store(lock->wait_ns, 0);
	shared_store(lock->max_wait_ns, 0);
	shared_store(lock->max_waiters, 0);
}

void lock_stats_forget(struct lock *lock)
{
	lock_take(lock);
	lock_stats_reset(lock);
	lock_drop(lock);
}

#ifndef NDEBUG
void lock_note_taken(const struct lock *lock)
{
	uint32_t bit = (uint32_t)2 << lock->rank;
	fault_assert(lock_self < bit); /* a lock of this or a later rank is held */
	lock_self |= bit;
}

void lock_note_dropped(const struct lock *lock)
{
	uint32_t bit = (uint32_t)2 << lock->rank;
	fault_assert((lock_self & bit) != 0);
	lock_self &= ~bit;
}

static void note_taken_for_fork(const struct lock *lock)
{
	static uint8_t latest; /* under the first lock of all, that of boot */
	fault_assert(lock->rank == RANK_BOOT || lock->rank == RANK_THREADS || lock->rank >= latest);
	latest = lock->rank;
}
#else
#define note_taken_for_fork(lock) ((void)0)
#endif

void lock_take_for_fork(struct lock *lock)
{
	uintptr_t seen;
	lock_enter();
	if (!lock_take_again(lock, &seen))
		lock_take_other(lock, seen);
	note_taken_for_fork(lock);
}

void lock_drop_after_fork(struct lock *lock)
{
	uintptr_t was = __atomic_exchange_n(&lock->owner, (uintptr_t)&lock_self, __ATOMIC_RELEASE);
	if (was & LOCK_SLEEPERS)
		lock_wake(lock);
	lock_leave();
}

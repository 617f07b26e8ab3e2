/* lock.h - mutex on a futex, with contention counters and, in debug builds, a check of the order.
 *
 * A mutex of our own, because it must work before libc's threads do, after fork() in the child, and
 * must count what statistics report. Counters are written by the owner only, while it holds the
 * lock, and read by anybody at any time.
 *
 * Who only reads what a lock guards need not take it, where the words are shared ones (build.h):
 * lock_version() says whether they have changed, and whether several of them were read as they were
 * at one moment. So statistics never make anybody wait.
 *
 * Order: the ranks below run from the locks that are taken first to those taken last. A thread
 * takes only locks of a higher rank than all it holds. It follows core/ORDER read from the end.
 */
#ifndef LOCK_H
#define LOCK_H

#include "build.h"

/* In the lowest bits of struct lock's owner. */
#define LOCK_HELD     1u
#define LOCK_SLEEPERS 2u /* held, and somebody may sleep */

/* What statistics report of a lock. */
struct mutex_stats {
#define MUTEX_COUNTER(field, type, unit, kind, help) type field;
#include "counter.def"
};

enum lock_rank {
	RANK_BOOT,     /* start-up, once */
	RANK_CTL,      /* control tree and its snapshot */
	RANK_PURGER,   /* purging threads: start, stop; making one allocates, hence so early */
	RANK_TCACHES,  /* explicit thread caches by index */
	RANK_GUARD,    /* guarded objects; making their pool takes metadata */
	RANK_ARENAS,   /* index -> arena */
	RANK_THREADS,  /* the threads bound to one arena */
	RANK_BIN,      /* one bin */
	RANK_LARGE,    /* the large extents of one manual arena */
	RANK_GROW,     /* address space for one arena */
	RANK_PAGES,    /* unused extents of one arena */
	RANK_SEC,      /* a part of the small extent cache of one arena */
	RANK_HPA_GROW, /* address space for the huge pages of one arena */
	RANK_HPA,      /* huge pages of one arena */
	RANK_POOL,     /* recycled metadata */
	RANK_BASE,     /* metadata memory */
	RANK_LEAF      /* anything that takes no other lock */
};

struct lock {
	uintptr_t owner; /* &lock_self of who has it, or had it last; and LOCK_* */
	uint64_t ops;
	uint64_t waits;
	uint64_t spins;
	uint64_t owner_switches;
	uint64_t wait_ns;
	uint64_t max_wait_ns;
	uint32_t waiters; /* threads in the slow path at present */
	uint32_t max_waiters;
	uint8_t rank;
};

/* How often a taken lock is looked at before sleeping for it; the option mutex_max_spin. */
INTERNAL extern int64_t lock_max_spin;

INTERNAL void lock_init(struct lock *lock, enum lock_rank rank);
/* Of a lock that looked like this: takes it if it is free; waits until it is. */
INTERNAL bool lock_try_other(struct lock *lock, uintptr_t seen);
INTERNAL void lock_take_other(struct lock *lock, uintptr_t seen);
INTERNAL COLD void lock_wake(struct lock *lock);

/* In the child of a fork: the lock is free, whoever held it; its counters stay. */
INTERNAL void lock_reset_in_child(struct lock *lock);

/* Fills *to. With the lock, or without: then the counts may be of different moments. */
INTERNAL void lock_stats(const struct lock *lock, struct mutex_stats *to);
/* Of each count the larger of the two, into *to. */
INTERNAL void lock_stats_most(struct mutex_stats *to, const struct mutex_stats *other);
/* Counters back to zero; the caller holds the lock. */
INTERNAL void lock_stats_reset(struct lock *lock);
/* The same, by who does not. */
INTERNAL void lock_stats_forget(struct lock *lock);

/* A word of each thread, whose address tells threads apart. Its lowest bit is set while a hook of
 * the program runs on the thread, which then holds locks that this word says nothing about. In
 * debug builds the bits above are the ranks of the locks that the thread holds. */
INTERNAL extern __thread uint32_t lock_self;
#define LOCK_SELF_IN_HOOK 1u

/* How many locks the running thread holds, or is about to take, or has just dropped. */
INTERNAL extern __thread uint32_t lock_nheld;

/* For code that a signal handler may call: did the signal come while its thread held a lock, or
 * waited for one? Then whoever has another lock may be waiting for that, and none may be waited
 * for. */
ALWAYS_INLINE bool lock_is_any_own(void)
{
	return lock_nheld != 0;
}

/* A handler sees the count raised before the lock is taken, and lowered after it is dropped. */
ALWAYS_INLINE void lock_enter(void)
{
	lock_nheld++;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}
ALWAYS_INLINE void lock_leave(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	lock_nheld--;
}

#ifdef NDEBUG
#define lock_note_taken(lock)   ((void)0)
#define lock_note_dropped(lock) ((void)0)
#else
INTERNAL void lock_note_taken(const struct lock *lock);
INTERNAL void lock_note_dropped(const struct lock *lock);
#endif

/* Mostly the lock is free, and the running thread had it last: then this is all. */
static inline bool lock_take_again(struct lock *lock, uintptr_t *seen)
{
	*seen = (uintptr_t)&lock_self;
	return __atomic_compare_exchange_n(&lock->owner, seen, *seen | LOCK_HELD, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Without the lock: a number for what its owners so far have left, all of which the caller sees
 * now; 0: somebody has it. While the number stays the same, what the lock guards does: until
 * lock_stats_reset(), after which numbers come again. */
ALWAYS_INLINE uint64_t lock_version(const struct lock *lock)
{
	/* In this order: an owner who comes in between has not been counted, and one who was is
	 * seen to hold it or to have left. */
	uint64_t ops = __atomic_load_n(&lock->ops, __ATOMIC_ACQUIRE);
	return (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) & LOCK_HELD) == 0 ? ops + 1 : 0;
}

/* Takes the lock if it is free. */
static inline bool lock_try(struct lock *lock)
{
	uintptr_t seen;
	lock_enter();
	if (unlikely(!lock_take_again(lock, &seen)) && !lock_try_other(lock, seen)) {
		lock_leave();
		return false;
	}
	lock_note_taken(lock);
	shared_add_after(lock->ops, 1);
	return true;
}

static inline void lock_take(struct lock *lock)
{
	uintptr_t seen;
	lock_enter();
	if (unlikely(!lock_take_again(lock, &seen)))
		lock_take_other(lock, seen);
	lock_note_taken(lock);
	shared_add_after(lock->ops, 1);
}

static inline void lock_drop(struct lock *lock)
{
	lock_note_dropped(lock);
	/* Pairs with the acquire of the next owner. */
	uintptr_t was = __atomic_exchange_n(&lock->owner, (uintptr_t)&lock_self, __ATOMIC_RELEASE);
	if (unlikely(was & LOCK_SLEEPERS))
		lock_wake(lock);
	lock_leave();
}

/* Several locks of one rank at once: only fork does this, which takes every lock there is, in their
 * order, and those of each arena from the first rank of an arena on. Debug builds check it. */
INTERNAL void lock_take_for_fork(struct lock *lock);
INTERNAL void lock_drop_after_fork(struct lock *lock);

/* Sleeps while *word has this value, at most timeout_ns (UINT64_MAX: without end); and wakes
 * whoever sleeps there. */
INTERNAL void lock_sleep_on(uint32_t *word, uint32_t value, uint64_t timeout_ns);
INTERNAL void lock_wake_sleepers(uint32_t *word);

#endif

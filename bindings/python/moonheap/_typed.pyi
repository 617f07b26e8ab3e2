"""The control tree as types. Printed by generate.py stubs; not to be edited."""

from collections.abc import Iterator

from ._tree import Node

class ApproximateStats(Node):
    @property
    def active(self) -> int:
        """bytes in active pages at this moment, without a refresh; each arena is looked at in turn [bytes, live]"""

class ArenaArena(Node):
    def decay(self) -> None:
        """give back the unused pages whose time has come"""
    def destroy(self) -> None:
        """reset an arena made by arenas.create, give its memory back and free its index; no thread may be bound to it"""
    @property
    def dirty_decay_ms(self) -> int:
        """time until unused dirty pages of the arena are given back; 0 at once, -1 never [ms, live]"""
    @dirty_decay_ms.setter
    def dirty_decay_ms(self, value: int) -> None: ...
    @property
    def dss(self) -> str:
        """use of sbrk(): disabled, primary (before mmap()) or secondary (when mmap() has none); index 4096: of arenas to come [live]"""
    @dss.setter
    def dss(self, value: str) -> None: ...
    @property
    def extent_hooks(self) -> int | None:
        """extent_hooks_t *: where the arena gets its address space [live]"""
    @extent_hooks.setter
    def extent_hooks(self, value: int | None) -> None: ...
    @property
    def initialized(self) -> bool:
        """there was an arena in this slot at the last epoch [cached]"""
    @property
    def muzzy_decay_ms(self) -> int:
        """time until unused muzzy pages of the arena are given back; 0 at once, -1 never [ms, live]"""
    @muzzy_decay_ms.setter
    def muzzy_decay_ms(self, value: int) -> None: ...
    @property
    def name(self) -> object:
        """name of the arena, cut to 31 letters; to read it *oldp has to point to 32 bytes of the caller's [live]"""
    @name.setter
    def name(self, value: str) -> None: ...
    @property
    def oversize_threshold(self) -> int:
        """freed memory of at least this size is given back at once, as long as no decay time is -1; 0: none for its size [bytes, live]"""
    @oversize_threshold.setter
    def oversize_threshold(self, value: int) -> None: ...
    def purge(self) -> None:
        """give back all unused pages now"""
    def reset(self) -> None:
        """discard every allocation of an arena made by arenas.create; nobody may use them any more"""
    @property
    def retain_grow_limit(self) -> int:
        """largest step by which the arena's address space grows; rounded down to a page size class [bytes, live]"""
    @retain_grow_limit.setter
    def retain_grow_limit(self, value: int) -> None: ...

class Arena(Node):
    def __getitem__(self, key: int) -> ArenaArena: ...  # type: ignore[override]
    def __iter__(self) -> Iterator[int]: ...  # type: ignore[override]

class ArenasBinBin(Node):
    @property
    def nregs(self) -> int:
        """regions in a slab of this class [const]"""
    @property
    def nshards(self) -> int:
        """parts of the bin with a lock of their own [const]"""
    @property
    def size(self) -> int:
        """size of the regions of this class [bytes, const]"""
    @property
    def slab_size(self) -> int:
        """size of a slab of this class [bytes, const]"""

class ArenasBin(Node):
    def __getitem__(self, key: int) -> ArenasBinBin: ...  # type: ignore[override]
    def __iter__(self) -> Iterator[int]: ...  # type: ignore[override]

class ArenasLextentLextent(Node):
    @property
    def size(self) -> int:
        """size of the extents of this class [bytes, const]"""

class ArenasLextent(Node):
    def __getitem__(self, key: int) -> ArenasLextentLextent: ...  # type: ignore[override]
    def __iter__(self) -> Iterator[int]: ...  # type: ignore[override]

class Arenas(Node):
    @property
    def bin(self) -> ArenasBin: ...
    def create(self, argument: int | None = ...) -> int:
        """make an arena; returns its index. The argument may be left out: an extent_hooks_t * for the arena"""
    @property
    def dirty_decay_ms(self) -> int:
        """arena.<arena>.dirty_decay_ms of arenas made from now on; 0 at once, -1 never [ms, live]"""
    @dirty_decay_ms.setter
    def dirty_decay_ms(self, value: int) -> None: ...
    @property
    def hugepage(self) -> int:
        """size of a huge page [bytes, const]"""
    @property
    def lextent(self) -> ArenasLextent: ...
    def lookup(self, argument: int | None = ...) -> int:
        """index of the arena that an allocation belongs to, by its address"""
    @property
    def muzzy_decay_ms(self) -> int:
        """arena.<arena>.muzzy_decay_ms of arenas made from now on; 0 at once, -1 never [ms, live]"""
    @muzzy_decay_ms.setter
    def muzzy_decay_ms(self, value: int) -> None: ...
    @property
    def narenas(self) -> int:
        """number of arena slots: all indices are below [live]"""
    @property
    def nbins(self) -> int:
        """number of small size classes [const]"""
    @property
    def nhbins(self) -> int:
        """number of size classes that thread caches keep [const]"""
    @property
    def nlextents(self) -> int:
        """number of large size classes [const]"""
    @property
    def page(self) -> int:
        """size of a page [bytes, const]"""
    @property
    def quantum(self) -> int:
        """alignment of allocations [bytes, const]"""
    @property
    def tcache_max(self) -> int:
        """largest size that thread caches keep [bytes, const]"""

class Config(Node):
    @property
    def cache_oblivious(self) -> bool:
        """built with the option cache_oblivious [const]"""
    @property
    def debug(self) -> bool:
        """built with assertions [const]"""
    @property
    def fill(self) -> bool:
        """built with the options junk and zero [const]"""
    @property
    def lazy_lock(self) -> bool:
        """locks are left out until there is a second thread [const]"""
    @property
    def malloc_conf(self) -> str:
        """options that were compiled in [const]"""
    @property
    def opt_safety_checks(self) -> bool:
        """built with further checks of what the program frees [const]"""
    @property
    def prof(self) -> bool:
        """built with heap profiling [const]"""
    @property
    def prof_frameptr(self) -> bool:
        """profiling unwinds stacks by frame pointers [const]"""
    @property
    def prof_libgcc(self) -> bool:
        """profiling unwinds stacks by libgcc [const]"""
    @property
    def prof_libunwind(self) -> bool:
        """profiling unwinds stacks by libunwind [const]"""
    @property
    def stats(self) -> bool:
        """built with statistics [const]"""
    @property
    def utrace(self) -> bool:
        """built with the option utrace [const]"""
    @property
    def xmalloc(self) -> bool:
        """built with the option xmalloc [const]"""

class ExperimentalArenasArena(Node):
    @property
    def pactivep(self) -> int | None:
        """address of the arena's count of active pages, a size_t: read without a call, valid for the life of the process [live]"""

class ExperimentalArenas(Node):
    def __getitem__(self, key: int) -> ExperimentalArenasArena: ...  # type: ignore[override]
    def __iter__(self) -> Iterator[int]: ...  # type: ignore[override]

class ExperimentalHooks(Node):
    def install(self, argument: object = ...) -> int | None:
        """takes {alloc, dalloc, expand functions; void *extra} that see every call of the allocator, in all threads, which slows them; gives a handle"""
    @property
    def prof_backtrace(self) -> int | None:
        """function that finds the stack of a sample; this build has no profiling [live]"""
    @prof_backtrace.setter
    def prof_backtrace(self, value: int | None) -> None: ...
    @property
    def prof_dump(self) -> int | None:
        """function that is called after a profile was written; this build has no profiling [live]"""
    @prof_dump.setter
    def prof_dump(self, value: int | None) -> None: ...
    @property
    def prof_sample(self) -> int | None:
        """function that is called for each sample; this build has no profiling [live]"""
    @prof_sample.setter
    def prof_sample(self, value: int | None) -> None: ...
    @property
    def prof_sample_free(self) -> int | None:
        """function that is called when a sampled allocation is freed; this build has no profiling [live]"""
    @prof_sample_free.setter
    def prof_sample_free(self, value: int | None) -> None: ...
    def remove(self, argument: int | None = ...) -> None:
        """end what experimental.hooks.install began, by its handle; a function may be running once more on another thread"""
    @property
    def safety_check_abort(self) -> None:
        """void (*)(const char *): called with the text of a finding of misuse instead of writing it and ending the process; NULL: neither [live]"""
    @safety_check_abort.setter
    def safety_check_abort(self, value: int | None) -> None: ...
    @property
    def thread_event(self) -> None:
        """{void (*)(bool is_alloc, uint64_t allocated, uint64_t freed); uint64_t interval; bool alloc_only}: called in each thread by bytes; stays [live]"""
    @thread_event.setter
    def thread_event(self, value: object) -> None: ...

class ExperimentalProfRecent(Node):
    def alloc_dump(self, argument: object = ...) -> None:
        """write the remembered allocations; this build has no profiling"""
    @property
    def alloc_max(self) -> int:
        """how many sampled allocations are remembered; this build has no profiling [live]"""
    @alloc_max.setter
    def alloc_max(self, value: int) -> None: ...

class ExperimentalThread(Node):
    @property
    def activity_callback(self) -> object:
        """{void (*)(void *, uint64_t allocated, uint64_t freed); void *}: called in this thread about every 64 KiB allocated or freed [live]"""
    @activity_callback.setter
    def activity_callback(self, value: object) -> None: ...

class ExperimentalUtilization(Node):
    def batch_query(self, argument: object = ...) -> object:
        """takes an array of objects; gives {size_t nfree, nregs, size} for each"""
    def query(self, argument: int | None = ...) -> object:
        """of an object (void *): {void *slabcur; size_t nfree, nregs, size, bin_nfree, bin_nregs} of its slab and bin; zeros where it is none"""

class Experimental(Node):
    @property
    def arenas(self) -> ExperimentalArenas: ...
    def arenas_create_ext(self, argument: object = ...) -> int:
        """arenas.create with {extent_hooks_t *hooks; bool metadata_use_hooks}; metadata comes from the system in any case"""
    def batch_alloc(self, argument: object = ...) -> int:
        """takes {void **ptrs; size_t num, size; int flags}: num calls of mallocx(size, flags) in one; gives how many could be stored"""
    @property
    def hooks(self) -> ExperimentalHooks: ...
    @property
    def prof_recent(self) -> ExperimentalProfRecent: ...
    @property
    def thread(self) -> ExperimentalThread: ...
    @property
    def utilization(self) -> ExperimentalUtilization: ...

class MoonheapArenaArenaCreator(Node):
    @property
    def caller(self) -> str:
        """who called to make it, 'libfoo.so+0x1234'; empty for an arena that was made by itself [live]"""
    @property
    def thread(self) -> int:
        """kernel's number of the thread that made the arena; 0: it came with the process [live]"""
    @property
    def thread_name(self) -> str:
        """name of that thread at that time [live]"""

class MoonheapArenaArenaExtentEvents(Node):
    @property
    def alloc(self) -> int:
        """extents of address space that were got [cached, only grows]"""
    @property
    def commit(self) -> int:
        """times that memory was put behind an extent; the system does it by itself, only a program's hooks count here [cached, only grows]"""
    @property
    def dalloc(self) -> int:
        """extents of address space that were given back [cached, only grows]"""
    @property
    def decommit(self) -> int:
        """times that the memory behind an extent was taken away, by a program's hooks [cached, only grows]"""
    @property
    def destroy(self) -> int:
        """extents that were given up with the arena, those that could not be given back [cached, only grows]"""
    @property
    def merge(self) -> int:
        """pairs of extents that became one [cached, only grows]"""
    @property
    def purge_forced(self) -> int:
        """times that the memory behind an extent was given back at once, also to have it read as zero [cached, only grows]"""
    @property
    def purge_lazy(self) -> int:
        """times that the memory behind an extent was left to the system to take [cached, only grows]"""
    @property
    def split(self) -> int:
        """extents that were cut in two [cached, only grows]"""

class MoonheapArenaArena(Node):
    @property
    def created_ns(self) -> int:
        """when the arena was made, by CLOCK_MONOTONIC [ns, live]"""
    @property
    def creator(self) -> MoonheapArenaArenaCreator: ...
    @property
    def dirty_backlog(self) -> int:
        """pages that became dirty within dirty_decay_ms, by which it is decided how many may stay [pages, live]"""
    @property
    def due_ms(self) -> int:
        """time until unused pages of the arena are given back next; -1: none are waiting for that [ms, live]"""
    @property
    def extent_events(self) -> MoonheapArenaArenaExtentEvents: ...
    @property
    def is_manual(self) -> bool:
        """made by a call of arenas.create, not by the library for its threads [live]"""
    @property
    def muzzy_backlog(self) -> int:
        """pages that became muzzy within muzzy_decay_ms, by which it is decided how many may stay [pages, live]"""
    @property
    def name(self) -> str:
        """name of the arena, as arena.<arena>.name gives it to programs in C [live]"""

class MoonheapArena(Node):
    def __getitem__(self, key: int) -> MoonheapArenaArena: ...  # type: ignore[override]
    def __iter__(self) -> Iterator[int]: ...  # type: ignore[override]

class MoonheapOptAbort(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptAbortConf(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptBackgroundThread(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptBinShards(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""
    @property
    def value(self) -> str:
        """parts of a bin with a lock of their own by size of region, as lo-hi:n joined by |; without: 1 [const]"""

class MoonheapOptCacheOblivious(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptCallocMadviseThreshold(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""
    @property
    def value(self) -> int:
        """memory to be zero of at least this size comes from the system, instead of being cleared [bytes, const]"""

class MoonheapOptConfirmConf(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptDebugDoubleFreeMaxScan(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptDirtyDecayMs(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptDisableLargeSizeClasses(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptDlopenDeepbind(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptDss(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptExperimentalHpaEnforceHugify(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptExperimentalHpaMaxPurgeNhp(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptExperimentalHpaStartHugeIfThpAlways(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptExperimentalInfallibleNew(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptExperimentalTcacheGc(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHpa(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHpaDirtyMult(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHpaHugificationThreshold(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHpaHugifyDelayMs(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHpaHugifyStyle(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHpaHugifySync(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHpaMinPurgeDelayMs(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHpaMinPurgeIntervalMs(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHpaPurgeThreshold(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHpaSecBatchFillExtra(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHpaSecBytesAfterFlush(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHpaSecMaxAlloc(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHpaSecMaxBytes(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHpaSecNshards(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHpaSlabMaxAlloc(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptHugeArenaPacThp(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptJunk(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptLgExtentMaxActiveFit(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptLgSanUafAlign(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptLgTcacheFlushLargeDiv(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptLgTcacheFlushSmallDiv(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptLgTcacheNslotsMul(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptMaxBackgroundThreads(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptMetadataThp(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptMutexMaxSpin(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptMuzzyDecayMs(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptNarenas(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptNarenasRatio(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""
    @property
    def value(self) -> int:
        """arenas for each processor when narenas is not set; read as 16.16 [const]"""

class MoonheapOptOversizeThreshold(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptPercpuArena(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptProcessMadviseMaxBatch(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptRetain(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptSafety(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptSafetyAction(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptSafetyDoubleFree(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptSafetyInvalidFree(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptSafetyOverflow(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptSafetyQuarantineBytes(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptSafetySampleBytes(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptSafetySizeMismatch(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptSafetySlots(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptSafetyUseAfterFree(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptSanGuardLarge(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""
    @property
    def value(self) -> int:
        """each n-th large extent is put between pages without access; 0 none [const]"""

class MoonheapOptSanGuardSmall(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""
    @property
    def value(self) -> int:
        """each n-th slab is put between pages without access; 0 none [const]"""

class MoonheapOptSlabSizes(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""
    @property
    def value(self) -> str:
        """pages of a slab by size of region, as lo-hi:pages joined by | [const]"""

class MoonheapOptStatsInterval(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptStatsIntervalOpts(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptStatsPrint(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptStatsPrintOpts(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptTcache(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptTcacheGcDelayBytes(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptTcacheGcIncrBytes(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptTcacheMax(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptTcacheNcachedMax(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""
    @property
    def value(self) -> str:
        """regions that a bin of a thread cache holds at most by size, as lo-hi:n joined by |; 0 none [const]"""

class MoonheapOptTcacheNslotsLarge(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptTcacheNslotsSmallMax(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptTcacheNslotsSmallMin(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptThp(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptTrustMadvise(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptXmalloc(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptZero(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOptZeroRealloc(Node):
    @property
    def source(self) -> str:
        """who set the option last: build, malloc_conf, /etc/malloc.conf, MALLOC_CONF, malloc_conf_2_conf_harder, or nobody: default [const]"""

class MoonheapOpt(Node):
    @property
    def abort(self) -> MoonheapOptAbort: ...
    @property
    def abort_conf(self) -> MoonheapOptAbortConf: ...
    @property
    def background_thread(self) -> MoonheapOptBackgroundThread: ...
    @property
    def bin_shards(self) -> MoonheapOptBinShards: ...
    @property
    def cache_oblivious(self) -> MoonheapOptCacheOblivious: ...
    @property
    def calloc_madvise_threshold(self) -> MoonheapOptCallocMadviseThreshold: ...
    @property
    def confirm_conf(self) -> MoonheapOptConfirmConf: ...
    @property
    def debug_double_free_max_scan(self) -> MoonheapOptDebugDoubleFreeMaxScan: ...
    @property
    def dirty_decay_ms(self) -> MoonheapOptDirtyDecayMs: ...
    @property
    def disable_large_size_classes(self) -> MoonheapOptDisableLargeSizeClasses: ...
    @property
    def dlopen_deepbind(self) -> MoonheapOptDlopenDeepbind: ...
    @property
    def dss(self) -> MoonheapOptDss: ...
    @property
    def experimental_hpa_enforce_hugify(self) -> MoonheapOptExperimentalHpaEnforceHugify: ...
    @property
    def experimental_hpa_max_purge_nhp(self) -> MoonheapOptExperimentalHpaMaxPurgeNhp: ...
    @property
    def experimental_hpa_start_huge_if_thp_always(self) -> MoonheapOptExperimentalHpaStartHugeIfThpAlways: ...
    @property
    def experimental_infallible_new(self) -> MoonheapOptExperimentalInfallibleNew: ...
    @property
    def experimental_tcache_gc(self) -> MoonheapOptExperimentalTcacheGc: ...
    @property
    def hpa(self) -> MoonheapOptHpa: ...
    @property
    def hpa_dirty_mult(self) -> MoonheapOptHpaDirtyMult: ...
    @property
    def hpa_hugification_threshold(self) -> MoonheapOptHpaHugificationThreshold: ...
    @property
    def hpa_hugify_delay_ms(self) -> MoonheapOptHpaHugifyDelayMs: ...
    @property
    def hpa_hugify_style(self) -> MoonheapOptHpaHugifyStyle: ...
    @property
    def hpa_hugify_sync(self) -> MoonheapOptHpaHugifySync: ...
    @property
    def hpa_min_purge_delay_ms(self) -> MoonheapOptHpaMinPurgeDelayMs: ...
    @property
    def hpa_min_purge_interval_ms(self) -> MoonheapOptHpaMinPurgeIntervalMs: ...
    @property
    def hpa_purge_threshold(self) -> MoonheapOptHpaPurgeThreshold: ...
    @property
    def hpa_sec_batch_fill_extra(self) -> MoonheapOptHpaSecBatchFillExtra: ...
    @property
    def hpa_sec_bytes_after_flush(self) -> MoonheapOptHpaSecBytesAfterFlush: ...
    @property
    def hpa_sec_max_alloc(self) -> MoonheapOptHpaSecMaxAlloc: ...
    @property
    def hpa_sec_max_bytes(self) -> MoonheapOptHpaSecMaxBytes: ...
    @property
    def hpa_sec_nshards(self) -> MoonheapOptHpaSecNshards: ...
    @property
    def hpa_slab_max_alloc(self) -> MoonheapOptHpaSlabMaxAlloc: ...
    @property
    def huge_arena_pac_thp(self) -> MoonheapOptHugeArenaPacThp: ...
    @property
    def junk(self) -> MoonheapOptJunk: ...
    @property
    def lg_extent_max_active_fit(self) -> MoonheapOptLgExtentMaxActiveFit: ...
    @property
    def lg_san_uaf_align(self) -> MoonheapOptLgSanUafAlign: ...
    @property
    def lg_tcache_flush_large_div(self) -> MoonheapOptLgTcacheFlushLargeDiv: ...
    @property
    def lg_tcache_flush_small_div(self) -> MoonheapOptLgTcacheFlushSmallDiv: ...
    @property
    def lg_tcache_nslots_mul(self) -> MoonheapOptLgTcacheNslotsMul: ...
    @property
    def max_background_threads(self) -> MoonheapOptMaxBackgroundThreads: ...
    @property
    def metadata_thp(self) -> MoonheapOptMetadataThp: ...
    @property
    def mutex_max_spin(self) -> MoonheapOptMutexMaxSpin: ...
    @property
    def muzzy_decay_ms(self) -> MoonheapOptMuzzyDecayMs: ...
    @property
    def narenas(self) -> MoonheapOptNarenas: ...
    @property
    def narenas_ratio(self) -> MoonheapOptNarenasRatio: ...
    @property
    def oversize_threshold(self) -> MoonheapOptOversizeThreshold: ...
    @property
    def percpu_arena(self) -> MoonheapOptPercpuArena: ...
    @property
    def process_madvise_max_batch(self) -> MoonheapOptProcessMadviseMaxBatch: ...
    @property
    def retain(self) -> MoonheapOptRetain: ...
    @property
    def safety(self) -> MoonheapOptSafety: ...
    @property
    def safety_action(self) -> MoonheapOptSafetyAction: ...
    @property
    def safety_double_free(self) -> MoonheapOptSafetyDoubleFree: ...
    @property
    def safety_invalid_free(self) -> MoonheapOptSafetyInvalidFree: ...
    @property
    def safety_overflow(self) -> MoonheapOptSafetyOverflow: ...
    @property
    def safety_quarantine_bytes(self) -> MoonheapOptSafetyQuarantineBytes: ...
    @property
    def safety_sample_bytes(self) -> MoonheapOptSafetySampleBytes: ...
    @property
    def safety_size_mismatch(self) -> MoonheapOptSafetySizeMismatch: ...
    @property
    def safety_slots(self) -> MoonheapOptSafetySlots: ...
    @property
    def safety_use_after_free(self) -> MoonheapOptSafetyUseAfterFree: ...
    @property
    def san_guard_large(self) -> MoonheapOptSanGuardLarge: ...
    @property
    def san_guard_small(self) -> MoonheapOptSanGuardSmall: ...
    @property
    def slab_sizes(self) -> MoonheapOptSlabSizes: ...
    @property
    def stats_interval(self) -> MoonheapOptStatsInterval: ...
    @property
    def stats_interval_opts(self) -> MoonheapOptStatsIntervalOpts: ...
    @property
    def stats_print(self) -> MoonheapOptStatsPrint: ...
    @property
    def stats_print_opts(self) -> MoonheapOptStatsPrintOpts: ...
    @property
    def tcache(self) -> MoonheapOptTcache: ...
    @property
    def tcache_gc_delay_bytes(self) -> MoonheapOptTcacheGcDelayBytes: ...
    @property
    def tcache_gc_incr_bytes(self) -> MoonheapOptTcacheGcIncrBytes: ...
    @property
    def tcache_max(self) -> MoonheapOptTcacheMax: ...
    @property
    def tcache_ncached_max(self) -> MoonheapOptTcacheNcachedMax: ...
    @property
    def tcache_nslots_large(self) -> MoonheapOptTcacheNslotsLarge: ...
    @property
    def tcache_nslots_small_max(self) -> MoonheapOptTcacheNslotsSmallMax: ...
    @property
    def tcache_nslots_small_min(self) -> MoonheapOptTcacheNslotsSmallMin: ...
    @property
    def thp(self) -> MoonheapOptThp: ...
    @property
    def trust_madvise(self) -> MoonheapOptTrustMadvise: ...
    @property
    def xmalloc(self) -> MoonheapOptXmalloc: ...
    @property
    def zero(self) -> MoonheapOptZero: ...
    @property
    def zero_realloc(self) -> MoonheapOptZeroRealloc: ...

class MoonheapSnapshot(Node):
    def refresh(self, argument: int = ...) -> int:
        """refresh the statistics unless the last refresh began at most so many ns ago, so that readers share one; gives the epoch"""
    @property
    def taken_ns(self) -> int:
        """when the last refresh of the statistics began, by CLOCK_MONOTONIC [ns, cached]"""

class MoonheapTcacheTcacheCreator(Node):
    @property
    def caller(self) -> str:
        """who called to make it, 'libfoo.so+0x1234' [live]"""
    @property
    def thread(self) -> int:
        """kernel's number of the thread that made the cache [live]"""
    @property
    def thread_name(self) -> str:
        """name of that thread at that time [live]"""

class MoonheapTcacheTcache(Node):
    @property
    def arena(self) -> int:
        """arena that fills the explicit thread cache [live]"""
    @property
    def bytes(self) -> int:
        """bytes that wait in the cache; a close estimate while somebody uses it [bytes, live]"""
    @property
    def created_ns(self) -> int:
        """when the cache was made, by CLOCK_MONOTONIC [ns, live]"""
    @property
    def creator(self) -> MoonheapTcacheTcacheCreator: ...
    @property
    def name(self) -> str:
        """name of the cache, cut to 31 letters; empty until the program gives it one [live]"""
    @name.setter
    def name(self, value: str) -> None: ...

class MoonheapTcache(Node):
    def __getitem__(self, key: int) -> MoonheapTcacheTcache: ...  # type: ignore[override]
    def __iter__(self) -> Iterator[int]: ...  # type: ignore[override]

class Moonheap(Node):
    @property
    def arena(self) -> MoonheapArena: ...
    @property
    def opt(self) -> MoonheapOpt: ...
    @property
    def snapshot(self) -> MoonheapSnapshot: ...
    @property
    def tcache(self) -> MoonheapTcache: ...
    @property
    def thp_mode(self) -> str:
        """the system's policy for transparent huge pages: always, madvise, never, or not supported [const]"""
    @property
    def version(self) -> str:
        """version of Moonheap [const]"""

class OptMallocConf(Node):
    @property
    def env_var(self) -> str:
        """options as the variable MALLOC_CONF gave them at start; not there without it [const]"""
    @property
    def global_var(self) -> str:
        """options that the program has in its variable malloc_conf; not there without it [const]"""
    @property
    def global_var_2_conf_harder(self) -> str:
        """options that the program has in its variable malloc_conf_2_conf_harder; not there without it [const]"""
    @property
    def symlink(self) -> str:
        """options as the link /etc/malloc.conf gave them at start; not there without it [const]"""

class Opt(Node):
    @property
    def abort(self) -> bool:
        """abort the process on most warnings [const]"""
    @property
    def abort_conf(self) -> bool:
        """abort the process when an option is wrong [const]"""
    @property
    def background_thread(self) -> bool:
        """return unused pages from background threads; when set to false, from none ever [const]"""
    @property
    def cache_oblivious(self) -> bool:
        """large objects start anywhere in their first page, so that they do not share cache sets [const]"""
    @property
    def confirm_conf(self) -> bool:
        """print every source of options and every accepted option at start [const]"""
    @property
    def debug_double_free_max_scan(self) -> int:
        """regions of a thread's cache that a slow path compares to find double frees, at most; 0 none [const]"""
    @property
    def dirty_decay_ms(self) -> int:
        """time until unused dirty pages are given back; 0 at once, -1 never [ms, const]"""
    @property
    def disable_large_size_classes(self) -> bool:
        """objects above eight pages are as many pages as they need, instead of a size class; not cached [const]"""
    @property
    def dlopen_deepbind(self) -> bool:
        """let RTLD_DEEPBIND of dlopen() through: libraries opened with it then use the C library's malloc [const]"""
    @property
    def dss(self) -> str:
        """address space from sbrk(): never, before mmap(), or when that has none [const]"""
    @property
    def experimental_hpa_enforce_hugify(self) -> bool:
        """ask for huge pages also where the system is believed to give them by itself [const]"""
    @property
    def experimental_hpa_max_purge_nhp(self) -> int:
        """most huge pages that give unused memory back at a time; -1 no limit [const]"""
    @property
    def experimental_hpa_start_huge_if_thp_always(self) -> bool:
        """where the system makes everything huge, take new huge pages for such [const]"""
    @property
    def experimental_infallible_new(self) -> bool:
        """operator new ends the process instead of throwing [const]"""
    @property
    def experimental_tcache_gc(self) -> bool:
        """upkeep of a thread cache by bytes, the clock and growth; false: by bytes alone [const]"""
    @property
    def hpa(self) -> bool:
        """pack small extents into as few huge pages as can be; needs pages of 4 KiB [const]"""
    @property
    def hpa_dirty_mult(self) -> int:
        """unused pages with memory for each used one that huge pages may keep, as 16.16; -1 no limit [const]"""
    @property
    def hpa_hugification_threshold(self) -> int:
        """used bytes from which on a huge page is asked for behind them [bytes, const]"""
    @property
    def hpa_hugify_delay_ms(self) -> int:
        """how long they must have been so many [ms, const]"""
    @property
    def hpa_hugify_style(self) -> str:
        """huge once full enough (lazy), from the start (eager), so in large arenas (auto), or never (none) [const]"""
    @property
    def hpa_hugify_sync(self) -> bool:
        """make them huge on the spot (MADV_COLLAPSE), instead of leaving it to the system [const]"""
    @property
    def hpa_min_purge_delay_ms(self) -> int:
        """how long a huge page has unused memory before it gives it back, at least [ms, const]"""
    @property
    def hpa_min_purge_interval_ms(self) -> int:
        """how long too much has been unused before it is given back; also the least time in between [ms, const]"""
    @property
    def hpa_purge_threshold(self) -> int:
        """unused bytes from which on a huge page is worth purging [bytes, const]"""
    @property
    def hpa_sec_batch_fill_extra(self) -> int:
        """extents that the small extent cache takes beside the one that it was asked for [const]"""
    @property
    def hpa_sec_bytes_after_flush(self) -> int:
        """what a part of the small extent cache keeps when it gives some back [bytes, const]"""
    @property
    def hpa_sec_max_alloc(self) -> int:
        """largest extent that the small extent cache keeps [bytes, const]"""
    @property
    def hpa_sec_max_bytes(self) -> int:
        """most bytes that a part of the small extent cache keeps [bytes, const]"""
    @property
    def hpa_sec_nshards(self) -> int:
        """parts of each arena's small extent cache, with a lock of their own; 0 none [const]"""
    @property
    def hpa_slab_max_alloc(self) -> int:
        """largest extent that is packed into huge pages [bytes, const]"""
    @property
    def huge_arena_pac_thp(self) -> bool:
        """ask for huge pages for the arena of huge objects, where the system gives them when asked [const]"""
    @property
    def junk(self) -> str:
        """fill new memory with 0xa5 and freed memory with 0x5a [const]"""
    @property
    def lg_extent_max_active_fit(self) -> int:
        """a dirty extent serves requests up to this power of two smaller, while more is used than dirty [const]"""
    @property
    def lg_prof_interval(self) -> int:
        """a profile is written each time this power of two of bytes was allocated; -1 none; this build has no profiling [const]"""
    @property
    def lg_prof_sample(self) -> int:
        """one allocation in this power of two of bytes is sampled; this build has no profiling [const]"""
    @property
    def lg_san_uaf_align(self) -> int:
        """freed objects at multiples of this power of two are watched for writes for a while; -1 none [const]"""
    @property
    def lg_tcache_flush_large_div(self) -> int:
        """a full large bin of a thread cache gives up all but its count over this power of two [const]"""
    @property
    def lg_tcache_flush_small_div(self) -> int:
        """a full small bin of a thread cache keeps its count over this power of two; 1: by its use [const]"""
    @property
    def lg_tcache_nslots_mul(self) -> int:
        """a small bin of a thread cache holds the regions of a slab times this power of two [const]"""
    @property
    def malloc_conf(self) -> OptMallocConf: ...
    @property
    def max_background_threads(self) -> int:
        """most background threads; arena i belongs to thread i modulo this [const]"""
    @property
    def metadata_thp(self) -> str:
        """huge pages for metadata: never, once an arena has a lot of it, or from the start [const]"""
    @property
    def mutex_max_spin(self) -> int:
        """times that a lock is tried before the thread sleeps; -1 without end [const]"""
    @property
    def muzzy_decay_ms(self) -> int:
        """time until unused muzzy pages are given back; 0 at once, -1 never [ms, const]"""
    @property
    def narenas(self) -> int:
        """number of automatic arenas; default: by the number of processors and narenas_ratio [const]"""
    @property
    def oversize_threshold(self) -> int:
        """least size of objects that live in an arena apart and are purged at once; below 16384: 0, none [bytes, const]"""
    @property
    def percpu_arena(self) -> str:
        """threads use the arena of the processor that they run on, or of its core [const]"""
    @property
    def process_madvise_max_batch(self) -> int:
        """ranges of unused memory that one system call gives back, on Linux from 6.14 on; 0: one [const]"""
    @property
    def prof(self) -> bool:
        """allocations are profiled; this build has no profiling [const]"""
    @property
    def prof_accum(self) -> bool:
        """profiles have sums of all times; this build has no profiling [const]"""
    @property
    def prof_active(self) -> bool:
        """prof.active at start; this build has no profiling [const]"""
    @property
    def prof_bt_max(self) -> int:
        """most frames of a stack; this build has no profiling [const]"""
    @property
    def prof_final(self) -> bool:
        """a profile is written at exit; this build has no profiling [const]"""
    @property
    def prof_gdump(self) -> bool:
        """prof.gdump at start; this build has no profiling [const]"""
    @property
    def prof_leak(self) -> bool:
        """what is left at exit is reported; this build has no profiling [const]"""
    @property
    def prof_leak_error(self) -> bool:
        """the process fails when something is left at exit; this build has no profiling [const]"""
    @property
    def prof_pid_namespace(self) -> bool:
        """names of profile files have the PID namespace; this build has no profiling [const]"""
    @property
    def prof_prefix(self) -> str:
        """beginning of the names of profile files; this build has no profiling [const]"""
    @property
    def prof_recent_alloc_max(self) -> int:
        """sampled allocations that are remembered; this build has no profiling [const]"""
    @property
    def prof_stats(self) -> bool:
        """sums of samples by size class; this build has no profiling [const]"""
    @property
    def prof_sys_thread_name(self) -> bool:
        """threads have the system's names in profiles; this build has no profiling [const]"""
    @property
    def prof_thread_active_init(self) -> bool:
        """prof.thread_active_init at start; this build has no profiling [const]"""
    @property
    def prof_time_resolution(self) -> str:
        """clock of profiles; this build has no profiling [const]"""
    @property
    def retain(self) -> bool:
        """keep unused address space for reuse instead of unmapping it [const]"""
    @property
    def safety(self) -> str:
        """checks of how the program uses memory: free ones, a guarded sample, or of every object [const]"""
    @property
    def safety_action(self) -> str:
        """what happens when misuse of memory is found: abort, report and go on, or ignore [const]"""
    @property
    def safety_double_free(self) -> str:
        """the same for an object that is freed again; default: safety_action [const]"""
    @property
    def safety_invalid_free(self) -> str:
        """the same for a pointer that is no object; default: safety_action [const]"""
    @property
    def safety_overflow(self) -> str:
        """the same for an access beyond an object; default: safety_action [const]"""
    @property
    def safety_quarantine_bytes(self) -> int:
        """most bytes of freed objects that a thread holds back to see late writes; 0 none [bytes, const]"""
    @property
    def safety_sample_bytes(self) -> int:
        """with safety:sampled one allocation in so many bytes is guarded, on average; 0 none [bytes, const]"""
    @property
    def safety_size_mismatch(self) -> str:
        """the same for an object that is freed with a wrong size; default: safety_action [const]"""
    @property
    def safety_slots(self) -> int:
        """guarded objects, living and freed, that there are at most at a time [const]"""
    @property
    def safety_use_after_free(self) -> str:
        """the same for an access to a freed object; default: safety_action [const]"""
    @property
    def stats_interval(self) -> int:
        """print statistics each time that all threads together allocated so much; -1 never [bytes, const]"""
    @property
    def stats_interval_opts(self) -> str:
        """letters for malloc_stats_print at those times [const]"""
    @property
    def stats_print(self) -> bool:
        """print statistics at exit [const]"""
    @property
    def stats_print_opts(self) -> str:
        """letters for malloc_stats_print at exit [const]"""
    @property
    def tcache(self) -> bool:
        """threads have a cache of free regions [const]"""
    @property
    def tcache_gc_delay_bytes(self) -> int:
        """upkeep leaves a small bin of a thread cache alone that would give up fewer bytes [bytes, const]"""
    @property
    def tcache_gc_incr_bytes(self) -> int:
        """bytes that a thread allocates between two steps of upkeep of its cache [bytes, const]"""
    @property
    def tcache_max(self) -> int:
        """largest size that thread caches keep, rounded up to a size class [bytes, const]"""
    @property
    def tcache_nslots_large(self) -> int:
        """capacity of a large bin of a thread cache [const]"""
    @property
    def tcache_nslots_small_max(self) -> int:
        """most capacity of a small bin of a thread cache [const]"""
    @property
    def tcache_nslots_small_min(self) -> int:
        """least capacity of a small bin of a thread cache [const]"""
    @property
    def thp(self) -> str:
        """huge pages for objects: as the system does by itself, asked for, or forbidden [const]"""
    @property
    def trust_madvise(self) -> bool:
        """take purged memory for zero without trying first whether the system does that [const]"""
    @property
    def utrace(self) -> bool:
        """allocations are reported by utrace(), which no Linux has; not in this build [const]"""
    @property
    def xmalloc(self) -> bool:
        """end the process when memory is out, instead of returning NULL [const]"""
    @property
    def zero(self) -> bool:
        """zero new memory [const]"""
    @property
    def zero_realloc(self) -> str:
        """what realloc(p, 0) does: allocate, free, or abort the process [const]"""

class ProfStatsBinsBin(Node):
    @property
    def accum(self) -> object:
        """{uint64_t bytes asked for; uint64_t count} of sampled objects ever made, of this small class; this build has no profiling [live]"""
    @property
    def live(self) -> object:
        """{uint64_t bytes asked for; uint64_t count} of sampled objects out, of this small class; this build has no profiling [live]"""

class ProfStatsBins(Node):
    def __getitem__(self, key: int) -> ProfStatsBinsBin: ...  # type: ignore[override]
    def __iter__(self) -> Iterator[int]: ...  # type: ignore[override]

class ProfStatsLextentsLextent(Node):
    @property
    def accum(self) -> object:
        """{uint64_t bytes asked for; uint64_t count} of sampled objects ever made, of this large class; this build has no profiling [live]"""
    @property
    def live(self) -> object:
        """{uint64_t bytes asked for; uint64_t count} of sampled objects out, of this large class; this build has no profiling [live]"""

class ProfStatsLextents(Node):
    def __getitem__(self, key: int) -> ProfStatsLextentsLextent: ...  # type: ignore[override]
    def __iter__(self) -> Iterator[int]: ...  # type: ignore[override]

class ProfStats(Node):
    @property
    def bins(self) -> ProfStatsBins: ...
    @property
    def lextents(self) -> ProfStatsLextents: ...

class Prof(Node):
    @property
    def active(self) -> bool:
        """allocations are sampled; this build has no profiling [live]"""
    @active.setter
    def active(self, value: bool) -> None: ...
    def dump(self, argument: str = ...) -> None:
        """write a profile to this file; this build has no profiling"""
    @property
    def gdump(self) -> bool:
        """a profile is written whenever the memory in use reaches a new maximum; this build has no profiling [live]"""
    @gdump.setter
    def gdump(self, value: bool) -> None: ...
    @property
    def interval(self) -> int:
        """bytes of allocation between two profiles; 0 for none; this build has no profiling [bytes, live]"""
    @property
    def lg_sample(self) -> int:
        """one allocation in this power of two of bytes is sampled; 0 where none is; this build has no profiling [live]"""
    def log_start(self, argument: str = ...) -> None:
        """log allocations to this file; this build has no profiling"""
    def log_stop(self) -> None:
        """end the log of allocations; this build has no profiling"""
    def prefix(self, argument: str = ...) -> None:
        """beginning of the names of profile files; this build has no profiling"""
    def reset(self, argument: int = ...) -> None:
        """forget all samples, and sample by this power of two from now on; this build has no profiling"""
    @property
    def stats(self) -> ProfStats: ...
    @property
    def thread_active_init(self) -> bool:
        """thread.prof.active of threads to come; this build has no profiling [live]"""
    @thread_active_init.setter
    def thread_active_init(self, value: bool) -> None: ...

class StatsArenasArenaBinsBinMutex(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of the bin: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of the bin: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of the bin: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of the bin: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of the bin: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of the bin: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of the bin: time slept for it [ns, cached, only grows]"""

class StatsArenasArenaBinsBin(Node):
    @property
    def curregs(self) -> int:
        """regions out at present, those waiting in thread caches included [cached]"""
    @property
    def curslabs(self) -> int:
        """slabs at present [cached]"""
    @property
    def mutex(self) -> StatsArenasArenaBinsBinMutex: ...
    @property
    def ndalloc(self) -> int:
        """regions taken back [cached, only grows]"""
    @property
    def nfills(self) -> int:
        """times that a thread cache was filled from the bin [cached, only grows]"""
    @property
    def nflushes(self) -> int:
        """times that a thread cache was flushed into the bin [cached, only grows]"""
    @property
    def nmalloc(self) -> int:
        """regions handed out, those waiting in thread caches included [cached, only grows]"""
    @property
    def nonfull_slabs(self) -> int:
        """slabs at present that have a free region, the current one not counted [cached]"""
    @property
    def nrequests(self) -> int:
        """allocation requests of the program served by this class [cached, only grows]"""
    @property
    def nreslabs(self) -> int:
        """times that a slab with free regions became the current one again [cached, only grows]"""
    @property
    def nslabs(self) -> int:
        """slabs made [cached, only grows]"""

class StatsArenasArenaBins(Node):
    def __getitem__(self, key: int) -> StatsArenasArenaBinsBin: ...  # type: ignore[override]
    def __iter__(self) -> Iterator[int]: ...  # type: ignore[override]

class StatsArenasArenaExtentsExtent(Node):
    @property
    def dirty_bytes(self) -> int:
        """bytes in dirty extents of this class [bytes, cached]"""
    @property
    def muzzy_bytes(self) -> int:
        """bytes in muzzy extents of this class [bytes, cached]"""
    @property
    def ndirty(self) -> int:
        """dirty extents of this class [cached]"""
    @property
    def nmuzzy(self) -> int:
        """muzzy extents of this class [cached]"""
    @property
    def npinned(self) -> int:
        """extents of this class that a program's hooks have pinned: memory that is never given back [cached]"""
    @property
    def nretained(self) -> int:
        """retained extents of this class [cached]"""
    @property
    def pinned_bytes(self) -> int:
        """bytes in pinned extents of this class [bytes, cached]"""
    @property
    def retained_bytes(self) -> int:
        """bytes in retained extents of this class [bytes, cached]"""

class StatsArenasArenaExtents(Node):
    def __getitem__(self, key: int) -> StatsArenasArenaExtentsExtent: ...  # type: ignore[override]
    def __iter__(self) -> Iterator[int]: ...  # type: ignore[override]

class StatsArenasArenaHpaShardAllocNslabs(Node):
    @property
    def extents(self) -> int:
        """calls for extents that took them from so many huge pages, 8: or more; 0: that got none: extents that all of them got [cached, only grows]"""
    @property
    def extents_per_ps(self) -> int:
        """calls for extents that took them from so many huge pages, 8: or more; 0: that got none: extents that each took from one huge page on average, summed [cached, only grows]"""
    @property
    def max_extents(self) -> int:
        """calls for extents that took them from so many huge pages, 8: or more; 0: that got none: most extents that one call asked for [cached]"""
    @property
    def min_extents(self) -> int:
        """calls for extents that took them from so many huge pages, 8: or more; 0: that got none: least extents that one call asked for [cached]"""
    @property
    def pages_per_ps(self) -> int:
        """calls for extents that took them from so many huge pages, 8: or more; 0: that got none: pages that each took from one huge page on average, summed [pages, cached, only grows]"""
    @property
    def ps(self) -> int:
        """calls for extents that took them from so many huge pages, 8: or more; 0: that got none: huge pages that all of them took these from [cached, only grows]"""
    @property
    def total_elapsed_ns_per_ps(self) -> int:
        """calls for extents that took them from so many huge pages, 8: or more; 0: that got none: time that each spent for one huge page on average, summed [ns, cached, only grows]"""

class StatsArenasArenaHpaShardAlloc(Node):
    def __getitem__(self, key: int) -> StatsArenasArenaHpaShardAllocNslabs: ...  # type: ignore[override]
    def __iter__(self) -> Iterator[int]: ...  # type: ignore[override]

class StatsArenasArenaHpaShardEmptySlabs(Node):
    @property
    def nactive_huge(self) -> int:
        """packed huge pages without a used page: used pages of those that are huge [pages, cached]"""
    @property
    def nactive_nonhuge(self) -> int:
        """packed huge pages without a used page: used pages of those made of small pages [pages, cached]"""
    @property
    def ndirty_huge(self) -> int:
        """packed huge pages without a used page: unused pages of those that are huge [pages, cached]"""
    @property
    def ndirty_nonhuge(self) -> int:
        """packed huge pages without a used page: unused pages with memory of those made of small pages [pages, cached]"""
    @property
    def npageslabs_huge(self) -> int:
        """packed huge pages without a used page: number of those that are huge [cached]"""
    @property
    def npageslabs_nonhuge(self) -> int:
        """packed huge pages without a used page: number of those made of small pages [cached]"""

class StatsArenasArenaHpaShardFullSlabs(Node):
    @property
    def nactive_huge(self) -> int:
        """packed huge pages without a free page: used pages of those that are huge [pages, cached]"""
    @property
    def nactive_nonhuge(self) -> int:
        """packed huge pages without a free page: used pages of those made of small pages [pages, cached]"""
    @property
    def ndirty_huge(self) -> int:
        """packed huge pages without a free page: unused pages of those that are huge [pages, cached]"""
    @property
    def ndirty_nonhuge(self) -> int:
        """packed huge pages without a free page: unused pages with memory of those made of small pages [pages, cached]"""
    @property
    def npageslabs_huge(self) -> int:
        """packed huge pages without a free page: number of those that are huge [cached]"""
    @property
    def npageslabs_nonhuge(self) -> int:
        """packed huge pages without a free page: number of those made of small pages [cached]"""

class StatsArenasArenaHpaShardNonfullSlabsRoom(Node):
    @property
    def nactive_huge(self) -> int:
        """packed huge pages, the rest of them by the page size class of their longest free run: used pages of those that are huge [pages, cached]"""
    @property
    def nactive_nonhuge(self) -> int:
        """packed huge pages, the rest of them by the page size class of their longest free run: used pages of those made of small pages [pages, cached]"""
    @property
    def ndirty_huge(self) -> int:
        """packed huge pages, the rest of them by the page size class of their longest free run: unused pages of those that are huge [pages, cached]"""
    @property
    def ndirty_nonhuge(self) -> int:
        """packed huge pages, the rest of them by the page size class of their longest free run: unused pages with memory of those made of small pages [pages, cached]"""
    @property
    def npageslabs_huge(self) -> int:
        """packed huge pages, the rest of them by the page size class of their longest free run: number of those that are huge [cached]"""
    @property
    def npageslabs_nonhuge(self) -> int:
        """packed huge pages, the rest of them by the page size class of their longest free run: number of those made of small pages [cached]"""

class StatsArenasArenaHpaShardNonfullSlabs(Node):
    def __getitem__(self, key: int) -> StatsArenasArenaHpaShardNonfullSlabsRoom: ...  # type: ignore[override]
    def __iter__(self) -> Iterator[int]: ...  # type: ignore[override]

class StatsArenasArenaHpaShardSlabs(Node):
    @property
    def nactive_huge(self) -> int:
        """packed huge pages: used pages of those that are huge [pages, cached]"""
    @property
    def nactive_nonhuge(self) -> int:
        """packed huge pages: used pages of those made of small pages [pages, cached]"""
    @property
    def ndirty_huge(self) -> int:
        """packed huge pages: unused pages of those that are huge [pages, cached]"""
    @property
    def ndirty_nonhuge(self) -> int:
        """packed huge pages: unused pages with memory of those made of small pages [pages, cached]"""
    @property
    def npageslabs_huge(self) -> int:
        """packed huge pages: number of those that are huge [cached]"""
    @property
    def npageslabs_nonhuge(self) -> int:
        """packed huge pages: number of those made of small pages [cached]"""

class StatsArenasArenaHpaShard(Node):
    @property
    def alloc(self) -> StatsArenasArenaHpaShardAlloc: ...
    @property
    def empty_slabs(self) -> StatsArenasArenaHpaShardEmptySlabs: ...
    @property
    def full_slabs(self) -> StatsArenasArenaHpaShardFullSlabs: ...
    @property
    def nactive(self) -> int:
        """pages of them handed out, those in the small extent cache included [pages, cached]"""
    @property
    def ndehugifies(self) -> int:
        """huge pages that became small ones again, to give unused memory back [cached, only grows]"""
    @property
    def ndirty(self) -> int:
        """unused pages of them with memory behind [pages, cached]"""
    @property
    def nhugifies(self) -> int:
        """huge pages that were asked for behind what had been small ones [cached, only grows]"""
    @property
    def nhugify_failures(self) -> int:
        """times that the system refused, or had none to give at once [cached, only grows]"""
    @property
    def nonfull_slabs(self) -> StatsArenasArenaHpaShardNonfullSlabs: ...
    @property
    def npageslabs(self) -> int:
        """huge pages of address space that small extents are packed into [cached]"""
    @property
    def npurge_passes(self) -> int:
        """times that too many of these were unused, and some given back [cached, only grows]"""
    @property
    def npurges(self) -> int:
        """huge pages that gave unused memory back [cached, only grows]"""
    @property
    def slabs(self) -> StatsArenasArenaHpaShardSlabs: ...

class StatsArenasArenaLarge(Node):
    @property
    def allocated(self) -> int:
        """bytes handed out, over all large classes [bytes, cached]"""
    @property
    def ndalloc(self) -> int:
        """times that memory was taken back, over all large classes [cached, only grows]"""
    @property
    def nfills(self) -> int:
        """times that memory was fetched, one object each time: as large.nmalloc [cached, only grows]"""
    @property
    def nflushes(self) -> int:
        """times that a thread cache was flushed, over all large classes [cached, only grows]"""
    @property
    def nmalloc(self) -> int:
        """times that memory was handed out, to the program or a thread cache, over all large classes [cached, only grows]"""
    @property
    def nrequests(self) -> int:
        """allocation requests of the program, over all large classes [cached, only grows]"""

class StatsArenasArenaLextentsLextent(Node):
    @property
    def curlextents(self) -> int:
        """extents of this class out at present [cached]"""
    @property
    def ndalloc(self) -> int:
        """extents of this class taken back [cached, only grows]"""
    @property
    def nmalloc(self) -> int:
        """extents of this class handed out [cached, only grows]"""
    @property
    def nrequests(self) -> int:
        """allocation requests of the program served by this class [cached, only grows]"""

class StatsArenasArenaLextents(Node):
    def __getitem__(self, key: int) -> StatsArenasArenaLextentsLextent: ...  # type: ignore[override]
    def __iter__(self) -> Iterator[int]: ...  # type: ignore[override]

class StatsArenasArenaMutexesBase(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of metadata memory: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of metadata memory: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of metadata memory: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of metadata memory: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of metadata memory: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of metadata memory: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of metadata memory: time slept for it [ns, cached, only grows]"""

class StatsArenasArenaMutexesDecayDirty(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of unused extents of all states, under which they decay, the same as extents_dirty: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of unused extents of all states, under which they decay, the same as extents_dirty: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of unused extents of all states, under which they decay, the same as extents_dirty: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of unused extents of all states, under which they decay, the same as extents_dirty: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of unused extents of all states, under which they decay, the same as extents_dirty: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of unused extents of all states, under which they decay, the same as extents_dirty: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of unused extents of all states, under which they decay, the same as extents_dirty: time slept for it [ns, cached, only grows]"""

class StatsArenasArenaMutexesDecayMuzzy(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of unused extents of all states, under which they decay, the same as extents_dirty: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of unused extents of all states, under which they decay, the same as extents_dirty: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of unused extents of all states, under which they decay, the same as extents_dirty: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of unused extents of all states, under which they decay, the same as extents_dirty: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of unused extents of all states, under which they decay, the same as extents_dirty: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of unused extents of all states, under which they decay, the same as extents_dirty: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of unused extents of all states, under which they decay, the same as extents_dirty: time slept for it [ns, cached, only grows]"""

class StatsArenasArenaMutexesExtentAvail(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of extent descriptors that wait for reuse: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of extent descriptors that wait for reuse: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of extent descriptors that wait for reuse: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of extent descriptors that wait for reuse: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of extent descriptors that wait for reuse: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of extent descriptors that wait for reuse: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of extent descriptors that wait for reuse: time slept for it [ns, cached, only grows]"""

class StatsArenasArenaMutexesExtentsDirty(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of unused extents of all states: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of unused extents of all states: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of unused extents of all states: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of unused extents of all states: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of unused extents of all states: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of unused extents of all states: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of unused extents of all states: time slept for it [ns, cached, only grows]"""

class StatsArenasArenaMutexesExtentsMuzzy(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of unused extents of all states, the same as extents_dirty: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of unused extents of all states, the same as extents_dirty: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of unused extents of all states, the same as extents_dirty: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of unused extents of all states, the same as extents_dirty: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of unused extents of all states, the same as extents_dirty: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of unused extents of all states, the same as extents_dirty: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of unused extents of all states, the same as extents_dirty: time slept for it [ns, cached, only grows]"""

class StatsArenasArenaMutexesExtentsPinned(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of unused extents of all states, the same as extents_dirty: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of unused extents of all states, the same as extents_dirty: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of unused extents of all states, the same as extents_dirty: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of unused extents of all states, the same as extents_dirty: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of unused extents of all states, the same as extents_dirty: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of unused extents of all states, the same as extents_dirty: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of unused extents of all states, the same as extents_dirty: time slept for it [ns, cached, only grows]"""

class StatsArenasArenaMutexesExtentsRetained(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of asking the system for address space: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of asking the system for address space: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of asking the system for address space: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of asking the system for address space: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of asking the system for address space: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of asking the system for address space: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of asking the system for address space: time slept for it [ns, cached, only grows]"""

class StatsArenasArenaMutexesHpaSec(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of small extent cache, all its parts together: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of small extent cache, all its parts together: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of small extent cache, all its parts together: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of small extent cache, all its parts together: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of small extent cache, all its parts together: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of small extent cache, all its parts together: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of small extent cache, all its parts together: time slept for it [ns, cached, only grows]"""

class StatsArenasArenaMutexesHpaShard(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of packed huge pages: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of packed huge pages: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of packed huge pages: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of packed huge pages: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of packed huge pages: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of packed huge pages: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of packed huge pages: time slept for it [ns, cached, only grows]"""

class StatsArenasArenaMutexesHpaShardGrow(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of asking the system for huge pages of address space: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of asking the system for huge pages of address space: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of asking the system for huge pages of address space: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of asking the system for huge pages of address space: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of asking the system for huge pages of address space: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of asking the system for huge pages of address space: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of asking the system for huge pages of address space: time slept for it [ns, cached, only grows]"""

class StatsArenasArenaMutexesLarge(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of list of the large objects of a manual arena: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of list of the large objects of a manual arena: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of list of the large objects of a manual arena: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of list of the large objects of a manual arena: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of list of the large objects of a manual arena: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of list of the large objects of a manual arena: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of list of the large objects of a manual arena: time slept for it [ns, cached, only grows]"""

class StatsArenasArenaMutexesTcacheList(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of thread caches bound to the arena: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of thread caches bound to the arena: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of thread caches bound to the arena: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of thread caches bound to the arena: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of thread caches bound to the arena: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of thread caches bound to the arena: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of thread caches bound to the arena: time slept for it [ns, cached, only grows]"""

class StatsArenasArenaMutexes(Node):
    @property
    def base(self) -> StatsArenasArenaMutexesBase: ...
    @property
    def decay_dirty(self) -> StatsArenasArenaMutexesDecayDirty: ...
    @property
    def decay_muzzy(self) -> StatsArenasArenaMutexesDecayMuzzy: ...
    @property
    def extent_avail(self) -> StatsArenasArenaMutexesExtentAvail: ...
    @property
    def extents_dirty(self) -> StatsArenasArenaMutexesExtentsDirty: ...
    @property
    def extents_muzzy(self) -> StatsArenasArenaMutexesExtentsMuzzy: ...
    @property
    def extents_pinned(self) -> StatsArenasArenaMutexesExtentsPinned: ...
    @property
    def extents_retained(self) -> StatsArenasArenaMutexesExtentsRetained: ...
    @property
    def hpa_sec(self) -> StatsArenasArenaMutexesHpaSec: ...
    @property
    def hpa_shard(self) -> StatsArenasArenaMutexesHpaShard: ...
    @property
    def hpa_shard_grow(self) -> StatsArenasArenaMutexesHpaShardGrow: ...
    @property
    def large(self) -> StatsArenasArenaMutexesLarge: ...
    @property
    def tcache_list(self) -> StatsArenasArenaMutexesTcacheList: ...

class StatsArenasArenaSmall(Node):
    @property
    def allocated(self) -> int:
        """bytes handed out, over all small classes [bytes, cached]"""
    @property
    def ndalloc(self) -> int:
        """times that memory was taken back, over all small classes [cached, only grows]"""
    @property
    def nfills(self) -> int:
        """times that a thread cache was filled, over all small classes [cached, only grows]"""
    @property
    def nflushes(self) -> int:
        """times that a thread cache was flushed, over all small classes [cached, only grows]"""
    @property
    def nmalloc(self) -> int:
        """times that memory was handed out, to the program or a thread cache, over all small classes [cached, only grows]"""
    @property
    def nrequests(self) -> int:
        """allocation requests of the program, over all small classes [cached, only grows]"""

class StatsArenasArena(Node):
    @property
    def abandoned_vm(self) -> int:
        """address space that could neither be reused nor given back [bytes, cached]"""
    @property
    def base(self) -> int:
        """metadata memory in use [bytes, cached]"""
    @property
    def bins(self) -> StatsArenasArenaBins: ...
    @property
    def dirty_decay_ms(self) -> int:
        """time until unused dirty pages are given back; -1 never, and for arenas taken together [ms, cached]"""
    @property
    def dirty_nmadvise(self) -> int:
        """system calls of those sweeps [cached, only grows]"""
    @property
    def dirty_npurge(self) -> int:
        """sweeps over dirty pages [cached, only grows]"""
    @property
    def dirty_purged(self) -> int:
        """dirty pages purged [pages, cached, only grows]"""
    @property
    def dss(self) -> str:
        """use of sbrk(): disabled, primary or secondary, or 'N/A' for arenas taken together [cached]"""
    @property
    def extent_avail(self) -> int:
        """extent descriptors that wait for reuse [cached]"""
    @property
    def extents(self) -> StatsArenasArenaExtents: ...
    @property
    def hpa_sec_bytes(self) -> int:
        """bytes that wait in the small extent cache in front of packed huge pages [bytes, cached]"""
    @property
    def hpa_sec_dalloc_flush(self) -> int:
        """extents that came back to the small extent cache and made it too large: it gave some up [cached, only grows]"""
    @property
    def hpa_sec_dalloc_noflush(self) -> int:
        """extents that came back to the small extent cache and found room [cached, only grows]"""
    @property
    def hpa_sec_hits(self) -> int:
        """extents that came from the small extent cache [cached, only grows]"""
    @property
    def hpa_sec_misses(self) -> int:
        """extents that the small extent cache was asked for and did not have [cached, only grows]"""
    @property
    def hpa_sec_overfills(self) -> int:
        """times that what was taken ahead made the small extent cache too large: it gave some up [cached, only grows]"""
    @property
    def hpa_shard(self) -> StatsArenasArenaHpaShard: ...
    @property
    def internal(self) -> int:
        """memory that the allocator took from the arena for itself [bytes, cached]"""
    @property
    def large(self) -> StatsArenasArenaLarge: ...
    @property
    def lextents(self) -> StatsArenasArenaLextents: ...
    @property
    def mapped(self) -> int:
        """bytes in active, dirty and muzzy extents and metadata blocks [bytes, cached]"""
    @property
    def metadata_edata(self) -> int:
        """metadata memory that describes extents [bytes, cached]"""
    @property
    def metadata_rtree(self) -> int:
        """metadata memory of the page map: none, it belongs to no arena [bytes, cached]"""
    @property
    def metadata_thp(self) -> int:
        """huge pages used by metadata [cached]"""
    @property
    def mutexes(self) -> StatsArenasArenaMutexes: ...
    @property
    def muzzy_decay_ms(self) -> int:
        """time until unused muzzy pages are given back; -1 never, and for arenas taken together [ms, cached]"""
    @property
    def muzzy_nmadvise(self) -> int:
        """system calls of those sweeps [cached, only grows]"""
    @property
    def muzzy_npurge(self) -> int:
        """sweeps over muzzy pages [cached, only grows]"""
    @property
    def muzzy_purged(self) -> int:
        """muzzy pages purged [pages, cached, only grows]"""
    @property
    def nthreads(self) -> int:
        """threads bound to the arena [cached]"""
    @property
    def pactive(self) -> int:
        """pages in active extents [pages, cached]"""
    @property
    def pdirty(self) -> int:
        """unused pages whose contents may still be in memory [pages, cached]"""
    @property
    def pinned(self) -> int:
        """unused memory that a program's hooks have pinned: it is never given back [bytes, cached]"""
    @property
    def pmuzzy(self) -> int:
        """unused pages that the kernel may take at any time [pages, cached]"""
    @property
    def resident(self) -> int:
        """upper bound of memory behind the arena: active, dirty, muzzy and touched metadata [bytes, cached]"""
    @property
    def retained(self) -> int:
        """address space kept for reuse without memory behind it [bytes, cached]"""
    @property
    def slab_purged(self) -> int:
        """pages without a region in use that sparse slabs gave up, and stayed [pages, cached, only grows]"""
    @property
    def small(self) -> StatsArenasArenaSmall: ...
    @property
    def tcache_bytes(self) -> int:
        """bytes that wait in thread caches of the arena's threads [bytes, cached]"""
    @property
    def tcache_stashed_bytes(self) -> int:
        """bytes in thread caches held back to detect use after free [bytes, cached]"""
    @property
    def uptime(self) -> int:
        """time since the arena was created [ns, cached]"""

class StatsArenas(Node):
    def __getitem__(self, key: int) -> StatsArenasArena: ...  # type: ignore[override]
    def __iter__(self) -> Iterator[int]: ...  # type: ignore[override]

class StatsBackgroundThread(Node):
    @property
    def num_runs(self) -> int:
        """times that background threads woke up [cached, only grows]"""
    @property
    def num_threads(self) -> int:
        """background threads that run, also one that was not asked for [cached]"""
    @property
    def run_interval(self) -> int:
        """mean time between two of them [ns, cached]"""

class StatsMutexesBackgroundThread(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of the background threads: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of the background threads: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of the background threads: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of the background threads: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of the background threads: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of the background threads: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of the background threads: time slept for it [ns, cached, only grows]"""

class StatsMutexesCtl(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of the control tree: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """lock of the control tree: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """lock of the control tree: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of the control tree: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of the control tree: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """lock of the control tree: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """lock of the control tree: time slept for it [ns, cached, only grows]"""

class StatsMutexesMaxPerBgThd(Node):
    @property
    def max_num_thds(self) -> int:
        """locks of the background threads one by one, the largest value of each count: most threads that waited for it at once [cached]"""
    @property
    def max_wait_time(self) -> int:
        """locks of the background threads one by one, the largest value of each count: longest sleep for it [ns, cached]"""
    @property
    def num_ops(self) -> int:
        """locks of the background threads one by one, the largest value of each count: times that the lock was taken [cached, only grows]"""
    @property
    def num_owner_switch(self) -> int:
        """locks of the background threads one by one, the largest value of each count: times that another thread than the last one took it [cached, only grows]"""
    @property
    def num_spin_acq(self) -> int:
        """locks of the background threads one by one, the largest value of each count: times that spinning got it [cached, only grows]"""
    @property
    def num_wait(self) -> int:
        """locks of the background threads one by one, the largest value of each count: times that a thread had to sleep for it [cached, only grows]"""
    @property
    def total_wait_time(self) -> int:
        """locks of the background threads one by one, the largest value of each count: time slept for it [ns, cached, only grows]"""

class StatsMutexesProf(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of stacks: most threads that waited for it at once; this build has no profiling [const]"""
    @property
    def max_wait_time(self) -> int:
        """lock of stacks: longest sleep for it; this build has no profiling [ns, const]"""
    @property
    def num_ops(self) -> int:
        """lock of stacks: times that the lock was taken; this build has no profiling [const]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of stacks: times that another thread than the last one took it; this build has no profiling [const]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of stacks: times that spinning got it; this build has no profiling [const]"""
    @property
    def num_wait(self) -> int:
        """lock of stacks: times that a thread had to sleep for it; this build has no profiling [const]"""
    @property
    def total_wait_time(self) -> int:
        """lock of stacks: time slept for it; this build has no profiling [ns, const]"""

class StatsMutexesProfDump(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of profiles being written: most threads that waited for it at once; this build has no profiling [const]"""
    @property
    def max_wait_time(self) -> int:
        """lock of profiles being written: longest sleep for it; this build has no profiling [ns, const]"""
    @property
    def num_ops(self) -> int:
        """lock of profiles being written: times that the lock was taken; this build has no profiling [const]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of profiles being written: times that another thread than the last one took it; this build has no profiling [const]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of profiles being written: times that spinning got it; this build has no profiling [const]"""
    @property
    def num_wait(self) -> int:
        """lock of profiles being written: times that a thread had to sleep for it; this build has no profiling [const]"""
    @property
    def total_wait_time(self) -> int:
        """lock of profiles being written: time slept for it; this build has no profiling [ns, const]"""

class StatsMutexesProfRecentAlloc(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of remembered allocations: most threads that waited for it at once; this build has no profiling [const]"""
    @property
    def max_wait_time(self) -> int:
        """lock of remembered allocations: longest sleep for it; this build has no profiling [ns, const]"""
    @property
    def num_ops(self) -> int:
        """lock of remembered allocations: times that the lock was taken; this build has no profiling [const]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of remembered allocations: times that another thread than the last one took it; this build has no profiling [const]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of remembered allocations: times that spinning got it; this build has no profiling [const]"""
    @property
    def num_wait(self) -> int:
        """lock of remembered allocations: times that a thread had to sleep for it; this build has no profiling [const]"""
    @property
    def total_wait_time(self) -> int:
        """lock of remembered allocations: time slept for it; this build has no profiling [ns, const]"""

class StatsMutexesProfRecentDump(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of their being written: most threads that waited for it at once; this build has no profiling [const]"""
    @property
    def max_wait_time(self) -> int:
        """lock of their being written: longest sleep for it; this build has no profiling [ns, const]"""
    @property
    def num_ops(self) -> int:
        """lock of their being written: times that the lock was taken; this build has no profiling [const]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of their being written: times that another thread than the last one took it; this build has no profiling [const]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of their being written: times that spinning got it; this build has no profiling [const]"""
    @property
    def num_wait(self) -> int:
        """lock of their being written: times that a thread had to sleep for it; this build has no profiling [const]"""
    @property
    def total_wait_time(self) -> int:
        """lock of their being written: time slept for it; this build has no profiling [ns, const]"""

class StatsMutexesProfStats(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of sums by size class: most threads that waited for it at once; this build has no profiling [const]"""
    @property
    def max_wait_time(self) -> int:
        """lock of sums by size class: longest sleep for it; this build has no profiling [ns, const]"""
    @property
    def num_ops(self) -> int:
        """lock of sums by size class: times that the lock was taken; this build has no profiling [const]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of sums by size class: times that another thread than the last one took it; this build has no profiling [const]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of sums by size class: times that spinning got it; this build has no profiling [const]"""
    @property
    def num_wait(self) -> int:
        """lock of sums by size class: times that a thread had to sleep for it; this build has no profiling [const]"""
    @property
    def total_wait_time(self) -> int:
        """lock of sums by size class: time slept for it; this build has no profiling [ns, const]"""

class StatsMutexesProfThdsData(Node):
    @property
    def max_num_thds(self) -> int:
        """lock of threads: most threads that waited for it at once; this build has no profiling [const]"""
    @property
    def max_wait_time(self) -> int:
        """lock of threads: longest sleep for it; this build has no profiling [ns, const]"""
    @property
    def num_ops(self) -> int:
        """lock of threads: times that the lock was taken; this build has no profiling [const]"""
    @property
    def num_owner_switch(self) -> int:
        """lock of threads: times that another thread than the last one took it; this build has no profiling [const]"""
    @property
    def num_spin_acq(self) -> int:
        """lock of threads: times that spinning got it; this build has no profiling [const]"""
    @property
    def num_wait(self) -> int:
        """lock of threads: times that a thread had to sleep for it; this build has no profiling [const]"""
    @property
    def total_wait_time(self) -> int:
        """lock of threads: time slept for it; this build has no profiling [ns, const]"""

class StatsMutexes(Node):
    @property
    def background_thread(self) -> StatsMutexesBackgroundThread: ...
    @property
    def ctl(self) -> StatsMutexesCtl: ...
    @property
    def max_per_bg_thd(self) -> StatsMutexesMaxPerBgThd: ...
    @property
    def prof(self) -> StatsMutexesProf: ...
    @property
    def prof_dump(self) -> StatsMutexesProfDump: ...
    @property
    def prof_recent_alloc(self) -> StatsMutexesProfRecentAlloc: ...
    @property
    def prof_recent_dump(self) -> StatsMutexesProfRecentDump: ...
    @property
    def prof_stats(self) -> StatsMutexesProfStats: ...
    @property
    def prof_thds_data(self) -> StatsMutexesProfThdsData: ...
    def reset(self) -> None:
        """start the counters of all locks again from 0"""

class StatsSafety(Node):
    @property
    def double_frees(self) -> int:
        """objects that were freed again [cached, only grows]"""
    @property
    def guarded(self) -> int:
        """guarded objects that live [cached]"""
    @property
    def guarded_extents(self) -> int:
        """slabs and large objects between pages without access [cached]"""
    @property
    def invalid_frees(self) -> int:
        """pointers that were freed, resized or asked about and are no objects [cached, only grows]"""
    @property
    def missed(self) -> int:
        """samples whose object could not be guarded: too large, or no slot left [cached, only grows]"""
    @property
    def overflows(self) -> int:
        """accesses beyond the end or before the start of an object [cached, only grows]"""
    @property
    def quarantined(self) -> int:
        """freed guarded objects whose addresses are watched [cached]"""
    @property
    def sampled(self) -> int:
        """objects that were allocated guarded [cached, only grows]"""
    @property
    def size_mismatches(self) -> int:
        """objects that were freed with the size of another [cached, only grows]"""
    @property
    def uses_after_free(self) -> int:
        """accesses to an object that was freed [cached, only grows]"""

class Stats(Node):
    @property
    def active(self) -> int:
        """bytes in active pages: allocated plus what slabs hold free [bytes, cached]"""
    @property
    def allocated(self) -> int:
        """bytes handed out, those waiting in thread caches included [bytes, cached]"""
    @property
    def arenas(self) -> StatsArenas: ...
    @property
    def background_thread(self) -> StatsBackgroundThread: ...
    @property
    def mapped(self) -> int:
        """bytes in active, dirty and muzzy extents and metadata blocks [bytes, cached]"""
    @property
    def metadata(self) -> int:
        """bytes that the allocator uses for itself [bytes, cached]"""
    @property
    def metadata_edata(self) -> int:
        """metadata memory that describes extents [bytes, cached]"""
    @property
    def metadata_rtree(self) -> int:
        """metadata memory of the page map, from address to extent [bytes, cached]"""
    @property
    def metadata_thp(self) -> int:
        """huge pages used by metadata [cached]"""
    @property
    def mutexes(self) -> StatsMutexes: ...
    @property
    def pinned(self) -> int:
        """unused memory that a program's hooks have pinned: it is never given back [bytes, cached]"""
    @property
    def resident(self) -> int:
        """upper bound of the memory behind the allocator: active, dirty, muzzy and touched metadata [bytes, cached]"""
    @property
    def retained(self) -> int:
        """address space kept for reuse without memory behind it [bytes, cached]"""
    @property
    def safety(self) -> StatsSafety: ...
    @property
    def zero_reallocs(self) -> int:
        """calls of realloc() with a pointer and size 0 [live, only grows]"""

class Tcache(Node):
    def create(self) -> int:
        """make an explicit thread cache; returns its number for MALLOCX_TCACHE()"""
    def destroy(self, argument: int = ...) -> None:
        """empty and remove the explicit thread cache of this number"""
    def flush(self, argument: int = ...) -> None:
        """empty the explicit thread cache of this number"""

class ThreadPeak(Node):
    @property
    def read(self) -> int:
        """most bytes that the calling thread had allocated and not freed, since it started or the last reset [bytes, live]"""
    def reset(self) -> None:
        """start thread.peak.read again from the present amount"""

class ThreadProf(Node):
    @property
    def active(self) -> bool:
        """the calling thread is sampled; this build has no profiling [live]"""
    @active.setter
    def active(self, value: bool) -> None: ...
    @property
    def name(self) -> str:
        """name of the calling thread in profiles; this build has no profiling [live]"""
    @name.setter
    def name(self, value: str) -> None: ...

class ThreadTcacheNcachedMax(Node):
    def read_sizeclass(self, argument: int = ...) -> int:
        """most regions of this size that the calling thread's cache holds"""
    @property
    def write(self) -> None:
        """'lo-hi:n|...': the calling thread's cache holds at most n regions of each size from lo to hi; 0 none [live]"""
    @write.setter
    def write(self, value: str) -> None: ...

class ThreadTcache(Node):
    @property
    def enabled(self) -> bool:
        """the calling thread keeps free regions in a cache of its own; switching off empties it [live]"""
    @enabled.setter
    def enabled(self, value: bool) -> None: ...
    def flush(self) -> None:
        """give everything in the calling thread's cache back to the arenas"""
    @property
    def max(self) -> int:
        """largest size that the calling thread's cache keeps; rounded up to a size class, at most 8 MiB. A change empties the cache [bytes, live]"""
    @max.setter
    def max(self, value: int) -> None: ...
    @property
    def ncached_max(self) -> ThreadTcacheNcachedMax: ...

class Thread(Node):
    @property
    def allocated(self) -> int:
        """bytes that the calling thread ever allocated [bytes, live, only grows]"""
    @property
    def allocatedp(self) -> int | None:
        """address of the counter behind thread.allocated, valid while the thread lives [live]"""
    @property
    def arena(self) -> int:
        """index of the arena that serves the calling thread; writing binds it to another [live]"""
    @arena.setter
    def arena(self, value: int) -> None: ...
    @property
    def deallocated(self) -> int:
        """bytes that the calling thread ever freed [bytes, live, only grows]"""
    @property
    def deallocatedp(self) -> int | None:
        """address of the counter behind thread.deallocated, valid while the thread lives [live]"""
    def idle(self) -> None:
        """the calling thread will do nothing for a while: give back what it keeps for itself"""
    @property
    def peak(self) -> ThreadPeak: ...
    @property
    def prof(self) -> ThreadProf: ...
    @property
    def tcache(self) -> ThreadTcache: ...

class Ctl(Node):
    @property
    def approximate_stats(self) -> ApproximateStats: ...
    @property
    def arena(self) -> Arena: ...
    @property
    def arenas(self) -> Arenas: ...
    @property
    def background_thread(self) -> bool:
        """background threads give unused pages back [live]"""
    @background_thread.setter
    def background_thread(self, value: bool) -> None: ...
    @property
    def config(self) -> Config: ...
    @property
    def epoch(self) -> int:
        """writing any number refreshes the statistics and counts one up; reading tells the count [live, only grows]"""
    @epoch.setter
    def epoch(self, value: int) -> None: ...
    @property
    def experimental(self) -> Experimental: ...
    @property
    def max_background_threads(self) -> int:
        """most background threads, at most opt.max_background_threads [live]"""
    @max_background_threads.setter
    def max_background_threads(self, value: int) -> None: ...
    @property
    def moonheap(self) -> Moonheap: ...
    @property
    def opt(self) -> Opt: ...
    @property
    def prof(self) -> Prof: ...
    @property
    def stats(self) -> Stats: ...
    @property
    def tcache(self) -> Tcache: ...
    @property
    def thread(self) -> Thread: ...
    @property
    def version(self) -> str:
        """version of jemalloc whose interface this is [const]"""


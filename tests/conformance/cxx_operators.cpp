// The twenty operators new and delete, in a C++ program that runs on the library: they use its
// heap, fail as the language says, and pair with each other and with malloc() and free().
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>
#include <malloc.h>
#include <unistd.h>
#include <moonheap/moonheap.h>

#pragma weak sallocx
#pragma weak nallocx
#pragma weak mallctl
#pragma weak malloc_message

namespace
{

#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);       \
			std::exit(1);                                                              \
		}                                                                                  \
	} while (0)

// The optimizer may leave out a new and its delete; called through these it cannot.
void *volatile sink;

void *keep(void *ptr)
{
	sink = ptr;
	return sink;
}

std::size_t opaque(std::size_t value)
{
	volatile std::size_t hidden = value;
	return hidden;
}

void expect_ours(void *ptr, std::size_t size)
{
	EXPECT(ptr != nullptr);
	EXPECT(malloc_usable_size(ptr) == nallocx(size, 0));
	EXPECT(sallocx(ptr, 0) == nallocx(size, 0));
	std::memset(ptr, 1, size);
}

void plain()
{
	for (std::size_t size : {1, 8, 100, 14336, 20000, 3 << 20}) {
		void *p = keep(::operator new(size));
		expect_ours(p, size);
		::operator delete(p);
		p = keep(::operator new[](size));
		expect_ours(p, size);
		::operator delete[](p);
		p = keep(::operator new(size, std::nothrow));
		expect_ours(p, size);
		::operator delete(p, std::nothrow);
		p = keep(::operator new[](size, std::nothrow));
		expect_ours(p, size);
		::operator delete[](p, std::nothrow);
		// with the size, and across malloc()
		::operator delete(keep(::operator new(size)), size);
		::operator delete[](keep(::operator new[](size)), size);
		std::free(keep(::operator new(size)));
		::operator delete(keep(std::malloc(size)));
	}
	void *p = keep(::operator new(opaque(0)));
	EXPECT(p != nullptr && malloc_usable_size(p) == 8);
	::operator delete(p, std::size_t(0));
	::operator delete(nullptr);
	::operator delete[](nullptr);
	::operator delete(nullptr, std::size_t(100));
	::operator delete[](nullptr, std::size_t(100));
	::operator delete(nullptr, std::nothrow);
}

void aligned()
{
	for (std::size_t alignment = 1; alignment <= 1 << 21; alignment *= 2) {
		const std::align_val_t a{alignment};
		for (std::size_t size : {1, 100, 5000, 70000}) {
			auto right = [&](void *p) {
				EXPECT(p != nullptr);
				EXPECT(reinterpret_cast<std::uintptr_t>(p) % alignment == 0);
				EXPECT(malloc_usable_size(p) >= size);
				std::memset(p, 1, size);
				return p;
			};
			::operator delete(right(keep(::operator new(size, a))), a);
			::operator delete[](right(keep(::operator new[](size, a))), a);
			::operator delete(right(keep(::operator new(size, a))), size, a);
			::operator delete[](right(keep(::operator new[](size, a))), size, a);
			::operator delete(right(keep(::operator new(size, a, std::nothrow))), a,
					  std::nothrow);
			::operator delete[](right(keep(::operator new[](size, a, std::nothrow))), a,
					    std::nothrow);
		}
	}
	::operator delete (nullptr, std::align_val_t{64});
	::operator delete[](nullptr, std::align_val_t{64});
	::operator delete (nullptr, std::size_t(8), std::align_val_t{64});
	::operator delete[](nullptr, std::size_t(8), std::align_val_t{64});
}

template <typename F> bool throws_bad_alloc(F allocate)
{
	try {
		keep(allocate());
	} catch (const std::bad_alloc &error) {
		return std::strlen(error.what()) > 0;
	}
	return false;
}

void out_of_memory()
{
	const std::align_val_t a{64};
	for (std::size_t much : {SIZE_MAX, SIZE_MAX / 2, std::size_t(1) << 62}) {
		much = opaque(much);
		EXPECT(throws_bad_alloc([&] { return ::operator new(much); }));
		EXPECT(throws_bad_alloc([&] { return ::operator new[](much); }));
		EXPECT(throws_bad_alloc([&] { return ::operator new(much, a); }));
		EXPECT(throws_bad_alloc([&] { return ::operator new[](much, a); }));
		EXPECT(::operator new(much, std::nothrow) == nullptr);
		EXPECT(::operator new[](much, std::nothrow) == nullptr);
		EXPECT(::operator new(much, a, std::nothrow) == nullptr);
		EXPECT(::operator new[](much, a, std::nothrow) == nullptr);
	}
}

unsigned handled;

void give_up_the_third_time()
{
	if (++handled == 3)
		std::set_new_handler(nullptr);
}

void throw_bad_alloc()
{
	handled++;
	throw std::bad_alloc();
}

struct Stop {
};

void throw_something_else()
{
	handled++;
	throw Stop();
}

void new_handlers()
{
	const std::size_t much = opaque(SIZE_MAX / 2);
	handled = 0;
	std::set_new_handler(give_up_the_third_time);
	EXPECT(throws_bad_alloc([&] { return ::operator new(much); }));
	EXPECT(handled == 3);
	handled = 0;
	std::set_new_handler(give_up_the_third_time);
	EXPECT(::operator new(much, std::nothrow) == nullptr);
	EXPECT(handled == 3);
	handled = 0;
	std::set_new_handler(throw_bad_alloc);
	EXPECT(throws_bad_alloc([&] { return ::operator new[](much); }));
	EXPECT(handled == 1);
	EXPECT(::operator new[](much, std::nothrow) == nullptr);
	EXPECT(handled == 2);
	EXPECT(::operator new (much, std::align_val_t{64}, std::nothrow) == nullptr);
	EXPECT(handled == 3);
	EXPECT(std::get_new_handler() == throw_bad_alloc);
	// what else a handler throws passes through to the caller
	std::set_new_handler(throw_something_else);
	bool stopped = false;
	try {
		keep(::operator new(much));
	} catch (const Stop &) {
		stopped = true;
	}
	EXPECT(stopped);
	std::set_new_handler(nullptr);
}

struct alignas(256) Wide {
	unsigned char bytes[300];
};

void library_types()
{
	std::vector<std::unique_ptr<Wide>> wide;
	for (int i = 0; i < 100; i++) {
		wide.push_back(std::make_unique<Wide>());
		EXPECT(reinterpret_cast<std::uintptr_t>(wide.back().get()) % 256 == 0);
	}
	std::vector<std::thread> threads;
	for (int t = 0; t < 4; t++)
		threads.emplace_back([t] {
			std::vector<std::string> texts;
			for (int i = 0; i < 1000; i++)
				texts.push_back(std::string(static_cast<std::size_t>(i), 'a') +
						std::to_string(t));
			EXPECT(texts[999].size() == 1000);
		});
	for (auto &thread : threads)
		thread.join();
	thread_local std::string at_exit(1000, 'x');
	EXPECT(at_exit.size() == 1000);
	static std::string global(5000, 'y');
	EXPECT(global.size() == 5000);
}

// With the option experimental_infallible_new: what the program is told by its hook, and then by
// its malloc_message before the end.
const char last_words[] =
	"<jemalloc>: Allocation failed and opt.experimental_infallible_new is true. Aborting.\n";
volatile std::sig_atomic_t told;

void hook(const char *text)
{
	told = told + (std::strcmp(text, last_words) == 0);
}

void message(void *, const char *text)
{
	hook(text);
}

void at_the_end(int)
{
	_exit(told == 3 ? 0 : 1);
}

int infallible()
{
	const std::size_t much = opaque(SIZE_MAX / 2);
	void (*call)(const char *) = hook;
	EXPECT(mallctl("experimental.hooks.safety_check_abort", nullptr, nullptr, &call,
		       sizeof call) == 0);
	EXPECT(keep(::operator new(much)) == nullptr && told == 1);
	EXPECT(keep(::operator new[](much, std::nothrow)) == nullptr && told == 2);
	call = nullptr;
	EXPECT(mallctl("experimental.hooks.safety_check_abort", nullptr, nullptr, &call,
		       sizeof call) == 0);
	malloc_message = message;
	std::signal(SIGABRT, at_the_end);
	keep(::operator new(much));
	return 2;
}

} // namespace

int main(int argc, char **)
{
	if (argc > 1)
		return infallible();
	plain();
	aligned();
	out_of_memory();
	new_handlers();
	library_types();
	return 0;
}

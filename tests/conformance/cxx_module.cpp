// A C++ plug-in, which a C program loads: with it comes the C++ library, late and out of sight of
// everybody else.
#include <cstdint>
#include <cstring>
#include <new>
#include <string>

extern "C" __attribute__((visibility("default"))) int cxx_module_run(void);

extern "C" int cxx_module_run(void)
{
	volatile std::size_t much = SIZE_MAX / 2;
	std::string text(1000, 'a');

	if (text.size() != 1000)
		return 1;
	try {
		::operator delete(::operator new(much));
		return 2;
	} catch (const std::bad_alloc &) {
	}
	try {
		text.append(much / 4, 'b');
		return 3;
	} catch (const std::exception &) {
	}
	return ::operator new(much, std::nothrow) == nullptr ? 0 : 4;
}

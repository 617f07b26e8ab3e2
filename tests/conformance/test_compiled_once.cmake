# Compiles compiled_once.c once, with Debian's header and library, and runs it on that library and on
# ours: both say the same.
#   cmake -DCC=… -DSOURCE=compiled_once.c -DOURS=libmoonheap.so -DWORK=… -P test_compiled_once.cmake
# Prints "skipped" where libjemalloc-dev is not installed.
if(NOT EXISTS /usr/include/jemalloc/jemalloc.h)
  message("skipped: /usr/include/jemalloc/jemalloc.h is not there (package libjemalloc-dev)")
  return()
endif()
set(program ${WORK}/compiled_once)
execute_process(COMMAND ${CC} -O1 -Wall -Wextra -Werror -fno-builtin ${SOURCE} -o ${program} -ljemalloc
                RESULT_VARIABLE failed ERROR_VARIABLE errors)
if(failed)
  message(FATAL_ERROR "it does not compile:\n${errors}")
endif()
execute_process(COMMAND ${program} OUTPUT_VARIABLE theirs RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "it fails on Debian's library: ${failed}")
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -E env LD_PRELOAD=${OURS} ${program} OUTPUT_VARIABLE ours
                RESULT_VARIABLE failed)
if(failed OR NOT ours STREQUAL theirs)
  message(FATAL_ERROR "On Moonheap (${failed}) it says\n${ours}\nand on Debian's library\n${theirs}")
endif()

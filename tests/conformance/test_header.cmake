# Compiles header.c with our <jemalloc/jemalloc.h> and with Debian's, with each way to ask for the je_
# spellings, and compares what the programs print.
#   cmake -DCC=… -DSOURCE=header.c -DINCLUDE=… -DWORK=… -P test_header.cmake
# Prints "skipped" where libjemalloc-dev is not installed.
if(NOT EXISTS /usr/include/jemalloc/jemalloc.h)
  message("skipped: /usr/include/jemalloc/jemalloc.h is not there (package libjemalloc-dev)")
  return()
endif()
foreach(define NOTHING JEMALLOC_NO_DEMANGLE JEMALLOC_MANGLE)
  foreach(whose ours debian)
    set(include "")
    if("${whose}" STREQUAL "ours")
      set(include -I${INCLUDE})
    endif()
    set(program ${WORK}/header_${whose}_${define})
    # only sizes are taken of the functions: nothing of the library is needed
    execute_process(COMMAND ${CC} -O1 -Wall -Wextra -Werror -fno-builtin ${include} -D${define} ${SOURCE} -o ${program}
                    RESULT_VARIABLE failed ERROR_VARIABLE errors)
    if(failed)
      message(FATAL_ERROR "header.c does not compile with the header of ${whose} and ${define}:\n${errors}")
    endif()
    execute_process(COMMAND ${program} OUTPUT_VARIABLE says_${whose})
  endforeach()
  if(NOT says_ours STREQUAL says_debian)
    message(FATAL_ERROR "With ${define} our header says\n${says_ours}\nand Debian's\n${says_debian}")
  endif()
endforeach()

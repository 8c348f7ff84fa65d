# The layers of the suite as functions that make a library:
#   rapport_core_library(NAME SOURCES... LINK TARGETS...)  pure functions over messages; gRPC, stores and metrics barred
#   rapport_library(NAME SOURCES... LINK TARGETS...)       everything else
add_library(rapport_options INTERFACE)
target_include_directories(rapport_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(rapport_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror)
if(RAPPORT_SANITIZE)
  add_compile_options(-fsanitize=${RAPPORT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RAPPORT_SANITIZE})
endif()

function(rapport_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC rapport_options ${ARG_LINK})
endfunction()

# Every file of a core library is compiled with the guard included first: a file that includes gRPC, hiredis, RocksDB
# or Prometheus, directly or not, does not compile.
function(rapport_core_library name)
  rapport_library(${name} ${ARGN})
  target_compile_options(${name} PRIVATE -include ${PROJECT_SOURCE_DIR}/common/core_layer_guard.h)
endfunction()

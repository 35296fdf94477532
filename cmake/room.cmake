# Headers that many sources read are half of what a small source costs to compile: read once, kept as the compiler's own
# memory. Three kinds, for a room's code must be compiled as the headers were:
#   warm  the standard library's and fmt's, optimised, for the rooms that requests and ticks walk
#   cold  the same, compiled for quick building: for rooms that are fast enough anyhow, and for tests
#   api   cold, and what every request and every tick is about: the generated structs of each AWS service, the tables of the state
foreach(heat IN ITEMS warm cold api)
  add_library(common_headers_${heat} OBJECT ${CMAKE_CURRENT_LIST_DIR}/common_headers.cpp)
  target_link_libraries(common_headers_${heat} PRIVATE fmt::fmt)
  # Named without the checkout's path, so that ccache finds what another checkout compiled.
  target_include_directories(common_headers_${heat} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
  target_precompile_headers(common_headers_${heat} PRIVATE <cmake/common_headers.h>)
endforeach()
set(COLD_OPTIONS $<$<CONFIG:Release>:-O1>)
target_compile_options(common_headers_cold PRIVATE ${COLD_OPTIONS})
target_compile_options(common_headers_api PRIVATE ${COLD_OPTIONS})
# api/CMakeLists.txt gives the third its headers.

# scaleout_headers(TARGET warm|cold|api)
function(scaleout_headers TARGET HEAT)
  if(NOT HEAT STREQUAL "warm")
    target_compile_options(${TARGET} PRIVATE ${COLD_OPTIONS})
  endif()
  target_precompile_headers(${TARGET} REUSE_FROM common_headers_${HEAT})
endfunction()

# scaleout_room(NAME [DEPS room...] [LIBRARIES lib...] [UNITY] [HEADERS warm|cold|api])
#
# Makes the library room_NAME from every .cpp below the calling folder, and the test program NAME_test from every
# *_test.cpp below it (one program a room: the narrowest target to build after a change). A *_program.cpp or main.cpp has a main() of
# its own and is left to the room's CMakeLists.txt. DEPS are the rooms that
# ARCHITECTURE.md allows this one to include. UNITY compiles its sources eight at a time. HEADERS: see above; warm if
# not said.
function(scaleout_room NAME)
  cmake_parse_arguments(ROOM "UNITY" "HEADERS" "DEPS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "(_test|_program|/main)\\.cpp$")
  if(NOT ROOM_HEADERS)
    set(ROOM_HEADERS warm)
  endif()
  set(dependencies "")
  foreach(dependency IN LISTS ROOM_DEPS)
    list(APPEND dependencies room_${dependency})
  endforeach()

  if(sources)
    add_library(room_${NAME} STATIC ${sources})
    set(visibility PUBLIC)
    scaleout_headers(room_${NAME} ${ROOM_HEADERS})
    if(ROOM_UNITY)
      set_target_properties(room_${NAME} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    endif()
  else()
    add_library(room_${NAME} INTERFACE)
    set(visibility INTERFACE)
  endif()
  target_include_directories(room_${NAME} ${visibility} ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}
                                                        ${CMAKE_BINARY_DIR}/generated)
  target_link_libraries(room_${NAME} ${visibility} ${dependencies} ${ROOM_LIBRARIES} fmt::fmt Threads::Threads)

  if(tests)
    add_executable(${NAME}_test ${CMAKE_SOURCE_DIR}/cmake/doctest_main.cpp ${tests})
    target_link_libraries(${NAME}_test PRIVATE room_${NAME})
    if(ROOM_HEADERS STREQUAL "api")
      scaleout_headers(${NAME}_test api)
    else()
      scaleout_headers(${NAME}_test cold)
    endif()
    set_target_properties(${NAME}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
    add_test(NAME ${NAME} COMMAND ${NAME}_test)
    set_tests_properties(${NAME} PROPERTIES TIMEOUT 600)
  endif()
endfunction()

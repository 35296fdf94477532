# scaleout_room(NAME [DEPS room...] [LIBRARIES lib...] [UNITY])
#
# Makes the library room_NAME from every .cpp below the calling folder, and the test program NAME_test from every
# *_test.cpp below it (one program a room: the narrowest target to build after a change). A *_program.cpp has a main() of
# its own and is left to the room's CMakeLists.txt. DEPS are the rooms that
# ARCHITECTURE.md allows this one to include.
function(scaleout_room NAME)
  cmake_parse_arguments(ROOM "UNITY" "" "DEPS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_(test|program)\\.cpp$")
  set(dependencies "")
  foreach(dependency IN LISTS ROOM_DEPS)
    list(APPEND dependencies room_${dependency})
  endforeach()

  if(sources)
    add_library(room_${NAME} STATIC ${sources})
    set(visibility PUBLIC)
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
    set_target_properties(${NAME}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
    add_test(NAME ${NAME} COMMAND ${NAME}_test)
    set_tests_properties(${NAME} PROPERTIES TIMEOUT 120)
  endif()
endfunction()

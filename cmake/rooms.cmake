# What most files parse first is parsed once (see prelude.hpp): a file then compiles in half the time. The two libraries
# hold nothing but the parsed headers, one for the rooms and one, with GoogleTest, for their tests.
option(HOLDFAST_PRELUDE "precompile the common headers" ON)
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  set(HOLDFAST_PRELUDE OFF)
endif()
if(HOLDFAST_PRELUDE)
  # A precompiled header carries absolute paths, so clones cannot share it; what is compiled with it they can, when ccache
  # goes by a summary of what is in it: these packages' headers.
  execute_process(COMMAND dpkg-query -W libboost1.81-dev libfmt-dev libexpected-dev libgtest-dev libstdc++-12-dev
                  OUTPUT_VARIABLE packages ERROR_QUIET)
  file(READ ${CMAKE_CURRENT_LIST_DIR}/prelude.hpp prelude_text)
  string(SHA256 prelude_summary "${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_CXX_FLAGS} ${packages} ${prelude_text}")
  file(WRITE ${CMAKE_BINARY_DIR}/prelude.cpp "")
  foreach(prelude prelude prelude_test)
    add_library(${prelude} STATIC ${CMAKE_BINARY_DIR}/prelude.cpp)
    target_link_libraries(${prelude} PUBLIC Boost::json)
    target_precompile_headers(${prelude} PRIVATE ${CMAKE_CURRENT_LIST_DIR}/prelude.hpp)
    if(packages)
      file(WRITE ${CMAKE_BINARY_DIR}/CMakeFiles/${prelude}.dir/cmake_pch.hxx.pch.sum "${prelude_summary}")
    endif()
  endforeach()
  target_precompile_headers(prelude_test PRIVATE <gtest/gtest.h>)
  target_link_libraries(prelude_test PUBLIC GTest::gtest)
endif()
function(holdfast_prelude TARGET PRELUDE)
  if(NOT HOLDFAST_PRELUDE)
    return()
  endif()
  # CMake's REUSE_FROM also names the header by its absolute path, which no cache can share.
  set(parsed ${CMAKE_BINARY_DIR}/CMakeFiles/${PRELUDE}.dir/cmake_pch.hxx.pch)
  target_compile_options(${TARGET} PRIVATE "SHELL:-include-pch ${parsed}")
  get_target_property(sources ${TARGET} SOURCES)
  set_property(SOURCE ${sources} APPEND PROPERTY OBJECT_DEPENDS ${parsed})
endfunction()

# How a room is declared.
#
#   holdfast_room(NAME needs ROOM... [libraries LIB...])
#
# makes the static library `NAME` from every .cpp of the folder that is not a test, and the test
# program `NAME_test` from its *_test.cpp files. `needs` names the rooms whose doors it includes;
# the linker holds the rest of the house to that.
function(holdfast_room NAME)
  cmake_parse_arguments(ROOM "" "" "NEEDS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(NAME STREQUAL "cli")
    list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  endif()
  if(NOT sources)
    return()  # a room that has a door and no builder yet
  endif()
  add_library(${NAME} STATIC ${sources})
  target_link_libraries(${NAME} PUBLIC ${ROOM_NEEDS} ${ROOM_LIBRARIES})
  target_include_directories(${NAME} PRIVATE ${CMAKE_BINARY_DIR}/generated)
  holdfast_prelude(${NAME} prelude)
  if(tests)
    add_executable(${NAME}_test ${tests})
    target_link_libraries(${NAME}_test PRIVATE ${NAME} GTest::gtest_main)
    target_compile_definitions(${NAME}_test PRIVATE HOLDFAST_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    holdfast_prelude(${NAME}_test prelude_test)
    gtest_discover_tests(${NAME}_test TEST_PREFIX "${NAME}." DISCOVERY_MODE PRE_TEST
                          PROPERTIES LABELS unit)
  endif()
endfunction()

# holdfast_table(ROOM TABLE): data/TABLE.yaml -> generated/TABLE.inc, a constexpr table.
# tools/table.py refuses rows without source and date.
function(holdfast_table ROOM TABLE)
  if(NOT TARGET ${ROOM} OR NOT EXISTS ${CMAKE_SOURCE_DIR}/data/${TABLE}.yaml)
    return()
  endif()
  set(out ${CMAKE_BINARY_DIR}/generated/${TABLE}.inc)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/table.py ${TABLE}
            ${CMAKE_SOURCE_DIR}/data/${TABLE}.yaml ${out}
    DEPENDS ${CMAKE_SOURCE_DIR}/tools/table.py ${CMAKE_SOURCE_DIR}/data/${TABLE}.yaml
    VERBATIM)
  target_sources(${ROOM} PRIVATE ${out})
endfunction()

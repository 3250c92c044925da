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
  if(tests)
    add_executable(${NAME}_test ${tests})
    target_link_libraries(${NAME}_test PRIVATE ${NAME} GTest::gtest_main)
    target_compile_definitions(${NAME}_test PRIVATE HOLDFAST_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
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

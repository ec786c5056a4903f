# Flags and helper functions shared by all parts.
include(GNUInstallDirs)

find_program(SKIFF_CCACHE ccache)
if(SKIFF_CCACHE AND PROJECT_IS_TOP_LEVEL)
  # Without these, ccache compiles what has a precompiled header every time.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${SKIFF_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()

# One INTERFACE target holds the flags, so that they never leak to users of an installed Skiff.
add_library(skiff_flags INTERFACE)
target_compile_features(skiff_flags INTERFACE cxx_std_20)
# When it optimises, g++ 12 sees overlapping copies inside std::string's operator+ (GCC bug 105651), uninitialised values inside
# std::variant where there are none, and forgets which headers are the system's once they are precompiled: it warns of what it inlines
# of them.
target_compile_options(skiff_flags INTERFACE
  -Wall -Wextra -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> -fstack-protector-strong
  "$<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict;-Wno-maybe-uninitialized;-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread>"
  $<$<BOOL:${PROJECT_IS_TOP_LEVEL}>:-Werror>
  $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>
  "-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.")
target_compile_definitions(skiff_flags INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
if(CMAKE_SIZEOF_VOID_P EQUAL 4)  # files of more than 2 GiB, and times after 2038
  target_compile_definitions(skiff_flags INTERFACE _FILE_OFFSET_BITS=64 _TIME_BITS=64)
endif()
target_link_options(skiff_flags INTERFACE -Wl,-z,relro,-z,now)
if(SKIFF_SANITIZE)
  # The vptr check needs type information, which NO_EXCEPTIONS libraries are built without.
  target_compile_options(skiff_flags INTERFACE
    -fsanitize=${SKIFF_SANITIZE} -fno-sanitize=vptr -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(skiff_flags INTERFACE -fsanitize=${SKIFF_SANITIZE})
endif()
if(SKIFF_FUZZ)
  target_compile_options(skiff_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_EXTENSIONS OFF)

# For what devices have and nothing waits for: small in release builds, whatever is not used left out of programs.
add_library(skiff_small INTERFACE)
target_compile_options(skiff_small INTERFACE "$<$<CONFIG:Release>:-Os;-ffunction-sections;-fdata-sections>")

# What most sources read before their own first line, read once. A source includes what it uses all the same.
set(SKIFF_PREFIX <algorithm> <array> <filesystem> <functional> <map> <memory> <optional> <set> <span> <string> <string_view> <vector>)

# skiff_prefix(NAME HEADERS... [OPTIONS options...] [DEPENDS targets...]): headers precompiled, for targets that are compiled by the same
# options (target_precompile_headers(TARGET REUSE_FROM NAME)).
function(skiff_prefix name)
  cmake_parse_arguments(ARG "" "" "HEADERS;OPTIONS;DEPENDS" ${ARGN})
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/cmake/prefix.cpp)
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_compile_options(${name} PRIVATE ${ARG_OPTIONS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} skiff_flags)
endfunction()
set(SKIFF_NO_EXCEPTIONS $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions> $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
# Position-independent code of g++ leaves every function replaceable by another library's, so it is never inlined; clang's does not.
list(APPEND SKIFF_NO_EXCEPTIONS
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<COMPILE_LANGUAGE:CXX>,$<NOT:$<CONFIG:Debug>>>:-fno-semantic-interposition>)
skiff_prefix(skiff_common_prefix HEADERS ${SKIFF_PREFIX})
skiff_prefix(skiff_bare_prefix HEADERS ${SKIFF_PREFIX} OPTIONS ${SKIFF_NO_EXCEPTIONS})
skiff_prefix(skiff_small_prefix HEADERS ${SKIFF_PREFIX} DEPENDS skiff_small)

# skiff_library(NAME SOURCES... [DEPENDS targets...] [PRIVATE_DEPENDS targets...] [NO_EXCEPTIONS | SMALL])
# makes the static library skiff_NAME, alias skiff::NAME, with the engine's include folders.
function(skiff_library name)
  cmake_parse_arguments(ARG "NO_EXCEPTIONS;SMALL" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(skiff_${name} STATIC ${ARG_SOURCES})
  add_library(skiff::${name} ALIAS skiff_${name})
  set_target_properties(skiff_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(skiff_${name} PUBLIC cxx_std_20)
  target_include_directories(skiff_${name}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/engine/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE ${PROJECT_SOURCE_DIR}/engine)
  target_link_libraries(skiff_${name} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE_DEPENDS} $<BUILD_INTERFACE:skiff_flags>)
  if(ARG_NO_EXCEPTIONS)
    target_compile_options(skiff_${name} PRIVATE ${SKIFF_NO_EXCEPTIONS})
    target_precompile_headers(skiff_${name} REUSE_FROM skiff_bare_prefix)
  elseif(ARG_SMALL)
    target_link_libraries(skiff_${name} PRIVATE $<BUILD_INTERFACE:skiff_small>)
    target_precompile_headers(skiff_${name} REUSE_FROM skiff_small_prefix)
  else()
    target_precompile_headers(skiff_${name} REUSE_FROM skiff_common_prefix)
  endif()
endfunction()

# skiff_test(NAME SOURCES... [DEPENDS targets...] [LABELS labels...] [FILTER tests]) makes one GoogleTest binary and
# registers each of its tests (that GoogleTest's filter lets through) with ctest; nothing where kIsTested is off. It sees the
# engine's inner headers as the engine does.
function(skiff_test name)
  if(NOT kIsTested)
    return()
  endif()
  cmake_parse_arguments(ARG "" "FILTER" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/engine ${PROJECT_SOURCE_DIR})
  target_precompile_headers(${name} REUSE_FROM skiff_test_prefix)
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} skiff_source_folder GTest::gtest_main GTest::gmock skiff_flags)
  gtest_discover_tests(${name} TEST_PREFIX "${name}." TEST_FILTER "${ARG_FILTER}" DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 600 LABELS "${ARG_LABELS}")
endfunction()

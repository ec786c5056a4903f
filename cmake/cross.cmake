# Cross build for the Debian architecture whose triple is given as SKIFF_TRIPLE; its tests run under qemu-user.
# Libraries come from build/foreign, where `./run test` unpacks them, or else from the system's multiarch folders.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SKIFF_TRIPLE)
string(REGEX MATCH "^[^-]+" CMAKE_SYSTEM_PROCESSOR "${SKIFF_TRIPLE}")
set(CMAKE_C_COMPILER "${SKIFF_TRIPLE}-gcc")
set(CMAKE_CXX_COMPILER "${SKIFF_TRIPLE}-g++")
set(CMAKE_CXX_FLAGS_INIT "-Wno-psabi")  # what GCC 7 changed on ARM; one compiler builds everything here
set(CMAKE_LIBRARY_ARCHITECTURE "${SKIFF_TRIPLE}")
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH SKIFF_SOURCE)
set(CMAKE_FIND_ROOT_PATH "${SKIFF_SOURCE}/build/foreign")
set(CMAKE_C_STANDARD_INCLUDE_DIRECTORIES "${CMAKE_FIND_ROOT_PATH}/usr/include/${SKIFF_TRIPLE}")
set(CMAKE_CXX_STANDARD_INCLUDE_DIRECTORIES "${CMAKE_FIND_ROOT_PATH}/usr/include/${SKIFF_TRIPLE}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
find_program(SKIFF_QEMU NAMES "qemu-${CMAKE_SYSTEM_PROCESSOR}-static" "qemu-${CMAKE_SYSTEM_PROCESSOR}")
if(SKIFF_QEMU)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${SKIFF_QEMU};-L;/usr/${SKIFF_TRIPLE}")
endif()

# Crypto++ ships no CMake config in Debian 12; its pkg-config module is libcrypto++.
find_package(PkgConfig QUIET)
pkg_check_modules(PC_CryptoPP QUIET libcrypto++)
find_path(CryptoPP_INCLUDE_DIR crypto++/sha.h HINTS ${PC_CryptoPP_INCLUDE_DIRS})
# The archive first: of the shared library's 3 MiB, relocated at every start, a program here needs a tenth.
find_library(CryptoPP_LIBRARY NAMES libcrypto++.a crypto++ cryptopp HINTS ${PC_CryptoPP_LIBRARY_DIRS})
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CryptoPP
  REQUIRED_VARS CryptoPP_LIBRARY CryptoPP_INCLUDE_DIR VERSION_VAR PC_CryptoPP_VERSION)
if(CryptoPP_FOUND AND NOT TARGET CryptoPP::CryptoPP)
  add_library(CryptoPP::CryptoPP UNKNOWN IMPORTED)
  set_target_properties(CryptoPP::CryptoPP PROPERTIES
    IMPORTED_LOCATION "${CryptoPP_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${CryptoPP_INCLUDE_DIR}")
endif()

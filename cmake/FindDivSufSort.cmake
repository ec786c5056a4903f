# libdivsufsort (suffix array construction), with its 64-bit twin; Debian 12 has pkg-config modules only.
find_path(DivSufSort_INCLUDE_DIR divsufsort.h)
find_library(DivSufSort_LIBRARY NAMES divsufsort)
find_library(DivSufSort_LIBRARY64 NAMES divsufsort64)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(DivSufSort
  REQUIRED_VARS DivSufSort_LIBRARY DivSufSort_LIBRARY64 DivSufSort_INCLUDE_DIR)
if(DivSufSort_FOUND AND NOT TARGET DivSufSort::DivSufSort)
  add_library(DivSufSort::DivSufSort UNKNOWN IMPORTED)
  set_target_properties(DivSufSort::DivSufSort PROPERTIES
    IMPORTED_LOCATION "${DivSufSort_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${DivSufSort_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "${DivSufSort_LIBRARY64}")
endif()

#include "tests/source_folder.hpp"

namespace skiff::testing {

std::string source_folder() { return SKIFF_SOURCE_DIR; }

}  // namespace skiff::testing

// The folder of the sources that the tests were built from: documents and golden files are read there.
#pragma once

#include <string>

namespace skiff::testing {

/// Without a slash at its end.
std::string source_folder();

}  // namespace skiff::testing

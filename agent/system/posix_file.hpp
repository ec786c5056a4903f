// An open file or device of the system's, from whoever may open it to whoever reads and writes it.
#pragma once

#include "agent/system/os.hpp"
#include "agent/system/storage.hpp"

namespace skiff::agent {

/// Opens as Storage::open() says.
Result<Descriptor> open_descriptor(const std::filesystem::path& path, Access access);

/// What open_descriptor() opened, here or in another process; `path` is for errors.
Result<std::unique_ptr<DurableFile>> file_of(Descriptor file, const std::filesystem::path& path);

}  // namespace skiff::agent

// Spool: coded segments kept until the head, which stands before them in the file, can be written.
#pragma once

#include <cstdio>
#include <memory>

#include "skiff/io.hpp"

namespace skiff {

/// Keeps up to `max_in_memory` bytes in memory and what comes after in an unlinked temporary file.
class Spool {
 public:
  explicit Spool(std::uint64_t max_in_memory) : max_in_memory_(max_in_memory) {}

  /// Errors: kIo, after which the spool is of no use.
  Result<void> append(ByteView bytes);
  /// Writes everything to `sink` in the order it came. Errors: kIo, and the sink's.
  Result<void> copy_to(Sink& sink);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::uint64_t max_in_memory_;
  Bytes memory_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace skiff

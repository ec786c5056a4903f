// CountedHeap: every allocation of the binary it is linked into, counted; and doubles that stay out of the
// count.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>

#include "skiff/digest.hpp"
#include "skiff/io.hpp"

namespace skiff::testing {

struct CountedHeap {
  bool counting = true;
  std::uint64_t live = 0;
  std::uint64_t peak = 0;
  std::uint64_t allocations = 0;
  std::uint64_t nothrow_left = std::numeric_limits<std::uint64_t>::max();  ///< those that may still succeed
};
/// The heap that operator new and delete work on.
extern CountedHeap heap;

/// While it lives, nothing is counted.
class Uncounted {
 public:
  Uncounted() { heap.counting = false; }
  ~Uncounted() { heap.counting = true; }
};

/// A hasher outside the counted heap: digests are the caller's, not the decoder's.
std::unique_ptr<Hasher> make_uncounted();

/// Writes nowhere: the test's own memory must not count.
class NullSink final : public Sink {
 public:
  Result<void> write(ByteView bytes) override {
    length += bytes.size();
    return {};
  }
  std::uint64_t length = 0;
};

}  // namespace skiff::testing

// ExpectingSink: accepts the bytes that are expected and fails at the first that are not.
#pragma once

#include <algorithm>

#include "skiff/io.hpp"

namespace skiff::unpack {

class ExpectingSink final : public Sink {
 public:
  explicit ExpectingSink(ByteView expected) : expected_(expected) {}
  Result<void> write(ByteView bytes) override {
    const ByteView head = bytes.first(std::min(bytes.size(), expected_.size()));
    if (!std::equal(head.begin(), head.end(), expected_.begin())) return differs();
    expected_ = expected_.subspan(head.size());
    if (head.size() != bytes.size()) return differs();
    return {};
  }
  /// Whether all that is expected has come, and whether or not more came after it.
  [[nodiscard]] bool complete() const { return expected_.empty(); }

 private:
  static tl::unexpected<Error> differs() { return fail(ErrorKind::kMismatch, "packs otherwise"); }

  ByteView expected_;
};

}  // namespace skiff::unpack

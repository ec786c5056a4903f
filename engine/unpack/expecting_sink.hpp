// ExpectingSink: accepts the bytes that are expected and fails at the first that are not.
#pragma once

#include <algorithm>

#include "skiff/io.hpp"

namespace skiff::unpack {

class ExpectingSink final : public Sink {
 public:
  explicit ExpectingSink(ByteView expected) : expected_(expected) {}
  Result<void> write(ByteView bytes) override {
    if (bytes.size() > expected_.size() || !std::equal(bytes.begin(), bytes.end(), expected_.begin()))
      return fail(ErrorKind::kMismatch, "packs otherwise");
    expected_ = expected_.subspan(bytes.size());
    return {};
  }
  [[nodiscard]] bool complete() const { return expected_.empty(); }

 private:
  ByteView expected_;
};

}  // namespace skiff::unpack

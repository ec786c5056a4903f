// XXH3-64 with seed 0: the digest of a segment's result bytes, and the key of the encoder's block index.
#pragma once

#include <cstdint>
#include <memory>

#include "skiff/bytes.hpp"

namespace skiff {

/// XXH3-64 (xxHash 0.8 specification) of bytes in memory.
std::uint64_t xxh3(ByteView bytes);

/// The same, of bytes that come piece by piece.
class Xxh3 {
 public:
  Xxh3();
  ~Xxh3();
  Xxh3(Xxh3&&) noexcept;
  Xxh3& operator=(Xxh3&&) noexcept;
  void reset();
  void update(ByteView bytes);
  [[nodiscard]] std::uint64_t digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace skiff

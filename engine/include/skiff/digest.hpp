// SHA-256 as a value, and the interface through which the engine is given an implementation of it.
#pragma once

#include <array>
#include <compare>
#include <functional>
#include <memory>
#include <string>

#include "skiff/bytes.hpp"

namespace skiff {

/// A SHA-256 digest (FIPS 180-4). There is no "absent" digest: use std::optional where one may be missing.
struct Sha256 {
  std::array<std::uint8_t, 32> bytes{};
  auto operator<=>(const Sha256&) const = default;  // NOLINT(modernize-use-nullptr): sees a null pointer here
  [[nodiscard]] std::string hex() const { return to_hex(bytes); }
  /// Exactly 64 lower-case hexadecimal digits, else kFormat.
  static Result<Sha256> from_hex(std::string_view text);
};

/// A running SHA-256. One per message: finish() may be called once.
class Hasher {
 public:
  virtual ~Hasher() = default;
  virtual void update(ByteView bytes) = 0;
  virtual Sha256 finish() = 0;
};

/// The engine links no cryptography: whoever calls it hands in a maker of hashers, for example
/// skiff::make_sha256 of trust.hpp or one over a SoC's crypto block.
using MakeHasher = std::function<std::unique_ptr<Hasher>()>;

}  // namespace skiff

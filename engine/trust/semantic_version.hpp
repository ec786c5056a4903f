// SemanticVersion: an agent's version as Semantic Versioning 2.0.0 orders it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "skiff/result.hpp"

namespace skiff {

class SemanticVersion {
 public:
  /// kFormat for anything but MAJOR.MINOR.PATCH[-PRERELEASE][+BUILD] of at most 64 characters.
  static Result<SemanticVersion> parse(std::string_view untrusted_text);
  /// Precedence, section 11; the build is no part of it.
  std::strong_ordering operator<=>(const SemanticVersion& other) const;
  bool operator==(const SemanticVersion& other) const { return std::is_eq(*this <=> other); }

 private:
  std::array<std::uint64_t, 3> core_{};
  std::vector<std::string> prerelease_;
};

}  // namespace skiff

#include "trust/semantic_version.hpp"

#include <algorithm>

namespace skiff {
namespace {

constexpr std::size_t kMaxLength = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_identifier_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}
bool is_number(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }
bool has_leading_zero(std::string_view text) { return text.size() > 1 && text[0] == '0'; }

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t start = 0;;) {
    const std::size_t dot = text.find('.', start);
    parts.emplace_back(text.substr(start, dot - start));
    if (dot == std::string_view::npos) return parts;
    start = dot + 1;
  }
}

bool are_identifiers(const std::vector<std::string>& parts) {
  return std::ranges::all_of(parts, [](const std::string& part) {
    return !part.empty() && std::ranges::all_of(part, is_identifier_character);
  });
}

/// Numbers of any length: neither has leading zeros.
std::strong_ordering compare_numbers(const std::string& left, const std::string& right) {
  if (const auto by_length = left.size() <=> right.size(); std::is_neq(by_length)) return by_length;
  return left.compare(right) <=> 0;
}

std::strong_ordering compare_identifiers(const std::string& left, const std::string& right) {
  if (is_number(left) && is_number(right)) return compare_numbers(left, right);
  if (is_number(left) != is_number(right)) {
    return is_number(left) ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return left.compare(right) <=> 0;
}

}  // namespace

Result<SemanticVersion> SemanticVersion::parse(std::string_view untrusted_text) {
  const auto refuse = [&] {
    return fail(ErrorKind::kFormat,
                "no semantic version: \"" + std::string(untrusted_text.substr(0, kMaxLength)) + "\"");
  };
  if (untrusted_text.size() > kMaxLength) return refuse();
  SemanticVersion version;
  std::string_view rest = untrusted_text;
  if (const std::size_t plus = rest.find('+'); plus != std::string_view::npos) {
    if (!are_identifiers(split(rest.substr(plus + 1)))) return refuse();
    rest = rest.substr(0, plus);
  }
  if (const std::size_t dash = rest.find('-'); dash != std::string_view::npos) {
    version.prerelease_ = split(rest.substr(dash + 1));
    if (!are_identifiers(version.prerelease_)) return refuse();
    for (const std::string& part : version.prerelease_) {
      if (is_number(part) && has_leading_zero(part)) return refuse();
    }
    rest = rest.substr(0, dash);
  }
  constexpr std::size_t kMaxDigits = 18;  // fits 64 bits
  const std::vector<std::string> core = split(rest);
  if (core.size() != version.core_.size()) return refuse();
  for (std::size_t i = 0; i < core.size(); ++i) {
    if (!is_number(core[i]) || has_leading_zero(core[i]) || core[i].size() > kMaxDigits) return refuse();
    version.core_[i] = std::stoull(core[i]);
  }
  return version;
}

std::strong_ordering SemanticVersion::operator<=>(const SemanticVersion& other) const {
  if (const auto by_core = core_ <=> other.core_; std::is_neq(by_core)) return by_core;
  if (prerelease_.empty() || other.prerelease_.empty())
    return prerelease_.empty() <=> other.prerelease_.empty();
  return std::lexicographical_compare_three_way(prerelease_.begin(), prerelease_.end(),
                                                other.prerelease_.begin(), other.prerelease_.end(),
                                                compare_identifiers);
}

}  // namespace skiff

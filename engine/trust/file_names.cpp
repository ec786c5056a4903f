#include "trust/file_names.hpp"

namespace skiff::tuf {
namespace {

constexpr std::string_view kUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

}  // namespace

std::string percent_encoded(std::string_view name) {
  std::string encoded;
  for (const char character : name) {
    if (kUnreserved.find(character) != std::string_view::npos) {
      encoded.push_back(character);
      continue;
    }
    encoded.push_back('%');
    encoded.push_back(kHexDigits[static_cast<unsigned char>(character) >> 4]);
    encoded.push_back(kHexDigits[static_cast<unsigned char>(character) & 15]);
  }
  return encoded;
}

std::string file_name(std::string_view role) { return percent_encoded(role) + ".json"; }

std::string versioned_file_name(std::string_view role, std::uint64_t version) {
  return std::to_string(version) + "." + file_name(role);
}

}  // namespace skiff::tuf

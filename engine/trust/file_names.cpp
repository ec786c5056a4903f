#include "trust/file_names.hpp"

#include "skiff/trust.hpp"
#include "skiff/tuf.hpp"

namespace skiff::tuf {
namespace {

constexpr std::string_view kUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
constexpr std::string_view kHexDigits = "0123456789ABCDEF";
/// File systems take 255 bytes: this leaves room for an extension and for the name of a file half written.
constexpr std::size_t kMaxLocalName = 200;
constexpr std::size_t kKeptOfALongName = 120;

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

std::string local_file_name(std::string_view name) {
  if (name == ".") return "%2E";
  if (name == "..") return "%2E%2E";
  std::string encoded = percent_encoded(name);
  if (encoded.size() <= kMaxLocalName) return encoded;
  // Nothing is encoded to "%s": no short name is taken for a long one.
  return encoded.substr(0, kKeptOfALongName) + "%sha256-" + sha256(as_bytes(name)).hex();
}

std::string versioned_file_name(std::string_view role, std::uint64_t version) {
  return std::to_string(version) + "." + file_name(role);
}

}  // namespace skiff::tuf

#include "agent/system/log.hpp"

#include <algorithm>
#include <cstdio>

namespace skiff::agent {
namespace {

bool is_plain(char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '='; }

std::string in_quotes(std::string_view value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (!value.empty() && std::all_of(value.begin(), value.end(), is_plain)) return std::string(value);
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    if (c >= ' ' && c < 0x7f) {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return text + '"';
}

}  // namespace

void log_event(std::string_view event,
               std::initializer_list<std::pair<std::string_view, std::string>> fields) {
  std::string line = "event=" + std::string(event);
  for (const auto& [key, value] : fields) line += " " + std::string(key) + "=" + in_quotes(value);
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace skiff::agent

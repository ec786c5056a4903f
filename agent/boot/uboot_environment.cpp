#include <algorithm>
#include <charconv>
#include <sstream>

#include "agent/boot/boot_environment.hpp"
#include "agent/system/crc32.hpp"

namespace skiff::agent {
namespace {

constexpr std::size_t kGenerationAt = 4;
constexpr std::size_t kHead = 5;  ///< CRC-32 of what follows the head, little-endian; generation
constexpr std::uint64_t kMaxSize = std::uint64_t{1} << 20;

std::uint32_t stored_crc(ByteView copy) {
  return copy[0] | std::uint32_t{copy[1]} << 8 | std::uint32_t{copy[2]} << 16 | std::uint32_t{copy[3]} << 24;
}

/// A number as strtoull() takes it with base 0: decimal, or hexadecimal after 0x.
std::optional<std::uint64_t> number_of(std::string_view word) {
  const bool is_hex = word.starts_with("0x") || word.starts_with("0X");
  if (is_hex) word.remove_prefix(2);
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(word.begin(), word.end(), number, is_hex ? 16 : 10);
  if (code != std::errc() || end != word.end()) return std::nullopt;
  return number;
}

Result<UbootCopy> copy_of(const std::string& line) {
  std::istringstream words(line);
  std::string path;
  std::string offset;
  std::string size;
  words >> path >> offset >> size;
  const std::optional<std::uint64_t> from = number_of(offset);
  const std::optional<std::uint64_t> length = number_of(size);
  if (!from || !length || *length <= kHead || *length > kMaxSize) {
    return fail(ErrorKind::kFormat, "U-Boot's configuration: no offset and size in '" + line + "'");
  }
  if (path.starts_with("/dev/mtd") || path.starts_with("/dev/ubi")) {
    return fail(ErrorKind::kUnsupported, "U-Boot's environment is on a flash chip: " + path);
  }
  return UbootCopy{path, *from, *length};
}

Variables variables_in(std::string_view text) {
  Variables variables;
  while (!text.empty() && text.front() != '\0') {
    const std::string_view entry = text.substr(0, text.find('\0'));
    const std::size_t equals = entry.find('=');
    if (equals != std::string_view::npos) {
      variables.insert_or_assign(std::string(entry.substr(0, equals)), std::string(entry.substr(equals + 1)));
    }
    text.remove_prefix(std::min(entry.size() + 1, text.size()));
  }
  return variables;
}

}  // namespace

Result<std::array<UbootCopy, 2>> parse_uboot_config(std::string_view text) {
  std::vector<UbootCopy> copies;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string::npos || line[first] == '#') continue;
    SKIFF_ASSIGN(UbootCopy copy, copy_of(line));
    copies.push_back(std::move(copy));
  }
  if (copies.size() != 2) {
    return fail(ErrorKind::kUnsupported, "U-Boot's environment has " + std::to_string(copies.size()) +
                                             " copies; it takes two to survive a power cut");
  }
  if (copies[0].size != copies[1].size) {
    return fail(ErrorKind::kFormat, "U-Boot's configuration: the copies have different sizes");
  }
  if (copies[0] == copies[1])
    return fail(ErrorKind::kFormat, "U-Boot's configuration: the copies are the same");
  return std::array{copies[0], copies[1]};
}

Result<UbootEnvironment::Copy> UbootEnvironment::read_copy(const UbootCopy& where) const {
  SKIFF_ASSIGN(const std::unique_ptr<DurableFile> file, storage_.open(where.path, Access::kRead));
  Copy copy;
  copy.bytes.resize(static_cast<std::size_t>(where.size));
  // A copy that the medium cannot give back is as good as a torn one.
  if (!file->read_at(where.offset, copy.bytes)) return copy;
  copy.believed = stored_crc(copy.bytes) == crc32(0, ByteView(copy.bytes).subspan(kHead));
  return copy;
}

Result<std::pair<std::size_t, Bytes>> UbootEnvironment::newest() const {
  SKIFF_ASSIGN(Copy first, read_copy(copies_[0]));
  SKIFF_ASSIGN(Copy second, read_copy(copies_[1]));
  if (!first.believed && !second.believed) {
    return fail(ErrorKind::kFormat, "neither copy of U-Boot's environment can be read; its saveenv makes it");
  }
  const int a = first.bytes[kGenerationAt];
  const int b = second.bytes[kGenerationAt];
  bool is_second = b > a;
  if (a == UINT8_MAX && b == 0) is_second = true;
  if (b == UINT8_MAX && a == 0) is_second = false;
  if (!first.believed) is_second = true;
  if (!second.believed) is_second = false;
  return is_second ? std::pair<std::size_t, Bytes>{1, std::move(second.bytes)}
                   : std::pair<std::size_t, Bytes>{0, std::move(first.bytes)};
}

Result<Variables> UbootEnvironment::read() {
  SKIFF_ASSIGN(const auto current, newest());
  return variables_in(as_text(ByteView(current.second).subspan(kHead)));
}

Result<void> UbootEnvironment::write(const Variables& variables) {
  SKIFF_ASSIGN(const auto current, newest());
  const UbootCopy& older = copies_[1 - current.first];
  std::string text;
  for (const auto& [name, value] : variables) text += name + "=" + value + '\0';
  text += '\0';
  if (text.size() > older.size - kHead) {
    return fail(ErrorKind::kLimit,
                "U-Boot's environment of " + std::to_string(older.size) + " bytes is full");
  }
  Bytes copy(static_cast<std::size_t>(older.size));
  std::copy(text.begin(), text.end(), copy.begin() + kHead);
  copy[kGenerationAt] = static_cast<std::uint8_t>(current.second[kGenerationAt] + 1);
  const std::uint32_t crc = crc32(0, ByteView(copy).subspan(kHead));
  for (std::size_t i = 0; i < sizeof(crc); ++i) copy[i] = static_cast<std::uint8_t>(crc >> (8 * i));
  SKIFF_ASSIGN(const std::unique_ptr<DurableFile> file, storage_.open(older.path, Access::kWrite));
  SKIFF_TRY(file->write_at(older.offset, copy));
  return file->sync();
}

}  // namespace skiff::agent

#include "agent/system/peak_memory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "agent/system/os.hpp"

namespace skiff::agent {
namespace {

constexpr std::string_view kKey = "VmHWM:";
constexpr std::size_t kMaxStatus = 8'192;  // bytes; the line is in the first thousand

}  // namespace

std::uint64_t peak_memory_of(std::string_view status) {
  const std::size_t at = status.find(kKey);
  if (at == std::string_view::npos) return 0;
  status.remove_prefix(at + kKey.size());
  status.remove_prefix(std::min(status.find_first_not_of(" \t"), status.size()));
  std::uint64_t kibibytes = 0;
  std::from_chars(status.data(), status.data() + status.size(), kibibytes);
  return kibibytes * 1024;
}

std::uint64_t peak_memory_of_process(const std::string& process) {
  const std::string path = "/proc/" + process + "/status";
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, kMaxStatus> text;
  const ssize_t length = file.valid() ? ::read(file.get(), text.data(), text.size()) : 0;
  return peak_memory_of({text.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))});
}

std::uint64_t peak_memory() { return peak_memory_of_process("self"); }

}  // namespace skiff::agent

#include "agent/warden/protocol.hpp"

#include <array>
#include <limits>

#include "agent/system/words.hpp"

namespace skiff::agent {
namespace {

constexpr auto kNames =
    std::to_array<std::string_view>({"status", "mark-bad", "arm", "commit", "open-running", "open-inactive",
                                     "reboot", "permit", "fetch", "done", "failed"});
constexpr std::size_t kStatusBytes = 5 * kWord;
constexpr std::uint64_t kNoSlot = 2;

void put_slot(Bytes& bytes, std::optional<Slot> slot) {
  put_word(bytes, slot ? static_cast<std::uint64_t>(*slot) : kNoSlot);
}

std::optional<Bootable> bootable_numbered(std::uint64_t number) {
  if (number > static_cast<std::uint64_t>(Bootable::kExhausted)) return std::nullopt;
  return static_cast<Bootable>(number);
}

}  // namespace

std::string_view to_string(Ask ask) { return kNames[static_cast<std::size_t>(ask)]; }

std::optional<Slot> slot_numbered(std::uint64_t number) {
  if (number >= kNoSlot) return std::nullopt;
  return static_cast<Slot>(number);
}

Bytes status_bytes(const BootStatus& status) {
  Bytes bytes;
  put_slot(bytes, status.booted);
  put_slot(bytes, status.primary);
  put_word(bytes, static_cast<std::uint64_t>(status.a));
  put_word(bytes, static_cast<std::uint64_t>(status.b));
  put_word(bytes, status.tries);
  return bytes;
}

std::optional<BootStatus> status_in(ByteView bytes) {
  if (bytes.size() != kStatusBytes) return std::nullopt;
  const auto word = [&](std::size_t index) { return word_of(bytes.subspan(index * kWord)); };
  const std::optional<Bootable> a = bootable_numbered(word(2));
  const std::optional<Bootable> b = bootable_numbered(word(3));
  if (!a || !b || word(4) > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  BootStatus status;
  status.booted = slot_numbered(word(0));
  status.primary = slot_numbered(word(1));
  status.a = *a;
  status.b = *b;
  status.tries = static_cast<std::uint32_t>(word(4));
  return status;
}

}  // namespace skiff::agent

#include "typing/flat.hpp"

#include <algorithm>
#include <map>

#include "typing/arm_code.hpp"
#include "typing/image_reader.hpp"
#include "typing/load_address.hpp"

namespace skiff::typing {
namespace {

constexpr std::uint64_t kBlock = 2048;
constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kVectorAlignment = 256;  ///< of a Cortex-M vector table, where images begin

constexpr std::uint64_t kLowMemory = std::uint64_t{1} << 40;  ///< boot loaders and firmware run below
constexpr std::uint64_t kFewestPointers = 100;

/// Whether a word is among the commonest shapes of A64 code.
bool looks_like_a64(std::uint32_t w) {
  return (w & 0xfc000000u) == 0x94000000u || (w & 0x9f000000u) == 0x90000000u ||
         (w & 0xff000010u) == 0x54000000u || (w & 0x7fe0ffe0u) == 0x2a0003e0u ||
         (w & 0xffc00000u) == 0xf9400000u || (w & 0xffc00000u) == 0xb9400000u || w == 0xd65f03c0u ||
         (w & 0xffc00000u) == 0xa9000000u || (w & 0xffc00000u) == 0xa9400000u ||
         (w & 0x7e000000u) == 0x34000000u || (w & 0x7f800000u) == 0x52800000u ||
         (w & 0xfc000000u) == 0x14000000u || (w & 0xff000000u) == 0x91000000u ||
         (w & 0x7f20001fu) == 0x6b00001fu || (w & 0x7f80001fu) == 0x7100001fu;
}

/// STP x29, x30, [sp, #-n]!, PACIASP and BTI C: what A64 functions begin with.
bool begins_a64_function(std::uint32_t w) {
  return (w & 0xffe07fffu) == 0xa9a07bfdu || w == 0xd503233fu || w == 0xd503245fu;
}

/// PUSH {…, lr} in its short and its long form: what Thumb functions begin with.
bool begins_thumb_function(std::uint32_t halfword) {
  return (halfword & 0xff00u) == 0xb500u || halfword == 0xe92du;
}

/// PUSH {…, lr}, or that of lr alone: what A32 functions begin with.
bool begins_a32_function(std::uint32_t w) { return (w & 0xffff4000u) == 0xe92d4000u || w == 0xe52de004u; }

struct ThumbCounts {
  std::uint64_t calls = 0;
  std::uint64_t functions = 0;
};

class FlatImage {
 public:
  explicit FlatImage(const Source& image) : reader_(image), size_(image.size()) {}

  std::optional<Space> space() {
    const Blocks a64 = blocks([this](std::uint64_t at, std::uint64_t length) { return is_a64(at, length); });
    if (a64.code > 0 && a64.code * 20 >= a64.is_code.size()) return a64_space(a64);
    const Blocks a32 = blocks([this](std::uint64_t at, std::uint64_t length) {
      return !reader_.is_zero(at, length) && looks_like_a32(reader_, at, length);
    });
    if (a32.code > 0 && a32.code * 5 >= a32.is_code.size()) return a32_space(a32);
    const ThumbCounts counts = count_thumb();
    if (counts.calls * 240 > size_ && counts.functions * 2000 > size_) return thumb_space();
    return std::nullopt;
  }

 private:
  /// Which blocks of an image are code of one kind.
  struct Blocks {
    std::vector<bool> is_code;
    std::uint64_t code = 0;  ///< how many are
  };

  template <class IsCode>
  [[nodiscard]] Blocks blocks(const IsCode& is_code) const {
    Blocks blocks;
    for (std::uint64_t at = 0; at < size_; at += kBlock) {
      const bool code = is_code(at, std::min(kBlock, size_ - at));
      blocks.is_code.push_back(code);
      blocks.code += code ? 1 : 0;
    }
    return blocks;
  }

  bool is_a64(std::uint64_t at, std::uint64_t length) {
    if (reader_.is_zero(at, length)) return false;
    std::uint64_t hits = 0;
    for (std::uint64_t i = 0; i + 4 <= length; i += 4) hits += looks_like_a64(reader_.u32(at + i)) ? 1 : 0;
    return hits * 100 > length / 4 * 35;
  }

  ThumbCounts count_thumb() {
    ThumbCounts counts;
    for (std::uint64_t at = 0; at + 4 <= size_; at += 2) {
      if (at % kBlock == 0 && reader_.is_zero(at, kBlock)) {
        at += kBlock - 2;
        continue;
      }
      const std::uint32_t word = reader_.u32(at);
      counts.calls += (word & 0xf800u) == 0xf000u && (word >> 16 & 0xd000u) == 0xd000u ? 1 : 0;
      counts.functions += (word & 0xff00u) == 0xb500u ? 1 : 0;
    }
    return counts;
  }

  std::optional<Space> thumb_space() {
    std::vector<std::uint64_t> pointers;
    std::vector<std::uint64_t> functions;
    for (std::uint64_t at = 0; at + 4 <= size_; at += 2) {
      const std::uint32_t word = reader_.u32(at);
      if (begins_thumb_function(word & 0xffff)) functions.push_back(at);
      if (at % 4 == 0 && (word & 1) != 0 && word >= kPage && word < 0xe0000000u) pointers.push_back(word - 1);
    }
    const auto address = load_address(std::move(pointers), std::move(functions), kVectorAlignment);
    Space space = whole(address.value_or(0), size_);
    space.types.push_back({0, size_, Kind::kThumb, 0});
    return space;
  }

  Space a64_space(const Blocks& blocks) {
    std::vector<std::uint64_t> pointers;
    std::vector<std::uint64_t> functions;
    for (std::uint64_t at = 0; at + 8 <= size_; at += 4) {
      const std::uint64_t word = reader_.u64(at);
      if (blocks.is_code[at / kBlock]) {
        if (begins_a64_function(static_cast<std::uint32_t>(word))) functions.push_back(at);
      } else if (at % 8 == 0 && word % 4 == 0 && word >= kPage && word < kLowMemory) {
        pointers.push_back(word);
      }
    }
    std::optional<std::uint64_t> address = kernel_address(blocks);
    if (!address) address = load_address(std::move(pointers), std::move(functions), kPage);
    return typed(address, blocks, Kind::kA64, Kind::kPointer64);
  }

  Space a32_space(const Blocks& blocks) {
    std::vector<std::uint64_t> pointers;
    std::vector<std::uint64_t> functions;
    for (std::uint64_t at = 0; at + 4 <= size_; at += 4) {
      const std::uint32_t word = reader_.u32(at);
      if (begins_a32_function(word)) {
        functions.push_back(at);
      } else if (word % 4 == 0 && word >= kPage && word < 0xe0000000u) {
        pointers.push_back(word);
      }
    }
    const auto address = load_address(std::move(pointers), std::move(functions), kPage);
    return typed(address, blocks, Kind::kA32, Kind::kPointer32);
  }

  /// Code where it is, tables elsewhere; zero-initialised memory follows the image.
  Space typed(const std::optional<std::uint64_t>& address, const Blocks& blocks, Kind code, Kind pointers) {
    Space space = whole(address.value_or(0), size_ + size_ / 4);
    for (std::uint64_t at = 0; at < size_; at += kBlock) {
      const std::uint64_t length = std::min(kBlock, size_ - at);
      append(space, at, length, blocks.is_code[at / kBlock] ? code : table_kind(at, length, pointers));
    }
    return space;
  }

  /// Kernels run at the upper end of the address space, at a multiple of 16 MiB: the lowest that is among
  /// those which the image's pointers name most.
  std::optional<std::uint64_t> kernel_address(const Blocks& blocks) {
    constexpr std::uint64_t kUpperEnd = 0x1ffff;  // the top 17 bits
    constexpr unsigned kUnit = 24;
    std::map<std::uint64_t, std::uint64_t> named;
    for (std::uint64_t at = 0; at + 8 <= size_; at += 8) {
      const std::uint64_t word = reader_.u64(at);
      if (!blocks.is_code[at / kBlock] && word >> 47 == kUpperEnd && ~word >> kUnit != 0)
        ++named[word >> kUnit];
    }
    const auto most = std::max_element(named.begin(), named.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most == named.end() || most->second < kFewestPointers) return std::nullopt;
    auto lowest = most;
    while (lowest != named.begin()) {
      const auto before = std::prev(lowest);
      if (before->first + 1 != lowest->first || before->second * 8 < most->second) break;
      lowest = before;
    }
    return lowest->first << kUnit;
  }

  [[nodiscard]] Space whole(std::uint64_t address, std::uint64_t reach) const {
    Space space;
    space.end = size_;
    space.low = address;
    space.high = address + reach;
    space.addresses.push_back({0, size_, address});
    return space;
  }

  static void append(Space& space, std::uint64_t offset, std::uint64_t length, Kind kind) {
    if (!space.types.empty() && space.types.back().kind == kind) {
      space.types.back().length += length;
    } else {
      space.types.push_back({offset, length, kind, kind == Kind::kOffset32 ? space.low : 0});
    }
  }

  /// Distances from the field itself, distances from the image's begin in ascending order, or pointers.
  Kind table_kind(std::uint64_t begin, std::uint64_t length, Kind pointers) {
    constexpr std::int64_t kFar = 65536;
    std::uint64_t relative = 0;
    std::uint64_t ascending = 0;
    std::uint32_t before = 0;
    for (std::uint64_t i = 0; i + 4 <= length; i += 4) {
      const std::uint32_t word = reader_.u32(begin + i);
      const std::int64_t distance = static_cast<std::int32_t>(word);
      const std::int64_t target = static_cast<std::int64_t>(begin + i) + distance;
      const bool inside = target > 0 && target < static_cast<std::int64_t>(size_);
      relative += (distance > kFar || distance < -kFar) && inside ? 1 : 0;
      ascending += word > before && word - before < kFar && word > kFar && word < size_ + size_ / 4 ? 1 : 0;
      before = word;
    }
    const std::uint64_t words = length / 4;
    if (ascending * 10 > words * 6) return Kind::kOffset32;
    return relative * 100 > words * 45 ? Kind::kRelative32 : pointers;
  }

  ImageReader reader_;
  std::uint64_t size_;
};

}  // namespace

std::optional<Space> flat_space(const Source& image) { return FlatImage(image).space(); }

}  // namespace skiff::typing

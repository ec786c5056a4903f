#include "tests/golden/wild_images.hpp"

#include <algorithm>
#include <random>

#include "codec/segment_coder.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/golden/program_images.hpp"

namespace skiff::testing {
namespace {

constexpr std::uint64_t kResultLength = 1500;
constexpr std::size_t kNoise =
    400;  ///< bytes; past their end the decoder reads zeros, which are mostly misses

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::mt19937 random_;
};

std::vector<AddressRange> wild_addresses(Dice& dice, const Space& space) {
  std::vector<AddressRange> ranges;
  const std::uint64_t wrap = dice.one_in(6) ? std::uint64_t{0} - 0x400800 : 0;
  for (std::uint64_t at = space.begin; at < space.end && !dice.one_in(12);) {
    if (dice.one_in(3)) at += dice.below(40);
    if (at > space.end) break;
    const std::uint64_t length = std::min(space.end - at, dice.one_in(9) ? 0 : dice.below(700));
    const std::uint64_t odd = dice.one_in(5) ? dice.below(4) : 0;
    ranges.push_back({at, length, wrap + 0x400000 + 4 * dice.below(0x900) + odd});
    at += length;
  }
  return ranges;
}

std::vector<TypedRange> wild_types(Dice& dice, const Space& space) {
  std::vector<TypedRange> types;
  for (std::uint64_t at = space.begin; at < space.end && !dice.one_in(15);) {
    const std::uint64_t length = std::min(space.end - at, dice.one_in(9) ? 0 : 40 + dice.below(400));
    const auto kind = static_cast<Kind>(dice.below(kKinds));
    const std::uint64_t origin = has_origin(kind) ? space.low + dice.below(0x2000) : 0;
    types.push_back({at, length, kind, origin});
    at += length;
  }
  return types;
}

ImageTyping wild_typing(Dice& dice, std::uint64_t length, bool typed) {
  ImageTyping spaces;
  for (std::uint64_t at = dice.below(20); at < length;) {
    Space space;
    space.begin = at;
    space.end = std::min(length, at + dice.below(2500));
    space.addresses = wild_addresses(dice, space);
    if (typed) {
      space.low = dice.one_in(6) ? 0 : 0x400000 + dice.below(0x400);
      space.high = dice.one_in(6) ? ~std::uint64_t{0} : space.low + 0x1000 + dice.below(0x4000);
      space.types = wild_types(dice, space);
    }
    at = space.end + (dice.one_in(2) ? dice.below(60) : 0);
    spaces.push_back(std::move(space));
  }
  return spaces;
}

std::vector<Copy> wild_copies(Dice& dice, std::uint64_t base_length) {
  std::vector<Copy> copies;
  std::uint64_t base_at = 0;
  for (std::uint64_t at = dice.below(20); at < kResultLength;) {
    if (dice.one_in(4)) base_at = dice.below(base_length);
    const std::uint64_t length = std::min({1 + dice.below(300), kResultLength - at, base_length - base_at});
    copies.push_back({at, base_at, length, dice.one_in(6)});
    at += length + (dice.one_in(4) ? dice.below(25) : 0);
    base_at = (base_at + length) % base_length;
  }
  return copies;
}

class Kept final : public ResultStream {
 public:
  Result<ByteView> peek(std::size_t /*length*/) override { return ByteView{}; }
  Result<void> put(ByteView made) override {
    bytes.insert(bytes.end(), made.begin(), made.end());
    return {};
  }
  Bytes bytes;
};

Bytes made_of_noise(const WildPair& pair, const ModelSizes& sizes, std::uint32_t seed) {
  const WindowMap map{pair.copies, pair.typing};
  const WindowView view(map);
  const ViewSource base(pair.base);
  const Bytes wire = noise(kNoise, seed);
  RangeDecoder coder(wire);
  SegmentModels models(sizes);
  Kept kept;
  (void)SegmentCoder<RangeDecoder>(coder, models, sizes, base, view, kept).run(0, kResultLength).value();
  return kept.bytes;
}

}  // namespace

WildPair wild_pair(std::uint32_t seed, const ModelSizes& sizes) {
  Dice dice(seed);
  WildPair pair;
  for (const Machine machine : {Machine::kAArch64, Machine::kX8664, Machine::kThumb, Machine::kA32,
                                Machine::kThumbRelative, Machine::kX86}) {
    const Bytes program = program_pair(machine, seed).base;
    pair.base = pair.base + part(program, program.size() - 1200, 1200);
  }
  pair.typing = {wild_typing(dice, pair.base.size(), true), wild_typing(dice, kResultLength, false)};
  pair.copies = wild_copies(dice, pair.base.size());
  pair.result = made_of_noise(pair, sizes, seed);
  return pair;
}

}  // namespace skiff::testing

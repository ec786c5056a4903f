#include "unpack/prediction/zlib_encoder.hpp"

#include <algorithm>
#include <limits>

#include "unpack/prediction/block_writer.hpp"
#include "unpack/prediction/code_lengths.hpp"
#include "unpack/prediction/string_index.hpp"
#include "unpack/prediction/zlib_frame.hpp"

namespace skiff::unpack::prediction {
namespace {

constexpr std::size_t kLevels = 10;
constexpr std::size_t kFirstLazyLevel = 4;
constexpr std::uint64_t kMostMemory = 9;
constexpr std::size_t kMinLookahead = kMaxMatch + kMinMatch + 1;
constexpr std::uint32_t kReach = kMaxDistance - kMinLookahead;  ///< zlib's MAX_DIST
constexpr std::uint32_t kTooFar = 4096;  ///< a lazy encoder takes no match of three bytes from further away

constexpr std::uint16_t kFewStrings = 8;  ///< levels 1 and 2: there it costs more to enter a string often

/// deflate.c's configuration_table; a level of 0 is none of ours.
struct Effort {
  std::uint16_t good = 0;  ///< a match so long makes the search for a longer one take a quarter
  std::uint16_t lazy =
      0;  ///< only after a shorter match a longer one is looked for; what a greedy one enters
  std::uint16_t nice = 0;   ///< a match so long is taken
  std::uint16_t chain = 0;  ///< strings that are compared
};
constexpr std::array<Effort, kLevels> kEfforts{{{},
                                                {4, 4, 8, 4},
                                                {4, 5, 16, 8},
                                                {4, 6, 32, 32},
                                                {4, 4, 16, 16},
                                                {8, 16, 32, 32},
                                                {8, 16, 128, 128},
                                                {8, 32, 128, 256},
                                                {32, 128, 258, 1024},
                                                {32, 258, 258, 4096}}};

class ZlibEncoder {
 public:
  ZlibEncoder(const Method& method, StringIndex index, Sink& packed)
      : effort_(kEfforts[method.parameters[0]]),
        content_(index.content()),
        short_reach_(method.parameters[0] < kFirstLazyLevel ? kMaxDistance : kTooFar),
        index_(std::move(index)),
        writer_(packed),
        most_tokens_((std::size_t{1} << (method.parameters[1] + 6)) - 1) {
    block_.tokens.reserve(most_tokens_);
  }

  /// Levels 1 to 3: each match is taken.
  Result<void> encode_greedily() {
    for (std::size_t at = 0; at < content_.size();) {
      slide(at);
      const Match match = search(at, kMinMatch - 1);
      if (match.distance == 0) {
        put_literal(at++);
      } else {
        put_match(match);
        const std::size_t end = at + match.length;
        if (match.length <= effort_.lazy && content_.size() - end >= kMinMatch) {
          index_.enter_all(at + 1, end);
        }
        at = end;
      }
      SKIFF_TRY(end_full_block(at));
    }
    return end_block(content_.size(), true);
  }

  /// Levels 4 to 9: a match gives way to a longer one that begins a byte later.
  Result<void> encode_lazily() {
    Match before{};
    bool waits = false;  // the byte before is not written yet
    for (std::size_t at = 0; at < content_.size();) {
      slide(at);
      const Match here = search_lazily(at, before);
      if (before.distance != 0 && here.distance == 0) {
        put_match(before);
        const std::size_t end = at - 1 + before.length;
        index_.enter_all(at + 1, end);
        at = end;
        before = {};
        waits = false;
        SKIFF_TRY(end_full_block(at));
        continue;
      }
      if (waits) {
        put_literal(at - 1);
        SKIFF_TRY(end_full_block(at));
      }
      before = here;
      waits = true;
      ++at;
    }
    if (waits) put_literal(content_.size() - 1);
    return end_block(content_.size(), true);
  }

  Result<void> finish() { return writer_.finish(); }

 private:
  /// zlib's window of 64 KiB goes on by a half of it where it looks for more input: what was there before is
  /// neither found nor stored.
  void slide(std::size_t at) {
    constexpr std::size_t kWindow = 2 * kMaxDistance;
    const std::size_t seen = std::min(content_.size() - window_, kWindow);
    const std::size_t in_window = at - window_;
    if (seen - in_window < kMinLookahead && in_window >= kMaxDistance + kReach) window_ += kMaxDistance;
  }

  /// Enters the string at a place, too.
  Match search(std::size_t at, std::size_t least) {
    const StringIndex::Place place = index_.enter(at);
    // The first place in the window stands for none.
    const std::size_t behind = std::max<std::size_t>(at - window_, 1) - 1;
    return index_.longest(place,
                          {.least = least,
                           .nice = effort_.nice,
                           .strings = least >= effort_.good ? effort_.chain / 4u : effort_.chain,
                           .reach = static_cast<std::uint32_t>(std::min<std::size_t>(behind, kReach - 1)),
                           .first_reach = static_cast<std::uint32_t>(std::min<std::size_t>(behind, kReach)),
                           .short_reach = short_reach_});
  }

  Match search_lazily(std::size_t at, const Match& before) {
    if (before.length >= effort_.lazy) {
      index_.enter(at);
      return {};
    }
    return search(at, std::max(before.length, kMinMatch - 1));
  }

  void put_literal(std::size_t at) { block_.tokens.push_back({0, content_[at]}); }
  void put_match(const Match& match) {
    block_.tokens.push_back(
        {static_cast<std::uint16_t>(match.length), static_cast<std::uint16_t>(match.distance)});
  }

  Result<void> end_full_block(std::size_t at) {
    return block_.tokens.size() == most_tokens_ ? end_block(at, false) : Result<void>{};
  }

  Result<void> end_block(std::size_t at, bool last) {
    const ByteView bytes = content_.subspan(block_at_, at - block_at_);
    block_.last = last;
    choose_codes(block_, bytes.size(), block_at_ >= window_);
    SKIFF_TRY(writer_.write(block_, bytes));
    block_.tokens.clear();
    block_at_ = at;
    return {};
  }

  Effort effort_;
  ByteView content_;
  std::uint32_t short_reach_;
  StringIndex index_;
  BlockWriter writer_;
  std::size_t most_tokens_;
  Block block_;
  std::size_t block_at_ = 0;  ///< where it begins
  std::size_t window_ = 0;    ///< where zlib's window begins
};

}  // namespace

Result<void> encode_as_zlib(const Method& method, ByteView content, Sink& packed) {
  if (content.size() >= std::numeric_limits<std::uint32_t>::max())
    return fail(ErrorKind::kLimit, "a deflate stream of 4 GiB or more");
  const bool lazy = method.parameters[0] >= kFirstLazyLevel;
  const bool few = kEfforts[method.parameters[0]].chain <= kFewStrings;
  const Hash hash = method.parameters[1] == kMostMemory ? Hash::kShift16 : Hash::kShift15;
  SKIFF_ASSIGN(
      StringIndex index,
      StringIndex::make(content, {.hash = hash, .dense = lazy, .keys = few ? 1 : StringIndex::kKeys}));
  const bool framed = method.codec == StreamCodec::kZlib;
  if (framed) SKIFF_TRY(packed.write(zlib_header(method.parameters[0])));
  ZlibEncoder encoder(method, std::move(index), packed);
  SKIFF_TRY(lazy ? encoder.encode_lazily() : encoder.encode_greedily());
  SKIFF_TRY(encoder.finish());
  return framed ? packed.write(zlib_check(content)) : Result<void>{};
}

}  // namespace skiff::unpack::prediction

#include "unpack/prediction/token_predictor.hpp"

#include <algorithm>

namespace skiff::unpack::prediction {
namespace {

constexpr std::uint32_t kTooFar = 4096;               ///< a shortest match from further away is no gain
constexpr std::uint32_t kMaxRankWalk = 1024;          ///< strings looked through for a rank
constexpr std::uint32_t kReach = kMaxDistance - 262;  ///< zlib's MAX_DIST: 262 bytes are kept to look ahead
constexpr unsigned kHashBits = 16;

std::size_t common(ByteView content, std::size_t a, std::size_t b, std::size_t most) {
  std::size_t length = 0;
  while (length < most && content[a + length] == content[b + length]) ++length;
  return length;
}

}  // namespace

Result<TokenPredictor> TokenPredictor::make(ByteView content, const Search& search) {
  TokenPredictor predictor(content, search);
  SKIFF_ASSIGN(predictor.heads_, HeapArray<std::uint32_t>::make(std::size_t{1} << kHashBits));
  SKIFF_ASSIGN(predictor.previous_, HeapArray<std::uint32_t>::make(kMaxDistance));
  std::fill(predictor.heads_.span().begin(), predictor.heads_.span().end(), 0);
  return predictor;
}

std::uint32_t TokenPredictor::hash_at(std::size_t at) const {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < hashed_bytes(); ++i) word |= std::uint64_t{content_[at + i]} << 8 * i;
  return bucket_of(search_.hash, word);
}

void TokenPredictor::insert(std::size_t at) {
  if (content_.size() - at < hashed_bytes()) return;
  std::uint32_t& head = heads_.span()[hash_at(at)];
  previous_.span()[at % kMaxDistance] = head;
  head = static_cast<std::uint32_t>(at + 1);
}

Match TokenPredictor::longest(std::size_t at, std::size_t least) {
  const std::size_t ahead = std::min(content_.size() - at, kMaxMatch);
  if (ahead < hashed_bytes() || ahead <= least) return {};
  const std::size_t nice = std::min<std::size_t>(search_.nice, ahead);
  const std::uint32_t reach = search_.hash == Hash::kFourBytes ? kMaxDistance : kReach;
  Match best{least, 0};
  std::uint32_t left = least >= search_.good ? search_.chain / 4 : search_.chain;
  for (std::size_t string = heads_.span()[hash_at(at)]; string != 0 && at + 1 - string <= reach;) {
    ++work_;
    const std::size_t from = string - 1;
    if (content_[from + best.length] == content_[at + best.length]) {
      const std::size_t length = common(content_, from, at, ahead);
      if (length > best.length) {
        best = {length, static_cast<std::uint32_t>(at - from)};
        if (length >= nice) break;
      }
    }
    if (left-- <= 1) break;
    const std::size_t next = before(string);
    if (next >= string) break;  // of a string that was overwritten
    string = next;
  }
  if (best.distance == 0 || best.length < hashed_bytes()) return {};
  if (!search_.greedy && best.length == hashed_bytes() && best.distance > kTooFar) return {};
  return best;
}

Token TokenPredictor::predict() {
  const Match here = has_ahead_ ? ahead_ : longest(at_, kMinMatch - 1);
  has_ahead_ = literal_for_ahead_ = false;
  insert(at_);
  inserted_ = at_ + 1;
  if (here.length == 0) return {0, content_[at_]};
  const Token match{static_cast<std::uint16_t>(here.length), static_cast<std::uint16_t>(here.distance)};
  if (search_.greedy || here.length >= search_.lazy) return match;
  ahead_ = longest(at_ + 1, here.length);
  if (ahead_.length == 0) return match;
  literal_for_ahead_ = true;
  return {0, content_[at_]};
}

void TokenPredictor::accept(const Token& token) {
  const std::size_t bytes = span_of(token);
  has_ahead_ = literal_for_ahead_ && token.length == 0;
  if (!search_.greedy || bytes <= search_.lazy) {
    for (std::size_t at = inserted_; at < at_ + bytes; ++at) insert(at);
  }
  at_ += bytes;
  inserted_ = at_;
}

void TokenPredictor::skip(std::size_t bytes) {
  has_ahead_ = false;
  for (std::size_t end = at_ + bytes; at_ < end; ++at_) insert(at_);
  inserted_ = at_;
}

template <typename Wanted>
std::uint32_t TokenPredictor::walk(std::size_t length, Wanted wanted) {
  if (content_.size() - at_ < std::max(length, hashed_bytes())) return 0;
  std::size_t string = before(at_ + 1);  // predict() inserted the one at `position`
  std::size_t last = at_ + 1;
  for (std::uint32_t left = kMaxRankWalk; left > 0; --left) {
    if (string == 0 || string >= last || at_ + 1 - string > kMaxDistance) return 0;
    ++work_;
    const auto distance = static_cast<std::uint32_t>(at_ + 1 - string);
    if (common(content_, string - 1, at_, length) == length && wanted(distance)) return distance;
    last = string;
    string = before(string);
  }
  return 0;
}

std::uint32_t TokenPredictor::rank_of(std::size_t length, std::uint32_t distance) {
  std::uint32_t rank = 0;
  const std::uint32_t found = walk(length, [&](std::uint32_t at) {
    ++rank;
    return at >= distance;
  });
  return found == distance ? rank : 0;
}

std::uint32_t TokenPredictor::distance_of(std::size_t length, std::uint32_t rank) {
  return walk(length, [&](std::uint32_t) { return --rank == 0; });
}

}  // namespace skiff::unpack::prediction

#include "unpack/prediction/token_predictor.hpp"

#include <algorithm>

namespace skiff::unpack::prediction {
namespace {

constexpr std::uint32_t kTooFar = 4096;               ///< a shortest match from further away is no gain
constexpr std::uint32_t kReach = kMaxDistance - 262;  ///< zlib's MAX_DIST: 262 bytes are kept to look ahead

}  // namespace

Result<TokenPredictor> TokenPredictor::make(ByteView content, const Search& search) {
  // Twice as many as a distance reaches: the ranks of a place are asked for when the next one is entered.
  SKIFF_ASSIGN(StringIndex strings, StringIndex::make(content, {.hash = search.hash,
                                                                .dense = !search.greedy,
                                                                .kept = std::size_t{2} * kMaxDistance}));
  return TokenPredictor(std::move(strings), search);
}

Match TokenPredictor::longest(const StringIndex::Place& place, std::size_t least) {
  const std::uint32_t reach = search_.hash == Hash::kFourBytes ? kMaxDistance : kReach;
  const std::uint32_t quarter = std::max(search_.chain / 4, 1u);
  const Match match = strings_.longest(place, {.least = least,
                                               .nice = search_.nice,
                                               .strings = least >= search_.good ? quarter : search_.chain,
                                               .reach = reach,
                                               .first_reach = reach});
  const bool shortest = match.length == strings_.hashed_bytes();
  return shortest && !search_.greedy && match.distance > kTooFar ? Match{} : match;
}

Token TokenPredictor::predict() {
  here_ = inserted_ > at_ ? ahead_place_ : strings_.enter(at_);
  inserted_ = at_ + 1;
  const Match here = has_ahead_ ? ahead_ : longest(here_, kMinMatch - 1);
  has_ahead_ = literal_for_ahead_ = false;
  if (here.length == 0) return {0, content()[at_]};
  const Token match{static_cast<std::uint16_t>(here.length), static_cast<std::uint16_t>(here.distance)};
  if (search_.greedy || here.length >= search_.lazy) return match;
  ahead_place_ = strings_.enter(at_ + 1);
  inserted_ = at_ + 2;
  ahead_ = longest(ahead_place_, here.length);
  if (ahead_.length == 0) return match;
  literal_for_ahead_ = true;
  return {0, content()[at_]};
}

void TokenPredictor::accept(const Token& token) {
  const std::size_t bytes = span_of(token);
  has_ahead_ = literal_for_ahead_ && token.length == 0;
  if (!search_.greedy || bytes <= search_.lazy) {
    strings_.enter_all(inserted_, at_ + bytes);
  }
  at_ += bytes;
  inserted_ = std::max(inserted_, at_);
}

void TokenPredictor::skip(std::size_t bytes) {
  has_ahead_ = false;
  strings_.enter_all(std::max(at_, inserted_), at_ + bytes);
  at_ += bytes;
  inserted_ = std::max(inserted_, at_);
}

std::uint32_t TokenPredictor::rank_of(std::size_t length, std::uint32_t distance) {
  return strings_.rank_of(here_, length, distance);
}

std::uint32_t TokenPredictor::distance_of(std::size_t length, std::uint32_t rank) {
  return strings_.distance_of(here_, length, rank);
}

}  // namespace skiff::unpack::prediction

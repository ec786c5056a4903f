#include "unpack/prediction/string_index.hpp"

#include <algorithm>
#include <bit>

#include "base/little_endian.hpp"

namespace skiff::unpack::prediction {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::uint16_t kSlide = 32768;  ///< places by which heads go on, so that 16 bits hold them
constexpr std::size_t kNowhere = std::size_t{1} << 20;  ///< a distance that is past any reach
constexpr std::size_t kBuckets = std::size_t{1} << 16;

constexpr std::uint32_t crc32c_of_word(std::uint32_t word) {
  constexpr std::uint32_t kReversedPolynomial = 0x82f63b78;
  for (int bit = 0; bit < 32; ++bit) word = (word >> 1) ^ ((word & 1) != 0 ? kReversedPolynomial : 0);
  return word;
}

/// CRC-32C of a word is linear: the sum of what each of its bytes adds.
struct CrcTable {
  std::array<std::array<std::uint32_t, 256>, 3> of_byte{};
  constexpr CrcTable() {
    for (std::uint32_t place = 0; place < 3; ++place)
      for (std::uint32_t byte = 0; byte < 256; ++byte)
        of_byte[place][byte] = crc32c_of_word(byte << 8 * place);
  }
};

constexpr CrcTable kCrcTable;

/// How many of the first `most` bytes are the same; a word at a time, which is whole as long as `most` is.
std::size_t common(const std::uint8_t* a, const std::uint8_t* b, std::size_t most) {
  std::size_t length = 0;
  for (; most - length >= kWord; length += kWord) {
    const std::uint64_t differs =
        load_little<std::uint64_t>(a + length) ^ load_little<std::uint64_t>(b + length);
    if (differs != 0) return length + static_cast<std::size_t>(std::countr_zero(differs)) / 8;
  }
  while (length < most && a[length] == b[length]) ++length;
  return length;
}

/// Whether the last bytes of so many are the same, so that it is worth while to look at the others.
bool may_match(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes) {
  if (bytes >= kWord) {
    const std::size_t offset = bytes - kWord;
    return load_little<std::uint64_t>(a + offset) == load_little<std::uint64_t>(b + offset);
  }
  return a[bytes - 1] == b[bytes - 1] && a[0] == b[0] && a[1] == b[1];
}

}  // namespace

std::uint32_t bucket_of(Hash hash, std::uint64_t word) {
  const auto a = static_cast<std::uint32_t>(word & 0xff);
  const auto b = static_cast<std::uint32_t>(word >> 8 & 0xff);
  const auto c = static_cast<std::uint32_t>(word >> 16 & 0xff);
  switch (hash) {
    case Hash::kShift15:
      return (a << 10 ^ b << 5 ^ c) & 0x7fff;
    case Hash::kShift16:
      return (a << 12 ^ b << 6 ^ c) & 0xffff;
    case Hash::kCrc:
      return (kCrcTable.of_byte[0][a] ^ kCrcTable.of_byte[1][b] ^ kCrcTable.of_byte[2][c]) & 0x7fff;
    case Hash::kMultiply:
      return (static_cast<std::uint32_t>(word & 0xffffff) * 66521u + 66521u) >> 16 & 0x7fff;
    case Hash::kFourBytes:
      break;
  }
  return static_cast<std::uint32_t>(word) * 0x9e3779b1u >> 16;
}

/// A search under way.
struct StringIndex::Query {
  const Place& place;
  const Limits& limits;
  std::size_t ahead;  ///< bytes that a match may have
  std::size_t nice;
  Match best;
};

Result<StringIndex> StringIndex::make(ByteView content, const Shape& shape) {
  StringIndex index(content, shape);
  const std::size_t heads = shape.keys << kHeadBits;
  SKIFF_ASSIGN(index.tables_, HeapArray<std::uint16_t>::make(heads + kBuckets + kPerPlace * shape.kept));
  index.heads_ = index.tables_.span().data();
  index.counts_ = index.heads_ + heads;
  index.places_ = index.counts_ + kBuckets;
  std::fill(index.heads_, index.places_, std::uint16_t{0});
  return index;
}

std::uint64_t StringIndex::word_at(std::size_t at) const {
  const std::size_t left = content_.size() - at;
  if (left >= kWord) return load_little<std::uint64_t>(content_.data() + at);
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < left; ++i) word |= std::uint64_t{content_[at + i]} << 8 * i;
  return word;
}

std::size_t StringIndex::slot_of(std::uint64_t word, std::size_t key) {
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;
  const std::uint64_t hash = (word << (64 - 8 * kKeyBytes[key])) * kGolden;
  return (key << kHeadBits) + static_cast<std::size_t>(hash >> (64 - kHeadBits));
}

template <std::size_t kKey>
std::uint16_t StringIndex::enter_key(std::uint64_t word, std::uint16_t own) {
  std::uint16_t& head = heads_[slot_of(word, kKey)];
  const std::uint16_t before = head;
  head = own;
  return before == 0 ? std::uint16_t{0} : static_cast<std::uint16_t>(own - before);
}

/// So that 16 bits go on to hold them.
void StringIndex::slide_heads() {
  for (std::uint16_t* head = heads_; head != counts_; ++head)
    *head = static_cast<std::uint16_t>(std::max(*head, kSlide) - kSlide);
  origin_ += kSlide;
}

StringIndex::Place StringIndex::enter(std::size_t at) {
  Place place{at, {}, 0};
  const std::size_t left = content_.size() - at;
  if (left < hashed_bytes()) return place;
  if (at + 1 - origin_ > 0xffff) slide_heads();
  const std::uint64_t word = word_at(at);
  const auto own = static_cast<std::uint16_t>(at + 1 - origin_);
  place.links[0] = enter_key<0>(word, own);
  if (keys_ > 1 && left >= kKeyBytes[1]) place.links[1] = enter_key<1>(word, own);
  if (keys_ > 2 && left >= kKeyBytes[2]) place.links[2] = enter_key<2>(word, own);
  if (keys_ > 3 && left >= kKeyBytes[3]) place.links[3] = enter_key<3>(word, own);
  place.before = counts_[bucket_of(hash_, word)]++;
  std::uint16_t* known = known_of(at);
  std::copy(place.links.begin(), place.links.end(), known);
  known[kKeys] = place.before;
  return place;
}

void StringIndex::enter_all(std::size_t begin, std::size_t end) {
  for (; begin < end; ++begin) enter(begin);
}

std::uint32_t StringIndex::age_of(const Place& place, std::size_t distance) const {
  return static_cast<std::uint16_t>(place.before - known_of(place.at - distance)[kKeys]);
}

Match StringIndex::longest(const Place& place, const Limits& limits) {
  const std::size_t ahead = std::min(content_.size() - place.at, kMaxMatch);
  if (ahead < hashed_bytes() || ahead <= limits.least) return {};
  Query query{place, limits, ahead, std::min(limits.nice, ahead), {limits.least, 0}};
  std::size_t most = ahead;  // no match is longer
  for (std::size_t key = keys_; key-- > 0 && query.best.distance == 0 && most > limits.least;) {
    const std::size_t bytes = kKeyBytes[key];
    if (bytes < hashed_bytes()) break;
    const bool shortest = bytes == hashed_bytes();
    if (bytes > ahead || (bytes > query.nice && !shortest)) continue;
    walk(key, query);
    most = bytes - 1;
    query.nice = std::min(query.nice, most);
  }
  return query.best.distance == 0 ? Match{} : query.best;
}

/// Takes a longer match; false if it is the last one that is looked at, or past that.
bool StringIndex::accept(const Match& match, Query& query) const {
  const std::uint32_t age = age_of(query.place, match.distance);
  if (age > query.limits.strings || (match.distance > query.limits.reach && age != 1)) return false;
  query.best = match;
  return match.length < query.nice;
}

/// Whether the encoder would not have come to the string, which may be of another bucket: then it does not
/// say.
bool StringIndex::too_old(const Query& query, std::size_t distance) const {
  const std::uint8_t* here = content_.data() + query.place.at;
  return common(here - distance, here, hashed_bytes()) == hashed_bytes() &&
         age_of(query.place, distance) > query.limits.strings;
}

/// How far before the place the string begins that is the last one to have the key at an offset.
std::size_t StringIndex::first_of(const Chain& chain, std::size_t at) const {
  const std::size_t place = at + chain.offset;
  const std::uint16_t head = heads_[slot_of(word_at(place), chain.key)];
  return head == 0 ? kNowhere : place + 1 - origin_ - head;
}

std::size_t StringIndex::next_of(const Chain& chain, std::size_t at) const {
  const std::uint16_t back = known_of(at + chain.offset - chain.distance)[chain.key];
  return back == 0 ? kNowhere : chain.distance + back;
}

/// Goes over to a chain of other bytes that are needed, if in so many steps it leads as far.
void StringIndex::leave(Chain other, std::uint32_t steps, std::size_t at, Chain& chain) const {
  for (; other.distance < chain.distance; --steps) {
    if (steps == 0) return;
    other.distance = next_of(other, at);
  }
  chain = other;
}

/// Goes over to the chain whose first strings lie the furthest apart, of some of those that there are.
void StringIndex::leave_for_rarest(std::size_t need, std::uint32_t steps, std::size_t at,
                                   Chain& chain) const {
  constexpr std::size_t kTried = 16;
  constexpr int kSeen = 4;
  const std::size_t last = std::min(need - kKeyBytes[chain.key], chain.distance);
  Chain rarest = chain;
  std::size_t widest = 0;
  for (std::size_t offset = 0; offset <= last; offset += 1 + last / kTried) {
    Chain other{chain.key, offset, 0};
    other.distance = first_of(other, at);
    Chain ahead = other;
    for (int seen = 0; seen < kSeen && ahead.distance < kMaxDistance; ++seen)
      ahead.distance = next_of(ahead, at);
    if (ahead.distance - offset <= widest) continue;
    widest = ahead.distance - offset;
    rarest = other;
  }
  leave(rarest, steps, at, chain);
}

/// Once there is a match, a longer one must have the byte after it, too: the chain of the key's bytes that
/// end with that one is shorter. It holds none of the strings that begin so near that these bytes are not
/// entered yet, so they are looked at before.
void StringIndex::walk(std::size_t key, Query& query) {
  constexpr std::uint32_t kMostSkipped = 8;
  std::uint32_t patience = 32;  // steps after which another chain is worth looking for
  const std::size_t at = query.place.at;
  const std::uint8_t* here = content_.data() + at;
  const std::size_t bytes = kKeyBytes[key];
  std::size_t need = std::max(query.best.length + 1, bytes);
  Chain chain{key, 0, query.place.links[key]};
  if (chain.distance == 0) return;
  bool may_leave = dense_ && need > bytes;
  // A chain of later bytes leads to strings that would begin before the content, too.
  const std::size_t last = std::min<std::size_t>(query.limits.first_reach, at);
  for (std::uint32_t steps = 1;; ++steps) {
    ++compared_;
    if (may_leave && chain.distance + bytes >= need) {
      may_leave = false;
      Chain tail{key, need - bytes, 0};
      tail.distance = first_of(tail, at);
      leave(tail, kMostSkipped, at, chain);
    }
    if (steps == patience && dense_) {
      leave_for_rarest(need, patience, at, chain);
      patience *= 2;
    }
    if (chain.distance > last) return;
    if (may_match(here - chain.distance, here, need)) {
      const std::size_t length = common(here - chain.distance, here, query.ahead);
      if (length >= need) {
        if (!accept({length, static_cast<std::uint32_t>(chain.distance)}, query)) return;
        need = length + 1;
        may_leave = dense_;
      }
    }
    if (steps > query.limits.strings && too_old(query, chain.distance)) return;
    chain.distance = next_of(chain, at);
  }
}

template <typename Wanted>
std::uint32_t StringIndex::first_match(const Place& place, std::size_t length, Wanted wanted) {
  constexpr std::uint32_t kMostStrings = 1024;
  const std::size_t bytes = std::max(length, hashed_bytes());
  if (content_.size() - place.at < bytes) return 0;
  const std::uint8_t* here = content_.data() + place.at;
  std::size_t key = keys_ - 1;
  while (kKeyBytes[key] > bytes) --key;
  for (Chain chain{key, 0, place.links[key]}; chain.distance != 0 && chain.distance <= kMaxDistance;
       chain.distance = next_of(chain, place.at)) {
    ++compared_;
    if (common(here - chain.distance, here, bytes) != bytes) continue;
    if (age_of(place, chain.distance) > kMostStrings) return 0;
    const auto distance = static_cast<std::uint32_t>(chain.distance);
    if (wanted(distance)) return distance;
  }
  return 0;
}

std::uint32_t StringIndex::rank_of(const Place& place, std::size_t length, std::uint32_t distance) {
  std::uint32_t rank = 0;
  const std::uint32_t found = first_match(place, length, [&](std::uint32_t at) {
    ++rank;
    return at >= distance;
  });
  return found == distance ? rank : 0;
}

std::uint32_t StringIndex::distance_of(const Place& place, std::size_t length, std::uint32_t rank) {
  return first_match(place, length, [&](std::uint32_t) { return --rank == 0; });
}

}  // namespace skiff::unpack::prediction

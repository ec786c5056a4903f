#include "unpack/prediction/string_index.hpp"

#include <algorithm>
#include <bit>

#include "base/little_endian.hpp"

namespace skiff::unpack::prediction {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);
/// Heads begin where 0, which is no place, is past any reach; and go on by kSlide, so that 16 bits hold them.
constexpr std::size_t kFirst = kMaxDistance + 1;
constexpr std::uint16_t kSlide = 0x10000 - kFirst;
constexpr std::uint32_t kPatience = 32;  ///< strings of a chain before others are tried

constexpr std::size_t buckets_of(Hash hash) {
  return std::size_t{1} << (hash == Hash::kShift16 || hash == Hash::kFourBytes ? 16 : 15);
}

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

template <Hash kHash>
inline std::uint32_t StringIndex::bucket(std::uint64_t word) {
  const auto a = static_cast<std::uint32_t>(word & 0xff);
  const auto b = static_cast<std::uint32_t>(word >> 8 & 0xff);
  const auto c = static_cast<std::uint32_t>(word >> 16 & 0xff);
  switch (kHash) {
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

template <typename Do>
inline auto StringIndex::with_hash(const Do& act) {
  switch (hash_) {
    case Hash::kShift15:
      return act.template operator()<Hash::kShift15>();
    case Hash::kShift16:
      return act.template operator()<Hash::kShift16>();
    case Hash::kCrc:
      return act.template operator()<Hash::kCrc>();
    case Hash::kMultiply:
      return act.template operator()<Hash::kMultiply>();
    case Hash::kFourBytes:
      break;
  }
  return act.template operator()<Hash::kFourBytes>();
}

/// A search under way.
struct StringIndex::Query {
  const Place& place;
  const Limits& limits;
  const std::uint8_t* here;
  std::size_t ahead;  ///< bytes that a match may have
  std::size_t nice;
  std::size_t most;  ///< no match is longer
  Match best;
};

/// One along a chain.
struct StringIndex::Walk {
  Chain chain;
  std::size_t need;     ///< bytes that a match is to have
  std::size_t last;     ///< how far it goes
  std::uint32_t steps;  ///< the string it has come to: the first is 1
};

StringIndex::StringIndex(ByteView content, const Shape& shape)
    : content_(content),
      hash_(shape.hash),
      dense_(shape.dense),
      keys_(shape.keys),
      ring_bits_(static_cast<unsigned>(std::countr_zero(shape.kept))),
      ring_(shape.kept - 1) {}

Result<StringIndex> StringIndex::make(ByteView content, const Shape& shape) {
  StringIndex index(content, shape);
  const std::size_t buckets = buckets_of(shape.hash);
  const std::size_t heads = shape.keys << kHeadBits;
  SKIFF_ASSIGN(index.tables_, HeapArray<std::uint16_t>::make(buckets + heads + (kKeys + 1) * shape.kept));
  index.buckets_ = index.tables_.span().data();
  index.heads_ = index.buckets_ + buckets;
  index.links_ = index.heads_ + heads;
  std::fill(index.buckets_, index.links_, std::uint16_t{0});
  return index;
}

std::uint64_t StringIndex::word_at(std::size_t at) const {
  const std::size_t left = content_.size() - at;
  if (left >= kWord) return load_little<std::uint64_t>(content_.data() + at);
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < left; ++i) word |= std::uint64_t{content_[at + i]} << 8 * i;
  return word;
}

/// The last string of a key's hash.
std::uint16_t& StringIndex::head_of(std::uint64_t word, std::size_t key) const {
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;
  const std::uint64_t hash = (word << (64 - 8 * kKeyBytes[key])) * kGolden;
  return heads_[(key << kHeadBits) + static_cast<std::size_t>(hash >> (64 - kHeadBits))];
}

/// So that 16 bits go on to hold them.
void StringIndex::slide_heads() {
  const auto slid = [](std::uint16_t head) {
    return static_cast<std::uint16_t>(std::max(head, kSlide) - kSlide);
  };
  for (std::uint16_t* head = heads_; head != links_; ++head) *head = slid(*head);
  origin_ += kSlide;
}

StringIndex::Place StringIndex::enter(std::size_t at) {
  const std::size_t left = content_.size() - at;
  if (left < hashed_bytes()) return {.at = at};
  return with_hash([&]<Hash kHash>() {
    return left < kWord ? enter_word<kHash>(at, word_at(at), left)
                        : enter_word<kHash>(at, load_little<std::uint64_t>(content_.data() + at), kWord);
  });
}

template <Hash kHash>
inline StringIndex::Place StringIndex::enter_word(std::size_t at, std::uint64_t word, std::size_t left) {
  if (at + kFirst - origin_ > 0xffff) slide_heads();
  const auto own = static_cast<std::uint16_t>(at + kFirst - origin_);
  std::uint16_t* const known = links_ + (at & ring_);
  Place place{.at = at};
  const auto enter_key = [&](std::size_t key) {
    std::uint16_t& head = head_of(word, key);
    known[key << ring_bits_] = place.links[key] = static_cast<std::uint16_t>(own - head);
    head = own;
  };
  known[kKeys << ring_bits_] = place.before = buckets_[bucket<kHash>(word)]++;
  enter_key(0);
  if (keys_ > 1 && left >= kKeyBytes[1]) enter_key(1);
  if (keys_ > 2 && left >= kKeyBytes[2]) enter_key(2);
  return place;
}

void StringIndex::enter_all(std::size_t begin, std::size_t end) {
  const std::size_t whole = std::min(end, content_.size() - std::min(content_.size(), kWord - 1));
  with_hash([&]<Hash kHash>() {
    for (; begin < whole; ++begin)
      enter_word<kHash>(begin, load_little<std::uint64_t>(content_.data() + begin), kWord);
  });
  for (; begin < end; ++begin) enter(begin);
}

std::uint32_t StringIndex::age_of(const Place& place, std::size_t distance) const {
  return static_cast<std::uint16_t>(place.before - before_of(place.at - distance));
}

Match StringIndex::longest(const Place& place, const Limits& limits) {
  const std::size_t ahead = std::min(content_.size() - place.at, kMaxMatch);
  if (ahead < hashed_bytes() || ahead <= limits.least) return {};
  Query query{.place = place,
              .limits = limits,
              .here = content_.data() + place.at,
              .ahead = ahead,
              .nice = std::min(limits.nice, ahead),
              .most = ahead,
              .best = {limits.least, 0}};
  if (keys_ > 2) look<2>(query);
  if (keys_ > 1) look<1>(query);
  if (hash_ != Hash::kFourBytes) look<0>(query);
  return query.best.distance == 0 ? Match{} : query.best;
}

/// Strings that have a key's bytes, if no longer one has led to a match.
template <std::size_t kKey>
inline void StringIndex::look(Query& query) {
  constexpr std::size_t kBytes = kKeyBytes[kKey];
  if (query.best.distance != 0 || query.most <= query.limits.least || kBytes > query.ahead) return;
  if (kBytes > query.nice && kBytes != hashed_bytes()) return;
  // A chain of later bytes leads to strings that would begin before the content, too.
  std::size_t last = std::min<std::size_t>(query.limits.first_reach, query.place.at);
  if (kKey == 0 && keys_ > 1) last = std::min<std::size_t>(last, query.limits.short_reach);
  const Walk walk{.chain = {kKey, 0, query.place.links[kKey]},
                  .need = std::max(query.best.length + 1, kBytes),
                  .last = last,
                  .steps = 1};
  if (query.ahead < kWord || walk.need > kWord)
    walk_many(walk, query);
  else
    walk_few<kKey>(walk, query);
  query.most = kBytes - 1;
  query.nice = std::min(query.nice, query.most);
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
  return common(query.here - distance, query.here, hashed_bytes()) == hashed_bytes() &&
         age_of(query.place, distance) > query.limits.strings;
}

/// How far before the place the string begins that is the last one to have the key at an offset.
std::size_t StringIndex::first_of(const Chain& chain, std::size_t at) const {
  const std::size_t place = at + chain.offset;
  return place + kFirst - origin_ - head_of(word_at(place), chain.key);
}

std::size_t StringIndex::next_of(const Chain& chain, std::size_t at) const {
  return chain.distance + link_of(at + chain.offset - chain.distance, chain.key);
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
    if (ahead.distance <= widest + offset) continue;
    widest = ahead.distance - offset;
    rarest = other;
  }
  leave(rarest, steps, at, chain);
}

template <std::size_t kKey>
inline void StringIndex::walk_few(const Walk& walk, Query& query) {
  const std::uint16_t* const links = links_ + (kKey << ring_bits_);
  const std::uint8_t* const here = query.here;
  const std::uint64_t word = load_little<std::uint64_t>(here);
  const std::size_t at = query.place.at;
  const std::uint32_t few = std::min(kPatience, query.limits.strings + 1);
  std::size_t need = walk.need;
  std::uint64_t needed = ~std::uint64_t{0} >> (64 - 8 * need);
  std::size_t distance = walk.chain.distance;
  std::uint32_t steps = 1;
  for (; distance <= walk.last && steps < few; ++steps) {
    const std::uint64_t differs = word ^ load_little<std::uint64_t>(here - distance);
    if ((differs & needed) == 0) {
      const std::size_t length = differs != 0 ? static_cast<std::size_t>(std::countr_zero(differs)) / 8
                                              : common(here - distance, here, query.ahead);
      if (!accept({length, static_cast<std::uint32_t>(distance)}, query)) return;
      need = length + 1;
      if (need > kWord) break;
      needed = ~std::uint64_t{0} >> (64 - 8 * need);
    }
    distance += links[(at - distance) & ring_];
  }
  compared_ += steps;
  if (distance <= walk.last) walk_many({{kKey, 0, distance}, need, walk.last, steps}, query);
}

/// Once there is a match, a longer one must have the byte after it, too: the chain of the key's bytes that
/// end with that one is shorter. It holds none of the strings that begin so near that these bytes are not
/// entered yet, so they are looked at before.
void StringIndex::walk_many(Walk walk, Query& query) {
  constexpr std::uint32_t kMostSkipped = 8;
  std::uint32_t patience = kPatience;  // steps after which another chain is worth looking for
  const std::size_t at = query.place.at;
  const std::size_t bytes = kKeyBytes[walk.chain.key];
  Chain& chain = walk.chain;
  bool may_leave = dense_ && walk.need > bytes;
  for (;; ++walk.steps) {
    if (chain.distance > walk.last) return;
    ++compared_;
    if (may_leave && chain.distance + bytes >= walk.need) {
      may_leave = false;
      Chain tail{chain.key, walk.need - bytes, 0};
      tail.distance = first_of(tail, at);
      leave(tail, kMostSkipped, at, chain);
    }
    if (walk.steps == patience && dense_ && walk.need > bytes) {
      leave_for_rarest(walk.need, patience, at, chain);
      patience *= 2;
    }
    if (chain.distance > walk.last) return;
    if (may_match(query.here - chain.distance, query.here, walk.need)) {
      const std::size_t length = common(query.here - chain.distance, query.here, query.ahead);
      if (length >= walk.need) {
        if (!accept({length, static_cast<std::uint32_t>(chain.distance)}, query)) return;
        walk.need = length + 1;
        may_leave = dense_;
      }
    }
    if (walk.steps > query.limits.strings && too_old(query, chain.distance)) return;
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
  for (Chain chain{key, 0, place.links[key]}; chain.distance <= kMaxDistance;
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

#include "unpack/prediction/predicted_deflate.hpp"

#include <algorithm>
#include <limits>

#include "unpack/prediction/block_reader.hpp"
#include "unpack/prediction/block_writer.hpp"
#include "unpack/prediction/corrections.hpp"
#include "unpack/prediction/zlib_frame.hpp"

namespace skiff::unpack::prediction {
namespace {

tl::unexpected<Error> mismatch(std::string_view what) {
  return fail(ErrorKind::kMismatch, "a deflate stream " + std::string(what));
}

/// Puts the bytes of a block at the front of `room`; false if it has no room for them, or there are none to
/// copy.
bool expand_tokens(const Block& block, MutableBytes room, std::size_t& at) {
  for (const Token& token : block.tokens) {
    const std::size_t bytes = span_of(token);
    if (bytes > room.size() - at) return false;
    if (token.length == 0) {
      room[at++] = static_cast<std::uint8_t>(token.value);
      continue;
    }
    if (token.value > at) return false;
    for (const std::size_t end = at + bytes; at < end; ++at) room[at] = room[at - token.value];
  }
  return true;
}

constexpr std::size_t kTrailer = 8;
constexpr std::uint64_t kGreedy = 8;  ///< in the last parameter, beside the hash

bool has_frame(StreamCodec codec) { return codec == StreamCodec::kPredictedZlib; }

/// What a zlib stream (RFC 1950) has around the deflate stream; the stream itself of the other codec.
Result<ByteView> without_frame(StreamCodec codec, ByteView packed) {
  if (!has_frame(codec)) return packed;
  if (packed.size() < kZlibHeader + kZlibCheck) return mismatch("without its header");
  return packed.subspan(kZlibHeader, packed.size() - kZlibHeader - kZlibCheck);
}

std::uint64_t load_trailer(ByteView trailer) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kTrailer; ++i) value |= std::uint64_t{trailer[i]} << 8 * i;
  return value;
}

}  // namespace

Method method_of(StreamCodec codec, const Search& search) {
  const std::uint64_t hash = static_cast<std::uint64_t>(search.hash) + (search.greedy ? kGreedy : 0);
  return {codec, {search.chain, search.good, search.lazy, search.nice, hash}};
}

Search search_of(const Method& method) {
  const auto part = [&](std::size_t i) { return static_cast<std::uint32_t>(method.parameters[i]); };
  return {.chain = part(0),
          .good = part(1),
          .lazy = part(2),
          .nice = part(3),
          .hash = static_cast<Hash>(part(4) % kGreedy),
          .greedy = part(4) >= kGreedy};
}

Result<std::size_t> expand(StreamCodec codec, ByteView framed, MutableBytes room) {
  SKIFF_ASSIGN(const ByteView packed, without_frame(codec, framed));
  BlockReader reader(packed);
  Block block;
  std::size_t at = 0;
  while (!reader.done()) {
    SKIFF_TRY(reader.next(block));
    if (block.type == BlockType::kStored) {
      if (block.stored > room.size() - at) return mismatch("longer than was said");
      const ByteView stored = packed.subspan(reader.stored_at(), block.stored);
      std::copy(stored.begin(), stored.end(), room.begin() + static_cast<std::ptrdiff_t>(at));
      at += block.stored;
    } else if (!expand_tokens(block, room, at)) {
      return mismatch("that copies what is not there, or is longer than was said");
    }
  }
  if (reader.position() != packed.size()) return mismatch("that ends early");
  return at;
}

Result<std::optional<Bytes>> correct(const Method& method, ByteView framed, ByteView content,
                                     const Effort& effort) {
  if (content.size() >= std::numeric_limits<std::uint32_t>::max()) return std::optional<Bytes>{};
  SKIFF_ASSIGN(const ByteView packed, without_frame(method.codec, framed));
  SKIFF_ASSIGN(TokenPredictor predictor, TokenPredictor::make(content, search_of(method)));
  BlockReader reader(packed);
  Block block;
  std::size_t expected = 0;
  const bool is_zlib = has_frame(method.codec);
  if (is_zlib && !std::ranges::equal(zlib_check(content), framed.last(kZlibCheck)))
    return std::optional<Bytes>{};
  const ByteView header = framed.first(is_zlib ? kZlibHeader : 0);
  Bytes corrections(header.begin(), header.end());
  while (!reader.done() && predictor.position() < effort.prefix) {
    SKIFF_TRY(reader.next(block));
    if (!write_corrections(corrections, block, expected, predictor) || corrections.size() > effort.most)
      return std::optional<Bytes>{};
    if (block.type != BlockType::kStored) expected = block.tokens.size();
  }
  return std::optional<Bytes>(std::move(corrections));
}

void append(Bytes& content, ByteView corrections) {
  put_bytes(content, corrections);
  put_u64le(content, corrections.size());
}

Result<void> restore(const Method& method, ByteView opened, Sink& packed) {
  if (opened.size() < kTrailer) return mismatch("without corrections");
  const std::uint64_t length = load_trailer(opened.last(kTrailer));
  const ByteView both = opened.first(opened.size() - kTrailer);
  if (length > both.size() || both.size() >= std::numeric_limits<std::uint32_t>::max())
    return mismatch("with more corrections than bytes");
  const ByteView content = both.first(both.size() - static_cast<std::size_t>(length));
  Cursor corrections(both.subspan(content.size()));
  SKIFF_ASSIGN(TokenPredictor predictor, TokenPredictor::make(content, search_of(method)));
  if (has_frame(method.codec)) {
    SKIFF_ASSIGN(const ByteView header, corrections.bytes(kZlibHeader));
    SKIFF_TRY(packed.write(header));
  }
  BlockWriter writer(packed);
  Block block;
  std::size_t expected = 0;
  do {
    const std::size_t from = predictor.position();
    SKIFF_TRY(read_corrections(corrections, block, expected, predictor));
    if (block.type != BlockType::kStored) expected = block.tokens.size();
    SKIFF_TRY(writer.write(block, content.subspan(from, predictor.position() - from)));
  } while (!block.last);
  if (!corrections.at_end() || predictor.position() != content.size())
    return mismatch("whose corrections end elsewhere than its content");
  SKIFF_TRY(writer.finish());
  return has_frame(method.codec) ? packed.write(zlib_check(content)) : Result<void>{};
}

}  // namespace skiff::unpack::prediction

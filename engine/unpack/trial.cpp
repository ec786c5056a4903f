#include "unpack/trial.hpp"

#include <lzma.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "unpack/codecs.hpp"
#include "unpack/expecting_sink.hpp"
#include "unpack/fields.hpp"
#include "unpack/lz4_methods.hpp"

namespace skiff::unpack {
namespace {

constexpr std::size_t kKnownMethods = 8;

/// Failures of a codec after which only what is known is tried: each costs trying all that its encoder can.
std::size_t most_failures(StreamCodec codec) {
  const bool cheap = codec == StreamCodec::kDeflate || codec == StreamCodec::kZlib;
  return cheap ? 32 : 8;
}

/// Whether packing the content gives what begins with `beginning`, as far as the re-packer's first pieces
/// show it: those of a stream come as soon as it has them.
bool begins_with(const Method& method, ByteView opened, ByteView beginning) {
  ExpectingSink sink(beginning);
  pack_stream(method, opened, sink);  // it ends with an error at the first byte that is not expected
  return sink.complete();
}

/// An encoder of zstd that has all of the content hands on its first byte with the last, and one that works
/// in jobs hands on a job. So what they make is asked for in parts first, each longer than the one before.
bool zstd_may_pack(Method method, ByteView opened, ByteView packed) {
  constexpr std::size_t kSpare = 1 << 10;       // what it wants free behind a block that it writes
  constexpr std::size_t kBlock = 129 * kSpare;  // a block that has no end in the part, and that
  constexpr std::size_t kGrowth = 16;
  std::size_t length = zstd_first_block_end(packed);
  if (length >= packed.size()) return true;
  const auto manner = static_cast<ZstdManner>(method.parameters[2]);
  if (manner == ZstdManner::kPieces) return true;
  if (manner == ZstdManner::kPiecesJobs) {
    method.parameters[2] = static_cast<std::uint64_t>(ZstdManner::kPieces);
    return begins_with(method, opened, packed.first(length));
  }
  if (!zstd_begins_with(method, opened, packed.first(length), kSpare)) return false;
  if (manner == ZstdManner::kWholeJobs) return true;
  while ((length *= kGrowth) < packed.size()) {
    if (!zstd_begins_with(method, opened, packed.first(length), kBlock)) return false;
  }
  return true;
}

/// An encoder of MicroLZMA hands on nothing before the end; its beginning is the same where less is to be
/// filled.
bool micro_lzma_may_pack(Method method, ByteView opened, ByteView packed) {
  constexpr std::uint64_t kPart = 4096;
  const ByteView block = without_zeros(packed);
  if (block.size() <= kPart) return true;
  method.parameters[2] = kPart;
  method.parameters[4] = 1;
  return begins_with(method, opened, block.first(kPart - end_as_it_is(method)));
}

bool packs(const Method& method, ByteView opened, ByteView packed) {
  if (method.codec == StreamCodec::kZstd && !zstd_may_pack(method, opened, packed)) return false;
  if (method.codec == StreamCodec::kMicroLzma && !micro_lzma_may_pack(method, opened, packed)) return false;
  ExpectingSink sink(packed);
  return pack_stream(method, opened, sink).has_value() && sink.complete();
}

std::vector<Method> deflate_methods(StreamCodec codec) {
  std::vector<Method> methods;
  for (const std::uint64_t memory : {8, 9}) {
    for (const std::uint64_t level : {9, 6, 8, 7, 5, 4, 3, 2, 1})
      methods.push_back({codec, {level, memory, 0, 15, 0}});
  }
  return methods;
}

/// By the header of the first block: one with room to spare is of an encoder that did not know the lengths.
std::vector<XzLayout> layouts_of(lzma_block block) {
  if (block.compressed_size == LZMA_VLI_UNKNOWN) return {XzLayout::kNoLengths};
  const std::uint32_t size = block.header_size;
  if (lzma_block_header_size(&block) != LZMA_OK || block.header_size != size) return {XzLayout::kBlocks};
  return {XzLayout::kLengths, XzLayout::kBlocks};
}

/// liblzma's own presets, with what the headers of the stream say of dictionary, filter and check.
std::vector<Method> xz_methods(ByteView packed) {
  lzma_stream_flags flags{};
  if (packed.size() <= LZMA_STREAM_HEADER_SIZE || lzma_stream_header_decode(&flags, packed.data()) != LZMA_OK)
    return {};
  const ByteView header = packed.subspan(LZMA_STREAM_HEADER_SIZE);
  lzma_block block{};
  std::array<lzma_filter, LZMA_FILTERS_MAX + 1> filters{};
  block.check = flags.check;
  block.filters = filters.data();
  block.header_size = lzma_block_header_size_decode(header[0]);
  if (header.size() < block.header_size ||
      lzma_block_header_decode(&block, nullptr, header.data()) != LZMA_OK)
    return {};
  const std::vector<XzLayout> layouts = layouts_of(block);
  std::uint64_t filter = 0;
  std::uint64_t dictionary = 0;
  std::size_t count = 0;
  for (; filters[count].id != LZMA_VLI_UNKNOWN; ++count) {
    if (filters[count].id == LZMA_FILTER_LZMA2)
      dictionary = static_cast<const lzma_options_lzma*>(filters[count].options)->dict_size;
    else
      filter = filters[count].id;
    std::free(filters[count].options);
  }
  if (dictionary == 0 || count > 2) return {};
  std::vector<Method> methods;
  for (const std::uint64_t preset : {6, 9 + 16, 9, 6 + 16, 5, 7, 8, 4, 3, 2, 1, 0}) {
    for (const XzLayout layout : layouts) {
      methods.push_back({StreamCodec::kXz,
                         {preset, dictionary, filter, static_cast<std::uint64_t>(flags.check),
                          static_cast<std::uint64_t>(layout)}});
    }
  }
  return methods;
}

/// The frame's header says whether there is a checksum, and whether the encoder knew the length of what it
/// was given (RFC 8878, section 3.1.1.1.1); jobs differ from it where there are several.
std::vector<Method> zstd_methods(std::uint64_t opened_length, ByteView packed) {
  constexpr std::uint64_t kShortestJob = std::uint64_t{1} << 20;
  const std::uint64_t checksum = (packed[4] >> 2) & 1;
  const bool length_known = (packed[4] & 0xe0) != 0;
  const auto known_length = length_known ? std::optional(opened_length) : std::nullopt;
  std::vector<Method> methods;
  for (const std::uint64_t level :
       {15, 19, 3, 22, 9, 6, 12, 1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 18, 20, 21}) {
    if (!zstd_has_window_of(static_cast<int>(level), known_length, packed)) continue;
    const auto add = [&](ZstdManner manner) {
      methods.push_back({StreamCodec::kZstd, {level, checksum, static_cast<std::uint64_t>(manner), 0, 0}});
    };
    add(length_known ? ZstdManner::kWhole : ZstdManner::kPieces);
    if ((opened_length > kShortestJob || level >= kFirstLevelOfOneJob) && zstd_has_jobs())
      add(length_known ? ZstdManner::kWholeJobs : ZstdManner::kPiecesJobs);
  }
  return methods;
}

/// Blocks of a file system, filled: mkfs.erofs takes a dictionary of 8 times that, 32 KiB at least, if it is
/// not told another one, which is looked for up to twice the content. Presets 6 to 9 differ in the
/// dictionary alone, and so do the extreme ones but for two.
std::vector<Method> micro_lzma_methods(std::uint64_t opened_length, ByteView packed) {
  constexpr std::uint64_t kBlockBits = 12;
  constexpr std::uint64_t kMostTarget = std::uint64_t{1} << 20;
  constexpr std::uint64_t kLeastDictionary = 32 << 10;
  constexpr std::uint64_t kDictionaryOfBlock = 8;
  const std::uint64_t most = std::bit_ceil(std::uint64_t{packed.size()});
  if (packed.size() % (std::uint64_t{1} << kBlockBits) != 0 || most > kMostTarget) return {};
  const std::uint64_t zeros = packed.size() - without_zeros(packed).size();
  std::vector<std::uint64_t> dictionaries{std::max(kLeastDictionary, kDictionaryOfBlock * most)};
  for (std::uint64_t length = kLeastDictionary; length <= 2 * std::bit_ceil(opened_length); length *= 2) {
    if (length != dictionaries.front()) dictionaries.push_back(length);
  }
  std::vector<Method> methods;
  for (const std::uint64_t dictionary : dictionaries) {
    for (const std::uint64_t preset : {6, 9 + 16, 3 + 16, 5, 4, 3, 2, 1, 0}) {
      for (const std::uint64_t end : {std::uint64_t{0}, 1 + zeros})
        methods.push_back({StreamCodec::kMicroLzma, {preset, dictionary, most, kBlockBits, end}});
    }
  }
  return methods;
}

std::vector<Method> lzo_methods() {
  constexpr auto k999 = static_cast<std::uint64_t>(LzoAlgorithm::k999);
  std::vector<Method> methods;
  for (const std::uint64_t level : {8, 9, 7, 6, 5, 4, 3, 2, 1})
    methods.push_back({StreamCodec::kLzo, {k999, level, 0, 0, 0}});
  for (std::uint64_t algorithm = 0; algorithm < k999; ++algorithm)
    methods.push_back({StreamCodec::kLzo, {algorithm, 0, 0, 0, 0}});
  return methods;
}

/// As long as the data of the first chunk is (PNG specification, section 5.3).
std::vector<Method> png_methods(ByteView packed) {
  return {{StreamCodec::kPngPicture, {big_u32(packed, 0), 0, 0, 0, 0}}};
}

std::vector<Method> candidates(const FoundStream& stream, ByteView packed) {
  switch (stream.codec) {
    case StreamCodec::kLz4:
      return lz4_methods(packed);
    case StreamCodec::kLzo:
      return lzo_methods();
    case StreamCodec::kMicroLzma:
      return micro_lzma_methods(stream.opened.size(), packed);
    case StreamCodec::kPngPicture:
      return png_methods(packed);
    case StreamCodec::kXz:
      return xz_methods(packed);
    case StreamCodec::kZstd:
      return zstd_methods(stream.opened.size(), packed);
    default:
      return deflate_methods(stream.codec);
  }
}

std::optional<Method> first_that_packs(const std::vector<Method>& methods, const FoundStream& stream,
                                       ByteView packed) {
  for (const Method& method : methods) {
    if (method.codec != stream.codec || !check_method(method)) continue;
    const bool is_all = end_as_it_is(method) == 0;
    if (is_all ? packs(method, stream.opened, packed)
               : packs(method, with_end(method, stream.opened, packed), packed))
      return method;
  }
  return std::nullopt;
}

}  // namespace

Bytes with_end(const Method& method, Bytes opened, ByteView packed) {
  const ByteView end = packed.last(std::min<std::size_t>(packed.size(), end_as_it_is(method)));
  opened.insert(opened.end(), end.begin(), end.end());
  return opened;
}

std::optional<Method> MethodFinder::find(const FoundStream& stream, ByteView packed) {
  std::optional<Method> method = find_known(stream, packed);
  std::size_t& failures = failures_[stream.codec];
  if (!method && failures < most_failures(stream.codec))
    method = first_that_packs(candidates(stream, packed), stream, packed);
  if (method)
    learn(*method);
  else
    ++failures;
  return method;
}

std::optional<Method> MethodFinder::find_known(const FoundStream& stream, ByteView packed) const {
  return first_that_packs(known_, stream, packed);
}

void MethodFinder::learn(const Method& method) {
  std::erase(known_, method);
  known_.insert(known_.begin(), method);
  if (known_.size() > kKnownMethods) known_.pop_back();
}

}  // namespace skiff::unpack

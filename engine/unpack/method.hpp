// Method: how a compressed stream was made, so that it can be made again: FORMAT.md, section 13.
#pragma once

#include <array>
#include <cstdint>

#include "skiff/repackers.hpp"

namespace skiff::unpack {

/// What a stream is written in. The values stand in recipes, and 1 << value is the codec's bit in `features`;
/// bit 0 is never set, so that the files that test for an unknown feature stay what they are, and bit 7 says
/// that there are several levels. kLz4GoesOn is kLz4, and kMicroLzmaGoesOn kMicroLzma, with content that
/// follows the bytes before it unaligned: a further part of a file.
enum class StreamCodec : std::uint8_t {
  kDeflate = 1,
  kZlib = 2,
  kXz = 3,
  kZstd = 4,
  kPredictedDeflate = 5,
  kPredictedZlib = 6,
  kLz4 = 8,
  kLz4GoesOn = 9,
  kLzo = 10,
  kPngPicture = 11,
  kMicroLzma = 12,
  kMicroLzmaGoesOn = 13
};

constexpr bool is_predicted(StreamCodec codec) {
  return codec == StreamCodec::kPredictedDeflate || codec == StreamCodec::kPredictedZlib;
}

constexpr bool goes_on(StreamCodec codec) {
  return codec == StreamCodec::kLz4GoesOn || codec == StreamCodec::kMicroLzmaGoesOn;
}
/// The same codec of a part of a file that goes on; the argument if there is none.
constexpr StreamCodec going_on(StreamCodec codec) {
  return codec == StreamCodec::kLz4         ? StreamCodec::kLz4GoesOn
         : codec == StreamCodec::kMicroLzma ? StreamCodec::kMicroLzmaGoesOn
                                            : codec;
}

/// Whether a base stream of the codec names a method, and not the codec alone.
constexpr bool names_method(StreamCodec codec) { return codec >= StreamCodec::kPredictedDeflate; }

constexpr std::uint64_t feature_of(StreamCodec codec) {
  return std::uint64_t{1} << static_cast<unsigned>(codec);
}

inline constexpr std::size_t kParameters = 5;

/// What stands before a block of an xz stream: lzma_stream_encoder() names no lengths,
/// lzma_stream_buffer_encode() names them, and lzma_stream_encoder_mt(), which `xz` uses since 5.6, names
/// them in a header with room for more, and cuts what is long into several blocks.
enum class XzLayout : std::uint8_t { kNoLengths = 0, kLengths = 1, kBlocks = 2 };

/// Levels from here on have jobs so long that what there is to pack is one.
inline constexpr std::uint64_t kFirstLevelOfOneJob = 20;

/// How a zstd encoder was given the content: all in one call, or in pieces without being told its length, or
/// either way to be cut into jobs, as `zstd` does with what is long, threads or not.
enum class ZstdManner : std::uint8_t { kWhole = 0, kPieces = 1, kWholeJobs = 2, kPiecesJobs = 3 };

/// The functions of liblzo2 that pack, by squashfs' numbers: lzo1x_1_compress(), those with fewer or more
/// bits of hash, and lzo1x_999_compress_level().
enum class LzoAlgorithm : std::uint8_t {
  k1 = 0,
  k1With11Bits = 1,
  k1With12Bits = 2,
  k1With15Bits = 3,
  k999 = 4
};

/// The parameters of the encoder, by codec; all 0 for a stream that is only decoded, unless it is predicted.
/// - kDeflate, kZlib: level 1 to 9, memLevel 8 or 9, strategy 0 (zlib's numbers), window bits 15, 0
/// - kXz: preset 0 to 9, + 16 if extreme; dictionary in bytes; filter before LZMA2 (liblzma's id, 0 none);
///   check 0 to 15; an XzLayout
/// - kZstd: level 1 to 22, 1 if the frame has a checksum, a ZstdManner, 0, 0
/// - kLz4, kLz4GoesOn: level 0 (fast) to 12; most packed bytes, 4 KiB to 1 MiB, into which as much of the
///   content goes as fits, or 0: all of it; 1 if zeros follow the content in the encoder's eyes; zeros before
///   the packed bytes fill them up to a multiple of 1 << this, 9 to 16, or 0: none; 0
/// - kLzo: an LzoAlgorithm; level 1 to 9 of k999, else 0; 0, 0, 0
/// - kMicroLzma, kMicroLzmaGoesOn: preset 0 to 9, + 16 if extreme; dictionary in bytes; most packed bytes,
///   4 KiB to 1 MiB; a unit, 9 to 16: zeros and packed bytes fill multiples of 1 << this; 0, or, where the
///   end is as it is (end_as_it_is()), 1 + the zeros before
/// - kPngPicture: bytes of data in each chunk but the last, at most 2^31 - 1; 0, 0, 0, 0
/// - kPredictedDeflate, kPredictedZlib: chain 1 to 4,096; good, lazy, nice 0 to 258; hash 0 to 4, + 8 if
/// greedy
struct Method {
  StreamCodec codec = StreamCodec::kDeflate;
  std::array<std::uint64_t, kParameters> parameters{};
  bool operator==(const Method&) const = default;
};

/// That the parameters are ones that section 13.2 allows. Errors: kFormat (F30), kUnsupported for a codec
/// that section does not define.
Result<void> check_method(const Method& method);

/// Bytes at the end of the content that are not the encoder's, but the end of the stream as it is: how a
/// block that was filled ends depends on what the encoder saw after it.
std::uint64_t end_as_it_is(const Method& method);

/// Bytes of memory that packing `opened_length` bytes by a method takes, by the formulas of section 13.4.
std::uint64_t packing_memory(const Method& method, std::uint64_t opened_length);

/// Whether the library packs by threads of its own.
bool runs_threads(const Method& method);

/// The name of the re-packer whose library has the codec.
std::string_view library_of(StreamCodec codec);
/// The re-packer of a codec; null if there is none.
const Repacker* repacker_of(const Repackers& repackers, StreamCodec codec);

}  // namespace skiff::unpack

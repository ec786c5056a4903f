// What the re-packers of liblzma share.
#pragma once

#include <lzma.h>

#include <algorithm>
#include <cstdint>

namespace skiff::unpack {

/// The options of a preset, 0 to 9, + 16 if extreme, with another dictionary.
inline lzma_options_lzma options_of(std::uint64_t preset, std::uint64_t dictionary) {
  constexpr std::uint64_t kExtreme = 16;
  lzma_options_lzma options;
  lzma_lzma_preset(&options, static_cast<std::uint32_t>(preset & 15) |
                                 ((preset & kExtreme) != 0 ? LZMA_PRESET_EXTREME : 0));
  options.dict_size = static_cast<std::uint32_t>(dictionary);
  return options;
}

/// As much of a dictionary as content of a length has use for: an encoder may have been given a far longer
/// one, all of which a decoder would take.
inline std::uint32_t used_dictionary(std::uint64_t dictionary, std::uint64_t opened_length) {
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(opened_length, LZMA_DICT_SIZE_MIN, dictionary));
}

/// A coder of liblzma that ends with its scope.
class LzmaCoder {
 public:
  LzmaCoder() = default;
  ~LzmaCoder() { lzma_end(&stream_); }
  LzmaCoder(const LzmaCoder&) = delete;
  LzmaCoder& operator=(const LzmaCoder&) = delete;
  lzma_stream& stream() { return stream_; }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

}  // namespace skiff::unpack

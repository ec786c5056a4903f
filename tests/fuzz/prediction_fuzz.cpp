// Deflate streams: what can be predicted comes out the same, and corrections of any bytes end in order.
#include <cstdint>
#include <cstdlib>

#include "unpack/prediction/predicted_deflate.hpp"

namespace {

using namespace skiff::unpack;

constexpr std::size_t kMaxContent = 1 << 18;

void check(bool holds) {
  if (!holds) std::abort();
}

/// A method of the first byte, and the bytes after it as a stream and as what it opens to.
void predict(std::uint8_t kind, skiff::ByteView bytes) {
  const StreamCodec codec = (kind & 16) != 0 ? StreamCodec::kPredictedZlib : StreamCodec::kPredictedDeflate;
  const auto hash = static_cast<std::uint64_t>(kind % 8 < 5 ? kind % 8 : 0) + (kind & 8);
  const Method method{codec, {64, 8, 16, 128, hash}};
  check(check_method(method).has_value());
  skiff::BytesSink any;
  (void)prediction::restore(method, bytes, any);
  skiff::Bytes opened(kMaxContent);
  const auto length = prediction::expand(codec, bytes, opened);
  if (!length) return;
  opened.resize(*length);
  const auto corrections = prediction::correct(method, bytes, opened, {});
  check(corrections.has_value());
  if (!*corrections) return;
  prediction::append(opened, **corrections);
  skiff::BytesSink again;
  check(prediction::restore(method, opened, again).has_value());
  check(std::equal(again.bytes().begin(), again.bytes().end(), bytes.begin(), bytes.end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) predict(data[0], {data + 1, size - 1});
  return 0;
}

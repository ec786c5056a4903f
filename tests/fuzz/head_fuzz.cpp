// The head of a delta: what is refused names its rule, and what is read is written back as the same bytes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "format/head.hpp"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const skiff::ByteView bytes(data, size);
  const auto info = skiff::read_head(bytes);
  if (!info) {
    check(!info.error().rule.empty() || info.error().kind == skiff::ErrorKind::kLimit);
    return 0;
  }
  // A header has one form for each meaning.
  const skiff::Bytes written = skiff::write_head(*info);
  check(written.size() == info->head_length);
  check(std::equal(written.begin(), written.end(), bytes.begin()));
  return 0;
}

// A recipe and the streams of an image: what is refused names its rule, what is read has one meaning, and a
// search for streams ends on anything.
#include <cstdint>
#include <cstdlib>

#include "unpack/recipe.hpp"
#include "unpack/scan.hpp"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void read(skiff::ByteView bytes, std::uint64_t features) {
  const auto recipe = skiff::unpack::read_recipe(bytes, features);
  if (!recipe) {
    check(!recipe.error().rule.empty() || recipe.error().kind == skiff::ErrorKind::kLimit);
    return;
  }
  check(skiff::unpack::read_recipe(skiff::unpack::write_recipe(*recipe).value(), features).value() ==
        *recipe);
  const auto layout = skiff::unpack::lay_out(recipe->front().base, bytes.size(), recipe->front().phase);
  check(layout || layout.error().rule == "F31");
}

void search(skiff::ByteView bytes) {
  const skiff::ViewSource image(bytes);
  std::uint64_t end = 0;
  const auto found = [&](skiff::unpack::FoundStream& stream) -> skiff::Result<void> {
    check(stream.offset >= end && stream.length <= bytes.size() - stream.offset);
    end = stream.offset + stream.length;
    return {};
  };
  const std::uint64_t half = bytes.size() / 2;
  check(skiff::unpack::find_streams(image, {{0, half}, {half, bytes.size()}}, found).has_value());
  end = 0;
  if (const auto system = skiff::unpack::read_block_system(image))
    check(skiff::unpack::find_blocks(image, *system, found).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const skiff::ByteView bytes(data, size);
  read(bytes, 0);
  read(bytes, skiff::unpack::kSeveralLevels);
  search(bytes);
  return 0;
}

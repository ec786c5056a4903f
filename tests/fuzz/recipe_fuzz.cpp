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

void read(skiff::ByteView bytes) {
  const auto recipe = skiff::unpack::read_recipe(bytes);
  if (!recipe) {
    check(!recipe.error().rule.empty() || recipe.error().kind == skiff::ErrorKind::kLimit);
    return;
  }
  check(skiff::unpack::read_recipe(skiff::unpack::write_recipe(*recipe).value()).value() == *recipe);
  const auto layout = skiff::unpack::lay_out(recipe->base, bytes.size());
  check(layout || layout.error().rule == "F31");
}

void scan(skiff::ByteView bytes, const skiff::unpack::Squashfs* system) {
  std::uint64_t end = 0;
  const auto done = skiff::unpack::find_streams(
      skiff::ViewSource(bytes), system, [&](skiff::unpack::FoundStream& found) -> skiff::Result<void> {
        check(found.offset >= end && found.length <= bytes.size() - found.offset);
        end = found.offset + found.length;
        return {};
      });
  check(done.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const skiff::ByteView bytes(data, size);
  read(bytes);
  scan(bytes, nullptr);
  if (const auto system = skiff::unpack::read_squashfs(skiff::ViewSource(bytes))) scan(bytes, &*system);
  return 0;
}

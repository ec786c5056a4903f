#include "tests/engine/typing/sound_typing.hpp"

#include <gtest/gtest.h>

namespace skiff::testing {

void expect_sound(const ImageTyping& typing, std::uint64_t image_length) {
  std::uint64_t reached = 0;
  for (const Space& space : typing) {
    ASSERT_GE(space.begin, reached);
    ASSERT_GE(space.end, space.begin);
    reached = space.end;
    std::uint64_t at = space.begin;
    for (const AddressRange& range : space.addresses) {
      ASSERT_GE(range.offset, at);
      ASSERT_LE(range.offset, space.end);
      ASSERT_LE(range.length, space.end - range.offset);
      at = range.offset + range.length;
    }
    at = space.begin;
    for (const TypedRange& range : space.types) {
      ASSERT_GE(range.offset, at);
      ASSERT_LE(range.offset, space.end);
      ASSERT_LE(range.length, space.end - range.offset);
      ASSERT_LT(static_cast<int>(range.kind), kKinds);
      at = range.offset + range.length;
    }
  }
  ASSERT_LE(reached, image_length);
}

}  // namespace skiff::testing

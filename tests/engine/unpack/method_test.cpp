#include "unpack/method.hpp"

#include <gtest/gtest.h>

namespace skiff::unpack {
namespace {

TEST(Method, OfLzoHasALevelWhereItsFunctionHasOne) {
  using Parameters = std::array<std::uint64_t, kParameters>;
  for (const Parameters allowed : {Parameters{0}, {1}, {2}, {3}, {4, 1}, {4, 9}})
    EXPECT_TRUE(check_method({StreamCodec::kLzo, allowed})) << allowed[0] << ' ' << allowed[1];
  for (const Parameters refused :
       {Parameters{0, 1}, {3, 9}, {4}, {4, 10}, {5}, {4, 8, 1}, {4, 8, 0, 1}, {0, 0, 0, 0, 1}}) {
    const auto checked = check_method({StreamCodec::kLzo, refused});
    ASSERT_FALSE(checked) << refused[0] << ' ' << refused[1];
    EXPECT_EQ(checked.error().rule, "F30");
  }
}

TEST(Method, OfACodecThatNoDocumentDefinesIsUnsupported) {
  EXPECT_EQ(check_method({static_cast<StreamCodec>(14), {}}).error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace skiff::unpack

// When the device asks for its next certificate.
#include "agent/net/certificate.hpp"

#include <gtest/gtest.h>

namespace skiff::agent::test {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kMade = 20'000 * kDay;
const CertificateLife kLife = {"d1", kMade - 3'650 * kDay, kMade + 90 * kDay, kMade};

TEST(CertificateLife, IsDueInItsLastThird) {
  EXPECT_FALSE(kLife.is_due(kMade));
  EXPECT_FALSE(kLife.is_due(kMade + 60 * kDay - 1));
  EXPECT_TRUE(kLife.is_due(kMade + 60 * kDay));
  EXPECT_TRUE(kLife.is_due(kMade + 91 * kDay));
}

TEST(CertificateLife, IsDueInItsLastThirtyDaysWhereTheTimeOfItsFileIsWrong) {
  for (const std::int64_t written : {std::int64_t{0}, kMade + 1'000 * kDay}) {
    CertificateLife life = kLife;
    life.written = written;
    EXPECT_FALSE(life.is_due(kMade + 60 * kDay - 1)) << written;
    EXPECT_TRUE(life.is_due(kMade + 60 * kDay)) << written;
  }
}

TEST(CertificateLife, OfAFileThatIsNoCertificateIsAnError) {
  EXPECT_FALSE(certificate_life("/dev/null"));
  EXPECT_FALSE(certificate_life("/nonexistent"));
}

}  // namespace
}  // namespace skiff::agent::test

// Which key speaks for which serial: every state of a serial, asked with its own key and with another.
#include "store/admissions.hpp"

#include "store/alarms.hpp"
#include "store/devices.hpp"
#include "tests/server/store/database_fixture.hpp"

namespace skiff::server::test {
namespace {

constexpr std::int64_t kStart = 1'000'000;

Claim claim(std::string key, std::string serial = "d1", std::string address = "192.0.2.1") {
  return {std::move(serial), std::move(key), std::move(address)};
}

class AdmissionTest : public StoreTest {
 protected:
  std::optional<Admission> enrol(const Claim& of, std::int64_t now = kStart) {
    return store().enrol(of, now).value();
  }
  Admission admit(const Claim& of) { return store().admit(of, kStart).value(); }
  std::size_t alarms() { return AlarmStore(*database_).list().value().size(); }
  AdmissionStore store() { return AdmissionStore(*database_, limits_); }

  PendingLimits limits_;
};

TEST_F(AdmissionTest, AStrangerWaitsUntilAPersonAcceptsItsKey) {
  EXPECT_EQ(enrol(claim("k")), Admission::kPending);
  EXPECT_EQ(enrol(claim("k")), Admission::kPending);
  EXPECT_EQ(store().claims().value().size(), 1U);
  EXPECT_TRUE(DeviceStore(*database_).list().value().empty());
  ASSERT_TRUE(store().decide_claim("d1", "k", Admission::kAccepted));
  EXPECT_EQ(enrol(claim("k")), Admission::kAccepted);
  EXPECT_EQ(admit(claim("k")), Admission::kAccepted);
  EXPECT_TRUE(store().claims().value().empty());
  EXPECT_EQ(alarms(), 0U);
}

TEST_F(AdmissionTest, ARejectedClaimStaysRejectedOverAnyWay) {
  enrol(claim("k"));
  ASSERT_TRUE(store().decide_claim("d1", "k", Admission::kRejected));
  EXPECT_EQ(enrol(claim("k")), Admission::kRejected);
  EXPECT_EQ(admit(claim("k")), Admission::kRejected);
  EXPECT_EQ(store().expire(kStart + limits_.lifetime + 1).value(), 0U);
}

TEST_F(AdmissionTest, ADeviceOfTheFactoryListIsAcceptedByItsKeyAlone) {
  EXPECT_EQ(store().preauthorise({claim("k"), claim("l", "d2")}).value(), 2U);
  EXPECT_EQ(store().preauthorise({claim("other")}).value(), 0U);
  EXPECT_EQ(enrol(claim("x")), Admission::kPending);
  EXPECT_EQ(alarms(), 1U);
  EXPECT_EQ(enrol(claim("k")), Admission::kAccepted);
  EXPECT_TRUE(store().claims().value().empty());
  EXPECT_EQ(enrol(claim("l", "d2")), Admission::kAccepted);
}

TEST_F(AdmissionTest, ACertificateOfTheAuthorityAdmitsASerialNeverHeardOfAndItsFirstKeyAlone) {
  EXPECT_EQ(admit(claim("k")), Admission::kAccepted);
  ASSERT_TRUE(DeviceStore(*database_).check_in({"d1", "k", "f", "gw1", {}, "", 0, "0.1.0", "IDLE"}, kStart));
  EXPECT_EQ(admit(claim("x")), Admission::kPending);
  EXPECT_EQ(admit(claim("k")), Admission::kAccepted);
  const auto raised = AlarmStore(*database_).list().value();
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised[0].kind, kDuplicateIdentity);
  EXPECT_EQ(raised[0].subject, "d1");
  EXPECT_NE(raised[0].detail.find("x from 192.0.2.1"), std::string::npos);
}

TEST_F(AdmissionTest, ADuplicateThatIsAcceptedReplacesTheKey) {
  store().preauthorise({claim("k")}).value();
  enrol(claim("k"));
  enrol(claim("x"));
  ASSERT_TRUE(store().decide_claim("d1", "x", Admission::kAccepted));
  EXPECT_EQ(admit(claim("x")), Admission::kAccepted);
  EXPECT_EQ(admit(claim("k")), Admission::kPending);
}

TEST_F(AdmissionTest, ADeviceThatWasKnownBeforeKeysWereIsNotAStrangersForTheAsking) {
  ASSERT_TRUE(store().decide("d1", Admission::kAccepted));
  EXPECT_EQ(enrol(claim("x")), Admission::kPending);
  EXPECT_EQ(admit(claim("k")), Admission::kAccepted);
  EXPECT_EQ(admit(claim("x")), Admission::kPending);
}

TEST_F(AdmissionTest, ARenewedKeyReplacesTheOldWhenItIsFirstUsed) {
  store().preauthorise({claim("k")}).value();
  enrol(claim("k"));
  ASSERT_TRUE(store().expect_key("d1", "n"));
  EXPECT_EQ(admit(claim("k")), Admission::kAccepted);
  EXPECT_EQ(admit(claim("n")), Admission::kAccepted);
  EXPECT_EQ(admit(claim("k")), Admission::kPending);
}

TEST_F(AdmissionTest, ARenewalOfTheSameKeyForgetsTheNewOne) {
  store().preauthorise({claim("k")}).value();
  enrol(claim("k"));
  ASSERT_TRUE(store().expect_key("d1", "n"));
  ASSERT_TRUE(store().expect_key("d1", "k"));
  EXPECT_EQ(admit(claim("n")), Admission::kPending);
}

TEST_F(AdmissionTest, ARejectionHoldsAtOnceAndMayComeBeforeTheFirstContact) {
  ASSERT_TRUE(store().decide("d1", Admission::kRejected));
  EXPECT_EQ(admit(claim("k")), Admission::kRejected);
  const auto other_process = Database::open(url()).value();
  ASSERT_TRUE(AdmissionStore(*other_process).decide("d1", Admission::kAccepted));
  EXPECT_EQ(admit(claim("k")), Admission::kAccepted);
}

TEST_F(AdmissionTest, ADecommissionedDeviceComesBackUnderNoKey) {
  store().preauthorise({claim("k")}).value();
  enrol(claim("k"));
  enrol(claim("x"));
  ASSERT_TRUE(store().decide("d1", Admission::kDecommissioned));
  for (const char* key : {"k", "x", "y"}) {
    EXPECT_EQ(enrol(claim(key)), Admission::kDecommissioned) << key;
    EXPECT_EQ(admit(claim(key)), Admission::kDecommissioned) << key;
  }
  EXPECT_TRUE(store().claims().value().empty());
}

TEST_F(AdmissionTest, ClaimsAreBoundedInAllAndByAddress) {
  limits_ = {3, 2, 100};
  EXPECT_EQ(enrol(claim("a", "s1")), Admission::kPending);
  EXPECT_EQ(enrol(claim("b", "s2")), Admission::kPending);
  EXPECT_EQ(enrol(claim("c", "s3")), std::nullopt);
  EXPECT_EQ(enrol(claim("a", "s1")), Admission::kPending);
  EXPECT_EQ(enrol(claim("c", "s3", "192.0.2.2")), Admission::kPending);
  EXPECT_EQ(enrol(claim("d", "s4", "192.0.2.3")), std::nullopt);
  EXPECT_EQ(store().claims().value().size(), 3U);
  EXPECT_EQ(AlarmStore(*database_).list().value().size(), 2U);
}

TEST_F(AdmissionTest, ClaimsThatAreNotMadeAgainExpire) {
  enrol(claim("a", "s1"), kStart);
  enrol(claim("b", "s2"), kStart);
  enrol(claim("b", "s2"), kStart + limits_.lifetime);
  EXPECT_EQ(store().expire(kStart + limits_.lifetime + 1).value(), 1U);
  EXPECT_EQ(store().claims().value().at(0).claim.serial, "s2");
}

TEST_F(AdmissionTest, AClaimThatNobodyMadeCannotBeDecided) {
  EXPECT_EQ(store().decide_claim("d1", "k", Admission::kAccepted).error().kind, ErrorKind::kNotFound);
}

TEST_F(AdmissionTest, AnAlarmIsRaisedAgainInItsPlaceAndCleared) {
  limits_.total = 0;
  enrol(claim("a"), kStart);
  enrol(claim("b"), kStart + 5);
  AlarmStore alarms(*database_);
  const auto list = alarms.list().value();
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].times, 2U);
  EXPECT_EQ(list[0].first, kStart);
  EXPECT_EQ(list[0].last, kStart + 5);
  EXPECT_TRUE(alarms.clear(list[0].kind, list[0].subject, 1).value());
  EXPECT_FALSE(alarms.clear(list[0].kind, list[0].subject, 1).value());
}

}  // namespace
}  // namespace skiff::server::test

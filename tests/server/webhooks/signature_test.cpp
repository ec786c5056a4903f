// Signatures of events, against what Python's hmac says of the same.
#include "webhooks/signature.hpp"

#include <gtest/gtest.h>

namespace skiff::server {
namespace {

TEST(WebhookSignature, IsThatOfStandardWebhooks) {
  const struct {
    const char* secret;
    const char* id;
    std::int64_t time;
    const char* body;
    const char* signature;
  } cases[] = {
      // The example of the Standard Webhooks libraries.
      {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1'614'265'330,
       R"({"test": 2432232314})", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
      // hmac.new(bytes(range(1, 33)), b'msg_0123456789abcdef.1795000000.{"type":"webhook.test"}', "sha256")
      {"whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=", "msg_0123456789abcdef", 1'795'000'000,
       R"({"type":"webhook.test"})", "v1,cYJ4TySzb7YF/AKn8blqzQl7/pe+9OO0ihXnuXsKFMM="},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(webhook_signature(c.secret, c.id, c.time, c.body).value(), c.signature) << c.id;
  }
}

TEST(WebhookSignature, SecretsAreNewAndThoseThatAreNoneAreRefused) {
  const std::string one = new_webhook_secret();
  EXPECT_TRUE(one.starts_with("whsec_"));
  EXPECT_EQ(one.size(), 6U + 44U);
  EXPECT_NE(one, new_webhook_secret());
  EXPECT_TRUE(webhook_signature(one, "a", 1, ""));
  for (const char* odd : {"", "whsec_", "whsec_?", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_ab"}) {
    EXPECT_EQ(webhook_signature(odd, "a", 1, "").error().kind, ErrorKind::kFormat) << odd;
  }
}

}  // namespace
}  // namespace skiff::server

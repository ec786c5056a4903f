// Where events may be sent to.
#include "webhooks/address.hpp"

#include <gtest/gtest.h>

namespace skiff::server {
namespace {

TEST(WebhookAddress, IsOfTheKindThatItsNumberSays) {
  const struct {
    const char* address;
    AddressKind kind;
  } cases[] = {
      {"192.0.2.1", AddressKind::kOrdinary},
      {"10.0.0.1", AddressKind::kOrdinary},
      {"169.253.255.255", AddressKind::kOrdinary},
      {"2001:db8::1", AddressKind::kOrdinary},
      {"fd00::1", AddressKind::kOrdinary},
      {"127.0.0.1", AddressKind::kLoopback},
      {"127.255.255.254", AddressKind::kLoopback},
      {"::1", AddressKind::kLoopback},
      {"::ffff:127.0.0.1", AddressKind::kLoopback},
      {"169.254.169.254", AddressKind::kLocal},
      {"::ffff:169.254.169.254", AddressKind::kLocal},
      {"100.100.100.200", AddressKind::kLocal},
      {"::ffff:100.100.100.200", AddressKind::kLocal},
      {"168.63.129.16", AddressKind::kLocal},
      {"fd00:ec2::254", AddressKind::kLocal},
      {"fd00:0ec2:0::254", AddressKind::kLocal},
      {"fe80::1", AddressKind::kLocal},
      {"0.0.0.0", AddressKind::kLocal},
      {"0.1.2.3", AddressKind::kLocal},
      {"::", AddressKind::kLocal},
      {"224.0.0.1", AddressKind::kLocal},
      {"255.255.255.255", AddressKind::kLocal},
      {"ff02::1", AddressKind::kLocal},
      {"", AddressKind::kLocal},
      {"localhost", AddressKind::kLocal},
  };
  for (const auto& c : cases) EXPECT_EQ(kind_of_address(c.address), c.kind) << c.address;
}

TEST(WebhookAddress, UrlsAreHttpsOrPlainToTheLoopback) {
  EXPECT_EQ(parse_webhook_url("https://hooks.example:8443/a?b=c").value().host, "hooks.example");
  EXPECT_FALSE(parse_webhook_url("https://10.0.0.1/").value().is_plain);
  for (const char* plain : {"http://localhost:1/", "http://127.0.0.1/x", "http://[::1]:8080/"}) {
    EXPECT_TRUE(parse_webhook_url(plain).value().is_plain) << plain;
  }
  for (const char* odd :
       {"", "hooks.example", "http://hooks.example/", "http://10.0.0.1/", "ftp://127.0.0.1/",
        "file:///etc/passwd", "https://ann@hooks.example/", "https://:secret@hooks.example/",
        "https://hooks.example/#part", "https://", "http://localhost.example/"}) {
    const auto parsed = parse_webhook_url(odd);
    ASSERT_FALSE(parsed) << odd;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kUsage) << odd;
  }
}

}  // namespace
}  // namespace skiff::server

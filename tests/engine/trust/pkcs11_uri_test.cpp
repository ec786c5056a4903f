// Pkcs11Uri: attributes of RFC 7512, and what is refused of them.
#include "trust/pkcs11_uri.hpp"

#include <gtest/gtest.h>

#include "tests/engine/trust/model_repository.hpp"
#include "trust/file_names.hpp"

namespace skiff {
namespace {

using testing::outcome;

TEST(Pkcs11Uri, SaysTokenKeyModuleAndPin) {
  const auto uri = Pkcs11Uri::parse(
      "pkcs11:token=My%20token;object=root-1;id=%01%a0;slot-id=7;type=private"
      "?module-path=/usr/lib/m.so&pin-source=file:/run/pin");
  ASSERT_TRUE(uri) << uri.error().message;
  EXPECT_EQ(uri->token, "My token");
  EXPECT_EQ(uri->object, "root-1");
  EXPECT_EQ(uri->id, (Bytes{1, 0xa0}));
  EXPECT_EQ(uri->slot, 7U);
  EXPECT_EQ(uri->module, "/usr/lib/m.so");
  EXPECT_EQ(uri->pin_source, "/run/pin");
  EXPECT_EQ(uri->manufacturer, std::nullopt);
}

TEST(Pkcs11Uri, WithoutAModuleMeansP11Kits) {
  const auto uri = Pkcs11Uri::parse("pkcs11:object=a");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->module, "p11-kit-proxy.so");
  EXPECT_TRUE(uri->pin_source.empty());
}

TEST(Pkcs11Uri, RefusesWhatItDoesNotUnderstand) {
  for (const char* const text :
       {"", "file:a", "pkcs11", "pkcs11:object", "pkcs11:colour=red", "pkcs11:object=a;object=b",
        "pkcs11:id=%0", "pkcs11:id=%zz", "pkcs11:slot-id=x", "pkcs11:slot-id=", "pkcs11:type=cert",
        "pkcs11:a?pin-source=/p", "pkcs11:object=a?pin-value=1", "pkcs11:object=a?pin-source=|cat",
        "pkcs11:object=a?pin-source=", "pkcs11:object=a?module-name=x"}) {
    EXPECT_EQ(outcome(Pkcs11Uri::parse(text)), "usage") << text;
  }
  EXPECT_EQ(outcome(Pkcs11Uri::parse("pkcs11:object=" + std::string(5000, 'a'))), "usage");
}

TEST(Pkcs11Uri, WhatIsEncodedIsReadBack) {
  Bytes all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<std::uint8_t>(i));
  const auto uri = Pkcs11Uri::parse("pkcs11:id=" + tuf::percent_encoded(as_text(all)));
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->id, all);
}

}  // namespace
}  // namespace skiff

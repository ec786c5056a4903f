#include "agent/net/server_address.hpp"

#include <gtest/gtest.h>

namespace skiff::testing {
namespace {

using agent::parse_address;
using agent::ServerAddress;

std::string parts(const ServerAddress& address) {
  return std::string(address.tls ? "tls " : "plain ") + address.host + " " + address.port + " '" +
         address.path + "' '" + address.user + "' " + address.as_named;
}

TEST(ServerAddress, IsReadFromUrls) {
  const std::pair<const char*, const char*> cases[] = {
      {"https://updates.example", "tls updates.example 443 '' '' updates.example"},
      {"https://updates.example:8443/", "tls updates.example 8443 '' '' updates.example:8443"},
      {"https://updates.example/a/b/", "tls updates.example 443 '/a/b' '' updates.example"},
      {"http://10.0.0.1:80", "plain 10.0.0.1 80 '' '' 10.0.0.1"},
      {"http://[fd00::1]:8080", "plain fd00::1 8080 '' '' [fd00::1]:8080"},
      {"http://me:secret@proxy:3128", "plain proxy 3128 '' 'me:secret' proxy:3128"},
  };
  for (const auto& [url, wanted] : cases) {
    const auto address = parse_address(url);
    ASSERT_TRUE(address) << url << ": " << address.error().text();
    EXPECT_EQ(parts(*address), wanted) << url;
  }
}

TEST(ServerAddress, WhatIsNoUrlOfAServerIsNamed) {
  for (const std::string url :
       {"", "updates.example", "updates.example:8443", "ftp://updates.example", "https://", "https://:8443",
        "https://updates.example:99999", "https://updates.example:x", "https://updates.example/?a=b",
        "https://updates.example/#a", "https://up dates.example", "https://updates.example\r\nX: y"}) {
    const auto address = parse_address(url);
    ASSERT_FALSE(address) << url;
    EXPECT_EQ(address.error().kind, ErrorKind::kUsage) << url;
    EXPECT_EQ(address.error().message, url + " is no URL of a server: https://host:port");
  }
}

}  // namespace
}  // namespace skiff::testing

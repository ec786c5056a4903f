// The parts that metadata is made of: dates, names, patterns, semantic versions, roles and listings.
#include "trust/metadata.hpp"

#include <gtest/gtest.h>

#include "tests/engine/trust/model_repository.hpp"
#include "trust/date.hpp"
#include "trust/file_names.hpp"
#include "trust/release_names.hpp"
#include "trust/semantic_version.hpp"

namespace skiff {
namespace {

using testing::outcome;

TEST(Date, IsReadAndWritten) {
  for (const auto& [text, seconds] :
       std::map<std::string, std::int64_t>{{"1970-01-01T00:00:00Z", 0},
                                           {"2000-02-29T12:34:56Z", 951827696},
                                           {"2038-01-19T03:14:08Z", 2147483648},
                                           {"2106-02-07T06:28:16Z", 4294967296},
                                           {"1969-12-31T23:59:59Z", -1},
                                           {"9999-12-31T23:59:59Z", 253402300799}}) {
    EXPECT_EQ(parse_date(text), seconds);
    EXPECT_EQ(format_date(seconds), text);
  }
}

TEST(Date, RefusesOtherFormsAndDaysThatAreNot) {
  for (const char* const text :
       {"", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00z",
        "2026-01-01T00:00:00.0Z", "2026-01-01T00:00:00+00:00", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z", "+026-01-01T00:00:00Z"}) {
    EXPECT_EQ(outcome(parse_date(text)), "format") << text;
  }
}

TEST(FileNames, NoRoleNameLeavesTheFolder) {
  EXPECT_EQ(tuf::file_name("targets"), "targets.json");
  EXPECT_EQ(tuf::file_name("../x"), "..%2Fx.json");
  EXPECT_EQ(tuf::file_name("/x"), "%2Fx.json");
  EXPECT_EQ(tuf::file_name("a?b#c%"), "a%3Fb%23c%25.json");
  EXPECT_EQ(tuf::file_name(std::string_view("a\0b", 3)), "a%00b.json");
  EXPECT_EQ(tuf::versioned_file_name("é", 7), "7.%C3%A9.json");
}

TEST(FileNames, EveryNameHasAFileOfItsOwnOnThisMachine) {
  EXPECT_EQ(tuf::local_file_name("../x"), "..%2Fx");
  EXPECT_EQ(tuf::local_file_name("."), "%2E");
  EXPECT_EQ(tuf::local_file_name(".."), "%2E%2E");
  const std::string fits(200, 'a');
  EXPECT_EQ(tuf::local_file_name(fits), fits);
  const std::string longer = tuf::local_file_name(fits + "a");
  EXPECT_EQ(longer, fits.substr(0, 120) + "%sha256-" + sha256(as_bytes(fits + "a")).hex());
  EXPECT_NE(longer, tuf::local_file_name(fits + "b"));
}

struct Pattern {
  const char* pattern;
  const char* target;
  bool matches;
};

TEST(Pattern, StarAndQuestionMarkDoNotCrossASlash) {
  for (const Pattern& expected : std::vector<Pattern>{{"*", "a", true},
                                                      {"*", "", true},
                                                      {"*", "a/b", false},
                                                      {"a/*", "a/b", true},
                                                      {"a/*", "a/b/c", false},
                                                      {"a/*/c", "a/b/c", true},
                                                      {"*/*", "a/b", true},
                                                      {"*/*", "a", false},
                                                      {"releases/*", "releases/x.img", true},
                                                      {"releases/*", "releases", false},
                                                      {"releases/*", "Releases/x", false},
                                                      {"foo-?.tgz", "foo-1.tgz", true},
                                                      {"foo-?.tgz", "foo-12.tgz", false},
                                                      {"a?b", "a/b", false},
                                                      {"*a*b*", "xaxbx", true},
                                                      {"*a*b*", "xbxax", false},
                                                      {"*.tgz", "a.tgz.tgz", true},
                                                      {"a*c/d", "abc/d", true},
                                                      {"a*c/d", "ab/c/d", false},
                                                      {"[ab]", "a", false},
                                                      {"[ab]", "[ab]", true},
                                                      {"", "", true},
                                                      {"", "a", false},
                                                      {"a", "a", true},
                                                      {"**", "a/b", false}}) {
    EXPECT_EQ(tuf::matches_pattern(expected.pattern, expected.target), expected.matches)
        << expected.pattern << " " << expected.target;
  }
}

TEST(Pattern, ManyStarsTakeNoExponentialTime) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_FALSE(tuf::matches_pattern(pattern + "b", std::string(10'000, 'a')));
}

TEST(Target, WirePathHasTheHashBeforeTheName) {
  tuf::Target target;
  target.hashes = {{"sha256", "11"}, {"sha512", "22"}};
  target.name = "releases/a.img";
  EXPECT_EQ(target.wire_path(), "releases/11.a.img");
  target.name = "a.img";
  EXPECT_EQ(target.wire_path(), "11.a.img");
  target.hashes.erase("sha256");
  EXPECT_EQ(target.wire_path(), "22.a.img");
}

TEST(PlainName, IsAFileNameAndNothingElse) {
  for (const char* const name : {"a", "gw-1_2.0.img", "0"}) EXPECT_TRUE(is_plain_name(name)) << name;
  for (const std::string& name :
       std::vector<std::string>{"", ".", "..", ".a", "-a", "a/b", "a b", "a\n", "é", "a%2F",
                                std::string(129, 'a'), std::string("a\0", 2)}) {
    EXPECT_FALSE(is_plain_name(name)) << name;
  }
  EXPECT_TRUE(is_target_of("releases/a", "releases"));
  EXPECT_FALSE(is_target_of("releases/../a", "releases"));
  EXPECT_FALSE(is_target_of("releases/", "releases"));
  EXPECT_FALSE(is_target_of("deltas/a", "releases"));
}

TEST(SemanticVersion, IsOrderedAsSpecified) {
  const std::vector<const char*> ascending = {
      "0.9.9",        "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta",
      "1.0.0-beta",   "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
      "1.0.0",        "1.0.1",        "1.2.0",         "1.10.0",
      "2.0.0+build.5"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      const auto left = SemanticVersion::parse(ascending[i]);
      const auto right = SemanticVersion::parse(ascending[j]);
      ASSERT_TRUE(left && right);
      EXPECT_EQ(*left < *right, i < j) << ascending[i] << " " << ascending[j];
    }
  }
  EXPECT_TRUE(*SemanticVersion::parse("1.0.0+a") == *SemanticVersion::parse("1.0.0+b"));
}

TEST(SemanticVersion, RefusesOtherForms) {
  for (const std::string& text : std::vector<std::string>{
           "", "1", "1.2", "1.2.3.4", "v1.2.3", "01.2.3", "1.2.-3", "1.2.3-", "1.2.3+", "1.2.3-01",
           "1.2.3-a..b", "1.2.3 ", "1.2.3-é", "9999999999999999999.0.0", "1.0.0-" + std::string(64, 'a')}) {
    EXPECT_FALSE(SemanticVersion::parse(text)) << text;
  }
}

Json targets_with_role(Json::Object changes) {
  Json::Object role = {{"name", "r"},
                       {"keyids", Json::Array()},
                       {"threshold", 1},
                       {"terminating", false},
                       {"paths", Json::Array{"*"}}};
  for (auto& [key, value] : changes) {
    if (value.is_null()) {
      role.erase(key);
    } else {
      role[key] = value;
    }
  }
  return Json::Object{
      {"_type", "targets"},
      {"spec_version", "1.0.34"},
      {"version", 1},
      {"expires", "2030-01-01T00:00:00Z"},
      {"targets", Json::Object()},
      {"delegations", Json::Object{{"keys", Json::Object()}, {"roles", Json::Array{Json(role)}}}}};
}

TEST(Targets, DelegationIsRefusedUnlessItIsWhole) {
  EXPECT_EQ(outcome(tuf::parse_targets(targets_with_role({}))), "ok");
  for (const char* const missing : {"name", "keyids", "threshold", "terminating", "paths"}) {
    EXPECT_EQ(outcome(tuf::parse_targets(targets_with_role({{missing, nullptr}}))), "format") << missing;
  }
  EXPECT_EQ(outcome(tuf::parse_targets(targets_with_role({{"threshold", 0}}))), "format");
  EXPECT_EQ(outcome(tuf::parse_targets(targets_with_role({{"threshold", -1}}))), "format");
  EXPECT_EQ(outcome(tuf::parse_targets(targets_with_role({{"keyids", Json::Array{"a", "a"}}}))), "format");
  EXPECT_EQ(outcome(tuf::parse_targets(targets_with_role({{"path_hash_prefixes", Json::Array{"00"}}}))),
            "format");
  EXPECT_EQ(outcome(tuf::parse_targets(targets_with_role({{"name", ""}}))), "format");
  for (const std::string_view name : tuf::kTopLevelRoles) {
    EXPECT_EQ(outcome(tuf::parse_targets(targets_with_role({{"name", name}}))), "format") << name;
  }
}

TEST(Targets, HashPrefixesCoverNamesByTheirHash) {
  tuf::DelegatedRole role;
  const std::string hash = sha256(as_bytes("a/b")).hex();
  role.path_hash_prefixes = {"zz", hash.substr(0, 3)};
  EXPECT_TRUE(role.covers("a/b"));
  EXPECT_FALSE(role.covers("a/c"));
  EXPECT_FALSE(tuf::DelegatedRole().covers("a/b"));
}

struct Bin {
  unsigned bits;
  const char* target;
  const char* name;
};

TEST(HashBins, DivideNamesByTheFirstBitsOfTheirHash) {
  // SHA-256 of "bar" begins with fcde2b2e.
  for (const Bin& expected : std::vector<Bin>{{1, "bar", "b-1"},
                                              {2, "bar", "b-3"},
                                              {4, "bar", "b-f"},
                                              {5, "bar", "b-1f"},
                                              {8, "bar", "b-fc"},
                                              {10, "bar", "b-3f3"},
                                              {32, "bar", "b-fcde2b2e"},
                                              {8, "foo", "b-2c"}}) {
    const tuf::HashBins bins{.keys = {}, .bit_length = expected.bits, .name_prefix = "b"};
    EXPECT_EQ(bins.name_of(bins.number_for(expected.target)), expected.name);
  }
}

TEST(HashBins, AreRefusedUnlessTheyAreWhole) {
  const auto with = [](const char* field, const Json& value) {
    Json::Object bins = {
        {"keyids", Json::Array()}, {"threshold", 1}, {"bit_length", 8}, {"name_prefix", "b"}};
    bins[field] = value;
    Json part = targets_with_role({});
    (*part.object())["delegations"] = Json::Object{{"keys", Json::Object()}, {"succinct_roles", bins}};
    return part;
  };
  EXPECT_EQ(outcome(tuf::parse_targets(with("bit_length", 32))), "ok");
  EXPECT_EQ(outcome(tuf::parse_targets(with("bit_length", 0))), "format");
  EXPECT_EQ(outcome(tuf::parse_targets(with("bit_length", 33))), "format");
  EXPECT_EQ(outcome(tuf::parse_targets(with("threshold", 0))), "format");
  EXPECT_EQ(outcome(tuf::parse_targets(with("name_prefix", 1))), "format");
  Json both = with("bit_length", 8);
  (*(*both.object())["delegations"].object())["roles"] = Json::Array();
  EXPECT_EQ(outcome(tuf::parse_targets(both)), "format");
}

TEST(FileMeta, IsCheckedInEveryPartThatIsGiven) {
  const Bytes file = {'a', 'b', 'c'};
  const std::string sha256_hex = sha256(file).hex();
  const std::string sha512_hex =
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d44"
      "23643ce80e"
      "2a9ac94fa54ca49f";
  const auto check = [&](std::optional<std::uint64_t> length, std::map<std::string, std::string> hashes) {
    tuf::FileMeta meta;
    meta.length = length;
    meta.hashes = std::move(hashes);
    return outcome(tuf::check_file(meta, file, "f"));
  };
  EXPECT_EQ(check({}, {}), "ok");
  EXPECT_EQ(check(3, {{"sha256", sha256_hex}, {"sha512", sha512_hex}, {"other", "x"}}), "ok");
  EXPECT_EQ(check(2, {}), "mismatch");
  EXPECT_EQ(check(0, {}), "mismatch");
  EXPECT_EQ(check({}, {{"sha256", sha512_hex}}), "mismatch");
  EXPECT_EQ(check({}, {{"sha256", sha256_hex}, {"sha512", sha256_hex}}), "mismatch");
  EXPECT_EQ(check({}, {{"md5", "900150983cd24fb0d6963f7d28e17f72"}}), "unsupported");
}

}  // namespace
}  // namespace skiff

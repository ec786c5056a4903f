#include "skiff/json.hpp"

#include <gtest/gtest.h>

#include "trust/json_limits.hpp"

namespace skiff {
namespace {

std::string parsed(std::string_view text) {
  const Result<Json> value = parse_json(as_bytes(text));
  return value ? json_text(*value) : "refused: " + value.error().message;
}

bool refuses(std::string_view text) {
  const Result<Json> value = parse_json(as_bytes(text));
  return !value && value.error().kind == ErrorKind::kFormat;
}

TEST(Json, ReadsWhatItMay) {
  EXPECT_EQ(parsed("null"), "null");
  EXPECT_EQ(parsed(" [ true , false ] "), "[true,false]");
  EXPECT_EQ(parsed(R"({"b":1,"a":[-2,0]})"), R"({"a":[-2,0],"b":1})");
  EXPECT_EQ(parsed("9007199254740991"), "9007199254740991");
  EXPECT_EQ(parsed("-9007199254740991"), "-9007199254740991");
  EXPECT_EQ(parsed(R"("\u00e9\ud83d\ude00\/\n")"), "\"é😀/\\u000a\"");
  EXPECT_EQ(parsed("{}"), "{}");
}

struct Refused {
  const char* name;
  std::string text;
};

TEST(Json, RefusesEveryTextWithTwoMeanings) {
  const std::vector<Refused> cases = {
      {"nothing", ""},
      {"blanks only", "  "},
      {"duplicate key", R"({"a":1,"a":1})"},
      {"duplicate key by escape", R"({"a":1,"\u0061":2})"},
      {"float", "1.0"},
      {"exponent", "1e2"},
      {"negative zero", "-0"},
      {"above 2^53-1", "9007199254740992"},
      {"below -(2^53-1)", "-9007199254740992"},
      {"beyond 64 bits", "18446744073709551616"},
      {"leading zero", "01"},
      {"plus", "+1"},
      {"byte order mark", "\xEF\xBB\xBF{}"},
      {"NUL and more", std::string("{}\0{}", 5)},
      {"NUL at the end", std::string("{}\0", 3)},
      {"trailing value", "{} {}"},
      {"trailing comma", "[1,]"},
      {"comment", "[1/**/]"},
      {"NaN", "NaN"},
      {"single quotes", "{'a':1}"},
      {"unquoted key", "{a:1}"},
      {"overlong UTF-8", "\"\xC0\xAF\""},
      {"UTF-8 surrogate", "\"\xED\xA0\x80\""},
      {"UTF-8 past U+10FFFF", "\"\xF4\x90\x80\x80\""},
      {"UTF-8 cut off", "\"\xE2\x82\""},
      {"lone high surrogate", R"("\ud800")"},
      {"lone low surrogate", R"("\udc00")"},
      {"surrogates in the wrong order", R"("\udc00\ud800")"},
      {"raw control character", "\"\n\""},
      {"unknown escape", R"("\x41")"},
      {"open string", "\"a"},
      {"open array", "[1"},
      {"open object", R"({"a":1)"},
  };
  for (const Refused& refused : cases) EXPECT_TRUE(refuses(refused.text)) << refused.name;
}

TEST(Json, RefusalNamesTheByte) {
  EXPECT_NE(parsed(R"({"a":1,"b":2,"a":3})").find("duplicate key \"a\" before byte 1"), std::string::npos);
  EXPECT_NE(parsed("[1,2,x]").find("byte 6"), std::string::npos);
}

TEST(Json, DepthIsLimited) {
  const std::string deepest = std::string(kMaxJsonDepth, '[') + std::string(kMaxJsonDepth, ']');
  EXPECT_EQ(parsed(deepest), deepest);
  EXPECT_TRUE(refuses("[" + deepest + "]"));
  EXPECT_TRUE(refuses(std::string(1'000'000, '[')));
}

TEST(Json, NumberOfValuesIsLimited) {
  std::string many = "[0";
  for (std::size_t i = 0; i < kMaxJsonValues; ++i) many += ",0";
  EXPECT_TRUE(refuses(many + "]"));
}

TEST(Json, EveryPrefixOfAnObjectIsRefused) {
  const std::string text = R"({"a":[1,{"b":"\u00e9\\"},null,true],"c":-12})";
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_TRUE(refuses(std::string_view(text).substr(0, length))) << length;
  }
}

TEST(Json, TextIsReadBackEqual) {
  std::string all;
  for (char c = 1; c < 127; ++c) all.push_back(c);
  const Json value = Json::Object{{all, Json::Array{all, std::int64_t{-7}, false, nullptr, Json::Object()}}};
  EXPECT_EQ(parse_json(as_bytes(json_text(value))), value);
}

struct Canonical {
  const char* text;
  const char* canonical;
};

TEST(Json, CanonicalFormIsThatOfOlpc) {
  const std::vector<Canonical> cases = {
      {R"({"b":[1, 2],"a":{"d":null,"c":true}})", R"({"a":{"c":true,"d":null},"b":[1,2]})"},
      {R"("quote \" backslash \\ slash \/")", R"("quote \" backslash \\ slash /")"},
      {R"("tab\tnewline\n")", "\"tab\tnewline\n\""},
      {R"("\u00e9")", "\"é\""},
      {R"({"B":1,"a":2,"A":3,"_":4})", R"({"A":3,"B":1,"_":4,"a":2})"},
      {R"({"\ud83d\ude00":1,"\uffee":2,"\u00e9":3,"z":4})", R"({"z":4,"é":3,"￮":2,"😀":1})"},
      {"{}", "{}"},
      {"[]", "[]"},
      {R"({"":""})", R"({"":""})"},
  };
  for (const Canonical& expected : cases) {
    EXPECT_EQ(canonical_json(*parse_json(as_bytes(expected.text))), expected.canonical) << expected.text;
  }
}

TEST(Json, CanonicalFormRefusesWhatOthersWriteOtherwise) {
  EXPECT_FALSE(canonical_json(Json::Array{Json::Object{{"a", kMaxJsonInteger + 1}}}));
  EXPECT_FALSE(canonical_json(Json(kMaxJsonInteger + 1)));
}

TEST(Json, MembersAreReadByType) {
  const Json object = *parse_json(as_bytes(R"({"s":"x","i":-1,"o":{},"a":[]})"));
  EXPECT_EQ(string_member(object, "s"), "x");
  EXPECT_EQ(integer_member(object, "i"), -1);
  EXPECT_TRUE(object_member(object, "o"));
  EXPECT_TRUE(array_member(object, "a"));
  EXPECT_FALSE(unsigned_member(object, "i"));
  EXPECT_FALSE(string_member(object, "i"));
  EXPECT_FALSE(object_member(object, "a"));
  EXPECT_FALSE(array_member(object, "o"));
  EXPECT_FALSE(string_member(object, "absent"));
  EXPECT_FALSE(string_member(Json("no object"), "s"));
  EXPECT_NE(string_member(object, "absent").error().message.find("\"absent\""), std::string::npos);
}

}  // namespace
}  // namespace skiff

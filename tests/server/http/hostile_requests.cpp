#include "tests/server/http/hostile_requests.hpp"

#include <string_view>

namespace skiff::server::test {
namespace {

std::string with(const std::string& fields, const std::string& body = {}) {
  return "POST /echo HTTP/1.1\r\n" + fields + "\r\n" + body;
}

/// Each byte that is a control character, but for those of `without`.
std::vector<std::string> control_bytes(std::string_view without) {
  std::vector<std::string> bytes;
  for (int c = 0; c < 0x20; ++c) bytes.emplace_back(1, static_cast<char>(c));
  bytes.emplace_back(1, '\x7f');
  std::erase_if(bytes, [&](const std::string& byte) { return without.find(byte) != std::string_view::npos; });
  return bytes;
}

HostileFamily family(const char* name, const std::vector<std::string>& odd, const std::string& before,
                     const std::string& after) {
  HostileFamily made{name, {}};
  for (const std::string& value : odd) made.requests.push_back(before + value + after);
  return made;
}

const std::vector<std::string> kCodings = {"chunked",
                                           "Chunked",
                                           "cHuNkEd",
                                           "chunked,",
                                           ",chunked",
                                           "chunked;q=1",
                                           "\"chunked\"",
                                           "'chunked'",
                                           "chunked chunked",
                                           "x, chunked",
                                           "identity, chunked",
                                           "chunked, identity",
                                           "identity",
                                           "gzip",
                                           "deflate",
                                           "compress",
                                           "br",
                                           "trailers",
                                           "chunked\t",
                                           "xchunked",
                                           "",
                                           ",",
                                           "chunked, chunked"};
const std::vector<std::string> kLengths = {"+1",
                                           "-1",
                                           "0x1",
                                           "1 1",
                                           "1,1",
                                           "1;1",
                                           "1.0",
                                           "1e1",
                                           "a",
                                           "1a",
                                           "18446744073709551616",
                                           "-0",
                                           "+0",
                                           "1_0",
                                           "0b1",
                                           "1/1",
                                           "'1'",
                                           "#1",
                                           "1%",
                                           "\xc2\xb9",
                                           "99999999999999999999999999",
                                           "1\t1",
                                           "--1",
                                           "1-",
                                           "\"1\"",
                                           "1 0",
                                           "0,0"};
const std::vector<std::string> kDelimiters = {"(", ")", ",",  "/", ";", "<", "=",  ">", "?",
                                              "@", "[", "\\", "]", "{", "}", "\"", " "};
const std::vector<std::string> kVersions = {
    "HTTP/0.9",  "HTTP/1.0",  "HTTP/1.2", "HTTP/2.0",  "HTTP/3.0",  "HTTP/11", "http/1.1", "HTTP/1,1",
    "HTTP/1.1 ", "HTTP/01.1", "HTTP/",    "HTTPS/1.1", "HTTP/1.1x", "ICY/1.1", "HTTP 1.1", "HTTP/-1.1"};
const std::vector<std::string> kLines = {"GET  /open HTTP/1.1",    "GET /open  HTTP/1.1",
                                         "GET\t/open HTTP/1.1",    "GET /open\tHTTP/1.1",
                                         " GET /open HTTP/1.1",    "GET /open",
                                         "GET HTTP/1.1",           "GET",
                                         "/open HTTP/1.1",         "GET open HTTP/1.1",
                                         "GET * HTTP/1.1",         "GET h:80 HTTP/1.1",
                                         "GET http://h/ HTTP/1.1", "GET //h\\x y HTTP/1.1",
                                         "CONNECT h:1 HTTP/1.1",   "GET /op en HTTP/1.1",
                                         "GET /open HTTP/1.1 GET"};
const std::vector<std::string> kHosts = {"a b",      "a,b",     "a/b",  "a@b",          "a\tb",
                                         "http://a", "a\r\n b", "a;b",  "a\"b",         "a?b",
                                         "a#b",      "a\\b",    "\x80", "a\r\nHost: a", "a\r\nhOsT: b"};

}  // namespace

std::vector<HostileCase> hostile_cases() {
  const std::string big_trailer = "0\r\nX: " + std::string(70'000, 'a') + "\r\n\r\n";
  const std::string chunk_extension = "1;" + std::string(1 << 20, 'x') + "\r\na\r\n0\r\n\r\n";
  return {
      {"chunked", with("Host: h\r\nTransfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\n\r\n"), 411},
      {"chunked, trailer of 70 KB", with("Host: h\r\nTransfer-Encoding: chunked\r\n", big_trailer), 411},
      {"chunked, extension of 1 MiB", with("Host: h\r\nTransfer-Encoding: chunked\r\n", chunk_extension),
       411},
      {"gzip coding", with("Host: h\r\nTransfer-Encoding: gzip\r\nContent-Length: 1\r\n", "a"), 411},
      {"chunked then identity", with("Host: h\r\nTransfer-Encoding: chunked, identity\r\n"), 411},
      {"coding that ends in chunked", with("Host: h\r\nTransfer-Encoding: xchunked\r\n"), 411},
      {"two codings", with("Host: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"no length", with("Host: h\r\n"), 411},
      {"length then chunked", with("Host: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", "a"),
       400},
      {"chunked then length", with("Host: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n", "a"),
       400},
      {"lengths that differ", with("Host: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n", "a"), 400},
      {"lengths that agree", with("Host: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n", "a"), 400},
      {"list of lengths", with("Host: h\r\nContent-Length: 4, 4\r\n", "aaaa"), 400},
      {"negative length", with("Host: h\r\nContent-Length: -1\r\n"), 400},
      {"signed length", with("Host: h\r\nContent-Length: +4\r\n", "aaaa"), 400},
      {"length of 2^64", with("Host: h\r\nContent-Length: 18446744073709551616\r\n"), 400},
      {"length of letters", with("Host: h\r\nContent-Length: abc\r\n"), 400},
      {"length over the limit", with("Host: h\r\nContent-Length: 101\r\n"), 413},
      {"length of a terabyte", with("Host: h\r\nContent-Length: 1099511627776\r\n"), 413},
      {"body on a GET", "GET /file/x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na", 413},
      {"no Host", "GET /open HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", "GET /open HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"HTTP/1.0", "GET /open HTTP/1.0\r\nHost: a\r\n\r\n", 400},
      {"HTTP/1.0 and chunked", "POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"HTTP/9.9", "GET /open HTTP/9.9\r\nHost: a\r\n\r\n", 400},
      {"space before the colon", "GET /open HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"bare line feeds", "GET /open HTTP/1.1\nHost: a\n\n", 400},
      {"return in the target", "GET /op\ren HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"NUL in a field", std::string("GET /open HTTP/1.1\r\nHost: a\0b\r\n\r\n", 36), 400},
      {"absolute target", "GET http://a/open HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"asterisk target", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"path upwards", "GET /file/../open HTTP/1.1\r\nHost: a\r\n\r\n", 200},
      {"unknown method", "BREW /open HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"method of a kilobyte", std::string(1'000, 'G') + " /open HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"target of 9 KB", "GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"field of 9 KB", "GET /open HTTP/1.1\r\nHost: a\r\nX: " + std::string(9'000, 'a') + "\r\n\r\n", 400},
      {"field of 1 MB", "GET /open HTTP/1.1\r\nHost: a\r\nX: " + std::string(1'000'000, 'a'), 400},
      {"garbage", "\x01\x02\x03\x04\r\n\r\n", 400},
      {"an answer", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 400},
      {"another protocol", "EHLO example.org\r\n\r\n", 400},
  };
}

std::vector<HostileFamily> hostile_families() {
  const std::string open = "GET /open HTTP/1.1\r\n";
  const std::string echo = "POST /echo HTTP/1.1\r\nHost: h\r\n";
  const std::string end = "\r\n\r\n";
  return {
      family("coding on a POST", kCodings, echo + "Transfer-Encoding: ", end),
      family("coding on a GET", kCodings, open + "Host: h\r\nTransfer-Encoding: ", end),
      family("coding and length", kCodings, echo + "Content-Length: 0\r\nTransfer-Encoding: ", end),
      family("length on a POST", kLengths, echo + "Content-Length: ", end),
      family("length on a GET", kLengths, open + "Host: h\r\nContent-Length: ", end),
      family("delimiter in a field's name", kDelimiters, open + "Host: h\r\nX", "Y: 1" + end),
      family("control in a field's name", control_bytes(""), open + "Host: h\r\nX", "Y: 1" + end),
      family("control in a field's value", control_bytes("\t"), open + "Host: h\r\nX: 1", "1" + end),
      family("control in the target", control_bytes(""), "GET /op", "en HTTP/1.1\r\nHost: h" + end),
      family("control in the method", control_bytes(""), "GE", "T /open HTTP/1.1\r\nHost: h" + end),
      family("version", kVersions, "GET /open ", "\r\nHost: h" + end),
      family("request line", kLines, "", "\r\nHost: h" + end),
      family("Host", kHosts, open + "Host: ", end),
  };
}

}  // namespace skiff::server::test

// Request and Response: HTTP as routing sees it: values that know no socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "skiff/io.hpp"
#include "skiff/json.hpp"

namespace skiff::server {

/// One header field; names are in lower case.
struct Field {
  std::string name;
  std::string value;
  bool operator==(const Field&) const = default;
};
using Fields = std::vector<Field>;

/// How often a field of this lower-case name stands in `fields`.
std::size_t count_fields(const Fields& fields, std::string_view name);
/// The value of the first field of this name; valid as long as `fields`.
std::optional<std::string_view> find_field(const Fields& fields, std::string_view name);

/// Who is at the other end of a connection, as far as TLS proved it.
struct Peer {
  std::string address;                ///< numeric, without the port
  std::optional<std::string> serial;  ///< of the device; none without a certificate that names one
  std::string fingerprint;            ///< SHA-256 of the certificate, hexadecimal; empty without one
  std::string key;                    ///< SHA-256 of its public key, hexadecimal; empty without one
};

struct RequestHead {
  std::string method;
  std::string target;     ///< origin-form, as it came
  unsigned version = 11;  ///< 10 × major + minor
  Fields fields;
};

struct Request {
  RequestHead head;
  std::string body;
  Peer peer;

  [[nodiscard]] bool is_head() const { return head.method == "HEAD"; }
};

/// A range of a file (or of bytes in memory) as the body of an answer; read in pieces while it is sent.
struct StreamedBody {
  std::shared_ptr<const Source> source;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  /// Asked more than once a second while it is sent, on the blocking pool: false cuts it. May be empty.
  std::function<bool()> still_wanted{};
};

struct Response {
  unsigned status = 200;
  Fields fields;                         ///< without Content-Length, Connection and Date
  std::string text;                      ///< the body, unless `streamed`
  std::optional<StreamedBody> streamed;  ///< a body from a source
  bool close = false;                    ///< end the connection after this answer

  [[nodiscard]] std::uint64_t content_length() const { return streamed ? streamed->length : text.size(); }
};

/// The errors of API.md by name.
enum class ApiError : std::uint8_t {
  kBadRequest,
  kUnknownDevice,
  kUnauthorised,
  kRejected,
  kPending,
  kWithdrawn,
  kForbidden,
  kNotFound,
  kMethodNotAllowed,
  kConflict,
  kLengthRequired,
  kTooLarge,
  kRange,
  kSlowDown,
  kInternal,
  kBusy,
  kNoRoom,
};
struct ApiErrorName {
  ApiError error;
  unsigned status;
  std::string_view name;
};
/// The table of errors in API.md, in its order.
const std::vector<ApiErrorName>& api_errors();

/// The answer to a request that fails: status and JSON body as API.md has them, and what else it tells.
Response error_response(ApiError error, std::string_view message, Json::Object more = {});
/// The answer where the server itself failed: what failed is logged, and none of it told.
Response internal_error(const Error& error);
/// A JSON answer; `text` is the document.
Response json_response(unsigned status, std::string text);

/// The head of an answer as it goes over the wire, with the empty line. `now`: seconds since 1970 UTC.
/// A 204 and a 304 carry no Content-Length (RFC 9110, 8.6).
std::string format_head(const Response& response, bool keep_alive, std::int64_t now);

}  // namespace skiff::server

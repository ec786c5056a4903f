// Ranged download: brings a range of a file of known length and content, whatever the server makes of the
// request.
#pragma once

#include <functional>

#include "agent/net/http_client.hpp"
#include "skiff/applier.hpp"

namespace skiff::agent {

/// What is known of a file before it is fetched.
struct RemoteFile {
  std::string path;
  std::uint64_t length = 0;
  std::string etag;  ///< strong, with its quotes
};

/// How the body of an answer to a range request is to be used: `skip` bytes of it come before the range, and
/// at most `take` after them are of it.
struct BodyUse {
  std::uint64_t skip = 0;
  std::uint64_t take = 0;
  bool operator==(const BodyUse&) const = default;
};

/// The rules, apart from any socket. 206 must have a Content-Range that begins where it was asked and has the
/// file's length as its total; 200 must have the file's length, and is used from the range on; an ETag, if
/// there is one, must be the file's. Anything else is refused: kMismatch where it is another file (ETag,
/// length, 416), kNotFound for 404 and 410, kNetwork for the rest.
Result<BodyUse> use_of_body(const HttpReply& reply, const RemoteFile& file, ByteRange wanted);

/// Takes the next bytes of the range. False: enough.
using RangeConsumer = std::function<Result<bool>(ByteView part)>;

struct RangeOutcome {
  std::uint64_t received = 0;  ///< bytes of bodies, whether they were wanted or not
  std::optional<std::uint64_t> retry_after;
  Result<void> result;  ///< an error also where only a part of the range came
};

/// One try: asks with Range and If-Range, gives `consume` what came in order from `wanted.offset` on.
RangeOutcome fetch_range(HttpClient& client, const RemoteFile& file, ByteRange wanted,
                         const RangeConsumer& consume);

}  // namespace skiff::agent

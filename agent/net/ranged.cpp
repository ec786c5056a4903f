#include "agent/net/ranged.hpp"

#include <algorithm>

namespace skiff::agent {
namespace {

tl::unexpected<Error> odd(const RemoteFile& file, std::string_view what,
                          ErrorKind kind = ErrorKind::kNetwork) {
  return fail(kind, file.path + ": " + std::string(what));
}

Result<BodyUse> use_of_part(const HttpReply& reply, const RemoteFile& file, ByteRange wanted) {
  if (!reply.head.content_range()) return odd(file, "a part without Content-Range");
  const std::optional<ContentRange> range = parse_content_range(*reply.head.content_range());
  if (!range) return odd(file, "Content-Range " + *reply.head.content_range());
  if (range->total != file.length) return odd(file, "its length is another", ErrorKind::kMismatch);
  if (range->first != wanted.offset) return odd(file, "a part that begins elsewhere");
  const std::uint64_t length = range->last - range->first + 1;
  if (reply.head.content_length() && *reply.head.content_length() != length) {
    return odd(file, "Content-Length and Content-Range contradict each other");
  }
  return BodyUse{0, std::min(length, wanted.length)};
}

Result<BodyUse> use_of_whole(const HttpReply& reply, const RemoteFile& file, ByteRange wanted) {
  if (!reply.head.content_length()) return odd(file, "no Content-Length");
  if (*reply.head.content_length() != file.length) {
    return odd(file, "its length is another", ErrorKind::kMismatch);
  }
  return BodyUse{wanted.offset, wanted.length};
}

/// Cuts the wanted bytes out of a body as it comes.
class Cutter {
 public:
  Cutter(const RemoteFile& file, ByteRange wanted, const RangeConsumer& consume)
      : file_(file), wanted_(wanted), consume_(consume) {}

  Result<bool> take(const HttpReply& reply, ByteView part) {
    received_ += part.size();
    retry_after_ = reply.head.retry_after();
    if (!use_) {
      SKIFF_ASSIGN(use_, use_of_body(reply, file_, wanted_));
    }
    const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(use_->skip, part.size()));
    use_->skip -= skipped;
    part = part.subspan(skipped);
    part = part.first(static_cast<std::size_t>(std::min<std::uint64_t>(use_->take, part.size())));
    if (part.empty()) return use_->take > 0;
    use_->take -= part.size();
    taken_ += part.size();
    SKIFF_ASSIGN(const bool more, consume_(part));
    stopped_ = !more;
    return more && use_->take > 0;
  }

  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::optional<std::uint64_t> retry_after() const { return retry_after_; }
  [[nodiscard]] bool complete() const { return stopped_ || taken_ == wanted_.length; }

 private:
  const RemoteFile& file_;
  ByteRange wanted_;
  const RangeConsumer& consume_;
  std::optional<BodyUse> use_;
  std::optional<std::uint64_t> retry_after_;
  std::uint64_t received_ = 0;
  std::uint64_t taken_ = 0;
  bool stopped_ = false;
};

HttpRequest range_request(const RemoteFile& file, ByteRange wanted) {
  HttpRequest request;
  request.path = file.path;
  const bool whole = wanted.offset == 0 && wanted.length == file.length;
  if (!whole) {
    request.headers = {"Range: bytes=" + std::to_string(wanted.offset) + "-" +
                           std::to_string(wanted.offset + wanted.length - 1),
                       "If-Range: " + file.etag};
  }
  return request;
}

}  // namespace

Result<BodyUse> use_of_body(const HttpReply& reply, const RemoteFile& file, ByteRange wanted) {
  if (reply.status == 404 || reply.status == 410) return odd(file, "not found", ErrorKind::kNotFound);
  if (reply.status == 416) return odd(file, "it is shorter than it should be", ErrorKind::kMismatch);
  if (reply.status != 200 && reply.status != 206) return odd(file, "status " + std::to_string(reply.status));
  if (reply.head.etag() && *reply.head.etag() != file.etag) {
    return odd(file, "its ETag is another", ErrorKind::kMismatch);
  }
  return reply.status == 206 ? use_of_part(reply, file, wanted) : use_of_whole(reply, file, wanted);
}

RangeOutcome fetch_range(HttpClient& client, const RemoteFile& file, ByteRange wanted,
                         const RangeConsumer& consume) {
  Cutter cutter(file, wanted, consume);
  const Result<HttpReply> reply =
      client.exchange(range_request(file, wanted),
                      [&](const HttpReply& head, ByteView part) { return cutter.take(head, part); });
  RangeOutcome outcome;
  outcome.received = cutter.received();
  outcome.retry_after = reply ? reply->head.retry_after() : cutter.retry_after();
  if (!reply) {
    outcome.result = tl::unexpected<Error>(reply.error());
    return outcome;
  }
  if (cutter.complete()) return outcome;
  // An answer without a body never came to the rules.
  const Result<BodyUse> use = use_of_body(*reply, file, wanted);
  outcome.result = use ? Result<void>(odd(file, "the answer ended early"))
                       : Result<void>(tl::unexpected<Error>(use.error()));
  return outcome;
}

}  // namespace skiff::agent

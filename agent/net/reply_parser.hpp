// ReplyParser: bytes of a connection into the answer they are (RFC 9112), by Boost.Beast's parser.
#pragma once

#include <functional>
#include <memory>

#include "agent/net/reply_head.hpp"
#include "skiff/bytes.hpp"

namespace skiff::agent {

struct HttpReply {
  long status = 0;
  ReplyHead head;
};

/// Takes a part of the body with the head before it. False: enough, the exchange is broken off without error.
using BodyConsumer = std::function<Result<bool>(const HttpReply& reply, ByteView part)>;

/// Of one answer. Interim answers (1xx) before it are read over.
class ReplyParser {
 public:
  struct Options {
    bool takes_packed = false;  ///< whether the body may come coded as one Zstandard frame
    bool is_tunnel = false;     ///< to CONNECT: a head is all there is
  };

  /// `consume` outlives the parser.
  ReplyParser(const Options& options, const BodyConsumer& consume);
  ~ReplyParser();

  /// What came next. kNetwork: it is no HTTP, or ReplyHead refuses it. Errors of the consumer are handed on.
  Result<void> take(ByteView bytes);
  /// The other side is done. kNetwork where the answer is not.
  Result<void> end();

  [[nodiscard]] bool has_begun() const;
  /// The answer is complete, or the consumer has enough of it.
  [[nodiscard]] bool is_done() const;
  /// Whether another exchange can follow on the connection.
  [[nodiscard]] bool may_go_on() const;
  [[nodiscard]] const HttpReply& reply() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skiff::agent

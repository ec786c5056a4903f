#include "agent/net/reply_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>

namespace skiff::agent {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::string_view plain(string_view text) { return {text.data(), text.size()}; }

bool is_interim(long status) { return status / 100 == 1; }

/// Hands one message's parts on as they are read. Of its errors those of our own are kept beside Beast's
/// code.
class Message final : public http::basic_parser<false> {
 public:
  Message(HttpReply& reply, const ReplyParser::Options& options, const BodyConsumer& consume)
      : reply_(reply), options_(options), consume_(consume) {
    header_limit(ReplyHead::kMaxLength);
    body_limit(boost::none);  // the consumer has its own
    eager(true);
    skip(options.is_tunnel);
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] bool has_enough() const { return enough_; }

 private:
  void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int status, string_view, int, error_code& code) override {
    reply_.status = status;
    check(reply_.head.start(), code);
  }
  void on_field_impl(http::field, string_view name, string_view value, error_code& code) override {
    check(reply_.head.take_field(plain(name), plain(value)), code);
  }
  void on_header_impl(error_code& code) override {
    if (reply_.head.is_packed() && !options_.takes_packed) {
      check(fail(ErrorKind::kNetwork, "Content-Encoding: nobody asked for it"), code);
    }
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view part, error_code& code) override {
    const Result<bool> more = consume_(reply_, as_bytes(plain(part)));
    if (!more) check(tl::unexpected<Error>(more.error()), code);
    enough_ = more && !*more;
    if (enough_) code = http::error::end_of_stream;
    return part.size();
  }
  // ReplyHead refuses what would be chunked.
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view part, error_code&) override {
    return part.size();
  }
  void on_finish_impl(error_code&) override {}

  void check(const Result<void>& taken, error_code& code) {
    if (taken) return;
    error_ = taken.error();
    code = http::error::bad_value;
  }

  HttpReply& reply_;
  const ReplyParser::Options& options_;
  const BodyConsumer& consume_;
  std::optional<Error> error_;
  bool enough_ = false;
};

}  // namespace

class ReplyParser::Impl {
 public:
  Impl(const Options& options, const BodyConsumer& consume) : options_(options), consume_(consume) {
    begin();
  }

  Result<void> take(ByteView bytes);
  Result<void> end();
  [[nodiscard]] bool has_begun() const { return begun_; }
  [[nodiscard]] bool is_done() const {
    return message_->has_enough() || (message_->is_done() && !in_interim());
  }
  [[nodiscard]] bool may_go_on() const {
    return message_->is_done() && message_->keep_alive() && rest_.empty();
  }
  [[nodiscard]] const HttpReply& reply() const { return reply_; }

 private:
  void begin() { message_.emplace(reply_, options_, consume_); }
  [[nodiscard]] bool in_interim() const { return is_interim(reply_.status); }
  Result<void> check(const error_code& code);

  const Options options_;
  const BodyConsumer& consume_;
  HttpReply reply_;
  std::optional<Message> message_;
  Bytes rest_;  ///< came, and waits for more
  bool begun_ = false;
};

Result<void> ReplyParser::Impl::check(const error_code& code) {
  if (message_->has_enough() || code == http::error::need_more || !code) return {};
  if (message_->error()) return tl::unexpected<Error>(*message_->error());
  return fail(ErrorKind::kNetwork, "answer refused: " + code.message());
}

Result<void> ReplyParser::Impl::take(ByteView bytes) {
  begun_ = begun_ || !bytes.empty();
  rest_.insert(rest_.end(), bytes.begin(), bytes.end());
  while (!rest_.empty() && !is_done()) {
    error_code code;
    const std::size_t used = message_->put(boost::asio::buffer(rest_), code);
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(used));
    SKIFF_TRY(check(code));
    const bool interim = message_->is_done() && in_interim();
    if (interim) begin();
    if (used == 0 && !interim) return {};
  }
  return {};
}

Result<void> ReplyParser::Impl::end() {
  error_code code;
  if (message_->is_header_done()) message_->put_eof(code);
  SKIFF_TRY(check(code));
  if (is_done()) return {};
  return fail(ErrorKind::kNetwork, has_begun() ? "the answer ended early" : "no answer");
}

ReplyParser::ReplyParser(const Options& options, const BodyConsumer& consume)
    : impl_(std::make_unique<Impl>(options, consume)) {}
ReplyParser::~ReplyParser() = default;

Result<void> ReplyParser::take(ByteView bytes) { return impl_->take(bytes); }
Result<void> ReplyParser::end() { return impl_->end(); }
bool ReplyParser::has_begun() const { return impl_->has_begun(); }
bool ReplyParser::is_done() const { return impl_->is_done(); }
bool ReplyParser::may_go_on() const { return impl_->may_go_on(); }
const HttpReply& ReplyParser::reply() const { return impl_->reply(); }

}  // namespace skiff::agent

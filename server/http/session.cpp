#include "http/session.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cctype>
#include <ctime>
#include <optional>
#include <random>

#include "event_log.hpp"
#include "http/tls.hpp"
#include "http/tls_stream.hpp"

namespace skiff::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Clock = std::chrono::steady_clock;

// Bytes read from a source and handed to TLS at a time: longer ones no longer fit the processor's caches
// together where many sessions have one each.
constexpr std::size_t kPiece = 64 << 10;
constexpr int kLeastPause = 30;  // seconds until who was put off may ask again
constexpr int kLongestPause = 120;
constexpr std::size_t kMaxBuffered = 16 << 10;              // bytes of requests read ahead
constexpr auto kAskEvery = std::chrono::milliseconds(400);  // whether a download is still wanted

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

RequestHead to_head(const beast::http::request_header<>& header) {
  RequestHead head;
  head.method = std::string(header.method_string());
  head.target = std::string(header.target());
  head.version = header.version();
  for (const auto& field : header) {
    const auto name = field.name_string();
    const auto value = field.value();
    head.fields.push_back({lower({name.data(), name.size()}), std::string(value.data(), value.size())});
  }
  return head;
}

bool wants_close(const RequestHead& head) {
  return std::any_of(head.fields.begin(), head.fields.end(), [](const Field& field) {
    return field.name == "connection" && lower(field.value).find("close") != std::string::npos;
  });
}

/// A request that may be put off, as long as it lives.
class Poll {
 public:
  explicit Poll(std::atomic<std::size_t>& polls) : polls_(polls), before_(polls.fetch_add(1)) {}
  ~Poll() { --polls_; }
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;
  /// How many there were when it came.
  [[nodiscard]] std::size_t before() const { return before_; }

 private:
  std::atomic<std::size_t>& polls_;
  std::size_t before_;
};

/// Devices that were put off together do not come again together.
Response put_off() {
  thread_local std::minstd_rand random{std::random_device{}()};
  Response response = error_response(ApiError::kBusy, "too many devices ask at once");
  const int seconds = std::uniform_int_distribution<int>(kLeastPause, kLongestPause)(random);
  response.fields.push_back({"retry-after", std::to_string(seconds)});
  return response;
}

Response failed(const Route& route, const std::exception& error) {
  log_event(Severity::kError, "handler-failed", {{"path", route.path}, {"error", error.what()}});
  return error_response(ApiError::kInternal, "the server could not answer");
}

/// The catch-all around admission and handler.
Response answer(const HttpService& service, const Route& route, const Request& request) {
  try {
    if (route.needs_device && service.admit) {
      if (auto refusal = service.admit(request.peer)) return *std::move(refusal);
    }
    return route.handler(request);
  } catch (const std::exception& error) {
    return failed(route, error);
  }
}

/// The answer that refuses a request whose body is still to come; it ends the connection.
std::optional<Response> refusal_of_body(const Route& route, const RequestHead& head) {
  std::optional<Response> refusal;
  try {
    refusal = route.before_body(head);
  } catch (const std::exception& error) {
    refusal = failed(route, error);
  }
  if (refusal) refusal->close = true;
  return refusal;
}

// Coroutines for the blocking pool. They refer to what their awaiting session keeps alive.
asio::awaitable<Response> answer_on_pool(const HttpService& service, const Match& match,
                                         const Request& request) {
  co_return answer(service, *match.route, request);
}
asio::awaitable<std::optional<Response>> refuse_on_pool(const Match& match, const RequestHead& head) {
  co_return refusal_of_body(*match.route, head);
}
asio::awaitable<bool> read_on_pool(const StreamedBody& body, std::uint64_t position, MutableBytes out) {
  const auto read = body.source->read_at(body.offset + position, out);
  if (!read) log_event(Severity::kError, "read-failed", {{"error", read.error().text()}});
  co_return read.has_value();
}

/// An answer under way, and when it was last asked for whether it is still wanted.
struct Download {
  const StreamedBody& body;
  Clock::time_point asked = Clock::now();
  std::optional<std::uint64_t> seen{};  ///< HttpService::changes() before the answer was yes
};

asio::awaitable<bool> wanted_on_pool(const HttpService& service, const Peer& peer, Download& download) {
  const std::optional<std::uint64_t> changes = service.changes ? service.changes() : std::nullopt;
  if (changes && changes == download.seen) co_return true;
  if (service.admit && peer.serial && service.admit(peer).has_value()) co_return false;
  if (download.body.still_wanted && !download.body.still_wanted()) co_return false;
  download.seen = changes;
  co_return true;
}

/// What is awaited, and what it is given, has a name of its own: g++ 12 miscompiles a co_await inside a
/// condition and temporaries in the call that is awaited.
class Session {
 public:
  Session(asio::ip::tcp::socket socket, const SessionContext& context,
          std::unique_ptr<ConnectionLimit::Permit> permit)
      : context_(context),
        permit_(std::move(permit)),
        stream_(std::move(socket), context.tls.native_handle()) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    if (peer_.serial && context_.service.account) {
      context_.service.account(peer_, wire_bytes(stream_.native_handle()));
    }
  }

  asio::awaitable<void> run() {
    bool open = co_await handshake();
    if (!open) co_return;
    while (open) open = co_await serve_one();
    stream_.expires_after(context_.limits.goodbye);
    co_await stream_.shutdown();
  }

 private:
  /// Why there is no request: an answer to send first, or nobody left to answer.
  using NoRequest = std::optional<Response>;

  asio::awaitable<bool> handshake() {
    boost::system::error_code ignored;
    const auto remote = stream_.socket().remote_endpoint(ignored);
    stream_.expires_after(context_.limits.handshake);
    const auto shaken = co_await stream_.handshake();
    peer_ = peer_of(stream_.native_handle(), remote.address().to_string());
    if (!shaken) {
      log_event(Severity::kDebug, "handshake-failed",
                {{"address", peer_.address}, {"error", shaken.error().message()}});
    }
    co_return shaken.has_value();
  }

  /// One request and its answer; false when the connection is to end.
  asio::awaitable<bool> serve_one() {
    const auto head = co_await read_head();
    const Clock::time_point began = Clock::now();
    if (!head) {
      if (!head.error()) co_return false;
      const RequestHead unknown;
      const bool kept = co_await send(unknown, *head.error(), began);
      co_return kept;
    }
    const auto match = context_.service.router.match(*head, peer_);
    if (!match) {
      const bool kept = co_await send(*head, match.error(), began);
      co_return kept;
    }
    if (match->route->before_body && match->body_length != 0) {
      const auto refusal =
          co_await asio::co_spawn(context_.blocking, refuse_on_pool(*match, *head), asio::use_awaitable);
      if (refusal) {
        const bool kept = co_await send(*head, *refusal, began);
        co_return kept;
      }
    }
    Request request{*head, {}, peer_};
    const bool whole = co_await read_body(match->body_length, request.body);
    if (!whole) co_return false;
    const Response response = co_await respond(*match, request);
    const bool kept = co_await send(*head, response, began);
    co_return kept;
  }

  /// The answer of the handler, or that it has too much to do: downloads go on, polls come later.
  asio::awaitable<Response> respond(const Match& match, const Request& request) {
    const bool is_poll = context_.service.may_be_put_off && context_.service.may_be_put_off(request.head);
    std::optional<Poll> poll;
    if (is_poll) poll.emplace(context_.polls);
    if (poll && poll->before() >= context_.limits.polls) co_return put_off();
    co_return co_await asio::co_spawn(context_.blocking, answer_on_pool(context_.service, match, request),
                                      asio::use_awaitable);
  }

  asio::awaitable<tl::expected<RequestHead, NoRequest>> read_head() {
    if (buffer_.size() == 0) {
      stream_.expires_after(context_.limits.idle);
      const bool more = co_await read_more();
      if (!more) co_return tl::unexpected<NoRequest>(std::nullopt);
    }
    beast::http::request_parser<beast::http::empty_body> parser;
    parser.header_limit(kMaxHeader);
    parser.body_limit(boost::none);  // the policy answers long bodies with 413; no body is read by the parser
    stream_.expires_after(context_.limits.header);
    boost::system::error_code error;
    for (;;) {
      buffer_.consume(parser.put(buffer_.data(), error));
      if (error != beast::http::error::need_more) break;
      const bool more = co_await read_more();
      if (!more) co_return tl::unexpected<NoRequest>(std::nullopt);
    }
    if (!error) co_return to_head(parser.get().base());
    Response refusal = error_response(ApiError::kBadRequest, "malformed HTTP: " + error.message());
    refusal.close = true;
    co_return tl::unexpected<NoRequest>(std::move(refusal));
  }

  /// More bytes into the buffer; false: none come.
  asio::awaitable<bool> read_more() {
    const auto space = buffer_.prepare(std::min(kReadAtOnce, kMaxBuffered - buffer_.size()));
    const MutableBytes out(static_cast<std::uint8_t*>(space.data()), space.size());
    const auto count = co_await stream_.read_some(out);
    if (count) buffer_.commit(*count);
    co_return count.has_value();
  }

  asio::awaitable<bool> read_body(std::uint64_t length, std::string& body) {
    body.resize(static_cast<std::size_t>(length));  // the router bounded it by the route's limit
    const std::size_t at_hand = std::min<std::size_t>(buffer_.size(), body.size());
    asio::buffer_copy(asio::buffer(body), buffer_.data(), at_hand);
    buffer_.consume(at_hand);
    if (at_hand == body.size()) co_return true;
    const std::uint64_t rate = std::max<std::uint64_t>(1, context_.limits.min_receive_rate);
    stream_.expires_after(context_.limits.body + std::chrono::milliseconds(length * 1000 / rate));
    const MutableBytes rest(reinterpret_cast<std::uint8_t*>(body.data()) + at_hand, body.size() - at_hand);
    const auto count = co_await stream_.read_all(rest);
    co_return count.has_value();
  }

  /// Sends an answer; false if the connection cannot or shall not be used again.
  asio::awaitable<bool> send(const RequestHead& head, const Response& response, Clock::time_point began) {
    const bool keep_alive = !response.close && !wants_close(head);
    std::string text = format_head(response, keep_alive, std::time(nullptr));
    const bool has_body = head.method != "HEAD" && response.status != 204 && response.status != 304;
    bool sent = false;
    if (has_body && response.streamed) {
      sent = co_await send_streamed(text, *response.streamed);
    } else {
      if (has_body) text += response.text;
      const ByteView bytes = as_bytes(text);
      sent = co_await write(bytes);
    }
    log_request(head, response, sent, began);
    co_return sent&& keep_alive;
  }

  /// The head goes out with the first piece of the body: small answers are one TLS record.
  asio::awaitable<bool> send_streamed(const std::string& text, const StreamedBody& body) {
    Bytes buffer(text.begin(), text.end());
    std::size_t filled = buffer.size();
    std::uint64_t position = 0;
    Download download{body};
    buffer.resize(filled + static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, body.length)));
    while (position < body.length || filled != 0) {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, body.length - position));
      const MutableBytes out = MutableBytes(buffer).subspan(filled, wanted);
      const auto count = co_await read_piece(body, position, out);
      if (!count) co_return false;
      const ByteView bytes = ByteView(buffer).first(filled + *count);
      const bool written = co_await write_while_wanted(bytes, download);
      if (!written) co_return false;
      position += *count;
      filled = 0;
    }
    co_return true;
  }

  /// How much of `out` was filled; nothing where the source cannot be read. What the kernel has in memory
  /// costs no turn on the pool, but other sessions have theirs in between.
  asio::awaitable<std::optional<std::size_t>> read_piece(const StreamedBody& body, std::uint64_t position,
                                                         MutableBytes out) {
    const std::size_t cached = body.source->read_cached(body.offset + position, out);
    if (cached != 0 || out.empty()) {
      co_await asio::post(asio::use_awaitable);
      co_return cached;
    }
    const bool read =
        co_await asio::co_spawn(context_.blocking, read_on_pool(body, position, out), asio::use_awaitable);
    co_return read ? std::optional(out.size()) : std::nullopt;
  }

  asio::awaitable<bool> write(const ByteView& bytes) {
    stream_.expires_at(write_deadline(bytes));
    choose_record_length(stream_.native_handle());
    const auto count = co_await stream_.write(bytes);
    co_return count.has_value();
  }

  /// The same of a piece of a download, which may take many times as long as a stop may.
  asio::awaitable<bool> write_while_wanted(const ByteView& bytes, Download& download) {
    const Clock::time_point deadline = write_deadline(bytes);
    choose_record_length(stream_.native_handle());
    for (;;) {
      stream_.expires_at(std::min(deadline, download.asked + kAskEvery));
      const auto count = co_await stream_.write(bytes);
      const bool is_late = Clock::now() >= deadline;
      if (!count && (count.error() != asio::error::timed_out || is_late)) co_return false;
      const bool still = co_await is_wanted(download);
      if (!still) co_return false;
      if (count) co_return true;
    }
  }

  /// Asks where it is time to; what is not wanted any more ends here, with what the kernel has of it.
  asio::awaitable<bool> is_wanted(Download& download) {
    const Clock::time_point now = Clock::now();
    if (now < download.asked + kAskEvery) co_return true;
    const bool still = co_await asio::co_spawn(
        context_.blocking, wanted_on_pool(context_.service, peer_, download), asio::use_awaitable);
    download.asked = now;
    if (!still) stream_.abort();
    co_return still;
  }

  /// That of the slowest rate allowed, for these bytes and for those the kernel may still hold.
  [[nodiscard]] Clock::time_point write_deadline(const ByteView& bytes) const {
    const std::uint64_t due = bytes.size() + kUnsentInKernel;
    const std::uint64_t rate = std::max<std::uint64_t>(1, context_.limits.min_send_rate);
    return Clock::now() + std::chrono::milliseconds(due * 1000 / rate);
  }

  void log_request(const RequestHead& head, const Response& response, bool sent,
                   Clock::time_point began) const {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
    log_event(Severity::kInfo, "request",
              {{"address", peer_.address},
               {"serial", peer_.serial.value_or("")},
               {"method", head.method},
               {"path", head.target.substr(0, head.target.find('?'))},
               {"status", response.status},
               {"bytes", response.content_length()},
               {"complete", sent ? "yes" : "no"},
               {"ms", static_cast<std::uint64_t>(took.count())}});
  }

  static constexpr std::size_t kReadAtOnce = 4096;

  const SessionContext& context_;
  std::unique_ptr<ConnectionLimit::Permit> permit_;
  TlsStream stream_;
  beast::flat_buffer buffer_{kMaxBuffered};
  Peer peer_;
};

}  // namespace

asio::awaitable<void> run_session(asio::ip::tcp::socket socket, const SessionContext& context,
                                  std::unique_ptr<ConnectionLimit::Permit> permit) {
  Session session(std::move(socket), context, std::move(permit));
  co_await session.run();
}

}  // namespace skiff::server

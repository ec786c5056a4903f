// HttpServerTest: a server on loopback with a few routes of its own, and a record of what it was told.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <stdexcept>

#include "http/range.hpp"
#include "http/server.hpp"
#include "tests/server/fleet_files.hpp"

namespace skiff::server::test {

inline constexpr std::size_t kFileLength = 1'000'000;

inline Bytes make_content() {
  Bytes content(kFileLength);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  return content;
}
inline const Bytes kContent = make_content();

/// More than any buffer on the way holds, and than can be sent in a second.
class EndlessZeros final : public Source {
 public:
  static constexpr std::uint64_t kLength = std::uint64_t{1} << 40;
  [[nodiscard]] std::uint64_t size() const override { return kLength; }
  Result<void> read_at(std::uint64_t, MutableBytes out) const override {
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    return {};
  }
};

/// A server with a few routes of its own, and a record of what it was told.
class HttpServerTest : public ::testing::Test {
 protected:
  void start(HttpLimits limits = {}) {
    HttpOptions options;
    options.limits = limits;
    options.tls = fleet_.server();
    HttpService service{Router(routes()), [this](const Peer& peer) { return admit(peer); },
                        [this](const Peer& peer, WireBytes bytes) { account(peer, bytes); }};
    service.changes = [this] { return changes_ < 0 ? std::nullopt : std::optional<std::uint64_t>(changes_); };
    service.may_be_put_off = [](const RequestHead& head) { return head.target == "/gate"; };
    auto server = HttpServer::create(options, std::move(service));
    ASSERT_TRUE(server) << server.error().text();
    server_ = *std::move(server);
    server_->start();
  }

  std::vector<Route> routes() {
    const auto file = [](const Request& request) {
      return representation_response(
          request, {std::make_shared<ViewSource>(kContent), "\"e\"", "application/octet-stream", "no-cache"});
    };
    const auto disk = [this](const Request& request) {
      const std::shared_ptr<const Source> source = open_source(disk_file()).value();
      if (is_cut_) std::filesystem::resize_file(disk_file(), kFileLength / 2);
      return representation_response(request, {source, "\"d\"", "application/octet-stream", "no-cache"});
    };
    const auto echo = [this](const Request& request) {
      ++handled_;
      return json_response(200, "\"" + request.body + "\"");
    };
    const auto gate = [this](const Request&) {
      ++handled_;
      is_open_.wait(false);
      return json_response(200, "1");
    };
    const auto fail_always = [](const Request&) -> Response { throw std::length_error("odd"); };
    const auto zeros = [this](const Request& request) {
      Response response = representation_response(
          request, {std::make_shared<EndlessZeros>(), "\"z\"", "application/octet-stream", "no-cache"});
      response.streamed->still_wanted = [this] {
        ++asked_;
        return !withdrawn_;
      };
      return response;
    };
    const auto refuse_strangers = [](const RequestHead& head) -> std::optional<Response> {
      const auto who = find_field(head.fields, "authorization");
      if (who == "odd") throw std::length_error("odd");
      if (who == "friend") return std::nullopt;
      return error_response(ApiError::kUnauthorised, "no");
    };
    return {{{"GET"}, "/zeros", 0, true, zeros},
            {{"GET", "HEAD"}, "/file/", 0, true, file},
            {{"GET"}, "/disk", 0, true, disk},
            {{"POST"}, "/echo", 100, true, echo},
            {{"POST"}, "/guarded", 1'000, true, echo, refuse_strangers},
            {{"GET"}, "/throw", 0, true, fail_always},
            {{"GET"}, "/gate", 0, true, gate},
            {{"GET"}, "/open", 0, false, [](const Request&) { return json_response(200, "1"); }}};
  }

  std::optional<Response> admit(const Peer& peer) {
    if (rejected_ && peer.serial == "d1") return error_response(ApiError::kRejected, "no");
    return std::nullopt;
  }

  void account(const Peer& peer, WireBytes bytes) {
    const std::lock_guard lock(mutex_);
    ledger_[*peer.serial].received += bytes.received;
    ledger_[*peer.serial].sent += bytes.sent;
  }

  /// What /disk is answered with.
  [[nodiscard]] std::filesystem::path disk_file() const { return fleet_.folder() / "disk"; }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  [[nodiscard]] unsigned status_of(const std::string& request) const {
    TlsClient client(port(), fleet_.device("d1"));
    const auto answer = client.ask(request);
    return answer ? answer->status : 0;
  }
  /// The server still answers as it should.
  [[nodiscard]] bool is_well() const { return status_of(get("/file/x", "Range: bytes=0-0\r\n")) == 206; }

  FleetFiles fleet_;
  std::atomic<bool> rejected_ = false;
  std::atomic<bool> withdrawn_ = false;
  std::atomic<std::int64_t> changes_ = -1;  ///< as the server is told; -1: it is not known
  std::atomic<int> asked_ = 0;              ///< whether /zeros is still wanted
  std::atomic<bool> is_cut_ = false;        ///< the file of /disk is, once it is open
  std::atomic<int> handled_ = 0;
  std::atomic<bool> is_open_ = false;
  std::mutex mutex_;
  std::map<std::string, WireBytes> ledger_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace skiff::server::test

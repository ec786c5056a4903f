// FleetServer: the whole server in one object: repository, database, workers and HTTP, put together.
#pragma once

#include <filesystem>
#include <memory>

#include "deltas/upkeep.hpp"
#include "fleet/enrolment_api.hpp"
#include "fleet/operator_api.hpp"
#include "fleet/upload_api.hpp"
#include "fleet/webhook_sender.hpp"
#include "http/server.hpp"

namespace skiff::server {

struct ServerOptions {
  std::filesystem::path repository;
  std::filesystem::path state;  ///< made if missing: the database and work in progress
  std::string database;         ///< URL; empty: SQLite in `state`
  HttpOptions http;
  std::filesystem::path ca;          ///< authority folder; without the device CA's key nothing is certified
  std::optional<HttpOptions> enrol;  ///< where devices without a certificate ask for one; none: nowhere
  EnrolmentOptions enrolment;
  std::optional<HttpOptions> public_http;  ///< where metadata and targets are for everybody; none: nowhere
  std::optional<HttpOptions> operators;    ///< where operators are served; none: nowhere
  PendingLimits pending;
  UploadLimits uploads;
  DeviceApiOptions api;
  MakerOptions maker;  ///< its work folder is set to one in `state`
  UpkeepTimes upkeep;
  WatchOptions watch;
  PosterOptions webhooks;
  unsigned workers = 1;  ///< threads that make deltas; 0: none
  WallClock clock;       ///< empty: the system's
};

/// Where a fleet's database is: at `url`, or in the state folder where that is empty.
std::string database_url(const std::filesystem::path& state, const std::string& url);

/// Serves what the repository has published, and adds deltas to it. Nothing runs before start().
class FleetServer {
 public:
  static Result<std::unique_ptr<FleetServer>> create(ServerOptions options, OnlineKeys keys);
  /// As stop().
  ~FleetServer();
  FleetServer(const FleetServer&) = delete;
  FleetServer& operator=(const FleetServer&) = delete;

  void start();
  /// Ends connections, cancels jobs (they are queued again) and writes the ledger. May be called twice.
  void stop();
  [[nodiscard]] std::uint16_t port() const;
  /// 0: there is none.
  [[nodiscard]] std::uint16_t enrol_port() const;
  [[nodiscard]] std::uint16_t public_port() const;
  [[nodiscard]] std::uint16_t operator_port() const;

 private:
  class Impl;
  explicit FleetServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace skiff::server

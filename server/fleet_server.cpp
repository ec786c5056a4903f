#include "fleet_server.hpp"

#include <algorithm>
#include <ctime>
#include <iterator>

#include "deltas/worker_place.hpp"
#include "fleet/change_watch.hpp"
#include "store/database.hpp"

namespace skiff::server {
namespace {

namespace fs = std::filesystem;

Result<void> prepare_state(const fs::path& state) {
  std::error_code error;
  fs::create_directories(state, error);
  if (!error) fs::permissions(state, fs::perms::owner_all, error);
  if (error) return fail(ErrorKind::kIo, "cannot prepare " + state.string() + ": " + error.message());
  return {};
}

/// One for each thread that may be in a transaction: handlers of every port, workers and their keepers,
/// the upkeep, and the sender of events.
unsigned connections(const ServerOptions& options) {
  unsigned count = options.http.blocking_threads + 2 * options.workers + 2;
  if (options.enrol) count += options.enrol->blocking_threads;
  if (options.public_http) count += options.public_http->blocking_threads;
  if (options.operators) count += options.operators->blocking_threads;
  return count;
}

/// What has to be there before the server is.
struct Opened {
  std::unique_ptr<Database> database;
  std::unique_ptr<Catalogue> catalogue;
  std::unique_ptr<Signer> audit_key;
  std::optional<WorkerPlace> place;
};

}  // namespace

std::string database_url(const fs::path& state, const std::string& url) {
  return url.empty() ? sqlite_url(state / "skiff.sqlite") : url;
}

class FleetServer::Impl {
 public:
  Impl(ServerOptions options, Opened opened, OnlineKeys keys)
      : options_(std::move(options)),
        database_(std::move(opened.database)),
        catalogue_(std::move(opened.catalogue)),
        audit_key_(std::move(opened.audit_key)),
        place_(*std::move(opened.place)),
        publisher_(options_.repository, std::move(keys)) {}

  Result<void> listen() {
    SKIFF_TRY(prepare_enrolment());
    std::vector<Route> routes = api_.routes();
    if (enrolment_) std::ranges::move(enrolment_->device_routes(), std::back_inserter(routes));
    HttpService service{Router(std::move(routes)), [this](const Peer& peer) { return api_.admit(peer); },
                        [this](const Peer& peer, WireBytes bytes) {
                          contacts_.add(*peer.serial, {0, 0, bytes});
                        },
                        [](const RequestHead& head) { return head.target == kCheckInPath; },
                        [this] { return changes_.last(); }};
    SKIFF_ASSIGN(http_, HttpServer::create(options_.http, std::move(service)));
    if (options_.public_http) {
      SKIFF_ASSIGN(public_http_,
                   HttpServer::create(*options_.public_http, {Router(api_.public_routes()), {}, {}}));
    }
    if (!options_.operators) return {};
    SKIFF_ASSIGN(operator_http_,
                 HttpServer::create(*options_.operators, {Router(operator_routes()), {}, {}}));
    return {};
  }

  void start() {
    workers_ = std::make_unique<DeltaWorkers>(DeltaParts{*catalogue_, jobs_, publisher_, place_.name()},
                                              options_.maker, options_.clock, options_.workers);
    upkeep_ = std::make_unique<Upkeep>(
        UpkeepParts{*catalogue_, jobs_, admissions_, devices_, deployments_, budgets_, published_, unused_,
                    publisher_, contacts_, leadership_, watch_, uploads_},
        options_.upkeep, options_.clock, [this] { workers_->wake(); });
    sender_ = std::make_unique<WebhookSender>(outbox_, sending_, options_.webhooks, options_.clock);
    http_->start();
    if (enrol_http_) enrol_http_->start();
    if (public_http_) public_http_->start();
    if (operator_http_) operator_http_->start();
  }

  /// In the order in which they depend on each other. The upkeep ends last: it writes what the connections
  /// cost.
  void stop() {
    operator_http_.reset();
    enrol_http_.reset();
    public_http_.reset();
    http_.reset();
    if (upkeep_ != nullptr) upkeep_->stop();
    if (workers_ != nullptr) workers_->stop();
    if (sender_ != nullptr) sender_->stop();
  }

  [[nodiscard]] std::uint16_t port() const { return http_->port(); }
  [[nodiscard]] std::uint16_t enrol_port() const { return enrol_http_ ? enrol_http_->port() : 0; }
  [[nodiscard]] std::uint16_t public_port() const { return public_http_ ? public_http_->port() : 0; }
  [[nodiscard]] std::uint16_t operator_port() const { return operator_http_ ? operator_http_->port() : 0; }

 private:
  Result<void> prepare_enrolment() {
    if (!options_.enrol && !fs::exists(key_file(options_.ca, kDeviceCa))) return {};
    SKIFF_ASSIGN(DeviceAuthority authority, DeviceAuthority::open(options_.ca));
    enrolment_.emplace(admissions_, std::move(authority), options_.enrolment, options_.clock);
    if (!options_.enrol) return {};
    SKIFF_ASSIGN(enrol_http_,
                 HttpServer::create(*options_.enrol, {Router(enrolment_->stranger_routes()), {}, {}}));
    return {};
  }

  std::vector<Route> operator_routes() {
    std::vector<Route> routes = operator_api_.routes();
    routes.push_back(upload_api_.route());  // last: the paths of others begin alike
    return routes;
  }

  [[nodiscard]] std::vector<Disk> disks() const {
    return {{"state", options_.state}, {"repository", options_.repository}};
  }

  /// What builders elsewhere see and change of the repository.
  RepositoryPort repository_port() {
    return {[this]() -> Result<Json::Object> {
              SKIFF_ASSIGN(const Repository repository, Repository::open(options_.repository));
              return repository.role_files();
            },
            [this](const Json::Object& files) {
              return publisher_.accept(files, uploads_.images(), options_.clock());
            }};
  }

  ServerOptions options_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Catalogue> catalogue_;
  std::unique_ptr<Signer> audit_key_;
  WorkerPlace place_;
  Publisher publisher_;
  AdmissionStore admissions_{*database_, options_.pending};
  DeviceStore devices_{*database_};
  ReportStore reports_{*database_};
  ReportIntake intake_{*database_};
  JobStore jobs_{*database_};
  GroupStore groups_{*database_};
  ChangeWatch changes_{[this] { return groups_.changes(); }};
  DeploymentStore deployments_{*database_};
  UnusedDeltas unused_{*database_};
  LedgerStore updates_{*database_};
  BudgetStore budgets_{*database_};
  WebhookStore webhooks_{*database_};
  OutboxStore outbox_{*database_};
  PublishedReleases published_{*database_};
  AuditLog audit_{*database_, *audit_key_};
  Watch watch_{{*database_, audit_, *catalogue_, options_.ca, disks(), place_.name()}, options_.watch};
  ContactLedger contacts_;
  UploadStore uploads_{options_.repository, options_.uploads};
  Leadership leadership_{*database_, "upkeep"};
  Leadership sending_{*database_, "webhooks"};
  std::unique_ptr<DeltaWorkers> workers_;
  std::unique_ptr<Upkeep> upkeep_;
  std::unique_ptr<WebhookSender> sender_;
  DeviceApi api_{{*catalogue_, admissions_, devices_, intake_, jobs_, groups_, deployments_, contacts_},
                 options_.api,
                 options_.clock,
                 [this] { workers_->wake(); }};
  std::optional<EnrolmentApi> enrolment_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<HttpServer> enrol_http_;
  std::unique_ptr<HttpServer> public_http_;
  AlarmStore alarms_{*database_};
  UserStore users_{*database_};
  NumberStore numbers_{*database_, disks()};
  CredentialStore credentials_{*database_};
  OperatorApi operator_api_{{users_, credentials_, audit_, admissions_, devices_, reports_, groups_,
                             deployments_, alarms_, numbers_, updates_, budgets_, webhooks_, uploads_, jobs_},
                            [this] { return catalogue_->view(); },
                            repository_port(),
                            options_.clock};
  UploadApi upload_api_{credentials_, uploads_, options_.clock};
  std::unique_ptr<HttpServer> operator_http_;
};

Result<std::unique_ptr<FleetServer>> FleetServer::create(ServerOptions options, OnlineKeys keys) {
  if (!options.clock) options.clock = [] { return static_cast<std::int64_t>(std::time(nullptr)); };
  SKIFF_TRY(prepare_state(options.state));
  Opened opened;
  SKIFF_ASSIGN(opened.database,
               Database::open(database_url(options.state, options.database), connections(options)));
  SKIFF_ASSIGN(opened.catalogue, Catalogue::open(options.repository));
  SKIFF_ASSIGN(WorkerPlace place, WorkerPlace::take(options.state));
  options.maker.work_folder = place.folder();
  opened.place.emplace(std::move(place));
  SKIFF_ASSIGN(opened.audit_key, open_audit_key(options.state));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(opened), std::move(keys));
  SKIFF_TRY(impl->listen());
  return std::unique_ptr<FleetServer>(new FleetServer(std::move(impl)));
}

FleetServer::FleetServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FleetServer::~FleetServer() { stop(); }
void FleetServer::start() { impl_->start(); }
void FleetServer::stop() { impl_->stop(); }
std::uint16_t FleetServer::port() const { return impl_->port(); }
std::uint16_t FleetServer::operator_port() const { return impl_->operator_port(); }
std::uint16_t FleetServer::enrol_port() const { return impl_->enrol_port(); }
std::uint16_t FleetServer::public_port() const { return impl_->public_port(); }

}  // namespace skiff::server

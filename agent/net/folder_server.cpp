#include "agent/net/folder_server.hpp"

#include <algorithm>

#include "agent/machine/state.hpp"

namespace skiff::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxPlan = 65'536;
constexpr std::size_t kPiece = 64 << 10;

class FolderFetcher final : public tuf::Fetcher {
 public:
  explicit FolderFetcher(fs::path folder) : folder_(std::move(folder)) {}
  Result<std::optional<Bytes>> fetch(std::string_view name, std::uint64_t max_length) override {
    Result<Bytes> file = read_file(folder_ / name, max_length);
    if (file) return std::optional<Bytes>(std::move(*file));
    if (file.error().kind == ErrorKind::kNotFound) return std::optional<Bytes>();
    return tl::unexpected<Error>(file.error());
  }

 private:
  fs::path folder_;
};

Result<void> hand_on(const Source& source, ByteRange wanted, const RangeConsumer& consume,
                     std::uint64_t& received) {
  Bytes block(kPiece);
  while (wanted.length > 0) {
    const MutableBytes part =
        MutableBytes(block).first(static_cast<std::size_t>(std::min<std::uint64_t>(wanted.length, kPiece)));
    const Result<void> read = source.read_at(wanted.offset, part);
    if (!read) return fail(ErrorKind::kNetwork, read.error().message);
    received += part.size();
    SKIFF_ASSIGN(const bool more, consume(part));
    if (!more) return {};
    wanted = {wanted.offset + part.size(), wanted.length - part.size()};
  }
  return {};
}

}  // namespace

Result<Plan> FolderServer::check_in(const CheckIn& device) {
  if (device.state == to_string(State::kContact)) return Plan{};
  SKIFF_ASSIGN(const Bytes text, read_file(folder_ / "plan.json", kMaxPlan));
  return parse_plan(text);
}

Result<std::unique_ptr<Source>> FolderServer::open_target(const RemoteFile& file) const {
  const fs::path path = folder_ / "targets" / file.path.substr(kTargetsPath.size());
  SKIFF_ASSIGN(std::unique_ptr<Source> source, open_source(path));
  if (source->size() == file.length) return source;
  return fail(ErrorKind::kMismatch, path.string() + " is not " + std::to_string(file.length) + " bytes long");
}

Result<Installation> FolderServer::authorise(const Plan& plan, const DeviceFacts& device, std::int64_t now) {
  FolderFetcher fetcher(folder_ / "metadata");
  SKIFF_ASSIGN(Installation installation, ask_metadata({fetcher, files_, metadata_dir_, now}, plan, device));
  const DeltaOffer& delta = installation.delta;
  SKIFF_TRY(open_target(remote_target(delta.wire_path, delta.length, delta.sha256)).map([](const auto&) {}));
  return installation;
}

/// A stick that was pulled out is a link that is down.
RangeOutcome FolderServer::fetch(const RemoteFile& file, ByteRange wanted, const RangeConsumer& consume) {
  RangeOutcome outcome;
  const Result<std::unique_ptr<Source>> source = open_target(file);
  if (!source) {
    outcome.result = fail(ErrorKind::kNetwork, source.error().message);
  } else {
    outcome.result = hand_on(**source, wanted, consume, outcome.received);
  }
  return outcome;
}

Result<void> FolderServer::send_report(std::string_view /*body*/) {
  return fail(ErrorKind::kNetwork, "reports wait for the server");
}

}  // namespace skiff::agent

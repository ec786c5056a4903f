// ModelRepository: a TUF repository in memory that a test can bend in any way, and the fetcher over it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "skiff/trust.hpp"
#include "skiff/tuf.hpp"

namespace skiff::testing {

inline constexpr std::int64_t kNow = 1'800'000'000;
inline constexpr std::int64_t kYear = 365 * 86'400;

/// Starts with version 1 of the four top-level roles, one key each, everything published.
class ModelRepository final : public tuf::Fetcher {
 public:
  ModelRepository();

  Result<std::optional<Bytes>> fetch(std::string_view name, std::uint64_t max_length) override;

  /// The signed part of a role, to be changed freely before it is published.
  Json::Object& part(const std::string& role) { return *parts_.at(role).object(); }
  Json::Object& member(const std::string& role, const std::string& key) { return *part(role)[key].object(); }
  void set_version(const std::string& role, std::int64_t version) { part(role)["version"] = version; }
  [[nodiscard]] std::int64_t version(const std::string& role) { return *part(role)["version"].integer(); }
  void set_expiry(const std::string& role, std::int64_t seconds);

  /// Keys a role is signed with; they are not in root (or in the delegator) until trust_keys().
  std::vector<std::unique_ptr<Signer>>& keys(const std::string& role) { return keys_[role]; }
  void add_key(const std::string& role);
  void replace_keys(const std::string& role);
  /// Makes the delegator (root for top-level roles) name the role's keys.
  void trust_keys(const std::string& role, const std::string& delegator = "root", std::int64_t threshold = 1);

  void add_target(const std::string& role, const std::string& name, std::string_view content,
                  const Json& custom = {});
  /// A new delegated role with a key of its own.
  void delegate(const std::string& from, const std::string& role, const std::vector<std::string>& paths,
                bool terminating = false);

  /// Signs the part as it is and puts it where clients look for it.
  void write(const std::string& role);
  /// The next version of root, signed by its keys and, if given, by others (of the version before).
  void publish_root(const std::vector<const Signer*>& also = {});
  /// New versions of the roles, of the snapshot that lists all roles as they are, and of the timestamp.
  void publish(const std::vector<std::string>& changed_roles = {});
  /// The snapshot's and the timestamp's listings brought up to date, without new versions.
  void list_all();

  [[nodiscard]] Bytes root_file(int version = 1) const {
    return files.at(std::to_string(version) + ".root.json");
  }

  std::map<std::string, Bytes> files;  ///< what is served
  std::vector<std::string> requests;   ///< names in the order they were asked for

 private:
  [[nodiscard]] Json key_ids(const std::string& role);
  void put_keys(Json::Object& parent, const std::string& role);

  std::map<std::string, Json> parts_;
  std::map<std::string, std::vector<std::unique_ptr<Signer>>> keys_;
};

/// A folder that is there as long as the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A device: a metadata folder that begins with a trusted root, and a new client for every cycle.
class Device {
 public:
  explicit Device(const ModelRepository& repository) : Device(repository.root_file()) {}
  explicit Device(const Bytes& root);

  Result<tuf::Client> client(tuf::Fetcher& fetcher, std::int64_t now = kNow, tuf::Limits limits = {});
  Result<void> refresh(tuf::Fetcher& fetcher, std::int64_t now = kNow);
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  /// The version of a role's file on disk; 0 if there is none.
  [[nodiscard]] std::uint64_t trusted_version(const std::string& role) const;

 private:
  TemporaryFolder folder_;
};

/// "ok", or the name of the kind of error: what tables of cases compare.
template <typename T>
std::string outcome(const Result<T>& result) {
  return result ? "ok" : std::string(to_string(result.error().kind));
}

}  // namespace skiff::testing

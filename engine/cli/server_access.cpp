#include "cli/server_access.hpp"

#include <cstdlib>
#include <filesystem>

#include "cli/clock.hpp"
#include "skiff/files.hpp"
#include "skiff/io.hpp"
#include "skiff/json.hpp"

namespace skiff::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFile = 65'536;

Result<fs::path> access_file() {
  const std::string config = environment("XDG_CONFIG_HOME");
  if (!config.empty()) return fs::path(config) / "skiff" / "login.json";
  const std::string home = environment("HOME");
  if (!home.empty()) return fs::path(home) / ".config" / "skiff" / "login.json";
  return fail(ErrorKind::kUsage, "neither XDG_CONFIG_HOME nor HOME says where a login is kept");
}

/// Replaces a file; never readable by others, not even while it is written.
Result<void> write_secretly(const fs::path& path, std::string_view text) {
  const fs::path temporary = path.string() + ".new";
  std::error_code error;
  fs::remove(temporary, error);
  SKIFF_TRY(write_new_file(temporary, as_bytes(text), kOwnerOnly));
  fs::rename(temporary, path, error);
  if (error) return fail(ErrorKind::kIo, "cannot write " + path.string() + ": " + error.message());
  return sync_folder(path.parent_path());
}

}  // namespace

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<ServerAccess> kept_access() {
  SKIFF_ASSIGN(const fs::path path, access_file());
  const Result<Bytes> text = read_file(path, kMaxFile);
  if (!text && text.error().kind == ErrorKind::kNotFound) {
    return fail(ErrorKind::kUsage, "no server: `skiff login URL`, or set SKIFF_SERVER and SKIFF_TOKEN");
  }
  if (!text) return tl::unexpected<Error>(text.error());
  SKIFF_ASSIGN(const Json json, parse_json(*text));
  ServerAccess access;
  SKIFF_ASSIGN(access.url, string_member(json, "url"));
  SKIFF_ASSIGN(access.token, string_member(json, "token"));
  SKIFF_ASSIGN(access.ca, string_member(json, "ca"));
  SKIFF_ASSIGN(access.expires, integer_member(json, "expires"));
  if (access.expires > now()) return access;
  return fail(ErrorKind::kExpired, "the login at " + access.url + " has run out: `skiff login`");
}

Result<ServerAccess> current_access() {
  ServerAccess access{environment("SKIFF_SERVER"), environment("SKIFF_TOKEN"), environment("SKIFF_CA")};
  if (access.url.empty()) return kept_access();
  if (access.token.empty()) return fail(ErrorKind::kUsage, "SKIFF_SERVER is set, and SKIFF_TOKEN is not");
  return access;
}

Result<void> keep_access(const ServerAccess& access) {
  SKIFF_ASSIGN(const fs::path path, access_file());
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (!error) fs::permissions(path.parent_path(), fs::perms::owner_all, error);
  if (error)
    return fail(ErrorKind::kIo, "cannot prepare " + path.parent_path().string() + ": " + error.message());
  const Json json = Json::Object{
      {"url", access.url}, {"token", access.token}, {"ca", access.ca}, {"expires", access.expires}};
  return write_secretly(path, json_text(json));
}

Result<void> forget_access() {
  SKIFF_ASSIGN(const fs::path path, access_file());
  std::error_code error;
  fs::remove(path, error);
  if (error) return fail(ErrorKind::kIo, "cannot remove " + path.string() + ": " + error.message());
  return {};
}

}  // namespace skiff::cli

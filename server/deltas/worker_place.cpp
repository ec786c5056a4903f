#include "deltas/worker_place.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "skiff/trust.hpp"

namespace skiff::server {
namespace {

namespace fs = std::filesystem;

constexpr int kMostPlaces = 256;
constexpr std::size_t kFolderDigits = 8;  // hexadecimal, of the SHA-256 of a state folder's path

/// Of the folder on this host: no other folder, here or elsewhere, is called so.
Result<std::string> name_of(const fs::path& folder) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {"host"};
  std::error_code error;
  const fs::path path = fs::canonical(folder, error);
  if (error) return fail(ErrorKind::kIo, "cannot find " + folder.string() + ": " + error.message());
  return host.data() + ("-" + sha256(as_bytes(path.string())).hex().substr(0, kFolderDigits));
}

}  // namespace

Result<WorkerPlace> WorkerPlace::take(const fs::path& state) {
  const fs::path places = state / "work";
  std::error_code error;
  fs::create_directories(places, error);
  if (error) return fail(ErrorKind::kIo, "cannot prepare " + places.string() + ": " + error.message());
  SKIFF_ASSIGN(const std::string name, name_of(state));
  for (int number = 1; !error && number <= kMostPlaces; ++number) {
    const fs::path folder = places / std::to_string(number);
    const int lock = ::open((folder.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) return fail(ErrorKind::kIo, "cannot open " + folder.string() + ".lock");
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
      ::close(lock);
      continue;
    }
    WorkerPlace place(lock, name + "-" + std::to_string(number), folder);
    fs::remove_all(folder, error);
    if (!error) fs::create_directories(folder, error);
    if (!error) return place;
  }
  if (error) return fail(ErrorKind::kIo, "cannot prepare " + places.string() + ": " + error.message());
  return fail(ErrorKind::kLimit, places.string() + " has all the workers there can be");
}

WorkerPlace::WorkerPlace(WorkerPlace&& other) noexcept
    : lock_(std::exchange(other.lock_, -1)),
      name_(std::move(other.name_)),
      folder_(std::move(other.folder_)) {}

WorkerPlace::~WorkerPlace() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace skiff::server

#include "deltas/worker_place.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace skiff::server {
namespace {

namespace fs = std::filesystem;

constexpr int kMostPlaces = 256;

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "host";
}

}  // namespace

Result<WorkerPlace> WorkerPlace::take(const fs::path& state) {
  const fs::path places = state / "work";
  std::error_code error;
  fs::create_directories(places, error);
  for (int number = 1; !error && number <= kMostPlaces; ++number) {
    const fs::path folder = places / std::to_string(number);
    const int lock = ::open((folder.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) return fail(ErrorKind::kIo, "cannot open " + folder.string() + ".lock");
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
      ::close(lock);
      continue;
    }
    WorkerPlace place(lock, host_name() + "-" + std::to_string(number), folder);
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

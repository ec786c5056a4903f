#include "agent/system/slot_claims.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fstream>
#include <string>

#include "agent/system/os.hpp"

namespace skiff::agent {
namespace {

namespace fs = std::filesystem;

/// mountinfo (proc(5)): the third field is major:minor of what is mounted.
bool is_mounted(dev_t device) {
  const std::string wanted = std::to_string(major(device)) + ":" + std::to_string(minor(device));
  std::ifstream mounts("/proc/self/mountinfo");
  std::string id;
  std::string parent;
  std::string numbers;
  std::string rest;
  while (mounts >> id >> parent >> numbers && std::getline(mounts, rest)) {
    if (numbers == wanted) return true;
  }
  return false;
}

bool backs_a_loop_device(const struct stat& file) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator("/sys/block", ignored)) {
    std::ifstream link(entry.path() / "loop" / "backing_file");
    std::string backing;
    struct stat status = {};
    if (std::getline(link, backing) && ::stat(backing.c_str(), &status) == 0 &&
        status.st_dev == file.st_dev && status.st_ino == file.st_ino) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<void> refuse_claimed(int fd, const fs::path& path) {
  struct stat status = {};
  struct stat root = {};
  if (::fstat(fd, &status) != 0) return os_error("inspect", path);
  if (S_ISBLK(status.st_mode)) {
    if (::stat("/", &root) == 0 && root.st_dev == status.st_rdev) {
      return fail(ErrorKind::kUsage, path.string() + " holds the running root file system");
    }
    if (is_mounted(status.st_rdev)) return fail(ErrorKind::kUsage, path.string() + " is mounted");
    return {};
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorKind::kUsage, path.string() + " is neither a regular file nor a block device");
  }
  if (backs_a_loop_device(status)) {
    return fail(ErrorKind::kUsage, path.string() + " is open as a loop device");
  }
  return {};
}

}  // namespace skiff::agent

#include "store/disk.hpp"

namespace skiff::server {
namespace {

constexpr std::uint64_t kLeastPart = 20;  // of the capacity, one in so many bytes

}  // namespace

std::vector<DiskSpace> space_of(const std::vector<Disk>& disks) {
  std::vector<DiskSpace> spaces;
  for (const Disk& disk : disks) {
    std::error_code error;
    const std::filesystem::space_info space = std::filesystem::space(disk.folder, error);
    if (!error) spaces.push_back({disk.name, space.available, space.capacity});
  }
  return spaces;
}

bool is_filling(const DiskSpace& space) { return space.available < space.capacity / kLeastPart; }

}  // namespace skiff::server

// Disks: how much room the folders that the server writes to have left.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace skiff::server {

/// A folder, by what it is called in metrics and alarms.
struct Disk {
  std::string name;
  std::filesystem::path folder;
};

struct DiskSpace {
  std::string name;
  std::uint64_t available = 0;  ///< bytes that the server may still write
  std::uint64_t capacity = 0;   ///< bytes
};

/// In the order of `disks`; those that cannot be asked are passed over.
std::vector<DiskSpace> space_of(const std::vector<Disk>& disks);

/// Whether less than a twentieth is left.
bool is_filling(const DiskSpace& space);

}  // namespace skiff::server

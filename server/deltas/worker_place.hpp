// WorkerPlace: a name and a folder that one process of delta workers has to itself.
#pragma once

#include <filesystem>
#include <string>

#include "skiff/result.hpp"

namespace skiff::server {

/// Places are numbered below `state`/work; a process has the first that no living one holds, and what a dead
/// one left there is removed. The kernel lets go of a place whatever ends its process.
class WorkerPlace {
 public:
  /// kIo; kLimit: there are 256 workers already.
  static Result<WorkerPlace> take(const std::filesystem::path& state);
  ~WorkerPlace();
  WorkerPlace(WorkerPlace&& other) noexcept;
  WorkerPlace& operator=(WorkerPlace&&) = delete;

  /// Of this host: jobs of this name are nobody else's.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  WorkerPlace(int lock, std::string name, std::filesystem::path folder)
      : lock_(lock), name_(std::move(name)), folder_(std::move(folder)) {}

  int lock_ = -1;
  std::string name_;
  std::filesystem::path folder_;
};

}  // namespace skiff::server

// make_delta: one delta made, applied again and compared, in a file that goes away with it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "skiff/diff.hpp"
#include "store/jobs.hpp"

namespace skiff::server {

struct MakerOptions {
  std::filesystem::path work_folder;                  ///< for the delta while it is made
  std::uint64_t max_memory = std::uint64_t{2} << 30;  ///< bytes the encoder may use for its indexes
  unsigned threads = 1;                               ///< of one job; the same delta whatever the number
  /// Of deltas from an image. A full image is always zstd: there is so much of it that a device would take
  /// minutes to decode it otherwise, and every device can.
  Codec codec = Codec::kContextMixing;
  Profile profile = Profile::kStandard;
  /// Whether compressed streams may be opened: for fleets whose devices have the re-packers of this machine.
  bool open = false;
};

/// A finished delta; its file is removed with it.
class MadeDelta {
 public:
  MadeDelta(std::filesystem::path file, std::unique_ptr<Source> source)
      : file_(std::move(file)), source_(std::move(source)) {}
  MadeDelta(MadeDelta&& other) noexcept
      : file_(std::exchange(other.file_, {})), source_(std::move(other.source_)) {}
  MadeDelta& operator=(MadeDelta&&) = delete;
  ~MadeDelta();
  [[nodiscard]] const Source& source() const { return *source_; }

 private:
  std::filesystem::path file_;
  std::unique_ptr<Source> source_;
};

/// Makes the delta of `pair` from its images, applies it, and returns it only if that gives the result image.
/// `keep_going` is asked now and then; where it says no, the error is kCancelled. Errors: as build_delta and
/// apply_delta have them.
Result<MadeDelta> make_delta(const ImagePair& pair, const Source& base, const Source& result,
                             const MakerOptions& options, const std::function<bool()>& keep_going);

}  // namespace skiff::server

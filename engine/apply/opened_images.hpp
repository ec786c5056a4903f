// OpenedImages: what a pipeline reads and writes where a delta is between the opened forms of its images.
#pragma once

#include <memory>
#include <vector>

#include "skiff/applier.hpp"
#include "unpack/opened_base.hpp"
#include "unpack/packed_writer.hpp"

namespace skiff {

class OpenedImages {
 public:
  /// Base and result themselves if the delta has no opening. The arguments must outlive it. Errors: kFormat
  /// (F28 to F31), kUnsupported (F32), kLimit.
  static Result<OpenedImages> make(const DeltaInfo& info, const Source& base, ResultWriter& result,
                                   const ApplyOptions& options);

  [[nodiscard]] const Source& base() const { return bases_.empty() ? *base_ : *bases_.back(); }
  [[nodiscard]] ResultWriter& result() const { return results_.empty() ? *result_ : *results_.back(); }
  /// Waits until all that was written to result() has been packed and handed on. Errors: the writer's, and
  /// those of streams that do not pack as they should.
  Result<void> settle();

 private:
  OpenedImages(const Source& base, ResultWriter& result) : base_(&base), result_(&result) {}
  /// A further level; `result_length` is that of what it opens.
  Result<void> add(unpack::Level level, std::uint64_t result_length, const Repackers& repackers);

  const Source* base_;
  ResultWriter* result_;
  std::unique_ptr<unpack::StreamPool> pool_;  ///< null where one thread does it all
  // One a level; each reads, or writes, through the one before it.
  std::vector<std::unique_ptr<unpack::OpenedBase>> bases_;
  std::vector<std::unique_ptr<unpack::PackedWriter>> results_;
};

}  // namespace skiff

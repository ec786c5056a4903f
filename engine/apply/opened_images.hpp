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
  /// Nothing of its own if the delta has no opening. The arguments must outlive it. Errors: kFormat (F28 to
  /// F31), kUnsupported (F32), kLimit.
  static Result<OpenedImages> make(const DeltaInfo& info, const Source& base, ResultWriter& result,
                                   const Repackers& repackers);

  /// The opened base, or `packed` itself.
  [[nodiscard]] const Source& base(const Source& packed) const {
    return bases_.empty() ? packed : *bases_.back();
  }
  /// The writer of the opened result, or `packed` itself.
  [[nodiscard]] ResultWriter& result(ResultWriter& packed) const {
    return results_.empty() ? packed : *results_.back();
  }

 private:
  // One a level; each reads, or writes, through the one before it.
  std::vector<std::unique_ptr<unpack::OpenedBase>> bases_;
  std::vector<std::unique_ptr<unpack::PackedWriter>> results_;
};

}  // namespace skiff

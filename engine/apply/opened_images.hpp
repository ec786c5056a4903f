// OpenedImages: what a pipeline reads and writes where a delta is between the opened forms of its images.
#pragma once

#include <memory>

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
  [[nodiscard]] const Source& base(const Source& packed) const { return base_ ? *base_ : packed; }
  /// The writer of the opened result, or `packed` itself.
  [[nodiscard]] ResultWriter& result(ResultWriter& packed) const { return result_ ? *result_ : packed; }

 private:
  std::unique_ptr<unpack::OpenedBase> base_;
  std::unique_ptr<unpack::PackedWriter> result_;
};

}  // namespace skiff

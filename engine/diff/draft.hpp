// Draft: a whole delta in the making, from one cover.
#pragma once

#include "diff/images.hpp"
#include "diff/segment_writer.hpp"
#include "match/cover.hpp"

namespace skiff {

struct Draft {
  /// `info` names codec, profile, base and result.
  Draft(const DeltaInfo& info, const MakeHasher& make_hasher) : writer(report, make_hasher) {
    report.info = info;
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  DiffReport report;
  SegmentWriter writer;
};

/// What a draft is made from; all of it is the caller's.
struct DraftTask {
  TypedImages typed;
  const match::Cover& cover;
  const DiffOptions& options;
};

}  // namespace skiff

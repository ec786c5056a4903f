#include "match/equal_runs.hpp"

#include <algorithm>

#include "base/cached_reader.hpp"
#include "match/common_run.hpp"

namespace skiff::match {
namespace {

constexpr std::size_t kRead = std::size_t{1} << 16;

/// Cuts one copy (of joined parts) as its bytes are found equal or different.
class Splitter {
 public:
  Splitter(std::uint64_t result, std::uint64_t base, Cover& out)
      : out_(out), result_(result), base_(base), cut_(result), equal_from_(result), at_(result) {}

  void equal(std::uint64_t length) { at_ += length; }
  void different() {
    end_equal_run(kMinEqualRun);
    ++at_;
    equal_from_ = at_;
  }
  void finish() {
    end_equal_run(cut_ == result_ && equal_from_ == result_ ? 1 : kMinEqualRun);
    emit(at_, false);
  }

 private:
  void end_equal_run(std::uint64_t least) {
    if (at_ - equal_from_ < least) return;
    emit(equal_from_, false);
    emit(at_, true);
  }
  void emit(std::uint64_t to, bool equal) {
    if (to > cut_) out_.push_back({cut_, base_ + (cut_ - result_), to - cut_, equal});
    cut_ = to;
  }

  Cover& out_;
  std::uint64_t result_;
  std::uint64_t base_;
  std::uint64_t cut_;         // up to here copies are given out
  std::uint64_t equal_from_;  // from here to at_ all bytes are equal
  std::uint64_t at_;
};

class Comparer {
 public:
  Comparer(const Source& base, const Source& result) : base_(base, kRead), result_(result, kRead) {}

  Result<void> feed(const Copy& copy, Splitter& splitter) {
    if (copy.equal) {
      splitter.equal(copy.length);
      return {};
    }
    for (std::uint64_t at = 0; at < copy.length;) {
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(copy.length - at, kRead));
      SKIFF_ASSIGN(const ByteView base, base_.view(copy.base + at, length));
      SKIFF_ASSIGN(const ByteView result, result_.view(copy.result + at, length));
      for (std::size_t i = 0; i < length; ++i) {
        const std::size_t run = common_run(base.data() + i, result.data() + i, length - i);
        splitter.equal(run);
        i += run;
        if (i < length) splitter.different();
      }
      at += length;
    }
    return {};
  }

 private:
  CachedReader base_;
  CachedReader result_;
};

bool continues(const Copy& first, const Copy& second) {
  return first.result + first.length == second.result && first.base + first.length == second.base;
}

}  // namespace

Result<Cover> split_equal_runs(const Cover& cover, const Source& base, const Source& result) {
  Comparer comparer(base, result);
  Cover out;
  for (std::size_t i = 0; i < cover.size();) {
    Splitter splitter(cover[i].result, cover[i].base, out);
    std::size_t next = i;
    do {
      SKIFF_TRY(comparer.feed(cover[next], splitter));
      ++next;
    } while (next < cover.size() && continues(cover[next - 1], cover[next]));
    splitter.finish();
    i = next;
  }
  return out;
}

}  // namespace skiff::match

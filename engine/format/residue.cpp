#include "format/residue.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "base/varint.hpp"

namespace skiff {
namespace {

tl::unexpected<Error> broken(std::string rule, std::string message) {
  return fail(ErrorKind::kFormat, std::move(message), std::move(rule));
}

/// Where the changed run that begins at `begin` ends: after its last byte that is not 0.
std::size_t changed_run_end(ByteView residue, std::size_t begin, std::uint64_t min_equal_run) {
  std::size_t end = begin + 1;
  for (std::size_t at = end; at < residue.size() && at - end < min_equal_run; ++at) {
    if (residue[at] != 0) end = at + 1;
  }
  return end;
}

/// Reads the runs of a residue in pairs and checks each; knows how much of residue and changes is left.
class RunChecker {
 public:
  RunChecker(ByteView runs, ByteView changes, std::uint64_t residue)
      : runs_(runs), changes_(changes), residue_left_(residue) {}

  Result<void> check() {
    for (bool first = true; !runs_.at_end(); first = false) SKIFF_TRY(check_pair(first));
    if (!changes_.empty())
      return broken("F25", std::to_string(changes_.size()) + " changes belong to no run");
    return {};
  }

 private:
  Result<void> check_pair(bool first) {
    SKIFF_ASSIGN(const std::uint64_t equal, run());
    if (equal == 0 && !first) return broken("F24", "empty equal run before stream byte " + position());
    if (runs_.at_end()) return broken("F24", "odd number of runs");
    SKIFF_ASSIGN(const std::uint64_t changed, run());
    if (changed == 0) return broken("F24", "empty changed run before stream byte " + position());
    if (changed > changes_.size()) return broken("F25", "runs have more changes than the stream");
    if (changes_[0] == 0 || changes_[changed - 1] == 0) {
      return broken("F25", "changed run begins or ends with 0 before stream byte " + position());
    }
    changes_ = changes_.subspan(changed);
    return {};
  }

  Result<std::uint64_t> run() {
    SKIFF_ASSIGN(const std::uint64_t length, runs_.varint());
    if (length > residue_left_)
      return broken("F24", "run past the end of the residue before stream byte " + position());
    residue_left_ -= length;
    return length;
  }

  [[nodiscard]] std::string position() const { return std::to_string(runs_.position()); }

  Cursor runs_;
  ByteView changes_;
  std::uint64_t residue_left_;
};

}  // namespace

ResidueStreams write_residue(ByteView residue, std::uint64_t min_equal_run) {
  ResidueStreams streams;
  std::size_t written = 0;
  for (;;) {
    const auto change = std::find_if(residue.begin() + static_cast<std::ptrdiff_t>(written), residue.end(),
                                     [](std::uint8_t byte) { return byte != 0; });
    if (change == residue.end()) return streams;
    const auto begin = static_cast<std::size_t>(change - residue.begin());
    const std::size_t end = changed_run_end(residue, begin, min_equal_run);
    put_varint(streams.runs, begin - written);
    put_varint(streams.runs, end - begin);
    put_bytes(streams.changes, residue.subspan(begin, end - begin));
    written = end;
  }
}

Result<void> check_data_streams(std::span<const ByteView, kDataStreams> streams, const PieceTotals& range) {
  SKIFF_TRY(RunChecker(streams[kRuns], streams[kChanges], range.residue).check());
  if (streams[kLiterals].size() != range.literal) {
    return broken("F26", std::to_string(streams[kLiterals].size()) + " literals for " +
                             std::to_string(range.literal) + " bytes");
  }
  return {};
}

void ResidueAdder::next_run() {
  changed_ = !changed_;
  // After the last changed run the residue is 0 to its end, however long it is.
  left_ = runs_.at_end() ? std::numeric_limits<std::uint64_t>::max() : *runs_.varint();
}

void ResidueAdder::add_to(MutableBytes predicted) {
  while (!predicted.empty()) {
    while (left_ == 0) next_run();
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(left_, predicted.size()));
    if (changed_) {
      for (std::size_t i = 0; i < length; ++i)
        predicted[i] = static_cast<std::uint8_t>(predicted[i] + changes_[i]);
      changes_ = changes_.subspan(length);
    }
    predicted = predicted.subspan(length);
    left_ -= length;
  }
}

}  // namespace skiff

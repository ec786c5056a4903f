#include "format/residue.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "base/varint.hpp"

namespace skiff {
namespace {

constexpr std::uint64_t kMaxTokenEqual = 31;    ///< equal bytes that a token can say
constexpr std::uint64_t kMaxTokenChanged = 7;   ///< changed bytes that a token can say
constexpr std::uint64_t kLongestOwnStream = 4;  ///< changed runs from this length on share a stream

tl::unexpected<Error> broken(std::string rule, std::string message) {
  return fail(ErrorKind::kFormat, std::move(message), std::move(rule));
}

/// Index of the stream among kChanges1 to kChanges4.
std::size_t changes_index(std::uint64_t changed) {
  return static_cast<std::size_t>(std::min(changed, kLongestOwnStream)) - 1;
}

/// The lengths that a token says, with the varints that belong to it. Nothing is checked but the varints.
Result<RunPair> read_pair(std::uint8_t token, Cursor& long_runs) {
  RunPair pair{.equal = token / (kMaxTokenChanged + 1), .changed = token % (kMaxTokenChanged + 1)};
  if (pair.equal == kMaxTokenEqual) {
    SKIFF_ASSIGN(const std::uint64_t more, long_runs.varint());
    pair.equal = more > std::numeric_limits<std::uint64_t>::max() - pair.equal ? more : pair.equal + more;
  }
  if (pair.changed == kMaxTokenChanged) {
    SKIFF_ASSIGN(const std::uint64_t more, long_runs.varint());
    pair.changed =
        more > std::numeric_limits<std::uint64_t>::max() - pair.changed ? more : pair.changed + more;
  }
  return pair;
}

void write_pair(const RunPair& pair, std::array<Bytes, kResidueStreams>& streams) {
  const std::uint64_t equal = std::min(pair.equal, kMaxTokenEqual);
  const std::uint64_t changed = std::min(pair.changed, kMaxTokenChanged);
  streams[kTokens].push_back(static_cast<std::uint8_t>(equal * (kMaxTokenChanged + 1) + changed));
  if (equal == kMaxTokenEqual) put_varint(streams[kLongRuns], pair.equal - equal);
  if (changed == kMaxTokenChanged) put_varint(streams[kLongRuns], pair.changed - changed);
}

/// Reads the pairs of a residue, checks each, and counts what they take of the streams of changes.
class PairChecker {
 public:
  PairChecker(std::span<const ByteView, kDataStreams> streams, std::uint64_t residue)
      : tokens_(streams[kTokens]), long_runs_(streams[kLongRuns]), residue_left_(residue) {}

  Result<void> check(std::span<const ByteView, 4> changes) {
    for (; at_ < tokens_.size(); ++at_) SKIFF_TRY(check_pair());
    if (!long_runs_.at_end()) return broken("F24", "long runs that belong to no token");
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (changes[i].size() != taken_[i]) {
        return broken("F25", "runs have " + std::to_string(taken_[i]) + " changes, their stream " +
                                 std::to_string(changes[i].size()));
      }
      if (std::find(changes[i].begin(), changes[i].end(), 0) != changes[i].end()) {
        return broken("F25", "a change of 0");
      }
    }
    return {};
  }

 private:
  Result<void> check_pair() {
    SKIFF_ASSIGN(const RunPair pair, read_pair(tokens_[at_], long_runs_));
    if (pair.changed == 0) return broken("F24", "token " + std::to_string(at_) + " has an empty changed run");
    if (pair.equal == 0 && at_ != 0)
      return broken("F24", "token " + std::to_string(at_) + " has an empty equal run");
    if (pair.equal > residue_left_ || pair.changed > residue_left_ - pair.equal) {
      return broken("F24", "token " + std::to_string(at_) + " goes past the end of the residue");
    }
    residue_left_ -= pair.equal + pair.changed;
    taken_[changes_index(pair.changed)] += pair.changed;
    return {};
  }

  ByteView tokens_;
  Cursor long_runs_;
  std::uint64_t residue_left_;
  std::size_t at_ = 0;
  std::array<std::uint64_t, 4> taken_{};
};

}  // namespace

std::array<Bytes, kResidueStreams> write_residue(ByteView residue) {
  std::array<Bytes, kResidueStreams> streams;
  const auto is_change = [](std::uint8_t byte) { return byte != 0; };
  for (auto written = residue.begin();;) {
    const auto begin = std::find_if(written, residue.end(), is_change);
    if (begin == residue.end()) return streams;
    const auto end = std::find_if_not(begin, residue.end(), is_change);
    const RunPair pair{.equal = static_cast<std::uint64_t>(begin - written),
                       .changed = static_cast<std::uint64_t>(end - begin)};
    write_pair(pair, streams);
    put_bytes(streams[kChanges1 + changes_index(pair.changed)], {begin, end});
    written = end;
  }
}

Result<void> check_data_streams(std::span<const ByteView, kDataStreams> streams, const PieceTotals& range) {
  SKIFF_TRY(PairChecker(streams, range.residue).check(streams.subspan<kChanges1, 4>()));
  if (streams[kLiterals].size() != range.literal) {
    return broken("F26", std::to_string(streams[kLiterals].size()) + " literals for " +
                             std::to_string(range.literal) + " bytes");
  }
  return {};
}

ResidueAdder::ResidueAdder(std::span<const ByteView, kDataStreams> streams)
    : tokens_(streams[kTokens]), long_runs_(streams[kLongRuns]) {
  std::copy_n(streams.begin() + kChanges1, changes_.size(), changes_.begin());
}

void ResidueAdder::add_to(MutableBytes predicted) {
  while (!predicted.empty()) {
    if (left_.equal == 0 && left_.changed == 0) next_pair();
    const auto equal = static_cast<std::size_t>(std::min<std::uint64_t>(left_.equal, predicted.size()));
    left_.equal -= equal;
    predicted = predicted.subspan(equal);
    predicted = predicted.subspan(add_changes(predicted));
  }
}

/// Adds what the changed run of the current pair has for these bytes, once its equal run is over.
std::size_t ResidueAdder::add_changes(MutableBytes predicted) {
  if (left_.equal != 0) return 0;
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(left_.changed, predicted.size()));
  for (std::size_t i = 0; i < length; ++i) {
    predicted[i] = static_cast<std::uint8_t>(predicted[i] + (*source_)[i]);
  }
  if (length != 0) *source_ = source_->subspan(length);
  left_.changed -= length;
  return length;
}

void ResidueAdder::next_pair() {
  if (tokens_.empty()) {
    // After the last changed run the residue is 0 to its end, however long it is.
    left_ = {.equal = std::numeric_limits<std::uint64_t>::max(), .changed = 0};
    return;
  }
  left_ = *read_pair(tokens_.front(), long_runs_);
  tokens_ = tokens_.subspan(1);
  source_ = &changes_[changes_index(left_.changed)];
}

}  // namespace skiff

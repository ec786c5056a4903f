#include "match/homes.hpp"

#include <algorithm>
#include <map>

namespace skiff::match {
namespace {

/// Copies so near tell where a step is from.
constexpr std::uint64_t kNear = 2048;

/// The offset in the buffer of the image's byte at `offset`; of the first kept one after it, or the end.
std::int32_t in_buffer(const Residue& residue, std::uint64_t offset) {
  const std::vector<Residue::Piece>& pieces = residue.pieces();
  const auto piece =
      std::upper_bound(pieces.begin(), pieces.end(), offset,
                       [](std::uint64_t value, const Residue::Piece& p) { return value < p.image.end; });
  if (piece == pieces.end()) return static_cast<std::int32_t>(residue.bytes().size());
  const std::uint64_t inside = offset > piece->image.begin ? offset - piece->image.begin : 0;
  return static_cast<std::int32_t>(piece->at + inside);
}

/// Walks a cover and the places of a result side by side.
class Jumps {
 public:
  explicit Jumps(const Cover& known) : known_(known) {}

  /// Base offset minus result offset; `offset` never falls.
  std::int64_t at(std::uint64_t offset) {
    const std::uint64_t begin = offset > kNear ? offset - kNear : 0;
    const std::uint64_t end = offset + kHomeStep + kNear;
    while (first_ < known_.size() && known_[first_].result + known_[first_].length <= begin) ++first_;
    std::map<std::int64_t, std::uint64_t> bytes;
    std::uint64_t most = 0;
    for (std::size_t i = first_; i < known_.size() && known_[i].result < end; ++i) {
      const Copy& copy = known_[i];
      const std::uint64_t length = std::min(end, copy.result + copy.length) - std::max(begin, copy.result);
      const auto jump = static_cast<std::int64_t>(copy.base - copy.result);
      std::uint64_t& sum = bytes[jump];
      sum += length;
      if (sum <= most) continue;
      most = sum;
      jump_ = jump;
    }
    return jump_;
  }

 private:
  const Cover& known_;
  std::size_t first_ = 0;
  std::int64_t jump_ = 0;
};

}  // namespace

Homes find_homes(const Residue& base, const Residue& result, const Cover& known) {
  Homes out;
  Jumps jumps(known);
  for (std::uint32_t at = 0; at < result.bytes().size(); at += kHomeStep) {
    const Residue::Piece& piece = result.piece_of(at);
    const std::uint64_t offset = piece.image.begin + (at - piece.at);
    const std::int64_t home = static_cast<std::int64_t>(offset) + jumps.at(offset);
    out.push_back(in_buffer(base, static_cast<std::uint64_t>(std::max<std::int64_t>(home, 0))));
  }
  return out;
}

}  // namespace skiff::match

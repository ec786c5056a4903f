// MendedBase: the base image as it was released: the running slot, and in place of the blocks of it that have
// changed those that were fetched, from a file beside it. The slot itself is never written.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "agent/system/storage.hpp"
#include "skiff/release.hpp"

namespace skiff::agent {

/// The part of a stored file of the server's that begins at `offset`.
struct StoredRange {
  std::string wire_path;
  Sha256 sha256;             ///< of the whole file
  std::uint64_t length = 0;  ///< of the whole file
  std::uint64_t offset = 0;
  std::uint64_t wanted = 0;  ///< bytes
};
/// kNetwork, kCancelled: not now.
using FetchStored = std::function<Result<Bytes>(const StoredRange& range)>;

class MendedBase final : public Source {
 public:
  /// The file is one of its own in `storage`; it and the slot outlive the base. `length` is the image's, the
  /// slot may be longer. Takes up what an earlier mend() fetched. Nothing of it is synced or believed: what a
  /// power cut spoilt, the applier finds wrong again.
  MendedBase(Storage& storage, std::filesystem::path file, const Source& slot, std::uint64_t length);

  [[nodiscard]] std::uint64_t size() const override { return length_; }
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override;

  /// Finds the blocks in which the slot differs from the image and fetches just these. How many there are; at
  /// 0 there is nothing to mend. Errors: kLimit where there are more than `limit`, kSignature where the
  /// server brings others than were signed, those of `fetch` and of the file.
  Result<std::size_t> mend(const DeltaOffer& delta, std::size_t limit, const FetchStored& fetch);

  /// Blocks worth fetching one by one for an image of so many bytes: past them the whole image is the better
  /// deal.
  static std::size_t most_blocks(std::uint64_t length);

 private:
  void take_up();
  [[nodiscard]] Result<void> read_block(std::size_t place, std::uint64_t from, MutableBytes out) const;

  Storage& storage_;
  std::filesystem::path path_;
  const Source& slot_;
  std::uint64_t length_;
  std::unique_ptr<DurableFile> file_;  ///< a record a block: its index (8 bytes, little endian), its bytes
  std::vector<std::uint64_t> blocks_;  ///< those in the file, in order
};

}  // namespace skiff::agent

// RecordPair: one small record kept twice in one preallocated file, so that a torn write leaves the older
// one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "agent/system/storage.hpp"

namespace skiff::agent {

/// The file has two copies of `copy_size` bytes. A copy is, little-endian: magic "SKAR", u32 version (1),
/// u64 generation, u32 length, u32 CRC-32 (IEEE 802.3) of all the other bytes up to the end of the text, then
/// the text, then zeros. The readable copy with the higher generation counts. write() puts the text over the
/// other copy in one write and one sync: whatever a power cut leaves of it, the last record is still there.
class RecordPair {
 public:
  static constexpr std::size_t kHeader = 24;

  /// Reads the file; an absent one is made first, and has no text. Neither copy readable: no text either.
  static Result<RecordPair> open(Storage& storage, const std::filesystem::path& path, std::size_t copy_size);

  /// The newest text; nullopt if there never was one or neither copy can be read.
  [[nodiscard]] const std::optional<std::string>& text() const { return text_; }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  /// Durable when it returns. kLimit: longer than copy_size − kHeader. After an error the old text counts.
  Result<void> write(std::string_view text);

 private:
  RecordPair(std::unique_ptr<DurableFile> file, std::size_t copy_size)
      : file_(std::move(file)), copy_size_(copy_size) {}
  void read_copy(std::size_t index);

  std::unique_ptr<DurableFile> file_;
  std::size_t copy_size_;
  std::size_t newest_ = 1;  ///< index of the copy that counts
  std::uint64_t generation_ = 0;
  std::optional<std::string> text_;
};

}  // namespace skiff::agent

// Applier: turns a base image and the bytes of a delta, pushed in any split, into the result image, in order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "skiff/io.hpp"
#include "skiff/repackers.hpp"

namespace skiff {

/// Where the result goes, and who is told when a piece of it is complete.
class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  /// Bytes at `offset`, in order within a segment. After an error of the segment they are written again.
  virtual Result<void> write_at(std::uint64_t offset, ByteView bytes) = 0;
  /// All bytes of data segment `segment` are written and their digest holds. The place to sync and to
  /// journal.
  virtual Result<void> segment_done(std::uint64_t segment) = 0;
};

struct ApplyOptions {
  std::uint64_t max_memory = std::uint64_t{8} << 20;  ///< refuse a delta that declares more (kLimit)
  /// That open and pack streams, the caller's with them, as far as `max_memory` leaves room beside what the
  /// delta declares. All else of an Applier is done by the caller's alone, calls of base and writer with it.
  unsigned threads = 1;
  std::uint64_t max_head = std::uint64_t{16} << 20;  ///< longest header + frame table accepted (kLimit)
  Repackers repackers{};  ///< of streams that may be opened and packed here (else kUnsupported); outlive it
  /// What signed metadata says of the head; checked before anything of it is used (kSignature).
  std::optional<Sha256> frames_root = std::nullopt;
  std::optional<ImageId> base = std::nullopt;  ///< what the device runs; the header must name it (kMismatch)
  std::optional<ImageId> result = std::nullopt;  ///< what the release was signed for (kMismatch)
};

/// A range of the delta file.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// The decoder pipeline. Order of trust: head compared with `frames_root`, then each frame hashed whole in a
/// private buffer, and only then does a decoder see a byte of it. Memory: what the head declares, with more
/// threads what they take, in all at most `max_memory`, and the frame table. Not thread-safe. After any error
/// every further call gives that error.
///
///     applier.push(bytes)   until applier.done(): bytes are those of the delta from applier.next_offset() on
///
/// To resume after a restart, push the head again (kept by the device), call resume_at(first segment that is
/// not done), and go on pushing from next_offset(): it may first ask for the window's map segment, then jump.
class Applier {
 public:
  Applier(const Source& base, ResultWriter& result, ApplyOptions options, MakeHasher make_hasher);
  ~Applier();
  Applier(Applier&&) noexcept;
  Applier& operator=(Applier&&) noexcept;

  /// Takes bytes of the delta that begin at next_offset(), as many as are at hand, but none past a jump: push
  /// at most next_length() bytes. Errors: kFormat, kMismatch, kLimit, kSignature (a frame's hash), kIo.
  Result<void> push(ByteView bytes);
  /// Goes on from data segment `segment` (an index into info()->segments). Only between segments, with the
  /// head read.
  Result<void> resume_at(std::uint64_t segment);

  /// Offset in the delta file of the next byte wanted.
  [[nodiscard]] std::uint64_t next_offset() const;
  /// How many bytes from next_offset() on are wanted in sequence: up to the end of the head while its length
  /// is unknown a lower bound, afterwards up to the end of the delta or the next jump. 0 when done.
  [[nodiscard]] std::uint64_t next_length() const;
  /// Ranges of the delta that a device must still have to resume here without fetching them again:
  /// the head, and the map segment of the current window. Empty ranges where there is none yet.
  [[nodiscard]] std::pair<ByteRange, ByteRange> keep() const;
  /// The wire bytes of the segment that is not done, as many as came, and where in the delta they begin;
  /// valid until the next call. Whoever gives them to the next applier need not fetch them again: after the
  /// link was lost, or where the base is mended because they failed to make what they should (F27). Empty
  /// after bytes that were not what was signed.
  [[nodiscard]] std::pair<std::uint64_t, ByteView> begun_segment() const;
  /// The head, once it is read and checked; null before.
  [[nodiscard]] const DeltaInfo* info() const;
  /// All segments are done. The caller then reads the result back and compares its SHA-256 with the signed
  /// one.
  [[nodiscard]] bool done() const;
  /// For tests of the order of trust: bytes whose hash was checked, and bytes given to a decoder.
  [[nodiscard]] std::uint64_t bytes_authenticated() const;
  [[nodiscard]] std::uint64_t bytes_decoded() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Applies a whole delta: writes in order, nothing before the base's SHA-256 is checked, and checks the
/// result's last (kMismatch). With more than one thread the base is hashed, and the result hashed and
/// written, by others, one each.
Result<DeltaInfo> apply_delta(const Source& base, const Source& delta, Sink& result,
                              const ApplyOptions& options, const MakeHasher& make_hasher);

}  // namespace skiff

// PackedWriter: turns the bytes of an opened result, in order, into those of the packed one.
#pragma once

#include "base/heap_array.hpp"
#include "skiff/applier.hpp"
#include "unpack/output_queue.hpp"
#include "unpack/recipe.hpp"

namespace skiff::unpack {

/// A writer before a writer. A stream is packed when its content is complete, so that a segment is told as
/// done only if it ends where no stream is half made; that is where a resume may begin. With a pool, streams
/// are packed apart, and written by a later call, in their order.
class PackedWriter final : public ResultWriter {
 public:
  struct Way {
    const Repackers& repackers;  ///< they have all codecs of the level
    StreamPool* pool;            ///< null: streams are packed where they end
    ResultWriter& packed;
  };
  /// What `way` names must outlive it. Errors: kFormat (F31), kUnsupported (F32: another version of a
  /// library), kLimit.
  static Result<std::unique_ptr<PackedWriter>> make(Level level, std::uint64_t packed_length, const Way& way);

  [[nodiscard]] std::uint64_t opened_length() const { return layout_.length; }
  /// Offsets are of the opened result; one that does not follow the bytes before must lie between streams
  /// (kUsage). Errors: the writer's; kMismatch if a stream packs to another length than the recipe says.
  Result<void> write_at(std::uint64_t offset, ByteView bytes) override;
  /// Only when everything is settled.
  Result<void> segment_done(std::uint64_t segment) override;
  /// Writes what still waits, so that all that came is written. Errors: write_at()'s.
  Result<void> settle();

 private:
  PackedWriter(Level level, Layout layout, std::vector<const Repacker*> packers, const Way& way)
      : level_(std::move(level)),
        layout_(std::move(layout)),
        packers_(std::move(packers)),
        packed_(way.packed),
        pool_(way.pool) {}
  /// Takes the bytes at the front that are of one kind, and returns how many.
  Result<std::size_t> take(ByteView bytes);
  Result<void> write_plain(std::uint64_t offset, ByteView bytes);
  Result<void> take_content(const Stretch& stretch, std::uint64_t from, ByteView bytes);
  [[nodiscard]] Packing packing_of(const Stream& stream) const;
  Result<void> open_task(const Stream& stream);
  void drop_task();
  Result<void> pack(const Stretch& stretch);
  [[nodiscard]] bool between_streams() const;

  Level level_;
  Layout layout_;
  std::vector<const Repacker*> packers_;  ///< one a method
  HeapArray<std::uint8_t> content_;       ///< room for that of the longest stream
  ResultWriter& packed_;
  StreamPool* pool_;
  std::unique_ptr<OutputQueue> queue_;  ///< null without a pool
  StreamPool::Task* task_ = nullptr;    ///< of the stream whose content comes; null: it goes to content_
  std::uint64_t offset_ = 0;            ///< of the next byte in the opened result
};

}  // namespace skiff::unpack

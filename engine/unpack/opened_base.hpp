// OpenedBase: a packed base image read as its opened form, through a bounded cache of decoded streams.
#pragma once

#include <list>
#include <map>
#include <mutex>

#include "base/heap_array.hpp"
#include "skiff/io.hpp"
#include "unpack/recipe.hpp"
#include "unpack/stream_pool.hpp"

namespace skiff::unpack {

/// Streams of an image, and the methods that the predicted ones of them name.
struct StreamList {
  std::vector<Stream> streams;
  std::vector<Method> methods;
  std::uint64_t phase = 0;
};

/// With a pool, streams that are read soon are opened ahead.
class OpenedBase final : public Source {
 public:
  /// `packed` and the re-packers, which have the codecs of all streams, must outlive it, and the pool what it
  /// does for it. Errors: kFormat (F31).
  static Result<std::unique_ptr<OpenedBase>> make(const Source& packed, StreamList list,
                                                  const Repackers& repackers, StreamPool* pool = nullptr);

  [[nodiscard]] std::uint64_t size() const override { return layout_.length; }
  /// Errors: those of the packed base; kMismatch if a stream is not the one that was opened.
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override;
  [[nodiscard]] bool will_read(std::uint64_t offset, std::uint64_t length) const override;

 private:
  struct Opened {
    std::uint64_t stream = 0;
    HeapArray<std::uint8_t> bytes;
  };

  static constexpr std::size_t kMostAhead = 8;  ///< streams

  OpenedBase(const Source& packed, StreamList list, Layout layout, const Repackers& repackers,
             StreamPool* pool)
      : packed_(packed),
        list_(std::move(list)),
        layout_(std::move(layout)),
        repackers_(repackers),
        pool_(pool) {}
  Result<void> read_piece(const Stretch& stretch, std::uint64_t offset, MutableBytes out) const;
  Result<ByteView> content(const Stretch& stretch) const;
  [[nodiscard]] Packing packing_of(const Stream& stream) const;
  Result<HeapArray<std::uint8_t>> open(const Stretch& stretch) const;
  /// Begins to open a stream that is read soon; false if there is no room for it now.
  [[nodiscard]] bool open_ahead(const Stretch& stretch) const;
  /// Whether the stream is in the cache, where it is now the one used last.
  bool use_cached(std::uint64_t stream) const;
  void make_room(std::uint64_t length) const;

  const Source& packed_;
  StreamList list_;
  Layout layout_;
  Repackers repackers_;
  StreamPool* pool_;
  mutable std::mutex mutex_;
  mutable std::list<Opened> cache_;  ///< the one used last first
  mutable std::uint64_t cached_ = 0;
  mutable std::map<std::uint64_t, StreamPool::Task*> ahead_;  ///< by number of the stream
};

}  // namespace skiff::unpack

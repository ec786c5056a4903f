// OpenedBase: a packed base image read as its opened form, through a bounded cache of decoded streams.
#pragma once

#include <list>
#include <mutex>

#include "base/heap_array.hpp"
#include "skiff/io.hpp"
#include "unpack/recipe.hpp"

namespace skiff::unpack {

/// Streams of an image, and the methods that the predicted ones of them name.
struct StreamList {
  std::vector<Stream> streams;
  std::vector<Method> methods;
  std::uint64_t phase = 0;
};

class OpenedBase final : public Source {
 public:
  /// `packed` and the re-packers, which have the codecs of all streams, must outlive it. Errors: kFormat
  /// (F31).
  static Result<std::unique_ptr<OpenedBase>> make(const Source& packed, StreamList list,
                                                  const Repackers& repackers);

  [[nodiscard]] std::uint64_t size() const override { return layout_.length; }
  /// Errors: those of the packed base; kMismatch if a stream is not the one that was opened.
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override;

 private:
  struct Opened {
    std::uint64_t stream = 0;
    HeapArray<std::uint8_t> bytes;
  };

  OpenedBase(const Source& packed, StreamList list, Layout layout, const Repackers& repackers)
      : packed_(packed), list_(std::move(list)), layout_(std::move(layout)), repackers_(repackers) {}
  Result<void> read_piece(const Stretch& stretch, std::uint64_t offset, MutableBytes out) const;
  Result<ByteView> content(const Stretch& stretch) const;
  void make_room(std::uint64_t length) const;

  const Source& packed_;
  StreamList list_;
  Layout layout_;
  Repackers repackers_;
  mutable std::mutex mutex_;
  mutable std::list<Opened> cache_;  ///< the one used last first
  mutable std::uint64_t cached_ = 0;
};

}  // namespace skiff::unpack

// Source and Sink: the only two interfaces through which the engine touches the outside, and their files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "skiff/bytes.hpp"
#include "skiff/digest.hpp"
#include "skiff/result.hpp"

namespace skiff {

/// Bytes of a known length that can be read anywhere: an image, a block device, a buffer.
/// const member functions may be called from several threads at once.
class Source {
 public:
  virtual ~Source() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Fills `out` from `offset`; a range that does not lie inside is kUsage, a failed read kIo.
  virtual Result<void> read_at(std::uint64_t offset, MutableBytes out) const = 0;
  /// Fills the front of `out` with what can be had from `offset` on without waiting for a disk, for a reader
  /// who has others to serve. How many bytes that are: 0 where there are none, where the source cannot tell,
  /// or where read_at() would fail.
  virtual std::size_t read_cached(std::uint64_t /*offset*/, MutableBytes /*out*/) const { return 0; }
  /// A hint that these bytes are read soon, for a source that has work to do before they are there. False: it
  /// has too much to do already, and may be told again. A range that does not lie inside is no hint.
  [[nodiscard]] virtual bool will_read(std::uint64_t /*offset*/, std::uint64_t /*length*/) const {
    return true;
  }
};

/// Takes bytes in order, each once. A failed write makes the sink useless.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Result<void> write(ByteView bytes) = 0;
};

/// A source over bytes owned by somebody else.
class ViewSource final : public Source {
 public:
  explicit ViewSource(ByteView view) : view_(view) {}
  [[nodiscard]] std::uint64_t size() const override { return view_.size(); }
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override;

 private:
  ByteView view_;
};

/// A sink that appends to a buffer it owns.
class BytesSink final : public Sink {
 public:
  Result<void> write(ByteView bytes) override;
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

/// Hashes what passes through on its way to another sink (or to none: `next` may be null).
class HashingSink final : public Sink {
 public:
  HashingSink(Sink* next, const MakeHasher& make_hasher) : next_(next), hasher_(make_hasher()) {}
  Result<void> write(ByteView bytes) override;
  Sha256 finish() { return hasher_->finish(); }

 private:
  Sink* next_;
  std::unique_ptr<Hasher> hasher_;
};

/// Opens a regular file or block device for reading; its size is taken once, at opening. /dev/null is an
/// empty image.
Result<std::unique_ptr<Source>> open_source(const std::filesystem::path& path);

/// A file that appears whole or not at all: written beside `path`, and put in its place by commit()
/// (write, fsync, rename, fsync of the folder). Destroyed without commit(), it leaves nothing.
/// A block device as `path` is written in place: it cannot be renamed.
class FileSink : public Sink {
 public:
  ~FileSink() override = default;
  virtual Result<void> commit() = 0;
};
Result<std::unique_ptr<FileSink>> create_file(const std::filesystem::path& path);

/// Reads a small file whole; one longer than `max_length` is kLimit, a missing one kNotFound.
Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t max_length);
/// Puts a small file in place atomically and durably, as create_file() and commit() do.
Result<void> write_file(const std::filesystem::path& path, ByteView bytes);

/// SHA-256 of a whole source, read in order.
Result<Sha256> hash_source(const Source& source, const MakeHasher& make_hasher);

}  // namespace skiff

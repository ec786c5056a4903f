// Pairs of small images of every class that an applier meets, and the doubles it is run against.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "skiff/applier.hpp"

namespace skiff::testing {

struct ImagePair {
  std::string name;
  Bytes base;
  Bytes result;
};

/// Bytes of a fixed pseudo-random sequence.
Bytes noise(std::size_t length, std::uint32_t seed);
/// Text-like bytes, which compress.
Bytes prose(std::size_t length, std::uint32_t seed);
/// `bytes` with every `step`-th byte raised by one: copies of it have residue.
Bytes speckled(Bytes bytes, std::size_t step);
Bytes operator+(Bytes a, const Bytes& b);
Bytes part(const Bytes& bytes, std::size_t offset, std::size_t length);
/// A part of the program that runs, shorter where that ends before: machine code and its tables.
Bytes part_of_this_program(std::size_t offset, std::size_t length);

/// Empty, identical, verbatim, residue, literals, moved and mixed pairs, each a few KiB.
std::vector<ImagePair> image_pairs();

/// Keeps what an applier writes and says.
class RecordingWriter final : public ResultWriter {
 public:
  explicit RecordingWriter(std::uint64_t length) : image(static_cast<std::size_t>(length)) {}
  Result<void> write_at(std::uint64_t offset, ByteView bytes) override;
  Result<void> segment_done(std::uint64_t segment) override;

  Bytes image;
  std::vector<std::uint64_t> done;
  std::uint64_t writes = 0;
};

/// Fails the n-th call, counted from 0, and every later one.
class Countdown {
 public:
  explicit Countdown(std::uint64_t n) : left_(n) {}
  Result<void> step();
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  std::uint64_t left_;
  bool failed_ = false;
};

/// A source or sink behind a countdown.
class FailingSource final : public Source {
 public:
  FailingSource(const Source& source, Countdown& countdown) : source_(source), countdown_(countdown) {}
  [[nodiscard]] std::uint64_t size() const override { return source_.size(); }
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override;

 private:
  const Source& source_;
  Countdown& countdown_;
};

class FailingSink final : public Sink {
 public:
  FailingSink(Sink& sink, Countdown& countdown) : sink_(sink), countdown_(countdown) {}
  Result<void> write(ByteView bytes) override;

 private:
  Sink& sink_;
  Countdown& countdown_;
};

/// Pushes the whole delta in pieces of at most `step` bytes, from next_offset() on.
Result<void> push_all(Applier& applier, ByteView delta, std::uint64_t step);

}  // namespace skiff::testing

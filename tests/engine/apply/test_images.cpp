#include "tests/engine/apply/test_images.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/cursor.hpp"
#include "skiff/io.hpp"

namespace skiff::testing {

Bytes noise(std::size_t length, std::uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes(length);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes prose(std::size_t length, std::uint32_t seed) {
  constexpr std::string_view kWords[] = {"keel ", "mast ", "sail ", "stern ",
                                         "oar ",  "hull ", "tide ", "wake\n"};
  std::mt19937 random(seed);
  Bytes bytes;
  while (bytes.size() < length) put_bytes(bytes, as_bytes(kWords[random() % std::size(kWords)]));
  bytes.resize(length);
  return bytes;
}

Bytes speckled(Bytes bytes, std::size_t step) {
  for (std::size_t at = step / 2; at < bytes.size(); at += step) ++bytes[at];
  return bytes;
}

Bytes part_of_this_program(std::size_t offset, std::size_t length) {
  const std::unique_ptr<Source> program = open_source("/proc/self/exe").value();
  Bytes bytes(static_cast<std::size_t>(std::min<std::uint64_t>(length, program->size() - offset)));
  if (const auto read = program->read_at(offset, bytes); !read) throw std::runtime_error(read.error().text());
  return bytes;
}

Bytes operator+(Bytes a, const Bytes& b) {
  put_bytes(a, b);
  return a;
}

Bytes part(const Bytes& bytes, std::size_t offset, std::size_t length) {
  const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
  return {begin, begin + static_cast<std::ptrdiff_t>(length)};
}

std::vector<ImagePair> image_pairs() {
  const Bytes random = noise(3000, 1);
  const Bytes text = prose(3000, 2);
  const Bytes zeros(3000, 0);
  return {
      {"empty to empty", {}, {}},
      {"empty to one byte", {}, {7}},
      {"empty to text", {}, text},
      {"noise to empty", random, {}},
      {"identical", random, random},
      {"zeros", zeros, zeros},
      {"text to noise", text, random},
      {"halves swapped", random, part(random, 1500, 1500) + part(random, 0, 1500)},
      {"residue", random, speckled(random, 11)},
      {"insertion", random, part(random, 0, 777) + text + part(random, 777, 2223)},
      {"deletion", random, part(random, 0, 500) + part(random, 1700, 1300)},
      {"everything", random + text,
       speckled(part(random, 900, 1200), 17) + noise(700, 3) + part(text, 100, 1900)},
  };
}

Result<void> RecordingWriter::write_at(std::uint64_t offset, ByteView bytes) {
  ++writes;
  if (offset > image.size() || bytes.size() > image.size() - offset) {
    return fail(ErrorKind::kUsage, "written past the result image");
  }
  std::copy(bytes.begin(), bytes.end(), image.begin() + static_cast<std::ptrdiff_t>(offset));
  return {};
}

Result<void> RecordingWriter::segment_done(std::uint64_t segment) {
  done.push_back(segment);
  return {};
}

Result<void> Countdown::step() {
  if (left_ == 0) {
    failed_ = true;
    return fail(ErrorKind::kIo, "failed on purpose");
  }
  --left_;
  return {};
}

Result<void> FailingSource::read_at(std::uint64_t offset, MutableBytes out) const {
  SKIFF_TRY(countdown_.step());
  return source_.read_at(offset, out);
}

Result<void> FailingSink::write(ByteView bytes) {
  SKIFF_TRY(countdown_.step());
  return sink_.write(bytes);
}

Result<void> push_all(Applier& applier, ByteView delta, std::uint64_t step) {
  while (!applier.done()) {
    const std::uint64_t offset = applier.next_offset();
    const std::uint64_t left = delta.size() - std::min<std::uint64_t>(offset, delta.size());
    const std::uint64_t length = std::min({applier.next_length(), left, step});
    if (length == 0) return fail(ErrorKind::kFormat, "the delta ended early", "F2");
    SKIFF_TRY(applier.push(delta.subspan(offset, length)));
  }
  return {};
}

}  // namespace skiff::testing

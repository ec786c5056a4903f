#include "diff/segment_writer.hpp"

#include <algorithm>

#include "entropy/zstd_codec.hpp"
#include "format/head.hpp"
#include "format/limits.hpp"
#include "format/map.hpp"
#include "format/residue.hpp"

namespace skiff {
namespace {

constexpr std::uint64_t kMaxSpooledInMemory = std::uint64_t{64} << 20;

}  // namespace

Result<void> count_streams(ByteView wire, bool is_map, DeltaBreakdown& bytes) {
  Cursor cursor(wire);
  bytes.overhead += wire.size();
  for (std::size_t stream = 0; !cursor.at_end(); ++stream) {
    SKIFF_ASSIGN(const CodedStream coded, read_coded_stream(cursor));
    const std::uint64_t length = coded.coded.size();
    bytes.overhead -= length;
    (is_map ? bytes.map : stream == kLiterals ? bytes.literals : bytes.residue) += length;
  }
  return {};
}

SegmentWriter::SegmentWriter(DiffReport& report, const MakeHasher& make_hasher)
    : report_(report), make_hasher_(make_hasher), spool_(kMaxSpooledInMemory) {}

Result<void> SegmentWriter::add(SegmentInfo segment, ByteView wire) {
  SKIFF_TRY(count_streams(wire, segment.is_map, report_.bytes));
  return keep(segment, wire);
}

Result<void> SegmentWriter::add(SegmentInfo segment, ByteView wire, std::uint64_t literal_wire) {
  const std::uint64_t literals = std::min<std::uint64_t>(literal_wire, wire.size());
  report_.bytes.literals += literals;
  (segment.is_map ? report_.bytes.map : report_.bytes.residue) += wire.size() - literals;
  return keep(segment, wire);
}

Result<void> SegmentWriter::keep(SegmentInfo segment, ByteView wire) {
  DeltaInfo& info = report_.info;
  segment.wire_length = wire.size();
  segments_length_ += wire.size();
  info.segments.push_back(segment);
  info.limits.segment_wire = std::max<std::uint64_t>(info.limits.segment_wire, wire.size());
  for (std::size_t at = 0; at < wire.size(); at += kFrameSize) {
    const auto hasher = make_hasher_();
    hasher->update(wire.subspan(at, std::min<std::size_t>(kFrameSize, wire.size() - at)));
    info.frames.push_back(hasher->finish());
  }
  return spool_.append(wire);
}

std::uint64_t SegmentWriter::delta_length() const {
  return write_head(report_.info).size() + segments_length_;
}

void SegmentWriter::note_raw(std::uint64_t raw_length) {
  report_.info.limits.segment_raw = std::max(report_.info.limits.segment_raw, raw_length);
}

void SegmentWriter::note_copies(std::uint64_t copies) {
  report_.info.limits.window_copies = std::max(report_.info.limits.window_copies, copies);
}

Result<void> SegmentWriter::finish(Sink& delta) {
  if (decoder_memory(report_.info) > memory_limit(report_.info.profile)) {
    return fail(ErrorKind::kLimit, "the delta needs more decoder memory than its profile allows", "F12");
  }
  const Bytes head = write_head(report_.info);
  SKIFF_ASSIGN(report_.info, read_head(head));
  report_.bytes.head = head.size();
  SKIFF_TRY(delta.write(head));
  return spool_.copy_to(delta);
}

}  // namespace skiff

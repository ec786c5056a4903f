#include "tests/engine/apply/delta_builder.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "base/varint.hpp"
#include "base/xxh.hpp"
#include "codec/copy_translator.hpp"
#include "entropy/codec.hpp"
#include "format/head.hpp"
#include "format/head_fields.hpp"
#include "tests/engine/apply/test_digest.hpp"

namespace skiff::testing {
namespace {

constexpr std::size_t kSeed = 16;
constexpr std::size_t kStretch = 32;  ///< bytes looked at to prolong a copy past a difference

std::string seed_at(ByteView bytes, std::size_t at) { return std::string(as_text(bytes.subspan(at, kSeed))); }

std::unordered_map<std::string, std::size_t> index_seeds(ByteView base) {
  std::unordered_map<std::string, std::size_t> index;
  for (std::size_t at = 0; at + kSeed <= base.size(); ++at) index.emplace(seed_at(base, at), at);
  return index;
}

std::size_t equal_prefix(ByteView a, ByteView b) {
  const std::size_t length = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(length), b.begin()).first - a.begin());
}

/// How far to go on along the diagonal after a difference: 0 if the next stretch is mostly different.
std::size_t similar_prefix(ByteView a, ByteView b) {
  const std::size_t length = std::min({a.size(), b.size(), kStretch});
  std::size_t equal = 0;
  for (std::size_t i = 0; i < length; ++i) equal += a[i] == b[i] ? 1 : 0;
  return equal * 2 > length ? length : 0;
}

Copy longest_copy(ByteView base, ByteView result, std::size_t base_at, std::size_t result_at) {
  const std::size_t exact = equal_prefix(base.subspan(base_at), result.subspan(result_at));
  std::size_t length = exact;
  for (std::size_t more = 1; more != 0; length += more) {
    more = similar_prefix(base.subspan(base_at + length), result.subspan(result_at + length));
  }
  return {.result_offset = result_at, .base_offset = base_at, .length = length, .verbatim = length == exact};
}

DataPart cut_segment(ByteView base, ByteView result, const WindowView& window, PieceWalk walk) {
  const ViewSource base_source(base);
  CopyTranslator copies(base_source, window);
  DataPart part;
  Bytes residue;
  while (const std::optional<Piece> piece = walk.next()) {
    const ByteView made = result.subspan(piece->result_offset, piece->length);
    if (piece->kind == Piece::Kind::kLiteral) put_bytes(part.streams[kLiterals], made);
    if (piece->kind != Piece::Kind::kResidue) continue;
    Bytes predicted(made.size());
    copies.begin(*walk.copy(), *piece);
    if (!copies.read(predicted)) return {};
    for (std::size_t i = 0; i < made.size(); ++i)
      residue.push_back(static_cast<std::uint8_t>(made[i] - predicted[i]));
  }
  std::array<Bytes, kResidueStreams> written = write_residue(residue);
  std::move(written.begin(), written.end(), part.streams.begin());
  return part;
}

WindowPart cut_window(ByteView base, ByteView result, const WindowMap& map, std::uint64_t begin,
                      const BuildPlan& plan) {
  const std::uint64_t end = std::min<std::uint64_t>(begin + plan.window, result.size());
  const WindowView view(map);
  WindowPart window{.map = write_map(map, begin), .data = {}};
  for (std::uint64_t at = begin; at < end; at += plan.segment) {
    const std::uint64_t segment_end = std::min(at + plan.segment, end);
    DataPart part = cut_segment(base, result, view, PieceWalk(map.copies, at, segment_end));
    part.result_length = segment_end - at;
    part.digest = xxh3(result.subspan(at, part.result_length));
    window.data.push_back(std::move(part));
  }
  return window;
}

template <std::size_t N>
Bytes code_segment(CodedDelta& coded, const std::array<Bytes, N>& streams, int level) {
  std::array<ByteView, N> views;
  std::copy(streams.begin(), streams.end(), views.begin());
  std::uint64_t raw = 0;
  for (const Bytes& stream : streams) raw += stream.size();
  coded.info.limits.segment_raw = std::max(coded.info.limits.segment_raw, raw);
  Bytes wire = encode_streams(coded.info.codec, views, {.level = level}).value();
  coded.info.limits.segment_wire = std::max<std::uint64_t>(coded.info.limits.segment_wire, wire.size());
  return wire;
}

Bytes image_bytes(const ImageId& image) {
  Bytes out = varint_bytes(image.length);
  put_bytes(out, image.sha256.bytes);
  return out;
}

}  // namespace

Bytes varint_bytes(std::uint64_t value) {
  Bytes out;
  put_varint(out, value);
  return out;
}

std::vector<Copy> naive_cover(ByteView base, ByteView result, std::uint64_t window) {
  const auto index = index_seeds(base);
  std::vector<Copy> cover;
  for (std::uint64_t begin = 0; begin < result.size(); begin += window) {
    const ByteView until_border = result.first(std::min<std::uint64_t>(result.size(), begin + window));
    for (std::size_t at = begin; at + kSeed <= until_border.size();) {
      const auto found = index.find(seed_at(until_border, at));
      if (found == index.end()) {
        ++at;
        continue;
      }
      cover.push_back(longest_copy(base, until_border, found->second, at));
      at += cover.back().length;
    }
  }
  return cover;
}

DeltaParts cut_delta(ByteView base, ByteView result, const std::vector<Copy>& cover, const BuildPlan& plan) {
  DeltaParts parts;
  parts.info.profile = plan.profile;
  parts.info.base = {base.size(), sha256(base)};
  parts.info.result = {result.size(), sha256(result)};
  for (std::uint64_t begin = 0; begin < result.size(); begin += plan.window) {
    const auto starts_before = [](const Copy& copy, std::uint64_t offset) {
      return copy.result_offset < offset;
    };
    const auto first = std::lower_bound(cover.begin(), cover.end(), begin, starts_before);
    const auto last = std::lower_bound(cover.begin(), cover.end(), begin + plan.window, starts_before);
    const WindowMap map{{first, last}, plan.typing};
    parts.info.limits.window_copies = std::max(parts.info.limits.window_copies, entries_of(map));
    parts.windows.push_back(cut_window(base, result, map, begin, plan));
  }
  return parts;
}

CodedDelta code_delta(const DeltaParts& parts, int level) {
  CodedDelta coded{.info = parts.info, .wires = {}};
  for (const WindowPart& window : parts.windows) {
    coded.wires.push_back(code_segment(coded, window.map, level));
    coded.info.segments.push_back({.is_map = true, .wire_length = coded.wires.back().size()});
    for (const DataPart& part : window.data) {
      coded.wires.push_back(code_segment(coded, part.streams, level));
      coded.info.segments.push_back({.result_length = part.result_length,
                                     .digest = part.digest,
                                     .wire_length = coded.wires.back().size()});
    }
  }
  return coded;
}

void hash_frames(CodedDelta& coded) {
  coded.info.frames.clear();
  for (const Bytes& wire : coded.wires) {
    for (std::size_t at = 0; at < wire.size(); at += kFrameSize) {
      coded.info.frames.push_back(
          sha256(ByteView(wire).subspan(at, std::min<std::size_t>(kFrameSize, wire.size() - at))));
    }
  }
}

Bytes join(const Bytes& head, const std::vector<Bytes>& wires) {
  Bytes delta = head;
  for (const Bytes& wire : wires) put_bytes(delta, wire);
  return delta;
}

Bytes join_delta(CodedDelta coded) {
  hash_frames(coded);
  return join(write_head(coded.info), coded.wires);
}

Bytes make_delta(ByteView base, ByteView result, const BuildPlan& plan) {
  return join_delta(
      code_delta(cut_delta(base, result, naive_cover(base, result, plan.window), plan), plan.level));
}

RawHead raw_head(const DeltaInfo& info) {
  const Bytes whole = write_head(info);
  const HeadLayout layout = read_head_layout(whole).value();
  RawHead raw{.magic = Bytes(kMagic.begin(), kMagic.end()), .fields = {}, .frames = info.frames};
  raw.fields[RawHead::kCodec] = varint_bytes(static_cast<std::uint64_t>(info.codec));
  raw.fields[RawHead::kProfile] = varint_bytes(static_cast<std::uint64_t>(info.profile));
  raw.fields[RawHead::kFeatures] = varint_bytes(0);
  raw.fields[RawHead::kBase] = image_bytes(info.base);
  raw.fields[RawHead::kResult] = image_bytes(info.result);
  raw.fields[RawHead::kSegmentWire] = varint_bytes(info.limits.segment_wire);
  raw.fields[RawHead::kSegmentRaw] = varint_bytes(info.limits.segment_raw);
  raw.fields[RawHead::kWindowCopies] = varint_bytes(info.limits.window_copies);
  const ModelSizes& sizes = info.models;
  raw.fields[RawHead::kParameters] =
      info.codec == Codec::kZstd ? Bytes{0} : Bytes{3, sizes.slot_lines, sizes.history, sizes.learned};
  std::size_t before_table = layout.fields_offset;
  for (const Bytes& field : raw.fields) before_table += field.size();
  raw.fields[RawHead::kTable] = Bytes(whole.begin() + static_cast<std::ptrdiff_t>(before_table),
                                      whole.begin() + static_cast<std::ptrdiff_t>(layout.header_length));
  return raw;
}

Bytes RawHead::bytes() const {
  Bytes all_fields;
  for (const Bytes& field : fields) put_bytes(all_fields, field);
  Bytes out = magic;
  out.push_back(version);
  put_varint(out, all_fields.size());
  put_varint(out, frames.size());
  put_bytes(out, all_fields);
  for (const Sha256& frame : frames) put_bytes(out, frame.bytes);
  return out;
}

}  // namespace skiff::testing

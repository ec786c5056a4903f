#include "skiff/explain.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "diff/findings.hpp"
#include "diff/segment_meter.hpp"
#include "diff/segment_writer.hpp"
#include "diff/window_bounds.hpp"

namespace skiff {
namespace {

constexpr std::array<std::string_view, kKinds> kKindNames{
    "plain bytes",          "a64 code",         "x64 code",       "thumb code", "64-bit pointers",
    "32-bit pointers",      "32-bit distances", "32-bit offsets", "a32 code",   "a32 code, relative",
    "thumb code, relative", "x86 code"};
static_assert(!kKindNames.back().empty(), "each kind has a name");

/// `bytes` shared out by cost so that the shares sum up to it.
std::vector<std::uint64_t> shares(std::uint64_t bytes, std::span<const WireCost> costs) {
  const WireCost whole = std::accumulate(costs.begin(), costs.end(), WireCost{0});
  std::vector<std::uint64_t> list;
  WireCost so_far = 0;
  std::uint64_t given = 0;
  for (const WireCost cost : costs) {
    so_far += cost;
    const std::uint64_t until = share(bytes, so_far, whole);
    list.push_back(until - given);
    given = until;
  }
  return list;
}

/// A name out of an image, which may hold any bytes, as one for a terminal and for JSON.
std::string printable(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      text.push_back(c);
    } else {
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

class Explainer {
 public:
  Explainer(const Source& base, const Source& delta, ScratchImage result)
      : base_(base), delta_(delta), result_(std::move(result)) {}

  Result<DeltaExplanation> run() {
    SKIFF_ASSIGN(out_.report.info, read_delta_info(delta_));
    if (info().opening)
      return fail(ErrorKind::kUnsupported, "a delta between opened images cannot be explained");
    if (base_.size() != info().base.length) return other_base("is of another length");
    SKIFF_TRY(read_segments());
    fill_report();
    name_parts();
    name_kinds();
    const Places places = places_of(result_);
    name_places(places);
    out_.findings = findings_of({result_, places, readings_, out_.report});
    return std::move(out_);
  }

 private:
  [[nodiscard]] const DeltaInfo& info() const { return out_.report.info; }
  static tl::unexpected<Error> other_base(const std::string& how) {
    return fail(ErrorKind::kMismatch, "the base image is not the one the delta was made for: it " + how);
  }

  Result<void> read_segments() {
    const MeterTask task{info(), base_, result_, readings_};
    std::unique_ptr<SegmentMeter> meter;
    if (info().codec == Codec::kContextMixing) {
      meter = make_mixed_meter(task);
    } else {
      SKIFF_ASSIGN(meter, make_stream_meter(task));
    }
    for (std::size_t i = 0; i < info().segments.size(); ++i) {
      const SegmentInfo& segment = info().segments[i];
      Bytes wire(static_cast<std::size_t>(segment.wire_length));
      SKIFF_TRY(delta_.read_at(segment.wire_offset, wire));
      SKIFF_TRY(count_wire(segment, wire));
      const WireSegment read{wire, segment.wire_offset};
      if (segment.is_map) {
        SKIFF_TRY(meter->read_map(read, window_bounds(info(), i)));
        continue;
      }
      SKIFF_ASSIGN(const std::uint64_t digest, meter->read_data(read, segment));
      if (digest != segment.digest)
        return other_base("gives other bytes from " + std::to_string(segment.result_offset) + " on");
    }
    return {};
  }

  Result<void> count_wire(const SegmentInfo& segment, ByteView wire) {
    if (info().codec == Codec::kZstd) return count_streams(wire, segment.is_map, out_.report.bytes);
    (segment.is_map ? out_.report.bytes.map : out_.report.bytes.residue) += wire.size();
    return {};
  }

  void fill_report() {
    DiffReport& report = out_.report;
    report.bytes.head = info().head_length;
    report.copies = readings_.copies;
    report.verbatim_bytes = readings_.pieces.verbatim;
    report.copied_bytes = readings_.pieces.residue;
    report.literal_bytes = readings_.pieces.literal;
    if (info().codec != Codec::kContextMixing) return;
    // What a segment has beyond what its bits cost ends its range coder.
    const std::uint64_t metered = readings_.places.whole().all() / kByteCost;
    report.bytes.overhead = report.bytes.residue - std::min(report.bytes.residue, metered);
    report.bytes.residue -= report.bytes.overhead;
  }

  [[nodiscard]] std::uint64_t data_bytes() const {
    return out_.report.bytes.residue + out_.report.bytes.literals;
  }

  void name_parts() {
    DeltaBreakdown& bytes = out_.report.bytes;
    out_.parts = {{"head", bytes.head}, {"map", bytes.map}};
    if (info().codec == Codec::kContextMixing) {
      const std::vector<std::uint64_t> data = shares(data_bytes(), readings_.parts);
      constexpr std::array<std::string_view, kWireParts> kNames{"is it as predicted",
                                                                "or another candidate",
                                                                "fields of references",
                                                                "bytes not foretold",
                                                                "literals",
                                                                "noise"};
      for (std::size_t part = 0; part < kWireParts; ++part)
        out_.parts.push_back({std::string(kNames[part]), data[part]});
      bytes.literals = data[static_cast<std::size_t>(WirePart::kLiterals)] +
                       data[static_cast<std::size_t>(WirePart::kPlain)];
      bytes.residue -= bytes.literals;
      out_.parts.push_back({"ends of segments", bytes.overhead});
    } else {
      out_.parts.insert(
          out_.parts.end(),
          {{"residue", bytes.residue}, {"literals", bytes.literals}, {"lengths of streams", bytes.overhead}});
    }
  }

  void name_kinds() {
    const std::vector<std::uint64_t> bytes = shares(out_.report.bytes.residue, readings_.corrections);
    for (std::size_t kind = 0; kind < kKinds; ++kind)
      if (bytes[kind] != 0) out_.kinds.push_back({std::string(kKindNames[kind]), bytes[kind]});
    std::stable_sort(out_.kinds.begin(), out_.kinds.end(),
                     [](const NamedBytes& a, const NamedBytes& b) { return a.bytes > b.bytes; });
  }

  void name_places(const Places& places) {
    std::vector<PlaceCost> found;
    std::vector<WireCost> costs;
    WireCost left = readings_.places.whole().all();
    for (const typing::NamedFile& place : places.list) {
      found.push_back(readings_.places.of(place.file));
      costs.push_back(found.back().all());
      left -= std::min(left, costs.back());
    }
    costs.push_back(left);
    const std::vector<std::uint64_t> bytes = shares(data_bytes(), costs);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (bytes[i] == 0) continue;
      out_.places.push_back(
          {printable(places.list[i].name), bytes[i], share(bytes[i], found[i].literals, found[i].all())});
    }
    out_.elsewhere = bytes.back();
    std::stable_sort(out_.places.begin(), out_.places.end(),
                     [](const PlaceBytes& a, const PlaceBytes& b) { return a.bytes > b.bytes; });
  }

  const Source& base_;
  const Source& delta_;
  ScratchImage result_;
  Readings readings_;
  DeltaExplanation out_;
};

}  // namespace

void read_copies_of(std::span<const Copy> copies, Readings& readings) {
  constexpr std::uint64_t kLong = 256;
  readings.copies += copies.size();
  std::uint64_t last_end = 0;
  for (const Copy& copy : copies) {
    if (copy.length < kLong) continue;
    ++readings.long_copies;
    if (copy.base_offset < last_end) ++readings.backward;
    last_end = copy.base_offset + copy.length;
  }
}

Result<DeltaExplanation> explain_delta(const Source& base, const Source& delta) {
  SKIFF_ASSIGN(ScratchImage result, ScratchImage::make());
  return Explainer(base, delta, std::move(result)).run();
}

}  // namespace skiff

#include "cli/delta_report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace skiff::cli {
namespace {

Json image_json(const ImageId& image) {
  return Json::Object{{"length", image.length}, {"sha256", image.sha256.hex()}};
}

std::uint64_t data_segments(const DeltaInfo& info) {
  return static_cast<std::uint64_t>(std::count_if(info.segments.begin(), info.segments.end(),
                                                  [](const SegmentInfo& s) { return !s.is_map; }));
}

std::string images_text(const DeltaInfo& info) {
  return "base    " + info.base.sha256.hex() + "  " + grouped(info.base.length) + " bytes\n" + "result  " +
         info.result.sha256.hex() + "  " + grouped(info.result.length) + " bytes\n";
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ' ');
  return text;
}

std::string table_row(std::string_view name, std::uint64_t bytes, std::uint64_t whole) {
  const double percent = whole == 0 ? 0.0 : 100.0 * static_cast<double>(bytes) / static_cast<double>(whole);
  std::array<char, 48> numbers{};
  std::snprintf(numbers.data(), numbers.size(), "%15s  %5.1f %%  ", grouped(bytes).c_str(), percent);
  return numbers.data() + std::string(name) + "\n";
}

Json report_json(const DiffReport& report) {
  const DeltaInfo& info = report.info;
  return Json::Object{
      {"format", std::uint64_t{info.format}},
      {"codec", to_string(info.codec)},
      {"profile", to_string(info.profile)},
      {"base", image_json(info.base)},
      {"result", image_json(info.result)},
      {"delta_length", info.delta_length},
      {"decoder_memory", info.decoder_memory},
      {"unpack_memory", info.opening ? info.opening->memory : std::uint64_t{0}},
      {"bytes", Json::Object{{"head", report.bytes.head},
                             {"map", report.bytes.map},
                             {"residue", report.bytes.residue},
                             {"literals", report.bytes.literals},
                             {"overhead", report.bytes.overhead}}},
      {"copies", report.copies},
      {"verbatim_bytes", report.verbatim_bytes},
      {"copied_bytes", report.copied_bytes},
      {"literal_bytes", report.literal_bytes},
      {"windows", std::uint64_t{info.segments.size() - data_segments(info)}},
      {"segments", data_segments(info)},
      {"frames", std::uint64_t{info.frames.size()}},
  };
}

std::string report_text(const DiffReport& report) {
  const DeltaInfo& info = report.info;
  const std::uint64_t whole = info.delta_length;
  std::string text = images_text(info);
  text += "delta   " + grouped(whole) + " bytes: format " + std::to_string(info.format) + ", codec " +
          std::string(to_string(info.codec)) + ", profile " + std::string(to_string(info.profile)) + "\n";
  text += table_row("head", report.bytes.head, whole) + table_row("map", report.bytes.map, whole) +
          table_row("residue", report.bytes.residue, whole) +
          table_row("literals", report.bytes.literals, whole) +
          table_row("overhead", report.bytes.overhead, whole);
  text += "the result image, by where its bytes come from\n";
  text += table_row("copied as they are", report.verbatim_bytes, made_length(info)) +
          table_row("copied and corrected", report.copied_bytes, made_length(info)) +
          table_row("literals", report.literal_bytes, made_length(info));
  text += grouped(report.copies) + " copies, " + grouped(info.segments.size() - data_segments(info)) +
          " windows, " + grouped(data_segments(info)) + " segments, " + grouped(info.frames.size()) +
          " frames\n";
  text += "a decoder needs " + grouped(info.decoder_memory) + " bytes of memory\n";
  if (info.opening) {
    text += "and to open and pack compressed streams " + grouped(info.opening->memory) + " bytes more\n";
  }
  return text;
}

}  // namespace skiff::cli

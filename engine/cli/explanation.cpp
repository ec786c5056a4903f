#include "cli/explanation.hpp"

#include <algorithm>

#include "cli/delta_report.hpp"

namespace skiff::cli {
namespace {

/// Bytes of the places after the first `top`.
std::uint64_t beyond(const DeltaExplanation& explanation, std::size_t top) {
  std::uint64_t bytes = 0;
  for (std::size_t i = top; i < explanation.places.size(); ++i) bytes += explanation.places[i].bytes;
  return bytes;
}

Json::Array named_json(const std::vector<NamedBytes>& list) {
  Json::Array out;
  for (const NamedBytes& row : list) out.push_back(Json::Object{{"name", row.name}, {"bytes", row.bytes}});
  return out;
}

}  // namespace

Json::Object explanation_json(const DeltaExplanation& explanation, std::size_t top) {
  Json::Array places;
  for (std::size_t i = 0; i < std::min(top, explanation.places.size()); ++i) {
    const PlaceBytes& place = explanation.places[i];
    places.push_back(
        Json::Object{{"name", place.name}, {"bytes", place.bytes}, {"literals", place.literals}});
  }
  Json::Array findings;
  for (const Finding& finding : explanation.findings) {
    findings.push_back(
        Json::Object{{"what", finding.what}, {"bytes", finding.bytes}, {"advice", finding.advice}});
  }
  return {{"parts", named_json(explanation.parts)},
          {"kinds", named_json(explanation.kinds)},
          {"places", std::move(places)},
          {"other_places", beyond(explanation, top)},
          {"elsewhere", explanation.elsewhere},
          {"findings", std::move(findings)}};
}

std::string explanation_text(const DeltaExplanation& explanation, std::size_t top) {
  const std::uint64_t whole = explanation.report.info.delta_length;
  std::string text = "the delta, by what its bytes say\n";
  for (const NamedBytes& part : explanation.parts) text += table_row(part.name, part.bytes, whole);
  text += "corrections of copies, by what was copied\n";
  for (const NamedBytes& kind : explanation.kinds) text += table_row(kind.name, kind.bytes, whole);
  text += "the delta, by where in the result its bytes go\n";
  const DeltaBreakdown& bytes = explanation.report.bytes;
  text += table_row("(head, map, overhead)", bytes.head + bytes.map + bytes.overhead, whole);
  for (std::size_t i = 0; i < std::min(top, explanation.places.size()); ++i) {
    const PlaceBytes& place = explanation.places[i];
    text += table_row(place.name, place.bytes, whole);
  }
  const std::uint64_t others = beyond(explanation, top);
  if (others != 0)
    text += table_row("(" + grouped(explanation.places.size() - top) + " other places)", others, whole);
  if (explanation.elsewhere != 0) text += table_row("(outside of them)", explanation.elsewhere, whole);
  if (explanation.findings.empty()) return text;
  text += "what makes it large\n";
  for (const Finding& finding : explanation.findings)
    text += table_row(finding.what, finding.bytes, whole) + std::string(26, ' ') + finding.advice + "\n";
  return text;
}

}  // namespace skiff::cli

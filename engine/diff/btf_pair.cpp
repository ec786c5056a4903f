#include "diff/btf_pair.hpp"

#include <algorithm>
#include <array>

#include "predict/address_map.hpp"

namespace skiff {
namespace {

using Sections = std::vector<typing::BtfSection>;

/// The section that holds `offset`, or else the next one.
Sections::const_iterator section_at(const Sections& sections, std::uint64_t offset) {
  return std::upper_bound(
      sections.begin(), sections.end(), offset,
      [](std::uint64_t at, const typing::BtfSection& section) { return at < section.end(); });
}

void show_meaning(const Sections& sections, match::Range range, MutableBytes bytes) {
  for (auto s = section_at(sections, range.begin); s != sections.end() && s->types < range.end; ++s) {
    const std::uint64_t begin = std::max(range.begin, s->types);
    const std::uint64_t end = std::min(range.end, s->end());
    const ByteView meaning = ByteView(s->meaning).subspan(begin - s->types, end - begin);
    std::copy(meaning.begin(), meaning.end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(begin - range.begin));
  }
}

/// The section of the base that the longest copy within the strings of `section` comes from.
const typing::BtfSection* source_of(const typing::BtfSection& section, const match::Cover& cover,
                                    const Sections& base) {
  const typing::BtfSection* source = nullptr;
  std::uint64_t longest = 0;
  auto copy = std::lower_bound(cover.begin(), cover.end(), section.strings,
                               [](const match::Copy& c, std::uint64_t at) { return c.result < at; });
  for (; copy != cover.end() && copy->result < section.end(); ++copy) {
    const auto found = section_at(base, copy->base);
    if (copy->length <= longest || found == base.end() || copy->base < found->strings) continue;
    longest = copy->length;
    source = &*found;
  }
  return source;
}

/// Gives the bytes of `moved` its address, and leaves those around them theirs.
void place(std::vector<AddressRange>& ranges, const AddressRange& moved) {
  const auto holds = [&](const AddressRange& range) {
    return moved.offset >= range.offset && moved.offset - range.offset < range.length &&
           moved.length <= range.length - (moved.offset - range.offset);
  };
  const auto range = std::find_if(ranges.begin(), ranges.end(), holds);
  if (range == ranges.end() || ranges.size() + 2 > kMaxAddressRanges) return;
  const std::uint64_t before = moved.offset - range->offset;
  const std::uint64_t rest = before + moved.length;
  const std::array<AddressRange, 3> parts{
      {{range->offset, before, range->address},
       moved,
       {range->offset + rest, range->length - rest, range->address + rest}}};
  const auto at = ranges.erase(range);
  ranges.insert(at, parts.begin(), parts.end());
  std::erase_if(ranges, [](const AddressRange& part) { return part.length == 0; });
}

}  // namespace

void place_strings(const BtfPair& sections, const match::Cover& cover, Typing& typing) {
  const AddressMap base_addresses(typing.base);
  for (const typing::BtfSection& section : sections.result) {
    if (section.split) continue;
    const typing::BtfSection* source = source_of(section, cover, sections.base);
    const auto address = source ? base_addresses.address_of(source->strings) : std::nullopt;
    if (!address) continue;
    const AddressRange strings{section.strings, section.end() - section.strings, *address};
    for (Space& space : typing.result) place(space.addresses, strings);
  }
}

Result<void> MeaningRewriter::rewrite_base(match::Range range, MutableBytes bytes) const {
  SKIFF_TRY(rest_.rewrite_base(range, bytes));
  show_meaning(sections_.base, range, bytes);
  return {};
}

Result<void> MeaningRewriter::rewrite_result(match::Range range, MutableBytes bytes) const {
  SKIFF_TRY(rest_.rewrite_result(range, bytes));
  show_meaning(sections_.result, range, bytes);
  return {};
}

}  // namespace skiff

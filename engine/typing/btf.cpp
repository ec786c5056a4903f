#include "typing/btf.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/xxh.hpp"
#include "typing/btf_records.hpp"
#include "typing/image_reader.hpp"

namespace skiff::typing {
namespace {

constexpr std::uint64_t kHeader = 24;
constexpr std::uint64_t kAlignment = 4;
constexpr std::array<std::uint8_t, 4> kSignature{0x9f, 0xeb, 1, 0};  ///< magic, version, no flags
constexpr std::uint64_t kMostStrings = std::uint64_t{1} << 24;       ///< name offsets have 24 bits
constexpr std::uint64_t kMostTypeBytes = std::uint64_t{1} << 26;     ///< a kernel has 3 MB of records

using Words = std::vector<std::uint32_t>;

std::uint32_t mixed(std::uint32_t hash, std::uint32_t word) {
  hash = (hash ^ word) * 0x9E3779B1u;
  return hash ^ (hash >> 15);
}

std::uint32_t hashed(std::string_view text) { return static_cast<std::uint32_t>(xxh3(as_bytes(text))); }

/// A section read and cut into records, on its own or as what continues another.
class Btf {
 public:
  /// What the image has at `offset`, if it is a section whose records fill it.
  static std::optional<Btf> read(const Source& image, std::uint64_t offset) {
    ImageReader reader(image);
    const std::uint64_t types = reader.u32(offset + 12);
    const std::uint64_t strings = reader.u32(offset + 20);
    const bool plain = reader.u32(offset + 4) == kHeader && reader.u32(offset + 8) == 0 && types % 4 == 0 &&
                       reader.u32(offset + 16) == types;
    if (!plain || types > kMostTypeBytes || strings == 0 || strings > kMostStrings) return std::nullopt;
    if (kHeader + types + strings > image.size() - offset) return std::nullopt;
    Btf btf;
    btf.offset_ = offset + kHeader;
    if (!btf.read_records(reader, static_cast<std::size_t>(types / 4))) return std::nullopt;
    btf.strings_.resize(static_cast<std::size_t>(strings));
    if (!image.read_at(btf.offset_ + types, btf.strings_) || btf.strings_.back() != 0) return std::nullopt;
    return btf;
  }

  /// Makes it continue `base`, null for nothing; false if its names and types are not to be found then.
  bool attach(const Btf* base) {
    base_ = base;
    first_name_ = base ? static_cast<std::uint32_t>(base->strings_.size()) : 0;
    first_type_ = base ? static_cast<std::uint32_t>(base->records_.size()) + 1 : 1;
    for (const BtfRecord& record : records_) {
      for (std::size_t i = 0; i < record.length; ++i) {
        const std::uint32_t word = words_[record.at + i];
        if (record.word(i) == BtfWord::kName && !has_name(word)) return false;
        if (record.word(i) == BtfWord::kType && word >= first_type_ + records_.size()) return false;
      }
    }
    return true;
  }

  /// Once attached: meanings of its types. What a type without a name is made of is followed a few levels;
  /// all take each step together, so that their order does not matter.
  void find_meanings() {
    constexpr int kLevels = 4;
    for (const BtfRecord& record : records_) meanings_.push_back(named(record));
    for (int level = 0; level < kLevels; ++level) {
      Words next = meanings_;
      for (std::size_t i = 0; i < records_.size(); ++i) {
        const BtfRecord& record = records_[i];
        if (words_[record.at] != 0) continue;
        next[i] = record.kind;
        for (std::size_t k = 1; k < record.length; ++k) next[i] = mixed(next[i], meaning_of(record, k));
      }
      meanings_ = std::move(next);
    }
  }

  [[nodiscard]] BtfSection section() const {
    BtfSection section{offset_, offset_ + 4 * words_.size(), base_ != nullptr, {}};
    section.meaning.reserve(4 * words_.size() + strings_.size());
    const auto put = [&](std::uint32_t word) {
      for (unsigned shift = 0; shift < 32; shift += 8) {
        section.meaning.push_back(static_cast<std::uint8_t>(word >> shift));
      }
    };
    for (std::size_t i = 0; i < records_.size(); ++i) {
      put(meanings_[i]);
      for (std::size_t k = 1; k < records_[i].length; ++k) put(meaning_of(records_[i], k));
    }
    for (std::size_t at = 0; at < strings_.size();) {
      const std::string_view text = string(at);
      const std::uint32_t hash = hashed(text);
      for (std::uint32_t i = 0; i <= text.size(); ++i) {
        section.meaning.push_back(static_cast<std::uint8_t>(strings_[at + i] ^ hash >> (i % 4 * 8)));
      }
      at += text.size() + 1;
    }
    return section;
  }

  [[nodiscard]] std::uint64_t end() const { return offset_ + 4 * words_.size() + strings_.size(); }

 private:
  /// False if `count` words are not whole records.
  bool read_records(ImageReader& reader, std::size_t count) {
    const auto read_until = [&](std::size_t end) {
      while (words_.size() < end) words_.push_back(reader.u32(offset_ + 4 * words_.size()));
    };
    while (words_.size() < count) {
      const std::size_t at = words_.size();
      if (count - at < kBtfHeaderWords) return false;
      read_until(at + kBtfHeaderWords);
      const BtfRecord record = btf_record(at, words_[at + 1]);
      if (record.length == 0 || record.length > count - at) return false;
      read_until(at + record.length);
      records_.push_back(record);
    }
    return true;
  }

  /// Names are whole strings.
  [[nodiscard]] bool has_name(std::uint32_t offset) const {
    if (offset < first_name_) return base_->has_name(offset);
    const std::uint32_t at = offset - first_name_;
    return at < strings_.size() && (at == 0 ? first_name_ != 0 || strings_[0] == 0 : strings_[at - 1] == 0);
  }

  [[nodiscard]] std::string_view string(std::size_t at) const {
    return reinterpret_cast<const char*>(&strings_[at]);
  }

  [[nodiscard]] std::uint32_t name(std::uint32_t offset) const {
    return offset < first_name_ ? base_->name(offset) : hashed(string(offset - first_name_));
  }

  [[nodiscard]] std::uint32_t named(const BtfRecord& record) const {
    return mixed(name(words_[record.at]), record.kind);
  }

  [[nodiscard]] std::uint32_t type(std::uint32_t id) const {
    if (id == 0) return 0;
    return id < first_type_ ? base_->type(id) : meanings_[id - first_type_];
  }

  [[nodiscard]] std::uint32_t meaning_of(const BtfRecord& record, std::size_t i) const {
    const std::uint32_t word = words_[record.at + i];
    if (record.word(i) == BtfWord::kName) return name(word);
    return record.word(i) == BtfWord::kType ? type(word) : word;
  }

  std::uint64_t offset_ = 0;  ///< of the records
  Words words_;
  Bytes strings_;
  std::vector<BtfRecord> records_;
  const Btf* base_ = nullptr;
  std::uint32_t first_name_ = 0;
  std::uint32_t first_type_ = 1;
  Words meanings_;  ///< by type
};

/// Wherever a section's header may begin.
std::vector<Btf> read_sections(const Source& image) {
  constexpr std::uint64_t kBlock = std::uint64_t{64} * 1024;
  std::vector<Btf> sections;
  Bytes block(kBlock);
  for (std::uint64_t begin = 0; begin + kHeader < image.size(); begin += kBlock) {
    const MutableBytes bytes = MutableBytes(block).first(std::min(kBlock, image.size() - begin));
    if (!image.read_at(begin, bytes)) return {};
    for (std::size_t at = 0; at + kAlignment <= bytes.size(); at += kAlignment) {
      if (!std::equal(kSignature.begin(), kSignature.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at)))
        continue;
      if (!sections.empty() && begin + at < sections.back().end()) continue;
      if (auto section = Btf::read(image, begin + at)) sections.push_back(std::move(*section));
    }
  }
  return sections;
}

/// Those that stand alone, then those that continue one of them.
std::vector<const Btf*> attached(std::vector<Btf>& sections) {
  std::vector<const Btf*> bases;
  std::vector<Btf*> open;
  for (Btf& section : sections) {
    if (section.attach(nullptr)) {
      section.find_meanings();
      bases.push_back(&section);
    } else {
      open.push_back(&section);
    }
  }
  std::vector<const Btf*> all = bases;
  for (Btf* section : open) {
    const auto fits = [&](const Btf* base) { return section->attach(base); };
    if (std::none_of(bases.begin(), bases.end(), fits)) continue;
    section->find_meanings();
    all.push_back(section);
  }
  return all;
}

/// The address range of `space` that holds all of a section; null if none does.
const AddressRange* range_around(const Space& space, const BtfSection& section) {
  const auto holds = [&](const AddressRange& range) {
    return section.types >= range.offset && section.end() <= range.offset + range.length;
  };
  const auto range = std::find_if(space.addresses.begin(), space.addresses.end(), holds);
  return range == space.addresses.end() ? nullptr : &*range;
}

/// The part of `range` in [begin, end); of length 0 if there is none.
TypedRange part(const TypedRange& range, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t from = std::max(range.offset, begin);
  const std::uint64_t to = std::min(range.offset + range.length, end);
  return {from, to > from ? to - from : 0, range.kind, range.origin};
}

/// `range` stands in the place of whatever was said of its bytes. Ranges follow one another without gap.
void retype(Space& space, const TypedRange& range) {
  const std::uint64_t end = range.offset + range.length;
  std::vector<TypedRange> types;
  std::uint64_t at = space.begin;
  const auto append = [&](const TypedRange& next) {
    if (next.length == 0) return;
    types.push_back(next);
    at = next.offset + next.length;
  };
  for (const TypedRange& old : space.types) append(part(old, 0, range.offset));
  append({at, range.offset - at, Kind::kRaw, 0});
  append(range);
  for (const TypedRange& old : space.types) append(part(old, end, space.end));
  space.types = std::move(types);
}

}  // namespace

std::vector<BtfSection> find_btf(const Source& image) {
  std::vector<Btf> found = read_sections(image);
  std::vector<BtfSection> sections;
  for (const Btf* btf : attached(found)) sections.push_back(btf->section());
  std::sort(sections.begin(), sections.end(),
            [](const BtfSection& a, const BtfSection& b) { return a.types < b.types; });
  return sections;
}

void type_btf(const std::vector<BtfSection>& sections, ImageTyping& spaces) {
  for (const BtfSection& section : sections) {
    if (section.split) continue;
    for (Space& space : spaces) {
      const AddressRange* range = range_around(space, section);
      if (!range) continue;
      const std::uint64_t origin = range->address + (section.strings - range->offset);
      retype(space, {section.types, section.strings - section.types, Kind::kOffset32, origin});
      retype(space, {section.strings, section.end() - section.strings, Kind::kRaw, 0});
    }
  }
}

}  // namespace skiff::typing

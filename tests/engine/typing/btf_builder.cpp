#include "tests/engine/typing/btf_builder.hpp"

namespace skiff::testing {

BtfBuilder::BtfBuilder(std::uint32_t types, std::uint32_t strings)
    : first_type_(types + 1), first_name_(strings), strings_(strings == 0 ? 1 : 0) {}

std::uint32_t BtfBuilder::name(const std::string& text) {
  const auto at = static_cast<std::uint32_t>(first_name_ + strings_.size());
  strings_.insert(strings_.end(), text.begin(), text.end());
  strings_.push_back(0);
  return at;
}

std::uint32_t BtfBuilder::record(std::uint32_t name, BtfKind kind, std::uint32_t counted,
                                 const std::vector<std::uint32_t>& rest) {
  starts_.push_back(words_.size());
  words_.push_back(name);
  words_.push_back(kind << 24 | counted);
  words_.insert(words_.end(), rest.begin(), rest.end());
  return first_type_ + types() - 1;
}

std::uint32_t BtfBuilder::structure(const std::string& text,
                                    const std::vector<std::pair<std::string, std::uint32_t>>& fields) {
  std::vector<std::uint32_t> rest{static_cast<std::uint32_t>(8 * fields.size())};
  const std::uint32_t own = name(text);
  for (const auto& [field, type] : fields) {
    const auto bit = static_cast<std::uint32_t>(64 * (rest.size() / 3));
    rest.insert(rest.end(), {name(field), type, bit});
  }
  return record(own, kBtfStruct, static_cast<std::uint32_t>(fields.size()), rest);
}

std::size_t BtfBuilder::length_of(std::uint32_t id) const {
  const std::size_t next = id - first_type_ + 1;
  return 4 * (next < starts_.size() ? starts_[next] : words_.size()) - offset_of(id);
}

Bytes BtfBuilder::section() const {
  Bytes out;
  const auto put = [&](std::uint32_t word) {
    for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::uint8_t>(word >> shift));
  };
  const auto records = static_cast<std::uint32_t>(4 * words_.size());
  put(0x0001eb9f);
  for (const std::uint32_t field : {std::uint32_t{kBtfHeader}, 0u, records, records, strings()}) put(field);
  for (const std::uint32_t word : words_) put(word);
  out.insert(out.end(), strings_.begin(), strings_.end());
  return out;
}

}  // namespace skiff::testing

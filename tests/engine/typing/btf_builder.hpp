// BTF sections made by hand, record by record.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "skiff/bytes.hpp"

namespace skiff::testing {

/// Kinds of records, by their numbers.
enum BtfKind : std::uint32_t {
  kBtfInt = 1,
  kBtfPointer = 2,
  kBtfStruct = 4,
  kBtfConst = 10,
  kBtfFunction = 12,
  kBtfPrototype = 13
};

class BtfBuilder {
 public:
  /// A section that continues one of `types` types and `strings` bytes of strings; its own begin with an
  /// empty one if it continues none.
  explicit BtfBuilder(std::uint32_t types = 0, std::uint32_t strings = 0);

  /// The offset of a new string.
  std::uint32_t name(const std::string& text);
  /// A record and its id; `counted` goes into its info word, the rest follows it.
  std::uint32_t record(std::uint32_t name, BtfKind kind, std::uint32_t counted,
                       const std::vector<std::uint32_t>& rest);
  std::uint32_t integer(const std::string& text) { return record(name(text), kBtfInt, 0, {4, 32}); }
  std::uint32_t pointer(std::uint32_t type) { return record(0, kBtfPointer, 0, {type}); }
  /// A struct of fields of these names and types.
  std::uint32_t structure(const std::string& text,
                          const std::vector<std::pair<std::string, std::uint32_t>>& fields);

  /// Where the record of a type begins among the records' bytes, and its length.
  [[nodiscard]] std::size_t offset_of(std::uint32_t id) const { return 4 * starts_[id - first_type_]; }
  [[nodiscard]] std::size_t length_of(std::uint32_t id) const;
  [[nodiscard]] std::uint32_t types() const { return static_cast<std::uint32_t>(starts_.size()); }
  [[nodiscard]] std::uint32_t strings() const { return static_cast<std::uint32_t>(strings_.size()); }

  /// Header, records, strings.
  [[nodiscard]] Bytes section() const;

 private:
  std::uint32_t first_type_;
  std::uint32_t first_name_;
  std::vector<std::uint32_t> words_;
  std::vector<std::size_t> starts_;
  Bytes strings_;
};

inline constexpr std::uint64_t kBtfHeader = 24;

}  // namespace skiff::testing

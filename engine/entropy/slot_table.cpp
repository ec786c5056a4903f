#include "entropy/slot_table.hpp"

#include <algorithm>

namespace skiff {
SlotTable::SlotTable(unsigned line_bits) : storage_(memory(line_bits)), line_shift_(64 - line_bits) {
  const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
  lines_ = storage_.data() + (kLine - address % kLine) % kLine;
  groups_ = lines_ + (kLine << line_bits);
}

std::size_t SlotTable::memory(unsigned line_bits) {
  return (kLine << line_bits) + (kGroup << (line_bits - 1)) + kLine;
}

void SlotTable::reset() { std::fill(storage_.begin(), storage_.end(), std::uint8_t{0}); }

BitHistory* SlotTable::replaced_cell(std::uint8_t* group, std::uint8_t check) {
  std::uint8_t* const cells = group + kWays;
  std::uint8_t* const least = std::min_element(
      cells, cells + kWays, [](BitHistory a, BitHistory b) { return kHistoryWorth[a] < kHistoryWorth[b]; });
  least[-static_cast<std::ptrdiff_t>(kWays)] = check;
  *least = 0;
  return least;
}

}  // namespace skiff

// LearnedCache: what values turned into, by hashed key, with a small confidence; the newest evidence wins.
#pragma once

#include <cstdint>
#include <vector>

namespace skiff {

class LearnedCache {
 public:
  struct Entry {
    std::uint32_t key = 0;
    std::uint32_t confidence = 0;  ///< 0 empty, up to 3
    std::uint64_t value = 0;
  };

  /// 2^bits entries of 16 bytes.
  explicit LearnedCache(unsigned bits) : entries_(std::size_t{1} << bits), shift_(32 - bits) {}
  void reset() { entries_.assign(entries_.size(), Entry{}); }

  /// What is known under a hashed key; null if nothing.
  [[nodiscard]] const Entry* find(std::uint32_t key) const {
    const Entry& entry = entries_[place(key)];
    return entry.key == key && entry.confidence > 0 ? &entry : nullptr;
  }
  /// Strengthens or replaces what is known; an unknown key is taken in only if `insert`.
  void learn(std::uint32_t key, std::uint64_t value, bool insert) {
    Entry& entry = entries_[place(key)];
    if (entry.key == key && entry.confidence > 0) {
      if (entry.value == value) {
        if (entry.confidence < 3) ++entry.confidence;
      } else {
        entry.value = value;
        entry.confidence = 1;
      }
    } else if (insert) {
      entry = {key, 1, value};
    }
  }

 private:
  [[nodiscard]] std::size_t place(std::uint32_t key) const { return (key * 0x9E3779B1u) >> shift_; }

  std::vector<Entry> entries_;
  unsigned shift_;
};

}  // namespace skiff

// HeapArray: a fixed number of elements on the heap, or an error where memory is short.
#pragma once

#include <limits>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

#include "skiff/result.hpp"

namespace skiff {

/// Owns `size` elements whose first values are unspecified. Where exceptions are off, an allocation that is
/// as large as a header declares must be able to fail without ending the process: this one can.
template <typename T>
requires std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>
class HeapArray {
 public:
  HeapArray() = default;
  /// Errors: kLimit.
  static Result<HeapArray> make(std::uint64_t size) {
    HeapArray array;
    if (size <= std::numeric_limits<std::size_t>::max() / sizeof(T)) {
      array.elements_.reset(new (std::nothrow) T[static_cast<std::size_t>(size)]);
    }
    if (!array.elements_) {
      return fail(ErrorKind::kLimit, "not enough memory for " + std::to_string(size) + " elements of " +
                                         std::to_string(sizeof(T)) + " bytes");
    }
    array.size_ = static_cast<std::size_t>(size);
    return array;
  }

  [[nodiscard]] std::span<T> span() { return {elements_.get(), size_}; }
  [[nodiscard]] std::span<const T> span() const { return {elements_.get(), size_}; }

 private:
  std::unique_ptr<T[]> elements_;
  std::size_t size_ = 0;
};

}  // namespace skiff

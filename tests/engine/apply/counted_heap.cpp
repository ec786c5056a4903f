#include "tests/engine/apply/counted_heap.hpp"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "tests/engine/apply/test_digest.hpp"

namespace skiff::testing {

CountedHeap heap;

namespace {

void* counted(std::size_t size) {
  void* memory = std::malloc(size);
  if (!memory) std::abort();
  if (!heap.counting) return memory;
  ++heap.allocations;
  heap.live += malloc_usable_size(memory);
  heap.peak = std::max(heap.peak, heap.live);
  return memory;
}

void* counted_or_null(std::size_t size) {
  if (heap.nothrow_left == 0) return nullptr;
  --heap.nothrow_left;
  return counted(size);
}

void forget(void* memory) {
  if (heap.counting) heap.live -= malloc_usable_size(memory);
  std::free(memory);
}

class UncountedSha256 final : public Hasher {
 public:
  UncountedSha256() {
    const Uncounted pause;
    hasher_ = make_sha256();
  }
  ~UncountedSha256() override {
    const Uncounted pause;
    hasher_.reset();
  }
  static void* operator new(std::size_t size) { return std::malloc(size); }
  static void operator delete(void* memory) { std::free(memory); }
  void update(ByteView bytes) override { hasher_->update(bytes); }
  Sha256 finish() override { return hasher_->finish(); }

 private:
  std::unique_ptr<Hasher> hasher_;
};

}  // namespace

std::unique_ptr<Hasher> make_uncounted() { return std::make_unique<UncountedSha256>(); }

}  // namespace skiff::testing

void* operator new(std::size_t size) { return skiff::testing::counted(size); }
void* operator new[](std::size_t size) { return skiff::testing::counted(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return skiff::testing::counted_or_null(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return skiff::testing::counted_or_null(size);
}
void operator delete(void* memory) noexcept { skiff::testing::forget(memory); }
void operator delete[](void* memory) noexcept { skiff::testing::forget(memory); }
void operator delete(void* memory, std::size_t) noexcept { skiff::testing::forget(memory); }
void operator delete[](void* memory, std::size_t) noexcept { skiff::testing::forget(memory); }

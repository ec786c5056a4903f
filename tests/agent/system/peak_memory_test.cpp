#include "agent/system/peak_memory.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>

namespace skiff::agent {
namespace {

TEST(PeakMemory, IsTheLineOfTheStatusFileInBytes) {
  EXPECT_EQ(peak_memory_of("Name:\tx\nVmPeak:\t  999 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 7 kB\n"),
            1234U * 1024);
  EXPECT_EQ(peak_memory_of("Name:\tx\nVmRSS:\t 7 kB\n"), 0U);
  EXPECT_EQ(peak_memory_of("VmHWM:"), 0U);
  EXPECT_EQ(peak_memory_of("VmHWM: \t"), 0U);
}

TEST(PeakMemory, RemembersWhatWasUsedAndGivenBack) {
  constexpr std::size_t kLength = std::size_t{64} << 20;
  const std::uint64_t before = peak_memory();
  void* const pages = ::mmap(nullptr, kLength, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  std::memset(pages, 1, kLength);
  ::munmap(pages, kLength);
  EXPECT_GE(peak_memory(), kLength);
  EXPECT_GE(peak_memory(), before);
}

}  // namespace
}  // namespace skiff::agent

// Images past 4 GiB, mostly zeros: every offset must be 64 bits wide, and no step may cost what their length
// suggests.
#include <gtest/gtest.h>

#include <map>

#include "base/xxh.hpp"
#include "skiff/applier.hpp"
#include "skiff/diff.hpp"
#include "tests/engine/apply/test_images.hpp"

namespace skiff {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

/// Zeros of any length with some islands of bytes.
class SparseSource final : public Source {
 public:
  SparseSource(std::uint64_t size, std::map<std::uint64_t, Bytes> islands)
      : size_(size), islands_(std::move(islands)) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override {
    if (offset > size_ || out.size() > size_ - offset) return fail(ErrorKind::kUsage, "read past the end");
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    for (const auto& [at, bytes] : islands_) {
      const std::uint64_t begin = std::max(at, offset);
      const std::uint64_t end = std::min(at + bytes.size(), offset + out.size());
      for (std::uint64_t i = begin; i < end; ++i) out[i - offset] = bytes[i - at];
    }
    return {};
  }

 private:
  std::uint64_t size_;
  std::map<std::uint64_t, Bytes> islands_;
};

/// XXH3 in the first bytes of a digest: this test hashes tens of GiB, and who made the hash is no matter
/// here.
class QuickHasher final : public Hasher {
 public:
  void update(ByteView bytes) override { hash_.update(bytes); }
  Sha256 finish() override {
    Sha256 digest;
    for (unsigned i = 0; i < 8; ++i) digest.bytes[i] = static_cast<std::uint8_t>(hash_.digest() >> (8 * i));
    return digest;
  }

 private:
  Xxh3 hash_;
};
std::unique_ptr<Hasher> make_quick() { return std::make_unique<QuickHasher>(); }

TEST(BuildDelta, OfSparseImagesPastFourGibibytesFollowsTheirData) {
  const Bytes first = testing::noise(1 << 20, 1);
  const Bytes second = testing::noise(1 << 20, 2);
  const SparseSource base(5 * kGiB, {{kGiB, first}, {4 * kGiB + 12'345, second}});
  const SparseSource result(5 * kGiB + 4'097, {{kGiB + 512, testing::speckled(first, 1'000)},
                                               {4 * kGiB + 4096 + 99, second},
                                               {5 * kGiB, testing::noise(4'097, 3)}});
  BytesSink delta;
  const auto report = build_delta(base, result, delta, {.threads = 2}, make_quick);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_LT(delta.bytes().size(), 40'000u);
  EXPECT_LT(report->literal_bytes, 20'000u);

  HashingSink sink(nullptr, make_quick);
  const ViewSource source(delta.bytes());
  const auto info = apply_delta(base, source, sink, {}, make_quick);
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(sink.finish(), report->info.result.sha256);
}

}  // namespace
}  // namespace skiff

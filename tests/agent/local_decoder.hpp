// A decoder in the test's own process: for tests that start it by the thousand, and are about something else.
#pragma once

#include "agent/install/decoder.hpp"
#include "skiff/trust.hpp"

namespace skiff::testing {

class LocalDecoder final : public agent::Decoder {
 public:
  static Result<std::unique_ptr<agent::Decoder>> start(const Source& base, ResultWriter& result,
                                                       const ApplyOptions& options) {
    return std::make_unique<LocalDecoder>(base, result, options);
  }
  LocalDecoder(const Source& base, ResultWriter& result, const ApplyOptions& options)
      : applier_(base, result, options, make_sha256) {}

  Result<void> push(ByteView bytes) override { return applier_.push(bytes); }
  Result<void> resume_at(std::uint64_t segment) override { return applier_.resume_at(segment); }
  [[nodiscard]] std::uint64_t next_offset() const override { return applier_.next_offset(); }
  [[nodiscard]] std::uint64_t next_length() const override { return applier_.next_length(); }
  [[nodiscard]] bool done() const override { return applier_.done(); }
  [[nodiscard]] const std::vector<SegmentInfo>* segments() const override {
    return applier_.info() == nullptr ? nullptr : &applier_.info()->segments;
  }
  [[nodiscard]] agent::BegunSegment begun_segment() override {
    const auto [offset, wire] = applier_.begun_segment();
    return {offset, Bytes(wire.begin(), wire.end())};
  }
  [[nodiscard]] std::uint64_t peak_memory() const override { return 0; }

 private:
  Applier applier_;
};

}  // namespace skiff::testing

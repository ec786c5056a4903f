#include "tests/engine/codec/typed_window.hpp"

#include "codec/map_coder.hpp"
#include "tests/engine/apply/test_images.hpp"

namespace skiff::testing {
namespace {

class TrueStream final : public ResultStream {
 public:
  TrueStream(ByteView image, std::uint64_t at) : image_(image), at_(static_cast<std::size_t>(at)) {}
  Result<ByteView> peek(std::size_t length) override {
    if (length > image_.size() - at_) return fail(ErrorKind::kUsage, "read past the result");
    return image_.subspan(at_, length);
  }
  Result<void> put(ByteView bytes) override {
    at_ += bytes.size();
    return {};
  }

 private:
  ByteView image_;
  std::size_t at_;
};

class MadeStream final : public ResultStream {
 public:
  Result<ByteView> peek(std::size_t /*length*/) override {
    return fail(ErrorKind::kUsage, "a decoder knows no true bytes");
  }
  Result<void> put(ByteView bytes) override {
    made.insert(made.end(), bytes.begin(), bytes.end());
    return {};
  }
  Bytes made;
};

}  // namespace

TypedWindow moved_program(Kind kind, std::uint64_t length, std::uint32_t seed) {
  ProgramPlan plan{.kind = kind, .length = length, .seed = seed};
  TypedWindow window;
  window.base = program(plan);
  window.map.typing.base = {program_space(plan)};
  plan.gap_at = length / 16 * 8;
  plan.gap = 64;
  window.result = program(plan);
  window.map.typing.result = {program_space(plan)};
  window.map.typing.result.front().types.clear();
  const std::uint64_t moved_to = plan.gap_at + plan.gap;
  window.map.copies = {{0, 0, plan.gap_at, false}, {moved_to, plan.gap_at, length - plan.gap_at, false}};
  return window;
}

TypedWindow typed_window(Kind kind, std::uint64_t length, std::uint32_t seed) {
  TypedWindow window = moved_program(kind, length, seed);
  window.result = speckled(std::move(window.result), 37);
  const Bytes text = prose(60, seed);
  const Bytes random = noise(103, seed);
  const std::uint64_t copied_to = window.result.size() + text.size();
  window.map.copies.push_back({copied_to, window.base.size(), random.size(), true});
  window.base = window.base + random;
  window.result = window.result + text + random + text + noise(20, seed + 1);
  return window;
}

Result<CodedRange> code_range(const TypedWindow& window, SegmentModels& models, std::uint64_t begin,
                              std::size_t budget) {
  models.reset();
  RangeEncoder coder;
  TrueStream truth(window.result, begin);
  const ViewSource base(window.base);
  const WindowView view(window.map);
  SegmentCoder<RangeEncoder> segment(coder, models, window.models, base, view, truth);
  CodedRange coded;
  SKIFF_ASSIGN(coded.end, segment.run(begin, window.result.size(), budget));
  coded.taken = coder.length();
  coded.wire = coder.finish();
  return coded;
}

Result<Bytes> decode_range(const TypedWindow& window, SegmentModels& models, ByteView wire,
                           std::pair<std::uint64_t, std::uint64_t> range) {
  models.reset();
  RangeDecoder coder(wire);
  MadeStream result;
  const ViewSource base(window.base);
  const WindowView view(window.map);
  SegmentCoder<RangeDecoder> segment(coder, models, window.models, base, view, result);
  SKIFF_TRY(segment.run(range.first, range.second));
  return std::move(result.made);
}

Result<Bytes> code_map(const TypedWindow& window, SegmentModels& models) {
  models.reset();
  RangeEncoder coder;
  WindowMap map = window.map;
  const WindowBounds bounds{0, window.result.size(), window.base.size()};
  SKIFF_TRY(MapCoder<RangeEncoder>(coder, models.numbers, models.slots, bounds, window.result.size(),
                                   ~std::uint64_t{0})
                .run(map));
  return coder.finish();
}

}  // namespace skiff::testing

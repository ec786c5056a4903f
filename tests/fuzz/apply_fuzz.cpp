// The whole applier. The first input byte chooses: the rest is a delta file, or, so that the decoder is
// reached, the wire bytes of segments of codec 0 or 1 behind a head that is made for them with the right
// frame hashes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "base/cursor.hpp"
#include "skiff/applier.hpp"
#include "tests/engine/apply/delta_builder.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/fuzz/apply_base.hpp"

namespace {

using namespace skiff;
using namespace skiff::testing;

constexpr std::uint64_t kResultLength = 600;  ///< of the deltas made here
constexpr std::uint64_t kMaxMemory = std::uint64_t{1} << 20;

void check(bool holds) {
  if (!holds) std::abort();
}

const Bytes& base_image() {
  static const Bytes base = fuzz_base();
  return base;
}

/// Takes any write inside the result the head promised, and checks that there is no other.
class CheckingWriter final : public ResultWriter {
 public:
  explicit CheckingWriter(const Applier* const* applier) : applier_(applier) {}
  Result<void> write_at(std::uint64_t offset, ByteView bytes) override {
    const DeltaInfo* info = (*applier_)->info();
    check(offset <= info->result.length && bytes.size() <= info->result.length - offset);
    return {};
  }
  Result<void> segment_done(std::uint64_t segment) override {
    check(!(*applier_)->info()->segments[segment].is_map);
    return {};
  }

 private:
  const Applier* const* applier_;
};

/// A map segment and a data segment cut from `input`: a varint, the length of the first, then their bytes.
Bytes delta_around(ByteView input, Codec codec) {
  CodedDelta coded;
  coded.info.codec = codec;
  coded.info.profile = Profile::kTiny;
  coded.info.base = {base_image().size(), {}};
  coded.info.result = {kResultLength, {}};
  Cursor cursor(input);
  const std::uint64_t wanted = cursor.varint().value_or(0);
  const std::uint64_t map_length = std::min<std::uint64_t>(wanted, cursor.remaining());
  for (const std::uint64_t length : {map_length, cursor.remaining() - map_length}) {
    const ByteView wire = *cursor.bytes(length);
    coded.wires.push_back(wire.empty() ? Bytes{0} : Bytes(wire.begin(), wire.end()));
  }
  coded.info.segments = {{.is_map = true, .wire_length = coded.wires[0].size()},
                         {.result_length = kResultLength, .wire_length = coded.wires[1].size()}};
  coded.info.limits = {.segment_wire = 100'000, .segment_raw = 100'000, .window_copies = 100};
  if (codec == Codec::kContextMixing) {
    coded.info.limits.segment_raw = 0;
    coded.info.models = {8, 12, 8};
  }
  return join_delta(coded);
}

void apply(ByteView delta) {
  const ViewSource base(base_image());
  const Applier* handle = nullptr;
  CheckingWriter writer(&handle);
  Applier applier(base, writer, {.max_memory = kMaxMemory, .max_head = 1 << 16}, make_sha256);
  handle = &applier;
  Result<void> outcome;
  while (outcome && !delta.empty()) {
    const ByteView part = delta.first(std::min<std::size_t>(delta.size(), 1000));
    outcome = applier.push(part);
    delta = delta.subspan(part.size());
    check(applier.bytes_decoded() <= applier.bytes_authenticated());
  }
  check(outcome || !outcome.error().message.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    apply(input);
  } else {
    apply(delta_around(input, data[0] % 4 == 1 ? Codec::kZstd : Codec::kContextMixing));
  }
  return 0;
}

#include "unpack/exact_packing.hpp"

#include <string>
#include <utility>

namespace skiff::unpack {
namespace {

/// Hands on no more bytes than are expected.
class ExactSink final : public Sink {
 public:
  ExactSink(Sink& next, std::uint64_t length) : next_(next), left_(length) {}
  Result<void> write(ByteView bytes) override {
    if (bytes.size() > left_) return other_length();
    left_ -= bytes.size();
    return next_.write(bytes);
  }
  [[nodiscard]] Result<void> finish() const { return left_ == 0 ? Result<void>{} : other_length(); }

 private:
  static tl::unexpected<Error> other_length() {
    return fail(ErrorKind::kMismatch, "a stream packs to another length than the recipe says", "F33");
  }

  Sink& next_;
  std::uint64_t left_;
};

}  // namespace

Result<void> pack_exactly(const Packing& packing, ByteView content, Sink& packed) {
  ExactSink sink(packed, packing.length);
  SKIFF_TRY(packing.packer->pack(packing.method, content, sink));
  return sink.finish();
}

tl::unexpected<Error> fail_at(Error error, std::uint64_t offset) {
  return fail_with(std::move(error), "result image at byte " + std::to_string(offset));
}

}  // namespace skiff::unpack

#include "unpack/prediction/predicted_deflate.hpp"

#include <algorithm>

#include "skiff/repackers.hpp"
#include "unpack/c_handle.hpp"
#include "unpack/codecs.hpp"
#include "unpack/method.hpp"

namespace skiff {
namespace unpack {
namespace {

class PredictionRepacker final : public Repacker {
 public:
  [[nodiscard]] std::string_view name() const override { return library_of(StreamCodec::kPredictedDeflate); }
  [[nodiscard]] std::uint64_t features() const override {
    return feature_of(StreamCodec::kPredictedDeflate) | feature_of(StreamCodec::kPredictedZlib);
  }
  [[nodiscard]] std::uint64_t version() const override { return 1; }

  Result<void> open(const Method& method, ByteView packed, MutableBytes opened) const override {
    SKIFF_ASSIGN(const std::size_t content, prediction::expand(method.codec, packed, opened));
    SKIFF_ASSIGN(const auto corrections, prediction::correct(method, packed, opened.first(content), {}));
    if (!corrections) return no_memory();
    Bytes rest;
    prediction::append(rest, *corrections);
    if (rest.size() != opened.size() - content)
      return fail(ErrorKind::kMismatch, "a deflate stream that is not the one that was opened");
    std::copy(rest.begin(), rest.end(), opened.begin() + static_cast<std::ptrdiff_t>(content));
    return {};
  }

  Result<void> pack(const Method& method, ByteView opened, Sink& packed) const override {
    return prediction::restore(method, opened, packed);
  }
};

}  // namespace
}  // namespace unpack

const Repacker& prediction_repacker() {
  static const unpack::PredictionRepacker repacker;
  return repacker;
}

}  // namespace skiff

const skiff_repacker* skiff_prediction_repacker(void) {
  return skiff::unpack::c_handle(skiff::prediction_repacker());
}

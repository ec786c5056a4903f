#include "unpack/prediction_finder.hpp"

#include <algorithm>

#include "unpack/expecting_sink.hpp"
#include "unpack/prediction/predicted_deflate.hpp"

namespace skiff::unpack {
namespace {

using prediction::Hash;
using prediction::Search;

constexpr std::size_t kMaxFailures = 64;
constexpr std::uint64_t kPrefix = 128 << 10;  ///< bytes of content that show how a stream was made
constexpr std::uint64_t kGood =
    256;  ///< a correction in so many bytes of content: nothing better is looked for
constexpr std::size_t kKnown = 4;

/// The levels of zlib, which gzip and Go have, too: the lazy ones from the slowest on, then the greedy ones.
std::vector<Search> searches() {
  constexpr std::array<Search, 9> kLevels{{{4096, 32, 258, 258},
                                           {128, 8, 16, 128},
                                           {1024, 32, 128, 258},
                                           {256, 8, 32, 128},
                                           {32, 8, 16, 32},
                                           {16, 4, 4, 16},
                                           {32, 4, 6, 32, Hash::kShift15, true},
                                           {8, 4, 5, 16, Hash::kShift15, true},
                                           {4, 4, 4, 8, Hash::kShift15, true}}};
  std::vector<Search> all;
  for (std::uint8_t hash = 0; hash < prediction::kHashes; ++hash) {
    for (Search search : kLevels) {
      search.hash = static_cast<Hash>(hash);
      all.push_back(search);
    }
  }
  return all;
}

StreamCodec predicted_codec(StreamCodec codec) {
  return codec == StreamCodec::kZlib ? StreamCodec::kPredictedZlib : StreamCodec::kPredictedDeflate;
}

std::optional<Bytes> corrections_of(const Method& method, const FoundStream& stream, ByteView packed,
                                    const prediction::Effort& effort) {
  auto corrections = prediction::correct(method, packed, stream.opened, effort);
  return corrections ? std::move(*corrections) : std::nullopt;
}

/// The one of the methods that needs the fewest corrections in the first part of a stream.
std::optional<Method> best_of(const std::vector<Method>& methods, const FoundStream& stream,
                              ByteView packed) {
  std::optional<Method> best;
  prediction::Effort effort{.most = packed.size() / 2, .prefix = kPrefix};
  for (const Method& method : methods) {
    const auto corrections = corrections_of(method, stream, packed, effort);
    if (!corrections || (best && corrections->size() >= effort.most)) continue;
    best = method;
    effort.most = corrections->size();
  }
  return best;
}

bool comes_out(const Method& method, ByteView opened, ByteView packed) {
  ExpectingSink sink(packed);
  return prediction::restore(method, opened, sink).has_value() && sink.complete();
}

/// Adds the corrections, if they are no more than `most`.
bool apply(const Method& method, FoundStream& stream, ByteView packed, std::uint64_t most) {
  const auto corrections = corrections_of(method, stream, packed, {.most = most});
  if (!corrections) return false;
  const std::size_t content = stream.opened.size();
  prediction::append(stream.opened, *corrections);
  if (!comes_out(method, stream.opened, packed)) {
    stream.opened.resize(content);
    return false;
  }
  stream.codec = method.codec;
  return true;
}

}  // namespace

std::optional<Method> PredictionFinder::predict(FoundStream& stream, ByteView packed) {
  if (stream.codec != StreamCodec::kDeflate && stream.codec != StreamCodec::kZlib) return std::nullopt;
  if (failures_ == kMaxFailures) return std::nullopt;
  const std::size_t content = stream.opened.size();
  const std::uint64_t most = packed.size() / 2;
  std::vector<Method> methods;
  for (Method method : known_) {
    method.codec = predicted_codec(stream.codec);
    methods.push_back(method);
  }
  std::optional<Method> method = best_of(methods, stream, packed);
  if (!method || !apply(*method, stream, packed, content / kGood)) {
    for (const Search& search : searches())
      methods.push_back(prediction::method_of(predicted_codec(stream.codec), search));
    method = best_of(methods, stream, packed);
    if (!method || !apply(*method, stream, packed, most)) {
      ++failures_;
      return std::nullopt;
    }
  }
  std::erase(known_, *method);
  known_.insert(known_.begin(), *method);
  if (known_.size() > kKnown) known_.pop_back();
  corrections_ += stream.opened.size() - content;
  return method;
}

bool predict_as(const Method& method, FoundStream& stream, ByteView packed) {
  Method own = method;
  own.codec = predicted_codec(stream.codec);
  return apply(own, stream, packed, packed.size());
}

}  // namespace skiff::unpack

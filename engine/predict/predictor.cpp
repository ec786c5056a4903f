#include "predict/predictor.hpp"

#include <algorithm>
#include <utility>

namespace skiff {
namespace {

/// Sources of candidates for references.
enum ReferenceSource : std::uint8_t {
  kByMap = 0,
  kByTarget = 1,
  kAsBefore = 2,
  kByNearTarget = 4,
  kByPage = 5,
  kByPointers = 6
};
/// Sources of candidates for words without one.
enum PlainSource : std::uint8_t {
  kUnchanged = 0,
  kByWord = 1,
  kByNearWord = 2,
  kByStride = 3,
  kByFarWord = 8
};

/// What the keys of the cache are keys of.
enum class Keyed : std::uint32_t { kTarget, kWord, kWord8, kWord13, kTarget7, kTarget12 };

std::uint32_t key_of(Keyed what, std::uint32_t value) {
  return (value * 0x2545F491u + static_cast<std::uint32_t>(what)) * 0x9E3779B1u;
}

std::uint32_t folded(std::uint64_t target) {
  return static_cast<std::uint32_t>(target) ^ static_cast<std::uint32_t>(target >> 32) * 77;
}

constexpr std::int32_t kSuccessRate = 31;  ///< of 1024

std::uint8_t at_most_3(std::uint32_t number) { return static_cast<std::uint8_t>(std::min(number, 3u)); }

}  // namespace

/// Candidates in the making.
class Predictor::List {
 public:
  explicit List(Prediction& prediction) : prediction_(prediction) {}
  void add(std::uint64_t value, unsigned source, std::uint32_t confidence) {
    prediction_.candidates[prediction_.count++] = {value, static_cast<std::uint8_t>(source),
                                                   at_most_3(confidence)};
  }

 private:
  Prediction& prediction_;
};

Predictor::Predictor(const AddressMap& result, const Translator& translator, unsigned cache_bits)
    : result_(result), translator_(translator), cache_(cache_bits) {
  reset();
}

void Predictor::reset() {
  cache_.reset();
  for (auto& by_source : success_) {
    for (std::size_t source = 0; source < kSources; ++source) {
      for (std::int32_t confidence = 0; confidence < 4; ++confidence) {
        by_source[source][static_cast<std::size_t>(confidence)] =
            source == 0 ? 32768 : 19661 + 9830 * confidence;
      }
    }
  }
  shifts_ = {};
  stride_confidence_ = {};
  next_shift_ = 0;
  pointer_shifts_ = {};
  pointer_confidence_ = {};
  next_pointer_ = 0;
}

Prediction Predictor::predict(PlacedToken& placed, const Moved& copy, std::uint32_t recent_misses) {
  Prediction prediction;
  List list(prediction);
  Token& token = placed.token;
  if (token.is_reference()) {
    if (const auto address = result_.address_of(placed.result_offset)) {
      prediction.address = *address;
    } else {
      token.field = {};
    }
  }
  if (token.is_reference()) {
    const Translator::Translation translation = translator_.translate(token.target, *placed.space, copy);
    prediction.certainty = translation.certainty;
    prediction.target_key = folded(token.target);
    prediction.by_map = with_target(token.field, token.old, translation.target, prediction.address);
    list.add(prediction.by_map, kByMap, static_cast<std::uint32_t>(translation.certainty));
    add_reference(list, placed, prediction);
  } else {
    list.add(token.old, kUnchanged, recent_misses);
    add_plain(list, token);
  }
  choose_primary(token, prediction);
  return prediction;
}

void Predictor::add_reference(List& list, const PlacedToken& placed, const Prediction& prediction) const {
  const Token& token = placed.token;
  const auto reach = [&](std::uint64_t target) {
    return with_target(token.field, token.old, target, prediction.address);
  };
  if (const auto* entry = cache_.find(key_of(Keyed::kTarget, prediction.target_key))) {
    list.add(reach(entry->value), kByTarget, entry->confidence);
  }
  list.add(token.old, kAsBefore, 0);
  if (const auto* entry = cache_.find(key_of(Keyed::kTarget7, prediction.target_key >> 7))) {
    list.add(reach(token.target + entry->value), kByNearTarget, entry->confidence);
  }
  if (const auto* entry = cache_.find(key_of(Keyed::kTarget12, prediction.target_key >> 12))) {
    list.add(reach(token.target + entry->value), kByPage, entry->confidence);
  }
  if (token.field.reference != Reference::kPointer64) return;
  for (std::uint32_t i = 0; i < 3; ++i) {
    list.add(token.target + pointer_shifts_[(next_pointer_ - 1 - i) & 3], kByPointers + i,
             pointer_confidence_[i]);
  }
}

void Predictor::add_plain(List& list, const Token& token) const {
  if (token.length != 4) return;
  const auto old = static_cast<std::uint32_t>(token.old);
  if (const auto* entry = cache_.find(key_of(Keyed::kWord, old))) {
    list.add(entry->value, kByWord, entry->confidence);
  }
  if (!token.data) return;
  const auto shifted = [&](std::uint64_t shift) { return static_cast<std::uint32_t>(old + shift); };
  if (const auto* entry = cache_.find(key_of(Keyed::kWord8, old >> 8))) {
    list.add(shifted(entry->value), kByNearWord, entry->confidence);
  }
  if (const auto* entry = cache_.find(key_of(Keyed::kWord13, old >> 13))) {
    list.add(shifted(entry->value), kByFarWord, entry->confidence);
  }
  for (std::uint32_t i = 0; i < kStrides.size(); ++i) {
    const std::uint32_t shift = shifts_[(next_shift_ - kStrides[i]) % kRecentShifts];
    if (shift != 0) list.add(shifted(shift), kByStride + i, stride_confidence_[i]);
  }
}

void Predictor::choose_primary(const Token& token, Prediction& prediction) const {
  const auto& success = success_[token_class(token)];
  std::uint32_t best = 0;
  std::int32_t most = -1;
  for (std::uint32_t i = 0; i < prediction.count; ++i) {
    const Candidate& candidate = prediction.candidates[i];
    const std::int32_t rate = success[candidate.source][candidate.confidence];
    if (rate > most) {
      most = rate;
      best = i;
    }
  }
  std::swap(prediction.candidates[0], prediction.candidates[best]);
}

void Predictor::learn(const PlacedToken& placed, const Prediction& prediction, std::uint64_t value,
                      std::uint32_t page_maker) {
  learn_success(placed.token, prediction, value);
  if (placed.token.is_reference()) {
    learn_reference(placed, prediction, value, page_maker);
  } else if (placed.token.length == 4) {
    learn_plain(placed.token, value);
  }
}

void Predictor::learn_success(const Token& token, const Prediction& prediction, std::uint64_t value) {
  auto& success = success_[token_class(token)];
  for (std::uint32_t i = 0; i < prediction.count; ++i) {
    const Candidate& candidate = prediction.candidates[i];
    // That a word stays as it is says nothing of the sources that would have kept it.
    if (candidate.value == token.old && !token.is_reference() && candidate.source != kUnchanged) continue;
    std::int32_t& rate = success[candidate.source][candidate.confidence];
    rate += ((candidate.value == value ? 65536 : 0) - rate) * kSuccessRate >> 10;
  }
}

void Predictor::learn_reference(const PlacedToken& placed, const Prediction& prediction, std::uint64_t value,
                                std::uint32_t page_maker) {
  const Token& token = placed.token;
  auto target = target_of(token.field, value, prediction.address);
  const auto word = static_cast<std::uint32_t>(value);
  if (!target && token.page_back != 0 && is_adrp(page_maker) &&
      a64_destination(page_maker) == a64_source(word)) {
    target = adrp_page(page_maker, prediction.address - 4 * std::uint64_t{token.page_back}) +
             ((word >> 10 & 0xfff) << token.field.scale);
  }
  if (target) {
    const bool surprise = prediction.by_map != value;
    const std::uint64_t shift = *target - token.target;
    cache_.learn(key_of(Keyed::kTarget, prediction.target_key), *target, surprise);
    cache_.learn(key_of(Keyed::kTarget7, prediction.target_key >> 7), shift, surprise);
    cache_.learn(key_of(Keyed::kTarget12, prediction.target_key >> 12), shift, surprise);
    if (token.field.reference == Reference::kPointer64) {
      for (std::uint32_t i = 0; i < 3; ++i) {
        if (pointer_shifts_[(next_pointer_ - 1 - i) & 3] == shift) {
          if (pointer_confidence_[i] < 3) ++pointer_confidence_[i];
        } else if (pointer_confidence_[i] > 0) {
          --pointer_confidence_[i];
        }
      }
      pointer_shifts_[next_pointer_++ & 3] = shift;
    }
  }
  if (token.length == 8) {
    push_shift(0);
    push_shift(0);
  }
}

void Predictor::learn_plain(const Token& token, std::uint64_t value) {
  const auto old = static_cast<std::uint32_t>(token.old);
  const std::uint32_t shift = static_cast<std::uint32_t>(value) - old;
  cache_.learn(key_of(Keyed::kWord, old), value, shift != 0);
  if (!token.data) return;
  cache_.learn(key_of(Keyed::kWord8, old >> 8), shift, shift != 0);
  cache_.learn(key_of(Keyed::kWord13, old >> 13), shift, shift != 0);
  for (std::uint32_t i = 0; i < kStrides.size(); ++i) {
    const std::uint32_t before = shifts_[(next_shift_ - kStrides[i]) % kRecentShifts];
    if (before == 0) continue;
    if (before == shift) {
      if (stride_confidence_[i] < 3) ++stride_confidence_[i];
    } else if (stride_confidence_[i] > 0) {
      --stride_confidence_[i];
    }
  }
  push_shift(shift);
}

void Predictor::push_shift(std::uint32_t shift) { shifts_[next_shift_++ % kRecentShifts] = shift; }

}  // namespace skiff

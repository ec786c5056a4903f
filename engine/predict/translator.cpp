#include "predict/translator.hpp"

namespace skiff {

Translator::Translation Translator::translate(std::uint64_t target, const Space& space,
                                              const Moved& copy) const {
  const auto place = place_of(space, target);
  if (!place) return {target, Certainty::kFar};
  InverseMap::Where where;
  if (place->beyond == 0 && place->offset - copy.base_offset < copy.length) {
    where = {copy.result_offset + (place->offset - copy.base_offset), Certainty::kSameCopy};
  } else {
    where = moved_.find(place->offset);
  }
  const auto address = result_.address_of(where.result_offset);
  if (!address) return {target + (where.result_offset - place->offset), Certainty::kFar};
  const auto beyond = static_cast<std::uint64_t>(place->beyond);
  return {*address + beyond, place->beyond == 0 ? where.certainty : Certainty::kFar};
}

}  // namespace skiff

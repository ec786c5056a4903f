#include "apply/opened_images.hpp"

#include <string>

namespace skiff {
namespace {

Result<void> check_declared(const Opening& opening, const unpack::Recipe& recipe) {
  if (unpack::features_of(recipe) != opening.features)
    return fail(ErrorKind::kFormat, "features that are not those of the recipe", "F28");
  const std::uint64_t memory = unpack::unpack_memory(recipe);
  if (memory == opening.memory) return {};
  return fail(ErrorKind::kFormat,
              "a recipe that takes " + std::to_string(memory) + " bytes of memory, where the header says " +
                  std::to_string(opening.memory),
              "F28");
}

}  // namespace

Result<OpenedImages> OpenedImages::make(const DeltaInfo& info, const Source& base, ResultWriter& result,
                                        const Repackers& repackers) {
  OpenedImages images;
  if (!info.opening) return images;
  SKIFF_ASSIGN(unpack::Recipe recipe, unpack::read_recipe(info.opening->recipe));
  SKIFF_TRY(check_declared(*info.opening, recipe));
  SKIFF_ASSIGN(images.result_, unpack::PackedWriter::make(recipe, info.result.length, repackers, result));
  SKIFF_ASSIGN(images.base_, unpack::OpenedBase::make(
                                 base, {std::move(recipe.base), std::move(recipe.methods)}, repackers));
  if (images.base_->size() != info.opening->base_length ||
      images.result_->opened_length() != info.opening->result_length) {
    return fail(ErrorKind::kFormat, "opened lengths that are not those of the recipe", "F31");
  }
  return images;
}

}  // namespace skiff

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
                                        const ApplyOptions& options) {
  OpenedImages images(base, result);
  if (!info.opening) return images;
  SKIFF_ASSIGN(unpack::Recipe recipe, unpack::read_recipe(info.opening->recipe, info.opening->features));
  SKIFF_TRY(check_declared(*info.opening, recipe));
  if (options.threads > 1) {
    images.pool_ =
        std::make_unique<unpack::StreamPool>(options.threads, options.max_memory - memory_to_apply(info));
  }
  std::uint64_t result_length = info.result.length;
  for (unpack::Level& level : recipe) {
    SKIFF_TRY(images.add(std::move(level), result_length, options.repackers));
    result_length = images.results_.back()->opened_length();
  }
  if (images.base().size() != info.opening->base_length || result_length != info.opening->result_length) {
    return fail(ErrorKind::kFormat, "opened lengths that are not those of the recipe", "F31");
  }
  return images;
}

Result<void> OpenedImages::add(unpack::Level level, std::uint64_t result_length, const Repackers& repackers) {
  unpack::Level packing{level.phase, level.methods, level.versions, {}, std::move(level.result)};
  SKIFF_ASSIGN(auto writer, unpack::PackedWriter::make(std::move(packing), result_length,
                                                       {repackers, pool_.get(), result()}));
  SKIFF_ASSIGN(auto opened, unpack::OpenedBase::make(
                                base(), {std::move(level.base), std::move(level.methods), level.phase},
                                repackers, pool_.get()));
  results_.push_back(std::move(writer));
  bases_.push_back(std::move(opened));
  return {};
}

Result<void> OpenedImages::settle() {
  for (auto writer = results_.rbegin(); writer != results_.rend(); ++writer) SKIFF_TRY((*writer)->settle());
  return {};
}

}  // namespace skiff

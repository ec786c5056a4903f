// Any bytes as what a boot loader keeps; the first says which: GRUB's environment block, fw_env.config, the
// state file, the status of a program. What is understood is written and understood the same.
#include <cstdlib>

#include "agent/boot/boot_convention.hpp"
#include "agent/boot/boot_environment.hpp"
#include "agent/boot/boot_state.hpp"
#include "agent/boot/custom_boot.hpp"

namespace {

using namespace skiff;
using namespace skiff::agent;

void require(bool holds) {
  if (!holds) std::abort();
}

/// What each convention makes of the variables it says so that it understands it again.
void try_conventions(const Variables& found) {
  const GrubConvention grub;
  const RaucConvention rauc;
  const MenderConvention mender({2, 3});
  for (const BootConvention* convention :
       std::initializer_list<const BootConvention*>{&grub, &rauc, &mender}) {
    const std::optional<BootState> state = convention->state_in(found);
    if (!state) continue;
    Variables again = found;
    convention->put(*state, again);
    const std::optional<BootState> same = convention->state_in(again);
    require(same && same->primary == state->primary && same->other == state->other);
  }
}

void try_grub(std::string_view text) {
  constexpr std::string_view kHeader = "# GRUB Environment Block\n";
  std::string block = std::string(kHeader) + std::string(text);
  block.resize(GrubEnvironment::kBlock, '#');
  const Variables variables = grub_variables(block);
  try_conventions(variables);
  const Result<Bytes> written = grub_block(variables);
  if (written) require(written->size() == GrubEnvironment::kBlock);
}

void try_uboot(std::string_view text) {
  const auto copies = parse_uboot_config(text);
  if (!copies) return;
  require((*copies)[0].size == (*copies)[1].size && !((*copies)[0] == (*copies)[1]));
}

void try_state(std::string_view text) {
  const Result<BootState> state = parse_boot_state(text);
  if (state) require(parse_boot_state(boot_state_text(*state)) == *state);
}

void try_status(std::string_view text) {
  const Result<BootStatus> status = parse_custom_status(text);
  if (!status) require(!status.error().message.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = as_text(ByteView(data + 1, size - 1));
  constexpr void (*kTries[])(std::string_view) = {try_grub, try_uboot, try_state, try_status};
  kTries[data[0] % std::size(kTries)](text);
  return 0;
}

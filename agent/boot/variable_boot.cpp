#include "agent/boot/variable_boot.hpp"

namespace skiff::agent {

Result<VariableBoot> VariableBoot::open(std::unique_ptr<BootEnvironment> environment,
                                        std::unique_ptr<BootConvention> convention, Slot running) {
  SKIFF_ASSIGN(const Variables found, environment->read());
  const std::optional<BootState> known = convention->state_in(found);
  const BootState state = known.value_or(BootState{running, Bootable::kBad, 0, {}});
  Variables wanted = found;
  convention->put(state, wanted);
  if (wanted != found && state.primary == running) SKIFF_TRY(environment->write(wanted));
  return VariableBoot(std::move(environment), std::move(convention), state);
}

Result<void> VariableBoot::write(const BootState& next) {
  SKIFF_ASSIGN(Variables variables, environment_->read());
  convention_->put(next, variables);
  return environment_->write(variables);
}

}  // namespace skiff::agent

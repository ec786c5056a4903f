// Any bytes as each kind of TUF metadata, and their targets as releases and deltas.
#include "skiff/release.hpp"
#include "trust/metadata.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skiff;
  const Result<tuf::Envelope> envelope = tuf::Envelope::parse({data, size});
  if (!envelope) return 0;
  if (const Result<tuf::Root> root = tuf::parse_root(envelope->signed_part)) {
    for (const auto& [role, keys] : root->roles) (void)envelope->verify(keys, role);
  }
  (void)tuf::parse_timestamp(envelope->signed_part);
  (void)tuf::parse_snapshot(envelope->signed_part);
  const Result<tuf::Targets> targets = tuf::parse_targets(envelope->signed_part);
  if (!targets) return 0;
  for (const auto& [name, target] : targets->targets) {
    (void)read_release(target);
    (void)read_delta_offer(target);
    for (const tuf::DelegatedRole& role : targets->delegations) (void)role.covers(name);
  }
  return 0;
}

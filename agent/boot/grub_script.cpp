#include "agent/boot/grub_script.hpp"

#include "agent/boot/boot_convention.hpp"

namespace skiff::agent {
namespace {

constexpr std::string_view kHead = R"(# Made by `skiff-agent boot install grub`; what changes is in grubenv.
set ORDER='A B'
set A_OK=1
set A_TRY=0
set B_OK=1
set B_TRY=0
load_env ORDER A_OK A_TRY B_OK B_TRY skiff_trial skiff_tries
regexp --set=1:disk '^([^,]*)' "$root"
)";

constexpr std::string_view kStart = R"(
function start {
  set root="$disk,$2"
  set part_uuid=
  probe --set=part_uuid --part-uuid "$root"
  set trial=
  if [ "$1" = "$skiff_trial" ]; then
    set trial=skiff.trial
  fi
  if linux $kernel root=PARTUUID=$part_uuid skiff.slot=$1 $trial $arguments; then
    if [ -z "$initrd" ]; then
      boot
    elif initrd $initrd; then
      boot
    fi
  fi
}
)";

constexpr std::string_view kChoose = R"(
set counted=no
if [ -n "$skiff_trial" ]; then
  if regexp --set=1:skiff_tries '^x(x*)$' "$skiff_tries"; then
    if save_env skiff_tries; then
      set counted=yes
    fi
  elif [ "$skiff_trial" = A -a "$A_TRY" != 1 ]; then
    set A_TRY=1
    save_env A_TRY
  elif [ "$skiff_trial" = B -a "$B_TRY" != 1 ]; then
    set B_TRY=1
    save_env B_TRY
  fi
fi

for slot in $ORDER; do
  set may=yes
  if [ "$slot" = "$skiff_trial" ]; then
    set may=$counted
  fi
  if [ "$may" = yes -a "$slot" = A -a "$A_OK" = 1 -a "$A_TRY" != 1 ]; then
    start A $slot_a
  fi
  if [ "$may" = yes -a "$slot" = B -a "$B_OK" = 1 -a "$B_TRY" != 1 ]; then
    start B $slot_b
  fi
done

echo 'No slot can be booted.'
sleep 10
reboot
)";

std::string setting(std::string_view name, std::string_view value) {
  return "set " + std::string(name) + "='" + std::string(value) + "'\n";
}

}  // namespace

std::string grub_script(const GrubSettings& grub) {
  std::string script(kHead);
  script += setting("slot_a", grub.partitions[0]) + setting("slot_b", grub.partitions[1]);
  script += setting("kernel", grub.kernel) + setting("initrd", grub.initrd);
  script += setting("arguments", grub.arguments);
  script += kStart;
  script += kChoose;
  return script;
}

Result<void> install_grub(Storage& storage, const GrubSettings& grub, Slot primary) {
  Variables variables;
  GrubConvention().put({primary, Bootable::kBad, 0, {}}, variables);
  SKIFF_ASSIGN(const Bytes block, grub_block(variables));
  SKIFF_TRY(replace(storage, grub.folder / "grubenv", block));
  return replace(storage, grub.folder / "grub.cfg", as_bytes(grub_script(grub)));
}

}  // namespace skiff::agent

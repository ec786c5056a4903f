#include "agent/boot/boot_settings.hpp"

#include <algorithm>

namespace skiff::agent {
namespace {

constexpr std::uint64_t kMaxPartition = 255;

tl::unexpected<Error> odd(std::string_view key, std::string_view why) {
  return fail(ErrorKind::kFormat, "config: boot." + std::string(key) + " " + std::string(why));
}

/// What can stand in a GRUB script between single quotes, on one line.
bool is_quotable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~' && c != '\''; });
}

template <typename Text>
Result<void> quotable_member(const Json& json, std::string_view key, Text& text) {
  if (json.find(key) == nullptr) return {};
  SKIFF_ASSIGN(const std::string given, string_member(json, key));
  if (!is_quotable(given)) return odd(key, "has a character that a GRUB script cannot quote");
  text = given;
  return {};
}

/// "gpt2": a partition map and a number.
bool is_grub_partition(std::string_view name) {
  const std::size_t digits = name.find_first_of("0123456789");
  return digits != 0 && digits < name.size() &&
         std::all_of(name.begin(), name.begin() + digits, [](char c) { return c >= 'a' && c <= 'z'; }) &&
         name.find_first_not_of("0123456789", digits) == std::string_view::npos;
}

Result<GrubSettings> parse_grub(const Json& boot) {
  GrubSettings grub;
  SKIFF_TRY(quotable_member(boot, "folder", grub.folder));
  SKIFF_TRY(quotable_member(boot, "kernel", grub.kernel));
  SKIFF_TRY(quotable_member(boot, "initrd", grub.initrd));
  SKIFF_TRY(quotable_member(boot, "arguments", grub.arguments));
  SKIFF_ASSIGN(const Json* partitions, object_member(boot, "partitions"));
  SKIFF_ASSIGN(grub.partitions[0], string_member(*partitions, "a"));
  SKIFF_ASSIGN(grub.partitions[1], string_member(*partitions, "b"));
  if (!std::ranges::all_of(grub.partitions, is_grub_partition))
    return odd("partitions", "are not as gpt2 is");
  if (grub.partitions[0] == grub.partitions[1]) return odd("partitions", "are the same");
  return grub;
}

Result<UbootSettings> parse_uboot(const Json& boot) {
  UbootSettings uboot;
  SKIFF_TRY(quotable_member(boot, "environment", uboot.environment));
  SKIFF_ASSIGN(const std::string names, string_member(boot, "names"));
  if (names == "rauc") return uboot;
  if (names != "mender") return odd("names", "is neither rauc nor mender");
  uboot.names = UbootSettings::Names::kMender;
  SKIFF_ASSIGN(const Json* partitions, object_member(boot, "partitions"));
  SKIFF_ASSIGN(const std::uint64_t a, unsigned_member(*partitions, "a"));
  SKIFF_ASSIGN(const std::uint64_t b, unsigned_member(*partitions, "b"));
  if (a == b || std::max(a, b) > kMaxPartition) return odd("partitions", "are no two numbers of partitions");
  uboot.partitions = {static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b)};
  return uboot;
}

}  // namespace

Result<BootSettings> parse_boot_settings(const Json& boot) {
  BootSettings settings;
  SKIFF_ASSIGN(const std::string kind, string_member(boot, "kind"));
  if (kind == "custom") {
    settings.kind = BootKind::kCustom;
    SKIFF_ASSIGN(settings.program, string_member(boot, "program"));
  } else if (kind == "grub") {
    settings.kind = BootKind::kGrub;
    SKIFF_ASSIGN(settings.grub, parse_grub(boot));
  } else if (kind == "uboot") {
    settings.kind = BootKind::kUboot;
    SKIFF_ASSIGN(settings.uboot, parse_uboot(boot));
  } else if (kind != "file") {
    return odd("kind", "is unknown");
  } else if (boot.find("state") != nullptr) {
    SKIFF_ASSIGN(settings.state, string_member(boot, "state"));
  }
  return settings;
}

}  // namespace skiff::agent

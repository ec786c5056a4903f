// BootSettings: the member `boot` of the agent's configuration; agent/README.md describes it.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

#include "skiff/json.hpp"

namespace skiff::agent {

enum class BootKind : std::uint8_t { kFile, kCustom, kGrub, kUboot };

struct GrubSettings {
  std::filesystem::path folder = "/boot/grub";  ///< has grub.cfg and grubenv; on a file system of its own
  std::array<std::string, 2> partitions;        ///< of slots A and B as GRUB names them: "gpt2"
  std::string kernel = "/vmlinuz";              ///< in a slot
  std::string initrd = "/initrd.img";           ///< in a slot; empty: there is none
  std::string arguments;                        ///< of the kernel, beside root= and skiff.slot=
};

struct UbootSettings {
  enum class Names : std::uint8_t { kRauc, kMender };
  std::filesystem::path environment = "/etc/fw_env.config";
  Names names = Names::kRauc;
  std::array<std::uint32_t, 2> partitions{};  ///< numbers of slots A and B, for Mender's names
};

struct BootSettings {
  BootKind kind = BootKind::kFile;
  std::filesystem::path state;    ///< of kFile; empty: in the state folder
  std::filesystem::path program;  ///< of kCustom
  GrubSettings grub;
  UbootSettings uboot;
};

/// kFormat where a member is absent or odd, and it is named.
Result<BootSettings> parse_boot_settings(const Json& boot);

}  // namespace skiff::agent

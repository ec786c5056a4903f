// BootEnvironment: the variables that a boot loader reads at its start and may write itself.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "agent/system/storage.hpp"

namespace skiff::agent {

using Variables = std::map<std::string, std::string, std::less<>>;

/// The value of a variable; empty if there is none.
std::string_view value_of(const Variables& variables, std::string_view name);

class BootEnvironment {
 public:
  virtual ~BootEnvironment() = default;
  virtual Result<Variables> read() = 0;
  /// Puts these variables in place of all that were there by one write and one sync: whatever a power cut
  /// leaves of it, either the former ones are read or these. kLimit: no room for them.
  virtual Result<void> write(const Variables& variables) = 0;
};

/// GRUB's environment block (GRUB manual, "The GRUB environment block"): a file of 1024 bytes that is only
/// ever written in place, by GRUB as well, which knows no other way. All variables are kept in its first
/// sector and the second one never changes, so that no write is torn.
class GrubEnvironment final : public BootEnvironment {
 public:
  static constexpr std::size_t kBlock = 1024;
  static constexpr std::size_t kSector = 512;

  GrubEnvironment(Storage& storage, std::filesystem::path path) : storage_(storage), path_(std::move(path)) {}
  /// A block that is no environment block has no variables: GRUB reads none from it either. kNotFound: no
  /// such file; only `skiff-agent boot install grub` makes it.
  Result<Variables> read() override;
  Result<void> write(const Variables& variables) override;

 private:
  Storage& storage_;
  std::filesystem::path path_;
};

/// What a block's text says; nothing where it is none.
Variables grub_variables(std::string_view text);
/// The block's text with these variables; kLimit where they do not fit into its first sector, kUsage where a
/// name or value has a line break or a backslash.
Result<Bytes> grub_block(const Variables& variables);

/// Where one copy of U-Boot's environment is: so many bytes of a file or block device.
struct UbootCopy {
  std::filesystem::path path;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  bool operator==(const UbootCopy&) const = default;
};

/// fw_env.config, as `fw_setenv` reads it: a line a copy: path, offset, size, and what only flash chips need.
/// kUnsupported: not two copies (one alone does not survive a torn write), or copies on flash chips (MTD).
Result<std::array<UbootCopy, 2>> parse_uboot_config(std::string_view text);

/// U-Boot's redundant environment (CONFIG_ENV_REDUNDANT, U-Boot's "Environment Variables"): two copies of a
/// CRC-32, a generation byte and `name=value` strings that a zero ends. The older one is written, with the
/// next generation; 0 follows 255.
class UbootEnvironment final : public BootEnvironment {
 public:
  UbootEnvironment(Storage& storage, std::array<UbootCopy, 2> copies)
      : storage_(storage), copies_(std::move(copies)) {}
  /// kFormat: neither copy can be believed. Then U-Boot uses what it was built with, and its `saveenv` makes
  /// the environment; the agent does not know what has to be in it.
  Result<Variables> read() override;
  Result<void> write(const Variables& variables) override;

 private:
  struct Copy {
    Bytes bytes;
    bool believed = false;
  };
  Result<Copy> read_copy(const UbootCopy& where) const;
  /// The index of the copy that U-Boot would read, and what is in it.
  Result<std::pair<std::size_t, Bytes>> newest() const;

  Storage& storage_;
  std::array<UbootCopy, 2> copies_;
};

}  // namespace skiff::agent

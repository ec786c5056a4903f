// The agent's side of the warden: its slots and its boot control, by asking.
#pragma once

#include <array>

#include "agent/system/storage.hpp"
#include "agent/warden/protocol.hpp"
#include "skiff/tuf.hpp"

namespace skiff::agent {

class WardenClient {
 public:
  explicit WardenClient(std::filesystem::path socket) : socket_(std::move(socket)) {}

  /// What the warden answered; its error, or kIo where there is no warden that answers.
  [[nodiscard]] Result<Bytes> ask(Ask say, std::uint64_t number = 0, ByteView payload = {}) const;
  /// Has a release permitted; `metadata` is what the warden may judge it by.
  [[nodiscard]] Result<void> permit(const std::string& release, tuf::Fetcher& metadata) const;
  /// kOpenRunning, kOpenInactive.
  [[nodiscard]] Result<Descriptor> open(Ask say) const;

 private:
  [[nodiscard]] Result<Descriptor> send(Ask say, std::uint64_t number, ByteView payload) const;
  [[nodiscard]] Result<Bytes> answer_at(int socket) const;
  [[nodiscard]] Result<void> answer_fetch(int socket, const Message<Ask>& question,
                                          tuf::Fetcher& metadata) const;
  [[nodiscard]] tl::unexpected<Error> silent() const;

  std::filesystem::path socket_;
};

class WardenBoot final : public BootControl {
 public:
  explicit WardenBoot(WardenClient warden) : warden_(std::move(warden)) {}
  /// `booted` is always there.
  Result<BootStatus> status() override;
  Result<void> mark_bad(Slot slot) override;
  Result<void> arm(Slot slot, std::uint32_t tries) override;
  Result<void> commit(Slot slot) override;

 private:
  Result<void> change(Ask say, Slot slot, ByteView payload = {});

  WardenClient warden_;
};

/// The system's files, but slots are opened by the warden: for reading the one that runs, as a slot (kSlot)
/// the other one.
class WardenStorage final : public Storage {
 public:
  WardenStorage(WardenClient warden, std::array<std::filesystem::path, 2> slots)
      : warden_(std::move(warden)), slots_(std::move(slots)) {}
  Result<std::unique_ptr<DurableFile>> open(const std::filesystem::path& path, Access access) override;
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> remove(const std::filesystem::path& path) override;
  Result<void> sync_folder(const std::filesystem::path& folder) override;
  Result<std::vector<std::string>> list(const std::filesystem::path& folder) override;

 private:
  WardenClient warden_;
  std::array<std::filesystem::path, 2> slots_;
  PosixStorage files_;
};

}  // namespace skiff::agent

// What `serve` and `worker` share: the online keys, how deltas are made, and how they are told to end.
#pragma once

#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <string>

#include "deltas/delta_maker.hpp"
#include "deltas/publisher.hpp"

namespace skiff::server {

struct KeyArguments {
  std::filesystem::path folder;
  std::filesystem::path passphrase_file;
};
void add_key_options(CLI::App& command, KeyArguments& keys);
Result<OnlineKeys> load_keys(const KeyArguments& keys);

struct MakerArguments {
  std::uint64_t memory = 2'048;  ///< MiB
  std::string codec{to_string(MakerOptions().codec)};
  MakerOptions options{};
};
void add_maker_options(CLI::App& command, MakerArguments& maker);
/// The options as they were asked for; the work folder is still to be set.
MakerOptions chosen_maker(const MakerArguments& maker);

/// Blocks the signals that end the program in this thread and those it will start; wait_for_end() takes them.
sigset_t block_end_signals();
int wait_for_end(const sigset_t& signals);

}  // namespace skiff::server

#include "cli/worker_options.hpp"

#include <algorithm>
#include <thread>

namespace skiff::server {
namespace {

constexpr std::uint64_t kMaxPassphrase = 4'096;  // bytes
constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

Result<std::string> read_passphrase(const std::filesystem::path& file) {
  if (file.empty()) return std::string();
  SKIFF_ASSIGN(const Bytes bytes, read_file(file, kMaxPassphrase));
  std::string passphrase(as_text(bytes));
  if (passphrase.ends_with('\n')) passphrase.pop_back();
  return passphrase;
}

}  // namespace

void add_key_options(CLI::App& command, KeyArguments& keys) {
  command.add_option("--keys", keys.folder, "Folder of deltas.key, snapshot.key and timestamp.key")
      ->required();
  command.add_option("--passphrase-file", keys.passphrase_file, "Passphrase of these keys");
}

Result<OnlineKeys> load_keys(const KeyArguments& keys) {
  SKIFF_ASSIGN(const std::string passphrase, read_passphrase(keys.passphrase_file));
  return load_online_keys(keys.folder, passphrase);
}

void add_maker_options(CLI::App& command, MakerArguments& maker) {
  maker.options.threads = std::max(1U, std::thread::hardware_concurrency());
  command.add_option("--job-threads", maker.options.threads, "Threads that work on one delta")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  command
      .add_option("--codec", maker.codec,
                  "Codec of the deltas that are made: cm (smaller) or zstd (faster); full images are zstd")
      ->capture_default_str()
      ->check(CLI::IsMember({"cm", "zstd"}));
  command.add_flag("--open", maker.options.open,
                   "Open compressed streams of images: for fleets whose devices have the re-packers of this "
                   "machine, in the same versions");
  command.add_option("--job-memory", maker.memory, "MiB that making one delta may use")
      ->capture_default_str();
}

MakerOptions chosen_maker(const MakerArguments& maker) {
  MakerOptions options = maker.options;
  options.max_memory = maker.memory * kMebibyte;
  options.codec = maker.codec == to_string(Codec::kZstd) ? Codec::kZstd : Codec::kContextMixing;
  return options;
}

/// Blocks the signals that end the server in this thread and those it will start; wait_for_end() takes them.
sigset_t block_end_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int wait_for_end(const sigset_t& signals) {
  int signal = 0;
  ::sigwait(&signals, &signal);
  return signal;
}

}  // namespace skiff::server

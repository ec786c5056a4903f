// skiff-decode: the decoder as a program of its own, started by the agent with a socket as standard input.
#include "agent/decode/sandbox.hpp"
#include "agent/decode/servant.hpp"

namespace {

using namespace skiff::agent;

/// The program itself, its libraries' data, messages, the list of segments, and the stacks of the two threads
/// that a re-packer may start.
constexpr std::uint64_t kOwnMemory = std::uint64_t{32} << 20;

void refuse(const skiff::Error& error) {
  skiff::Bytes payload = progress_bytes({});
  const skiff::Bytes text = error_bytes(error);
  payload.insert(payload.end(), text.begin(), text.end());
  send_message(kSandboxSocket, Say::kFailed, 0, payload);
}

}  // namespace

int main() {
  const std::optional<Message<Say>> start = receive_message<Say>(kSandboxSocket);
  if (start && start->say == Say::kRepackers) {
    send_message(kSandboxSocket, Say::kDone, 0, repackers_bytes(skiff::versions_of(skiff::all_repackers())));
    return 0;
  }
  const std::optional<DecoderOptions> options =
      start && start->say == Say::kStart ? options_of(start->payload) : std::nullopt;
  if (!options) return 2;
  const std::uint64_t memory = options->apply.max_memory + options->apply.max_head + kOwnMemory;
  if (const skiff::Result<void> inside = enter_sandbox(memory); !inside) {
    refuse(inside.error());
    return 1;
  }
  serve_decoder(kSandboxSocket, *options);
  return 0;
}

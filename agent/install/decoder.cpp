#include "agent/install/decoder.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <limits>

#include "agent/system/peak_memory.hpp"
#include "agent/system/words.hpp"

namespace skiff::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSegmentBytes = 3 * kWord;
constexpr const char* kProgram = "skiff-decode";
/// A decoder asks or answers each few milliseconds; one that does not for so long does not any more.
constexpr time_t kLongestSilence = 300;  // seconds

/// What posix_spawn(3) is told, released at the end.
class Spawning {
 public:
  Spawning() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  ~Spawning() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  Spawning(const Spawning&) = delete;
  Spawning& operator=(const Spawning&) = delete;

  /// The child's standard input is `socket`; no signal is blocked in it, and the terminal's do not reach it.
  /// The process, or the error.
  Result<pid_t> start(const fs::path& program, int socket) {
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawn_file_actions_adddup2(&actions_, socket, 0);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    std::string name = kProgram;
    const std::array<char*, 2> arguments = {name.data(), nullptr};
    const std::array<char*, 1> environment = {nullptr};
    pid_t pid = -1;
    const int code =
        ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments.data(), environment.data());
    if (code != 0) return os_error("start", program, code);
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

/// How a process ended, after it was killed where it had not.
std::string end_of(pid_t pid) {
  if (pid <= 0) return "ended";
  ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) return std::string("was ended by ") + ::strsignal(WTERMSIG(status));
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

fs::path decoder_program() {
  std::error_code code;
  return fs::read_symlink("/proc/self/exe", code).parent_path() / kProgram;
}

Result<DecoderPeer> start_decoder_program(const fs::path& program) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return os_error("make a socket for", kProgram);
  }
  DecoderPeer peer{Descriptor(ends[0])};
  const Descriptor other(ends[1]);
  SKIFF_ASSIGN(peer.pid, Spawning().start(program, other.get()));
  const struct timeval silence = {kLongestSilence, 0};
  ::setsockopt(peer.socket.get(), SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
  return peer;
}

Result<RepackerVersions> ask_repackers(const fs::path& program) {
  SKIFF_ASSIGN(const DecoderPeer peer, start_decoder_program(program));
  std::optional<RepackerVersions> versions;
  if (send_message(peer.socket.get(), Say::kRepackers, 0, {})) {
    const auto answer = receive_message<Say>(peer.socket.get());
    if (answer && answer->say == Say::kDone) versions = repackers_of(answer->payload);
  }
  const std::string end = end_of(peer.pid);
  if (versions) return std::move(*versions);
  return fail(ErrorKind::kIo, program.string() + " does not say what it has, and " + end,
              std::string(kDecoderRule));
}

DecoderProcess::DecoderProcess(DecoderPeer peer, const Source& base, ResultWriter& result,
                               const ApplyOptions& options)
    : peer_(std::move(peer)),
      base_(base),
      result_(result),
      result_length_(options.result ? options.result->length : std::numeric_limits<std::uint64_t>::max()) {}

Result<std::unique_ptr<Decoder>> DecoderProcess::start(DecoderPeer peer, const Source& base,
                                                       ResultWriter& result, const ApplyOptions& options) {
  std::unique_ptr<DecoderProcess> decoder(new DecoderProcess(std::move(peer), base, result, options));
  SKIFF_TRY(decoder->command(Say::kStart, 0, start_bytes({base.size(), options})));
  return decoder;
}

DecoderProcess::~DecoderProcess() {
  peer_.socket.reset();
  end_of(peer_.pid);
}

std::uint64_t DecoderProcess::peak_memory() const {
  return peer_.pid > 0 ? peak_memory_of_process(std::to_string(peer_.pid)) : 0;
}

/// It is of no use any more; how it ended tells why.
tl::unexpected<Error> DecoderProcess::lost() {
  peer_.socket.reset();
  failure_ = Error{ErrorKind::kIo, std::string(kDecoderRule), end_of(std::exchange(peer_.pid, -1))};
  return tl::unexpected<Error>(*failure_);
}

/// Answers questions until the last word on a command comes.
Result<Message<Say>> DecoderProcess::hear_out() {
  for (;;) {
    std::optional<Message<Say>> message = receive_message<Say>(peer_.socket.get());
    if (!message) return lost();
    if (message->say == Say::kDone || message->say == Say::kFailed) return std::move(*message);
    if (!answer(*message)) return lost();
  }
}

bool DecoderProcess::answer(const Result<void>& done) {
  const int socket = peer_.socket.get();
  return done ? send_message(socket, Say::kDone, 0, {})
              : send_message(socket, Say::kFailed, 0, error_bytes(done.error()));
}

bool DecoderProcess::answer(const Message<Say>& question) {
  switch (question.say) {
    case Say::kRead: {
      if (question.payload.size() != kWord) return false;
      Bytes bytes(static_cast<std::size_t>(std::min<std::uint64_t>(word_of(question.payload), kPiece)));
      const Result<void> read = base_.read_at(question.number, bytes);
      return read ? send_message(peer_.socket.get(), Say::kDone, 0, bytes) : answer(read);
    }
    case Say::kWrite:
      return answer(write(question));
    case Say::kSegmentDone:
      return answer(segment_done(question.number));
    case Say::kHead:
      learn_segments(question.payload);
      return true;
    default:
      return false;
  }
}

Result<void> DecoderProcess::write(const Message<Say>& question) {
  const std::uint64_t length = question.payload.size();
  if (question.number > result_length_ || length > result_length_ - question.number) {
    return fail(ErrorKind::kFormat, "the decoder writes past the result image");
  }
  return result_.write_at(question.number, question.payload);
}

Result<void> DecoderProcess::segment_done(std::uint64_t segment) {
  if (segments_ && segment >= segments_->size()) {
    return fail(ErrorKind::kFormat, "the decoder is done with a segment that the delta does not have");
  }
  return result_.segment_done(segment);
}

void DecoderProcess::learn_segments(ByteView payload) {
  segments_.emplace();
  for (; payload.size() >= kSegmentBytes; payload = payload.subspan(kSegmentBytes)) {
    SegmentInfo segment;
    segment.is_map = word_of(payload) != 0;
    segment.wire_offset = word_of(payload.subspan(kWord));
    segment.wire_length = word_of(payload.subspan(2 * kWord));
    segments_->push_back(segment);
  }
}

Result<void> DecoderProcess::command(Say say, std::uint64_t number, ByteView payload) {
  if (failure_) return tl::unexpected<Error>(*failure_);
  if (!send_message(peer_.socket.get(), say, number, payload)) return lost();
  SKIFF_ASSIGN(const Message<Say> last, hear_out());
  return take(last);
}

/// One that wants nothing more and is not done would never be.
Result<void> DecoderProcess::take(const Message<Say>& last) {
  if (last.payload.size() < kProgressBytes) return lost();
  progress_ = progress_of(last.payload);
  if (last.say == Say::kFailed) {
    failure_ = error_of(ByteView(last.payload).subspan(kProgressBytes));
    return tl::unexpected<Error>(*failure_);
  }
  return progress_.done || progress_.next_length > 0 ? Result<void>{} : lost();
}

Result<void> DecoderProcess::push(ByteView bytes) {
  while (!bytes.empty()) {
    const ByteView piece = bytes.first(std::min(bytes.size(), kPiece));
    SKIFF_TRY(command(Say::kPush, 0, piece));
    bytes = bytes.subspan(piece.size());
  }
  return {};
}

Result<void> DecoderProcess::resume_at(std::uint64_t segment) { return command(Say::kResume, segment, {}); }

BegunSegment DecoderProcess::begun_segment() {
  const int socket = peer_.socket.get();
  if (socket < 0 || !send_message(socket, Say::kBegunSegment, 0, {})) return {};
  std::optional<Message<Say>> last = receive_message<Say>(socket);
  if (!last || last->say != Say::kDone) return {};
  return {last->number, std::move(last->payload)};
}

}  // namespace skiff::agent

// Decoder: an applier in a process of its own that can do nothing but decode; what it reads and writes, the
// agent reads and writes for it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "agent/decode/protocol.hpp"
#include "agent/install/begun_segment.hpp"
#include "agent/system/os.hpp"

namespace skiff::agent {

/// Calls, errors and order are those of Applier.
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual Result<void> push(ByteView bytes) = 0;
  virtual Result<void> resume_at(std::uint64_t segment) = 0;
  [[nodiscard]] virtual std::uint64_t next_offset() const = 0;
  [[nodiscard]] virtual std::uint64_t next_length() const = 0;
  [[nodiscard]] virtual bool done() const = 0;
  /// Whether each is a map, and where in the delta it is; null while the head is not read.
  [[nodiscard]] virtual const std::vector<SegmentInfo>* segments() const = 0;
  /// See Applier::begun_segment().
  [[nodiscard]] virtual BegunSegment begun_segment() = 0;
  /// Largest resident set so far, in bytes, of a process that it has to itself; 0 where there is none.
  [[nodiscard]] virtual std::uint64_t peak_memory() const = 0;
};

/// `base` and `result` outlive the decoder, and are used by its calls.
using StartDecoder = std::function<Result<std::unique_ptr<Decoder>>(const Source& base, ResultWriter& result,
                                                                    const ApplyOptions&)>;

/// Errors that say that the decoder itself ended: it crashed, was killed, wanted what its sandbox forbids, or
/// said nonsense. kIo: another may do better.
inline constexpr std::string_view kDecoderRule = "decoder";

/// Who waits for kStart at the other end of a stream socket.
struct DecoderPeer {
  Descriptor socket;
  pid_t pid = -1;  ///< a child, killed and reaped at the end; -1: none
};

/// skiff-decode in the folder of this program.
std::filesystem::path decoder_program();
/// Starts it with the socket as its only descriptor and no environment.
Result<DecoderPeer> start_decoder_program(const std::filesystem::path& program);

/// What the decoder program can open and pack again. kIo, of kDecoderRule: it cannot be asked.
Result<RepackerVersions> ask_repackers(const std::filesystem::path& program);

/// It is sandboxed (decode/sandbox.hpp) before it sees a byte, has no file, and is believed nothing: it
/// cannot write past the result, and the slot is read back and hashed in any case.
class DecoderProcess final : public Decoder {
 public:
  static Result<std::unique_ptr<Decoder>> start(DecoderPeer peer, const Source& base, ResultWriter& result,
                                                const ApplyOptions& options);
  ~DecoderProcess() override;
  DecoderProcess(const DecoderProcess&) = delete;
  DecoderProcess& operator=(const DecoderProcess&) = delete;

  Result<void> push(ByteView bytes) override;
  Result<void> resume_at(std::uint64_t segment) override;
  [[nodiscard]] std::uint64_t next_offset() const override { return progress_.next_offset; }
  [[nodiscard]] std::uint64_t next_length() const override { return progress_.next_length; }
  [[nodiscard]] bool done() const override { return progress_.done; }
  [[nodiscard]] const std::vector<SegmentInfo>* segments() const override {
    return segments_ ? &*segments_ : nullptr;
  }
  [[nodiscard]] BegunSegment begun_segment() override;
  [[nodiscard]] std::uint64_t peak_memory() const override;

 private:
  DecoderProcess(DecoderPeer peer, const Source& base, ResultWriter& result, const ApplyOptions& options);

  Result<void> command(Say say, std::uint64_t number, ByteView payload);
  Result<Message<Say>> hear_out();
  Result<void> take(const Message<Say>& last);
  bool answer(const Message<Say>& question);
  bool answer(const Result<void>& done);
  Result<void> write(const Message<Say>& question);
  Result<void> segment_done(std::uint64_t segment);
  void learn_segments(ByteView payload);
  tl::unexpected<Error> lost();

  DecoderPeer peer_;
  const Source& base_;
  ResultWriter& result_;
  std::uint64_t result_length_;
  Progress progress_;
  std::optional<std::vector<SegmentInfo>> segments_;
  std::optional<Error> failure_;
};

}  // namespace skiff::agent

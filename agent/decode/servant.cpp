#include "agent/decode/servant.hpp"

#include <algorithm>
#include <array>

#include "agent/system/words.hpp"
#include "skiff/trust.hpp"

namespace skiff::agent {
namespace {

constexpr std::uint64_t kBlock = 16 << 10;  // bytes of a read that is kept
constexpr std::size_t kBlocks = 4;

/// Asks the agent, and waits for its answer.
Result<Bytes> ask(int socket, Say say, std::uint64_t number, ByteView payload) {
  if (!send_message(socket, say, number, payload)) return fail(ErrorKind::kCancelled, "the agent is gone");
  std::optional<Message<Say>> answer = receive_message<Say>(socket);
  if (!answer) return fail(ErrorKind::kCancelled, "the agent is gone");
  if (answer->say == Say::kFailed) return tl::unexpected<Error>(error_of(answer->payload));
  return std::move(answer->payload);
}

/// The base, read through the agent. Copies are often short and near each other: the blocks last read are
/// kept.
class RemoteBase final : public Source {
 public:
  RemoteBase(int socket, std::uint64_t length) : socket_(socket), length_(length) {}
  [[nodiscard]] std::uint64_t size() const override { return length_; }

  Result<void> read_at(std::uint64_t offset, MutableBytes out) const override {
    if (offset > length_ || out.size() > length_ - offset) {
      return fail(ErrorKind::kUsage, "read past the base image");
    }
    while (!out.empty()) {
      const std::uint64_t skip = offset % kBlock;
      const bool is_whole = skip == 0 && out.size() >= kBlock;
      std::size_t length = std::min<std::size_t>(out.size(), is_whole ? kPiece : kBlock - skip);
      if (is_whole) {
        SKIFF_ASSIGN(const Bytes bytes, read(offset, length));
        std::ranges::copy(bytes, out.begin());
      } else {
        SKIFF_ASSIGN(const Bytes* block, block_at(offset - skip));
        std::copy_n(block->begin() + static_cast<std::ptrdiff_t>(skip), length, out.begin());
      }
      offset += length;
      out = out.subspan(length);
    }
    return {};
  }

 private:
  struct Block {
    std::uint64_t offset = 0;
    Bytes bytes;
  };

  Result<Bytes> read(std::uint64_t offset, std::uint64_t length) const {
    Bytes wanted;
    put_word(wanted, length);
    SKIFF_ASSIGN(Bytes bytes, ask(socket_, Say::kRead, offset, wanted));
    if (bytes.size() != length) return fail(ErrorKind::kIo, "the base image could not be read");
    return bytes;
  }

  /// In the order of their last use; the last one goes.
  Result<const Bytes*> block_at(std::uint64_t offset) const {
    auto found = std::ranges::find_if(
        blocks_, [&](const Block& block) { return !block.bytes.empty() && block.offset == offset; });
    if (found == blocks_.end()) {
      found = std::prev(blocks_.end());
      found->bytes.clear();
      SKIFF_ASSIGN(found->bytes, read(offset, std::min(kBlock, length_ - offset)));
      found->offset = offset;
    }
    std::rotate(blocks_.begin(), found, std::next(found));
    return &blocks_.front().bytes;
  }

  int socket_;
  std::uint64_t length_;
  mutable std::array<Block, kBlocks> blocks_;
};

class RemoteResult final : public ResultWriter {
 public:
  explicit RemoteResult(int socket) : socket_(socket) {}

  Result<void> write_at(std::uint64_t offset, ByteView bytes) override {
    while (!bytes.empty()) {
      const ByteView piece = bytes.first(std::min(bytes.size(), kPiece));
      SKIFF_TRY(ask(socket_, Say::kWrite, offset, piece));
      offset += piece.size();
      bytes = bytes.subspan(piece.size());
    }
    return {};
  }
  Result<void> segment_done(std::uint64_t segment) override {
    SKIFF_TRY(ask(socket_, Say::kSegmentDone, segment, {}));
    return {};
  }

 private:
  int socket_;
};

class Servant {
 public:
  Servant(int socket, const DecoderOptions& options)
      : socket_(socket),
        base_(socket, options.base_length),
        result_(socket),
        applier_(base_, result_, options.apply, make_sha256) {}

  void serve() {
    report({});
    while (const std::optional<Message<Say>> command = receive_message<Say>(socket_)) obey(*command);
  }

 private:
  void obey(const Message<Say>& command) {
    if (command.say == Say::kPush) return report(applier_.push(command.payload));
    if (command.say == Say::kResume) return report(applier_.resume_at(command.number));
    const auto [offset, wire] = applier_.begun_segment();
    send_message(socket_, Say::kDone, offset, wire);
  }

  void report(const Result<void>& done) {
    if (applier_.info() != nullptr && !head_told_) tell_head(applier_.info()->segments);
    Bytes payload = progress_bytes({applier_.next_offset(), applier_.next_length(), applier_.done()});
    if (!done) {
      const Bytes error = error_bytes(done.error());
      payload.insert(payload.end(), error.begin(), error.end());
    }
    send_message(socket_, done ? Say::kDone : Say::kFailed, 0, payload);
  }

  void tell_head(const std::vector<SegmentInfo>& segments) {
    Bytes payload;
    for (const SegmentInfo& segment : segments) {
      put_word(payload, segment.is_map ? 1 : 0);
      put_word(payload, segment.wire_offset);
      put_word(payload, segment.wire_length);
    }
    head_told_ = send_message(socket_, Say::kHead, 0, payload);
  }

  int socket_;
  RemoteBase base_;
  RemoteResult result_;
  Applier applier_;
  bool head_told_ = false;
};

}  // namespace

void serve_decoder(int socket, const DecoderOptions& options) {
  DecoderOptions complete = options;
  complete.apply.repackers = all_repackers();
  Servant(socket, complete).serve();
}

}  // namespace skiff::agent

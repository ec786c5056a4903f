#include "diff/spool.hpp"

#include "base/cursor.hpp"

namespace skiff {
namespace {

constexpr std::size_t kCopyBuffer = std::size_t{1} << 16;

}  // namespace

Result<void> Spool::append(ByteView bytes) {
  if (!file_ && memory_.size() + bytes.size() <= max_in_memory_) {
    put_bytes(memory_, bytes);
    return {};
  }
  if (!file_) file_.reset(std::tmpfile());
  if (!file_ || std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
    return fail(ErrorKind::kIo, "cannot write coded segments to a temporary file");
  }
  return {};
}

Result<void> Spool::copy_to(Sink& sink) {
  SKIFF_TRY(sink.write(memory_));
  if (!file_) return {};
  if (std::fflush(file_.get()) != 0 || std::fseek(file_.get(), 0, SEEK_SET) != 0) {
    return fail(ErrorKind::kIo, "cannot read coded segments back from their temporary file");
  }
  Bytes buffer(kCopyBuffer);
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file_.get())) {
    SKIFF_TRY(sink.write(ByteView(buffer).first(got)));
  }
  if (std::ferror(file_.get()) != 0) return fail(ErrorKind::kIo, "cannot read coded segments back");
  return {};
}

}  // namespace skiff

#include "agent/system/record_pair.hpp"

#include <algorithm>
#include <array>

#include "agent/system/crc32.hpp"

namespace skiff::agent {
namespace {

constexpr std::array<std::uint8_t, 4> kMagic = {'S', 'K', 'A', 'R'};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kCrcAt = 20;

template <typename T>
void store(MutableBytes out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

template <typename T>
T load(ByteView in) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(in[i]) << (8 * i);
  return value;
}

std::uint32_t crc_of(ByteView copy, std::size_t text_length) {
  return crc32(crc32(0, copy.first(kCrcAt)), copy.subspan(RecordPair::kHeader, text_length));
}

/// The length of the text of a copy that can be believed.
std::optional<std::size_t> believed_length(ByteView copy) {
  if (!std::equal(kMagic.begin(), kMagic.end(), copy.begin())) return std::nullopt;
  if (load<std::uint32_t>(copy.subspan(4, 4)) != kVersion) return std::nullopt;
  const std::size_t length = load<std::uint32_t>(copy.subspan(16, 4));
  if (length > copy.size() - RecordPair::kHeader) return std::nullopt;
  if (load<std::uint32_t>(copy.subspan(kCrcAt, 4)) != crc_of(copy, length)) return std::nullopt;
  return length;
}

}  // namespace

Result<RecordPair> RecordPair::open(Storage& storage, const std::filesystem::path& path,
                                    std::size_t copy_size) {
  auto file = storage.open(path, Access::kWrite);
  if (!file) return fail_with(std::move(file).error(), "record");
  if ((*file)->size() < 2 * copy_size) {
    SKIFF_TRY(replace(storage, path, Bytes(2 * copy_size)));
    file = storage.open(path, Access::kWrite);
    if (!file) return fail_with(std::move(file).error(), "record");
  }
  RecordPair pair(std::move(*file), copy_size);
  pair.read_copy(0);
  pair.read_copy(1);
  return pair;
}

void RecordPair::read_copy(std::size_t index) {
  Bytes copy(copy_size_);
  // A copy that the medium cannot give back is as good as a torn one.
  if (!file_->read_at(index * copy_size_, copy)) return;
  const std::optional<std::size_t> length = believed_length(copy);
  if (!length) return;
  const auto generation = load<std::uint64_t>(ByteView(copy).subspan(8, 8));
  if (text_ && generation <= generation_) return;
  generation_ = generation;
  newest_ = index;
  text_ = std::string(as_text(ByteView(copy).subspan(kHeader, *length)));
  return;
}

Result<void> RecordPair::write(std::string_view text) {
  if (text.size() > copy_size_ - kHeader) {
    return fail(ErrorKind::kLimit, "a record of " + std::to_string(text.size()) + " bytes is too long");
  }
  Bytes copy(copy_size_);
  const MutableBytes out(copy);
  std::copy(kMagic.begin(), kMagic.end(), out.begin());
  store(out.subspan(4), kVersion);
  store(out.subspan(8), generation_ + 1);
  store(out.subspan(16), static_cast<std::uint32_t>(text.size()));
  std::copy(text.begin(), text.end(), out.begin() + kHeader);
  store(out.subspan(kCrcAt), crc_of(copy, text.size()));
  const std::size_t older = 1 - newest_;
  SKIFF_TRY(file_->write_at(older * copy_size_, copy));
  SKIFF_TRY(file_->sync());
  newest_ = older;
  ++generation_;
  text_ = std::string(text);
  return {};
}

}  // namespace skiff::agent

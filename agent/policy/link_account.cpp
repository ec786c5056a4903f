#include "agent/policy/link_account.hpp"

#include <array>
#include <cstdio>

namespace skiff::agent {
namespace {

constexpr std::size_t kCopy = 1'024;       // bytes
constexpr std::size_t kLongestHeld = 512;  // of the reason, so that it fits

std::string period_text(const LocalTime& now, LinkPolicy::Period period) {
  std::array<char, 32> text;
  const char* const form = period == LinkPolicy::Period::kDay ? "%04d-%02u-%02u" : "%04d-%02u";
  const int length = std::snprintf(text.data(), text.size(), form, now.year, now.month, now.day);
  return {text.data(), static_cast<std::size_t>(length)};
}

Result<LinkUse> parse_use(std::string_view text) {
  SKIFF_ASSIGN(const Json json, parse_json(as_bytes(text)));
  LinkUse use;
  SKIFF_ASSIGN(use.period, string_member(json, "period"));
  SKIFF_ASSIGN(use.bytes, unsigned_member(json, "bytes"));
  SKIFF_ASSIGN(use.held, string_member(json, "held"));
  return use;
}

}  // namespace

Json link_use_json(const LinkUse& use) {
  return Json::Object{{"period", use.period}, {"bytes", use.bytes}, {"held", use.held}};
}

Result<LinkAccount> LinkAccount::open(Storage& storage, const std::filesystem::path& state_dir) {
  SKIFF_ASSIGN(RecordPair record, RecordPair::open(storage, state_dir / "link", kCopy));
  LinkAccount account(std::move(record));
  if (const auto& text = account.record_.text()) account.use_ = parse_use(*text).value_or(LinkUse{});
  account.written_ = account.use_;
  return account;
}

void LinkAccount::see(const LocalTime& now, LinkPolicy::Period period) {
  std::string text = period_text(now, period);
  if (text == use_.period) return;
  use_.period = std::move(text);
  use_.bytes = 0;
}

Result<void> LinkAccount::spend(std::uint64_t bytes, std::uint64_t ahead) {
  use_.bytes += bytes;
  if (use_.period == written_.period && use_.bytes <= written_.bytes) return {};
  LinkUse more = use_;
  more.bytes += ahead;
  return write(more);
}

Result<void> LinkAccount::settle(std::string held) {
  held.resize(std::min(held.size(), kLongestHeld));
  use_.held = std::move(held);
  return use_ == written_ ? Result<void>{} : write(use_);
}

Result<void> LinkAccount::write(const LinkUse& use) {
  SKIFF_TRY(record_.write(json_text(link_use_json(use))));
  written_ = use;
  return {};
}

}  // namespace skiff::agent

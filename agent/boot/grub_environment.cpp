#include <algorithm>

#include "agent/boot/boot_environment.hpp"

namespace skiff::agent {
namespace {

constexpr std::string_view kHeader = "# GRUB Environment Block\n";

/// A line up to its end; a line break after a backslash is part of a value.
std::string_view take_line(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
  end = std::min(end, text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

std::string_view value_of(const Variables& variables, std::string_view name) {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string_view() : std::string_view(found->second);
}

Result<Bytes> grub_block(const Variables& variables) {
  std::string text(kHeader);
  for (const auto& [name, value] : variables) text += name + "=" + value + "\n";
  if (text.size() > GrubEnvironment::kSector) {
    return fail(ErrorKind::kLimit, "the variables for GRUB take " + std::to_string(text.size()) +
                                       " bytes of " + std::to_string(GrubEnvironment::kSector));
  }
  text.resize(GrubEnvironment::kBlock, '#');
  return Bytes(text.begin(), text.end());
}

Result<Variables> GrubEnvironment::read() {
  Result<Bytes> block = read_small(storage_, path_, kBlock);
  if (!block && block.error().kind == ErrorKind::kNotFound) {
    return fail_with(std::move(block).error(),
                     "GRUB's environment block (skiff-agent boot install makes it)");
  }
  if (!block) return tl::unexpected<Error>(std::move(block).error());
  return grub_variables(as_text(*block));
}

Variables grub_variables(std::string_view text) {
  Variables variables;
  if (!text.starts_with(kHeader) || text.size() != GrubEnvironment::kBlock) return variables;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t equals = line.find('=');
    if (line.starts_with('#') || equals == std::string_view::npos) continue;
    variables.insert_or_assign(std::string(line.substr(0, equals)), std::string(line.substr(equals + 1)));
  }
  return variables;
}

Result<void> GrubEnvironment::write(const Variables& variables) {
  SKIFF_ASSIGN(const Bytes block, grub_block(variables));
  SKIFF_ASSIGN(const std::unique_ptr<DurableFile> file, storage_.open(path_, Access::kWrite));
  SKIFF_TRY(file->write_at(0, block));
  return file->sync();
}

}  // namespace skiff::agent

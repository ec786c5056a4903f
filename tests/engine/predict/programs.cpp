#include "tests/engine/predict/programs.hpp"

#include <algorithm>
#include <random>

#include "predict/reference.hpp"
#include "tests/engine/apply/test_images.hpp"

namespace skiff::testing {
namespace {

constexpr std::uint64_t kUnit = 8;  ///< bytes between places where a gap may be

class Layout {
 public:
  explicit Layout(const ProgramPlan& plan) : plan_(plan), random_(plan.seed) {
    image_.resize(static_cast<std::size_t>(plan.length + plan.gap));
    const Bytes inserted = noise(static_cast<std::size_t>(plan.gap), 99);
    std::copy(inserted.begin(), inserted.end(), image_.begin() + static_cast<std::ptrdiff_t>(plan.gap_at));
  }

  Bytes run() {
    for (std::uint64_t at = 0; at < plan_.length; at += kUnit) {
      const std::uint64_t target = random_() % (plan_.length / kUnit) * kUnit;
      unit(placed(at), plan_.address + placed(target));
    }
    return std::move(image_);
  }

 private:
  [[nodiscard]] std::uint64_t placed(std::uint64_t at) const {
    return at < plan_.gap_at ? at : at + plan_.gap;
  }
  void put(std::uint64_t at, std::uint64_t value, unsigned length) {
    for (unsigned i = 0; i < length; ++i)
      image_[static_cast<std::size_t>(at) + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  void reference(std::uint64_t at, const Field& field, std::uint32_t opcode, std::uint64_t target) {
    put(at, with_target(field, opcode, target, plan_.address + at),
        field.reference == Reference::kPointer64 ? 8 : 4);
  }

  void unit(std::uint64_t at, std::uint64_t target) {
    switch (plan_.kind) {
      case Kind::kA64:
        return a64(at, target);
      case Kind::kX64:
        return x64(at, target);
      case Kind::kX86:
        return x86(at, target);
      case Kind::kThumb:
        return thumb(at, target);
      case Kind::kThumbRelative:
        return thumb_relative(at, target);
      case Kind::kA32:
      case Kind::kA32Relative:
        return a32(at, target);
      case Kind::kPointer64:
        return reference(at, {Reference::kPointer64, 0, 0}, 0, target);
      case Kind::kPointer32:
        return words(at, {Reference::kPointer32, 0, 0}, target);
      case Kind::kRelative32:
        return words(at, {Reference::kRelative32, 0, 0}, target);
      case Kind::kOffset32:
        return words(at, {Reference::kOffset32, 0, plan_.address}, target);
      default:
        return put(at, random_() % 1000, 8);
    }
  }

  void words(std::uint64_t at, const Field& field, std::uint64_t target) {
    reference(at, field, 0, target);
    put(at + 4, random_() % 64, 4);
  }

  void a64(std::uint64_t at, std::uint64_t target) {
    const std::uint32_t reg = random_() % 31;
    const std::uint32_t other = 0xaa0003e0u | random_() % 31 << 16 | reg;  // MOV reg, other
    switch (random_() % 9) {
      case 0:
        reference(at, {Reference::kA64Page, 0, 0}, 0x90000000u | reg, target);
        return reference(at + 4, {Reference::kA64PageAdd, 0, 0}, 0x91000000u | reg << 5 | reg, target);
      case 1:
        reference(at, {Reference::kA64Page, 0, 0}, 0x90000000u | reg, target);
        return reference(at + 4, {Reference::kA64PageLoad, 3, 0}, 0xf9400000u | reg << 5 | reg, target);
      case 2:
        reference(at, {Reference::kA64Jump, 0, 0}, 0x14000000u, target);
        break;
      case 3:
        reference(at, {Reference::kA64Branch, 0, 0}, 0x54000000u | random_() % 14, target);
        break;
      case 4:
        reference(at, {Reference::kA64Branch, 0, 0}, 0xb4000000u | reg, target);
        break;
      case 5:
        reference(at, {Reference::kA64Literal, 0, 0}, 0x58000000u | reg, target);
        break;
      case 6:
        reference(at, {Reference::kA64Near, 0, 0}, 0x10000000u | reg, target);
        break;
      default:
        reference(at, {Reference::kA64Call, 0, 0}, 0x94000000u, target);
        break;
    }
    put(at + 4, other, 4);
  }

  void x64(std::uint64_t at, std::uint64_t target) {
    if (random_() % 4 != 0) return x64_branch(at, target);
    put(at, 0xc0c74855u ^ std::uint64_t{random_() % 8} << 56, 8);
    put(at, 0x058d48, 3);  // LEA rax, [rip + target]
    reference(at + 3, {Reference::kX64Operand, 0, 0}, 0, target);
  }

  void x64_branch(std::uint64_t at, std::uint64_t target) {
    put(at, 0xc0c74855u ^ std::uint64_t{random_() % 8} << 56, 8);
    switch (random_() % 3) {
      case 0:
        put(at, 0xe8, 1);
        return reference(at + 1, {Reference::kX64Call, 0, 0}, 0, target);
      case 1:
        put(at, 0xe9, 1);
        return reference(at + 1, {Reference::kX64Jump, 0, 0}, 0, target);
      default:
        put(at, 0x840f, 2);
        return reference(at + 2, {Reference::kX64Branch, 0, 0}, 0, target);
    }
  }

  void thumb(std::uint64_t at, std::uint64_t target) {
    if (random_() % 3 == 0) {
      reference(at, {Reference::kPointer32, 0, 0}, 0, target);
    } else {
      reference(at, {Reference::kThumbCall, 0, 0}, 0xd000f000u, target);
    }
    put(at + 4, 0x4600b510u | random_() % 64, 4);
  }

  void x86(std::uint64_t at, std::uint64_t target) {
    if (random_() % 2 == 0) return x64_branch(at, target);
    put(at, 0xc0c74855u, 8);
    put(at, 0xb8, 1);  // MOV eax, target
    reference(at + 1, {Reference::kPointer32, 0, 0}, 0, target);
  }

  /// Whether a literal may be loaded from there: a short distance onwards.
  [[nodiscard]] bool is_ahead(std::uint64_t at, std::uint64_t target) const {
    return target - (plan_.address + at + 8) < 1000;
  }

  void thumb_relative(std::uint64_t at, std::uint64_t target) {
    put(at + 4, 0x4600b510u | random_() % 64, 4);
    const bool near = is_ahead(at, target);
    switch (random_() % 6) {
      case 0:
        return reference(at, {Reference::kThumbExchange, 0, 0}, 0xc000f000u, target);
      case 1:
        return reference(at, {Reference::kThumbBranch, 0, 0}, 0x8000f040u, target);
      case 2:
        if (near) return reference(at, {Reference::kThumbLiteral, 0, 0}, 0x1000f8dfu, target);
        break;
      case 3:
        if (near) return reference(at, {Reference::kThumbShortLiteral, 0, 0}, 0xb5104900u, target);
        break;
      case 4:
        if (near) return reference(at, {Reference::kThumbShortJump, 0, 0}, 0xb510e000u, target);
        break;
      default:
        break;
    }
    reference(at, {Reference::kThumbCall, 0, 0}, 0xd000f000u, target);
  }

  void a32(std::uint64_t at, std::uint64_t target) {
    put(at + 4, 0xe1a00000u | random_() % 13, 4);  // MOV r0, other
    const std::uint32_t which = random_() % 4;
    if (which == 0) return reference(at, {Reference::kA32Jump, 0, 0}, 0x1a000000u, target);
    if (which == 1 && is_ahead(at, target))
      return reference(at, {Reference::kA32Literal, 0, 0}, 0xe59f1000u, target);
    if (which == 2 && plan_.kind == Kind::kA32)
      return reference(at, {Reference::kPointer32, 0, 0}, 0, target);
    reference(at, {Reference::kA32Call, 0, 0}, 0xeb000000u, target);
  }

  const ProgramPlan& plan_;
  std::mt19937 random_;
  Bytes image_;
};

}  // namespace

Bytes program(const ProgramPlan& plan) { return Layout(plan).run(); }

Space program_space(const ProgramPlan& plan) {
  const std::uint64_t length = plan.length + plan.gap;
  Space space;
  space.end = length;
  space.low = plan.address;
  space.high = plan.address + length;
  space.addresses.push_back({0, length, plan.address});
  space.types.push_back({0, length, plan.kind, has_origin(plan.kind) ? plan.address : 0});
  return space;
}

}  // namespace skiff::testing

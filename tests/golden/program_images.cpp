#include "tests/golden/program_images.hpp"

#include <algorithm>
#include <random>

#include "tests/engine/apply/test_images.hpp"

namespace skiff::testing {
namespace {

constexpr std::uint32_t kUnits = 36;
constexpr std::uint32_t kTables = 3;  ///< units 33 to 35: tables of two kinds, and zeroed memory after them
constexpr std::uint32_t kCode = kUnits - kTables;
constexpr std::uint64_t kCodeAddress = 0x400000;
constexpr std::uint64_t kDataAddress = 0x412000;
constexpr std::uint64_t kZeroed = 0x600;  ///< bytes of the address space after the image's last
constexpr std::size_t kHeader = 24;       ///< bytes before the code, which have no address

/// Bytes, then, if there is a reference, a field that reaches a place in a unit.
struct Item {
  Bytes bytes;
  Field field;
  std::uint32_t opcode = 0;
  std::uint32_t unit = 0;
  std::uint32_t into = 0;  ///< bytes from the begin of that unit
};
struct Unit {
  std::uint32_t name = 0;
  std::vector<Item> items;
};
using Layout = std::vector<Unit>;

std::size_t field_length(Reference reference) {
  switch (reference) {
    case Reference::kNone:
      return 0;
    case Reference::kPointer64:
      return 8;
    case Reference::kThumbShortLiteral:
    case Reference::kThumbShortJump:
    case Reference::kThumbShortBranch:
      return 2;
    default:
      return 4;
  }
}
std::size_t length_of(const Item& item) { return item.bytes.size() + field_length(item.field.reference); }
std::size_t length_of(const Unit& unit) {
  std::size_t length = 0;
  for (const Item& item : unit.items) length += length_of(item);
  return length;
}

/// Draws the items of one unit.
class UnitWriter {
 public:
  UnitWriter(Machine machine, std::mt19937& random) : machine_(machine), random_(random) {}

  Unit code(std::uint32_t name) {
    Unit unit{name, {}};
    for (std::uint32_t left = 8 + below(8); left > 0; --left) add_code(unit);
    // Units begin at multiples of four, so that words and pools keep their phase.
    const bool aligned = machine_ != Machine::kX8664 && machine_ != Machine::kX86;
    while (aligned && length_of(unit) % 4 != 0) unit.items.push_back(plain({0x00, 0xBF}));
    return unit;
  }
  Unit table(std::uint32_t name, Reference reference) {
    Unit unit{name, {}};
    for (std::uint32_t i = 0; i < 24; ++i) {
      if (i % 8 == 7) {
        unit.items.push_back(plain(noise(reference == Reference::kPointer64 ? 8 : 4, random_())));
      } else {
        // Distances in 31 bits stand among those in 32.
        const bool shorter = reference == Reference::kRelative32 && machine_ >= Machine::kA32 && i % 3 == 0;
        unit.items.push_back(refers(shorter ? Reference::kRelative31 : reference, 0));
      }
    }
    return unit;
  }

 private:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  static Item plain(Bytes bytes) { return {std::move(bytes), {}, 0, 0, 0}; }
  Item refers(Reference reference, std::uint32_t opcode, Bytes bytes = {}) {
    const bool to_data = reference == Reference::kA64Page || reference == Reference::kX64Operand ||
                         reference == Reference::kX86Operand;
    const std::uint32_t unit = to_data ? kCode + below(kTables) : below(kCode);
    return {std::move(bytes), {reference, 0, 0}, opcode, unit, 4 * below(to_data ? 40 : 5)};
  }

  void add_code(Unit& unit) {
    if (machine_ == Machine::kAArch64) return add_a64(unit);
    if (machine_ == Machine::kThumb) return add_thumb(unit);
    if (machine_ == Machine::kThumbRelative) return add_thumb_relative(unit);
    if (machine_ == Machine::kA32 || machine_ == Machine::kA32Relative) return add_a32(unit);
    if (machine_ == Machine::kX86) return add_x86(unit);
    switch (below(6)) {
      case 0:
        return unit.items.push_back(refers(Reference::kX64Call, 0, {0xE8}));
      case 1:
        return unit.items.push_back(refers(Reference::kX64Jump, 0, {0xE9}));
      case 2:
        return unit.items.push_back(refers(Reference::kX64Branch, 0, {0x0F, 0x84}));
      case 3:
        return unit.items.push_back(refers(Reference::kX64Operand, 0, {0x48, 0x8B, 0x0D}));
      default: {
        const std::uint32_t seed = below(8);
        return unit.items.push_back(plain(noise(1 + below(6), seed)));
      }
    }
  }

  void add_a64(Unit& unit) {
    switch (below(14)) {
      case 0:
      case 1:
        return unit.items.push_back(refers(Reference::kA64Call, 0x94000000));
      case 2:
        return unit.items.push_back(refers(Reference::kA64Jump, 0x14000000));
      case 3:
        return unit.items.push_back(refers(Reference::kA64Branch, 0x54000001));
      case 4:
        return unit.items.push_back(refers(Reference::kA64Test, 0x36180003));
      case 5:
        return unit.items.push_back(refers(Reference::kA64Literal, 0x58000004));
      case 6:
        return unit.items.push_back(refers(Reference::kA64Near, 0x10000005));
      case 7:
      case 8:
      case 9:
        return add_page_pair(unit);
      default:
        return unit.items.push_back(plain({0xE0, 0x03, static_cast<std::uint8_t>(below(5)), 0xAA}));
    }
  }
  /// An ADRP, perhaps something between, and an ADD, a LDR or a 128-bit LDR of the same register.
  void add_page_pair(Unit& unit) {
    const std::uint32_t number = 6 + below(3);
    Item page = refers(Reference::kA64Page, 0x90000000 | number);
    page.into &= ~15u;
    Item user = page;
    user.field.reference = Reference::kA64PageAdd;
    user.opcode = 0x91000000 | number << 5 | number;
    const std::uint32_t kind = below(3);
    if (kind > 0) user.field = {Reference::kA64PageLoad, static_cast<std::uint8_t>(kind == 1 ? 3 : 4), 0};
    if (kind == 1) user.opcode = 0xF9400000 | number << 5 | 1;
    if (kind == 2) user.opcode = 0x3DC00000 | number << 5 | 1;
    unit.items.push_back(std::move(page));
    if (below(2) == 0) unit.items.push_back(plain({0x1F, 0x20, 0x03, 0xD5}));
    unit.items.push_back(std::move(user));
  }

  void add_thumb(Unit& unit) {
    switch (below(5)) {
      case 0:
        return unit.items.push_back(refers(Reference::kThumbCall, 0xD000F000));
      case 1:
        return unit.items.push_back(refers(Reference::kThumbCall, 0x9000F000));
      case 2:
        if (length_of(unit) % 4 != 0) unit.items.push_back(plain({0x00, 0xBF}));
        return unit.items.push_back(refers(Reference::kPointer32, 0));
      default:
        return unit.items.push_back(plain({static_cast<std::uint8_t>(below(9)), 0x46}));
    }
  }

  void add_thumb_relative(Unit& unit) {
    switch (below(12)) {
      case 0:
        return unit.items.push_back(refers(Reference::kThumbCall, 0xD000F000));
      case 1:
        return unit.items.push_back(refers(Reference::kThumbExchange, 0xC000F000));
      case 2:
        return unit.items.push_back(refers(Reference::kThumbBranch, 0x8000F040));
      case 3:
        return unit.items.push_back(refers(Reference::kThumbLiteral, 0x1000F8DF));
      case 4:
        return unit.items.push_back(refers(Reference::kThumbShortLiteral, 0x4900));
      case 5:
        return unit.items.push_back(refers(Reference::kThumbShortJump, 0xE000));
      case 6:
        return unit.items.push_back(refers(Reference::kThumbShortBranch, 0xD100));
      case 7:
        if (length_of(unit) % 4 != 0) unit.items.push_back(plain({0x00, 0xBF}));
        return unit.items.push_back(distance());
      default:
        return unit.items.push_back(plain({static_cast<std::uint8_t>(below(9)), 0x46}));
    }
  }

  void add_a32(Unit& unit) {
    switch (below(6)) {
      case 0:
        return unit.items.push_back(refers(Reference::kA32Call, 0xEB000000));
      case 1:
        return unit.items.push_back(refers(Reference::kA32Jump, 0x1A000000));
      case 2:
        return unit.items.push_back(refers(Reference::kA32Literal, 0xE59F1000));
      case 3:
        return unit.items.push_back(machine_ == Machine::kA32 ? refers(Reference::kPointer32, 0)
                                                              : distance());
      default:
        return unit.items.push_back(plain({static_cast<std::uint8_t>(below(5)), 0x20, 0xA0, 0xE1}));
    }
  }

  void add_x86(Unit& unit) {
    switch (below(8)) {
      case 0:
        return unit.items.push_back(refers(Reference::kX64Call, 0, {0xE8}));
      case 1:
        return unit.items.push_back(refers(Reference::kX86Operand, 0, {0x8D, 0x83}));
      case 2:
        return unit.items.push_back(refers(Reference::kX86Operand, 0, {0x8B, 0x84, 0xB3}));
      case 3:
        return unit.items.push_back(refers(Reference::kPointer32, 0, {0x90, 0xB8}));
      case 4:
        return unit.items.push_back(refers(Reference::kPointer32, 0, {0x8B, 0x0D}));
      case 5:
        return unit.items.push_back(refers(Reference::kRelative32, 0, {0x81, 0xC3}));
      default: {
        const std::uint32_t seed = below(8);
        return unit.items.push_back(plain(noise(1 + below(6), seed)));
      }
    }
  }

  /// In a literal pool: so far that it counts as one.
  Item distance() {
    Item item = refers(Reference::kRelative32, 0);
    item.unit = kCode + below(kTables);
    return item;
  }

  Machine machine_;
  std::mt19937& random_;
};

/// Where units stand in an image.
struct Places {
  std::vector<std::uint64_t> offsets = std::vector<std::uint64_t>(kUnits + 2);  ///< by name
  std::uint64_t data = 0;                                                       ///< where tables begin
  std::uint64_t end = 0;

  [[nodiscard]] std::uint64_t address(std::uint64_t offset) const {
    return offset < data ? kCodeAddress + offset - kHeader : kDataAddress + offset - data;
  }
};

bool is_table(const Unit& unit) { return unit.name >= kCode && unit.name < kUnits; }

Places places_of(const Layout& layout) {
  Places places;
  std::uint64_t at = kHeader;
  for (const Unit& unit : layout) {
    if (is_table(unit) && places.data == 0) places.data = at = (at + 15) / 16 * 16;
    places.offsets[unit.name] = at;
    at += length_of(unit);
  }
  places.end = at;
  return places;
}

Bytes assembled(const Layout& layout, const Places& places) {
  Bytes image = noise(kHeader, 77);
  for (const Unit& unit : layout) {
    image.resize(static_cast<std::size_t>(places.offsets[unit.name]));
    for (const Item& item : unit.items) {
      image = image + item.bytes;
      const std::size_t field = length_of(item) - item.bytes.size();
      if (field == 0) continue;
      Field written = item.field;
      written.origin = kCodeAddress;
      const std::uint64_t target = places.address(places.offsets[item.unit]) + item.into;
      const std::uint64_t value = with_target(written, item.opcode, target, places.address(image.size()));
      for (std::size_t i = 0; i < field; ++i) image.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
  }
  return image;
}

bool is_wide(Machine machine) { return machine == Machine::kAArch64 || machine == Machine::kX8664; }

/// The kinds of the two tables: 64-bit and relative, or 32-bit and offsets.
std::array<Reference, kTables> table_references(Machine machine) {
  if (machine == Machine::kThumb) return {Reference::kPointer32, Reference::kOffset32, Reference::kPointer32};
  if (!is_wide(machine)) return {Reference::kPointer32, Reference::kRelative32, Reference::kPointer32};
  return {Reference::kPointer64, Reference::kRelative32, Reference::kPointer64};
}

Layout first_layout(Machine machine, std::mt19937& random) {
  UnitWriter writer(machine, random);
  Layout layout;
  for (std::uint32_t name = 0; name < kCode; ++name) layout.push_back(writer.code(name));
  const auto references = table_references(machine);
  for (std::uint32_t i = 0; i < kTables; ++i) layout.push_back(writer.table(kCode + i, references[i]));
  return layout;
}

/// Two units new, three moved, and of the others every ninth item changed.
Layout second_layout(Layout layout, Machine machine, std::mt19937& random) {
  std::uint32_t count = 0;
  for (Unit& unit : layout) {
    for (Item& item : unit.items) {
      if (++count % 9 != 0) continue;
      if (count % 2 == 0) {
        item.into += 16;
      } else if (item.field.reference == Reference::kNone) {
        item.bytes[0] ^= 0x21;
      } else {
        item.opcode ^= 1;
      }
    }
  }
  std::rotate(layout.begin() + 20, layout.begin() + 21, layout.begin() + 24);
  UnitWriter writer(machine, random);
  layout.insert(layout.begin() + 5, writer.code(kUnits));
  layout.insert(layout.begin() + 15, writer.code(kUnits + 1));
  return layout;
}

std::vector<Copy> copies_between(const Layout& result, const Places& from, const Places& to) {
  std::vector<Copy> copies;
  for (const Unit& unit : result) {
    if (unit.name >= kUnits) continue;
    const Copy copy{to.offsets[unit.name], from.offsets[unit.name], length_of(unit), false};
    Copy* last = copies.empty() ? nullptr : &copies.back();
    if (last && last->result_end() == copy.result_offset &&
        last->base_offset + last->length == copy.base_offset) {
      last->length = last->length + copy.length;
    } else {
      copies.push_back(copy);
    }
  }
  return copies;
}

Space space_of(const Places& places) {
  Space space;
  space.begin = 8;
  space.end = places.end;
  space.low = kCodeAddress;
  space.high = places.address(places.end - 1) + kZeroed;
  space.addresses = {{kHeader, places.data - kHeader, kCodeAddress},
                     {places.data, places.end - places.data, kDataAddress}};
  return space;
}

Typing typing_of(Machine machine, const Places& base, const Places& result) {
  Space space = space_of(base);
  constexpr std::array kCodeKinds{Kind::kA64,         Kind::kX64,           Kind::kThumb, Kind::kA32,
                                  Kind::kA32Relative, Kind::kThumbRelative, Kind::kX86};
  const Kind code = kCodeKinds[static_cast<std::size_t>(machine)];
  const bool offsets = machine == Machine::kThumb;
  const std::uint64_t distances = base.offsets[kCode + 1];
  const std::uint64_t last = base.offsets[kCode + 2];
  const Kind pointers = is_wide(machine) ? Kind::kPointer64 : Kind::kPointer32;
  space.types = {{8, kHeader - 8, Kind::kRaw, 0},
                 {kHeader, base.data - kHeader, code, has_origin(code) ? kCodeAddress : 0},
                 {base.data, distances - base.data, pointers, 0},
                 {distances, last - distances, offsets ? Kind::kOffset32 : Kind::kRelative32,
                  offsets ? kCodeAddress : 0},
                 {last, base.end - last, pointers, 0}};
  return {{space}, {space_of(result)}};
}

}  // namespace

ProgramPair program_pair(Machine machine, std::uint32_t seed) {
  std::mt19937 random(seed);
  const Layout first = first_layout(machine, random);
  const Layout second = second_layout(first, machine, random);
  const Places from = places_of(first);
  const Places to = places_of(second);
  return {assembled(first, from), assembled(second, to), typing_of(machine, from, to),
          copies_between(second, from, to)};
}

}  // namespace skiff::testing

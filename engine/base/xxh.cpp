#include "base/xxh.hpp"

#include <xxhash.h>

namespace skiff {

struct Xxh3::State {
  XXH3_state_t state;
};

std::uint64_t xxh3(ByteView bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

Xxh3::Xxh3() : state_(std::make_unique<State>()) { reset(); }
Xxh3::~Xxh3() = default;
Xxh3::Xxh3(Xxh3&&) noexcept = default;
Xxh3& Xxh3::operator=(Xxh3&&) noexcept = default;
void Xxh3::reset() { XXH3_64bits_reset(&state_->state); }
void Xxh3::update(ByteView bytes) { XXH3_64bits_update(&state_->state, bytes.data(), bytes.size()); }
std::uint64_t Xxh3::digest() const { return XXH3_64bits_digest(&state_->state); }

}  // namespace skiff

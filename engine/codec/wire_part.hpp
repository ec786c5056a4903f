// WirePart: what the coded bits of a data segment of codec 1 say, for a coder that meters them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace skiff {

enum class WirePart : std::uint8_t {
  kHits,      ///< whether a token is as predicted
  kOthers,    ///< whether it is another candidate, or keeps its opcode
  kFields,    ///< by how much the field of a reference is off
  kBytes,     ///< tokens that nothing foretold
  kLiterals,  ///< modelled bytes that no copy covers
  kPlain,     ///< those that look like noise
};
inline constexpr std::size_t kWireParts = 6;

/// What is coded next is of `part`. Costs nothing where the coder does not ask for it.
template <class Coder>
void announce([[maybe_unused]] Coder& coder, [[maybe_unused]] WirePart part) {
  if constexpr (requires { coder.announce(part); }) coder.announce(part);
}

}  // namespace skiff

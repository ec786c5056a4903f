// Chunks: parts of both residues that are matched against each other, small enough for the encoder's memory.
#pragma once

#include <cstdint>
#include <vector>

#include "match/residue.hpp"

namespace skiff::match {

struct Chunk {
  Ranges base;
  Ranges result;
};

/// One chunk with everything if its indexes fit into `max_memory`; otherwise stretches of the result's ranges
/// in order, each with as many bytes of the base's ranges around the same place in the image as the result's
/// has. Every chunk's bytes together are below 2^31.
std::vector<Chunk> plan_chunks(const Ranges& base, const Ranges& result, std::uint64_t max_memory);

}  // namespace skiff::match

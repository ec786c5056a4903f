#include "unpack/block_system.hpp"

#include <algorithm>
#include <tuple>

#include "unpack/erofs.hpp"
#include "unpack/squashfs.hpp"

namespace skiff::unpack {

std::optional<BlockSystem> read_block_system(const Source& image) {
  auto system = read_squashfs(image);
  return system ? std::move(system) : read_erofs(image);
}

void sort_blocks(std::vector<PackedBlock>& blocks) {
  std::sort(blocks.begin(), blocks.end(), [](const PackedBlock& a, const PackedBlock& b) {
    return std::tuple(a.offset, a.length, a.place) < std::tuple(b.offset, b.length, b.place);
  });
  std::vector<PackedBlock> apart;
  for (const PackedBlock& block : blocks) {
    if (apart.empty() || block.offset - apart.back().offset >= apart.back().length) apart.push_back(block);
  }
  blocks = std::move(apart);
}

}  // namespace skiff::unpack

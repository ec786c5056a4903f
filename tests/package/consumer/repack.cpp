// repack_cpp BASE DELTA RESULT: as apply_cpp, and with one re-packer, so that it takes deltas of packed
// images.
#include "apply_files.hpp"

int main(int argc, char** argv) {
  return apply_files(argc, argv,
                     {.max_memory = std::uint64_t{32} << 20, .repackers = {&skiff::deflate_repacker()}});
}

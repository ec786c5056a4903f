// Streams in streams: archives and file systems made by Debian's tools, whole deltas between them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "diff/open_images.hpp"
#include "skiff/applier.hpp"
#include "skiff/diff.hpp"
#include "skiff/repackers.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "unpack/recipe.hpp"

namespace skiff::testing {
namespace {

struct Container {
  const char* name;
  std::size_t levels;   ///< that are to be opened at least
  std::string command;  ///< makes `image` of the files `a`, `b` and `c` in the current folder
};

void PrintTo(const Container& container, std::ostream* out) { *out << container.name; }

/// Two programs and a text, of which `version` changes a little.
std::vector<std::pair<std::string, Bytes>> files_of(std::size_t version) {
  return {{"a", speckled(part_of_this_program(0, 300'000), 60'000 + version)},
          {"b", prose(60'000, 4)},
          {"c", speckled(part_of_this_program(400'000, 200'000), 50'000 + version)}};
}

Bytes made_by(const std::string& command, std::size_t version) {
  std::string folder = ::testing::TempDir() + "nested-XXXXXX";
  EXPECT_NE(::mkdtemp(folder.data()), nullptr);
  for (const auto& [name, content] : files_of(version)) {
    EXPECT_TRUE(write_file(folder + "/" + name, content));
    std::filesystem::last_write_time(folder + "/" + name, {});
  }
  const std::string script = "cd " + folder + " && { " + command + "; } >/dev/null 2>&1";
  EXPECT_EQ(std::system(script.c_str()), 0) << command;
  Bytes image = read_file(folder + "/image", std::uint64_t{1} << 30).value();
  std::filesystem::remove_all(folder);
  return image;
}

class Nested : public ::testing::TestWithParam<Container> {};

TEST_P(Nested, ImageIsOpenedToTheStatedDepth) {
  const Bytes base = made_by(GetParam().command, 0);
  const Bytes result = made_by(GetParam().command, 1);
  BytesSink closed;
  BytesSink opened;
  const DiffOptions options{.codec = Codec::kZstd};
  DiffOptions opening = options;
  opening.repackers = all_repackers();
  ASSERT_TRUE(build_delta(ViewSource(base), ViewSource(result), closed, options, make_sha256));
  ASSERT_TRUE(build_delta(ViewSource(base), ViewSource(result), opened, opening, make_sha256));
  // lz4 leaves what did not change as it was: there a closed delta may be as short.
  const bool lz4 = GetParam().command.find("lz4") != std::string::npos;
  EXPECT_LE(opened.bytes().size(), closed.bytes().size() / (lz4 ? 1 : 10)) << closed.bytes().size();
  BytesSink again;
  const auto info =
      apply_delta(ViewSource(base), ViewSource(opened.bytes()), again,
                  {.max_memory = std::uint64_t{1} << 30, .repackers = all_repackers()}, make_sha256);
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(again.bytes(), result);
  const ViewSource old_image(base);
  const ViewSource new_image(result);
  const auto pair = open_images({old_image, new_image}, opening);
  ASSERT_TRUE(pair && *pair);
  const auto recipe = unpack::read_recipe((*pair)->opening.recipe, (*pair)->opening.features);
  EXPECT_GE(recipe.value().size(), GetParam().levels);
}

/// Packs the files, leaves how long that is in `size`, and can write a number of four bytes.
std::string payload(const std::string& packer) {
  return R"sh(le32() { printf "$(printf '\\%03o\\%03o\\%03o\\000' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)))"; };)sh"
         " cat a b c > raw; " +
         packer + " < raw > packed; size=$(stat -c %s packed); ";
}

/// An EFI program that unpacks a kernel (Linux, drivers/firmware/efi/libstub/zboot-header.S).
std::string zboot(const std::string& name, const std::string& packer) {
  return payload(packer) + R"((printf 'MZ\000\000zimg'; le32 4096; le32 $size; le32 0; le32 0; printf )" +
         name + "; head -c 4064 /dev/zero; cat packed; le32 $(stat -c %s raw)) > image";
}

/// Behind the setup code and before what follows the payload (Linux, Documentation/arch/x86/boot.rst).
std::string bz_image(const std::string& packer) {
  return payload(packer) +
         "(head -c 514 /dev/zero; printf HdrS; head -c 66 /dev/zero; le32 1000; le32 $size; "
         "head -c 1000 b; cat packed; le32 $(stat -c %s raw); tail -c 900 b) > image";
}

/// As mkinitramfs packs it, behind an archive of microcode.
std::string initramfs(const std::string& packer) {
  return "touch -d @1 *; (echo b | cpio -o -H newc --reproducible; "
         "(echo a; echo c) | cpio -o -H newc --reproducible | " +
         packer + ") > image";
}

/// A PNG file with the files as its picture, in chunks as libpng cuts them.
std::string png(int level) {
  return R"py(/usr/bin/python3 -c '
import struct, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
packed = zlib.compress(b"".join(open(name, "rb").read() for name in "abc"), )py" +
         std::to_string(level) + R"py()
picture = b"".join(chunk(b"IDAT", packed[at : at + 8192]) for at in range(0, len(packed), 8192))
head = chunk(b"IHDR", struct.pack(">IIBBBBB", 999, 560, 8, 0, 0, 0, 0))
open("image", "wb").write(b"\x89PNG\r\n\x1a\n" + head + picture + chunk(b"IEND", b""))
')py";
}

const Container kContainers[] = {
    {"pngOfManyChunks", 2, png(9)},
    {"pngInTarInGz", 3, png(6) + "; tar --mtime=@0 -cf t image; gzip -9n < t > image"},
    {"tarballInXz", 1, "tar --mtime=@0 -cf - a b c | xz -T1 -6 > image"},
    {"gzInTarInXz", 2, "gzip -9n a b; tar --mtime=@0 -cf - a.gz b.gz c | xz -T1 -6 > image"},
    {"debPackage", 2,
     "gzip -9n a b; tar --mtime=@0 -cf - a.gz b.gz c | xz -T1 -6 > data.tar.xz; "
     "echo 2.0 > debian-binary; ar rcD image debian-binary data.tar.xz"},
    {"zipInGzInXz", 3, "zip -X z.zip a b c; gzip -9n z.zip; xz -T1 < z.zip.gz > image"},
    {"modulesInExt4", 1,
     "xz --check=crc32 --lzma2=dict=1MiB a c; zstd -q --rm b; mkdir r; mv a.xz b.zst c.xz r; touch -d @1 r "
     "r/*; "
     "E2FSPROGS_FAKE_TIME=1 /sbin/mke2fs -q -F -t ext4 -b 4096 -U clear "
     "-E hash_seed=11111111-2222-3333-4444-555555555555 -d r image 32M"},
    {"modulesByXzWithThreads", 1, "xz -T2 --check=crc32 --lzma2=dict=64KiB a c; cat a.xz b c.xz > image"},
    {"lz4Frames", 1, "lz4 -q -9 a a.lz4; lz4 -q -1 c c.lz4; cat a.lz4 b c.lz4 > image"},
    {"lz4FramesOfSmallBlocks", 1, "cat a b c | lz4 -q -12 -B4 -BX > image"},
    {"arm64ImageGz", 1, "cat a b c | gzip -n -9 > image"},
    {"arm64ZbootGzip", 1, zboot("gzip", "gzip -n -9")},
    {"arm64ZbootXz", 1, zboot("xzkern", "xz --check=crc32 --lzma2=dict=32MiB")},
    {"arm64ZbootZstd", 1, zboot("zstd22", "zstd -q -22 --ultra")},
    {"arm64ZbootLz4", 1, zboot("lz4", "lz4 -q -l -9 - -")},
    {"bzImageGzip", 1, bz_image("gzip -n -9")},
    {"bzImageXz", 1, bz_image("xz --check=crc32 --x86 --lzma2=dict=32MiB")},
    {"bzImageZstd", 1, bz_image("zstd -q -22 --ultra")},
    {"bzImageLz4", 1, bz_image("lz4 -q -l -9 - -")},
    {"initramfsOfGzip", 1, initramfs("gzip -n")},
    {"initramfsOfXz", 1, initramfs("xz --check=crc32")},
    {"initramfsOfZstd", 1, initramfs("zstd -q -1 -T0")},
    {"initramfsOfLz4", 1, initramfs("lz4 -q -9 -l")},
    {"initramfs", 2,
     "xz --check=crc32 --lzma2=dict=1MiB a c; touch -d @1 *; "
     "(echo b | cpio -o -H newc --reproducible; ls *.xz | cpio -o -H newc --reproducible | zstd -9) > image"},
    {"initramfsInSquashfs", 2,
     "gzip -9n a c; mkdir r; ls *.gz | cpio -o -H newc --reproducible | xz -T1 --check=crc32 > r/initrd; cp "
     "b r; "
     "/usr/bin/mksquashfs r image -quiet -no-progress -all-time 0 -mkfs-time 0"},
};

INSTANTIATE_TEST_SUITE_P(Of, Nested, ::testing::ValuesIn(kContainers),
                         [](const auto& made) { return std::string(made.param.name); });

}  // namespace
}  // namespace skiff::testing

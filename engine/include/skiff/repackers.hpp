// Repackers: what opens compressed streams and packs them again, handed to an Applier by whoever embeds it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "skiff/delta_info.hpp"

namespace skiff {

namespace unpack {
struct Method;
}  // namespace unpack

/// One compression library, behind the two things that a device does with it. Stateless: any number of
/// threads may use one. Those below are each in an object file of their own, so that a program links the
/// libraries of those it names and no others.
class Repacker {
 public:
  virtual ~Repacker() = default;
  /// As check-ins and plans name it.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Bits of Opening::features that it has.
  [[nodiscard]] virtual std::uint64_t features() const = 0;
  /// Of the library, as a number of its own: the same version makes the same bytes.
  [[nodiscard]] virtual std::uint64_t version() const = 0;
  /// Decodes a stream that fills `packed` to exactly `opened.size()` bytes; the method's parameters matter to
  /// predicted streams alone. Errors: kMismatch if it does not (the base is not the one that was opened),
  /// kLimit (memory is short).
  virtual Result<void> open(const unpack::Method& method, ByteView packed, MutableBytes opened) const = 0;
  /// Writes the stream that the method makes of `opened`, in pieces. Ends at the sink's first error and
  /// returns it. Errors: the sink's, kLimit (memory is short).
  virtual Result<void> pack(const unpack::Method& method, ByteView opened, Sink& packed) const = 0;
};

using Repackers = std::vector<const Repacker*>;

const Repacker& deflate_repacker();     ///< what zlib makes, and zlib to open it: squashfs gzip, gzip members
const Repacker& lz4_repacker();         ///< liblz4: erofs, squashfs lz4, kernels
const Repacker* lzo_repacker();         ///< liblzo2: squashfs lzo; null in builds without SKIFF_LZO
const Repacker& micro_lzma_repacker();  ///< liblzma: erofs lzma
const Repacker& png_repacker();         ///< no library's: pictures in several chunks, around zlib streams
const Repacker& prediction_repacker();  ///< no library's: deflate streams of any encoder
const Repacker& xz_repacker();          ///< liblzma: squashfs xz, kernels
const Repacker& zstd_repacker();        ///< libzstd: squashfs zstd
/// All of them.
Repackers all_repackers();

/// Names of re-packers and the versions of their libraries; in what a delta needs, 0 is any version.
using RepackerVersions = std::map<std::string, std::uint64_t>;
RepackerVersions versions_of(const Repackers& repackers);
/// What a device must have to apply a delta; empty if the delta opens nothing. Errors: kFormat (F28 to F31).
Result<RepackerVersions> needed_repackers(const DeltaInfo& info);
/// Whether `has` is enough for what `needs` says.
bool covers(const RepackerVersions& has, const RepackerVersions& needs);

}  // namespace skiff

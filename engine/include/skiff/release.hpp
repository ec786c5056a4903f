// Releases and deltas as signed targets, and the one decision whether a device may install.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "skiff/delta_info.hpp"
#include "skiff/tuf.hpp"

namespace skiff {

/// What an offline `releases` signature says: target custom data, key "skiff", v 1.
struct Release {
  std::string target;                 ///< "releases/<name>"
  std::vector<std::string> hardware;  ///< ids it may be installed on
  std::string version;                ///< for people
  std::uint64_t release_counter = 0;  ///< for machines: never goes down on a device
  ImageId image;                      ///< the raw image
  std::int64_t issued = 0;            ///< seconds since 1970 UTC
};

/// Where the base of a delta can be read block by block, by a device whose own copy of it has changed.
struct StoredBase {
  std::string image;  ///< the target that is the image: "releases/<name>"
  Sha256 root;        ///< of its block tree, see block_tree.hpp
  Sha256 tree;        ///< of the file that holds the tree
  bool operator==(const StoredBase&) const = default;

  /// Where the repository serves both, below the targets URL; `base` is the image.
  [[nodiscard]] std::string image_wire_path(const ImageId& base) const;
  [[nodiscard]] std::string tree_wire_path() const;
};

/// What the online `deltas` signature says of one delta. A delta from an empty base (length 0) is the full
/// image: one way of installing serves both.
struct DeltaOffer {
  std::string target;        ///< "deltas/<base sha256, 16 digits>-<result sha256, 16 digits>.skd"
  std::uint64_t length = 0;  ///< bytes of the delta file
  Sha256 sha256;             ///< of the delta file
  ImageId base;
  ImageId result;
  Sha256 frames_root;
  std::uint64_t frames = 0;
  std::uint32_t format = 0;               ///< of the delta, see kFormatVersion
  std::uint64_t decoder_memory = 0;       ///< bytes that applying takes in all
  std::string min_agent;                  ///< semantic version, or empty
  std::optional<StoredBase> stored_base;  ///< nothing where the repository does not have the base
  std::string wire_path;                  ///< where the repository serves it, below the targets URL
  [[nodiscard]] bool is_full_image() const { return base.length == 0; }
};

/// The custom data of targets as these types; an absent or odd field is kFormat and is named.
Result<Release> read_release(const tuf::Target& target);
Result<DeltaOffer> read_delta_offer(const tuf::Target& target);

/// What a device knows of itself when it asks.
struct DeviceFacts {
  std::string hardware;
  ImageId running;                   ///< the image in the active slot
  std::uint64_t counter_floor = 0;   ///< highest release counter ever committed
  std::uint64_t decoder_memory = 0;  ///< bytes it can give a decoder
  std::string agent;                 ///< semantic version of the agent
};

/// The release alone, without a way to it: it is vouched for by the role `releases`, is for this hardware and
/// not below the floor (the other facts do not matter). Otherwise as authorise_installation().
Result<Release> authorise_release(tuf::Client& client, std::string_view release_target,
                                  const DeviceFacts& device);

struct Installation {
  Release release;
  DeltaOffer delta;
};

/// The only way to a permission to install, whatever the transport: the release is vouched for by the role
/// `releases`, is for this hardware and not below the floor; the delta by the role `deltas`, starts from the
/// running image or from nothing, ends in exactly the release's image, and can be decoded here. Otherwise
/// kSignature, kMismatch, kRollback, kLimit, kUnsupported or kNotFound, naming the field.
Result<Installation> authorise_installation(tuf::Client& client, std::string_view release_target,
                                            std::string_view delta_target, const DeviceFacts& device);

}  // namespace skiff

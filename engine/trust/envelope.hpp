// Envelope: what all TUF metadata files are, a signed part and signatures over its canonical form
// (specification 4.2).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "skiff/json.hpp"
#include "skiff/trust.hpp"

namespace skiff::tuf {

/// The public keys of a role by the ids that metadata calls them, and how many of them must have signed.
struct KeyRing {
  std::vector<std::pair<std::string, PublicKey>> keys;
  std::uint64_t threshold = 1;
  bool operator==(const KeyRing&) const = default;
};

struct Signature {
  std::string key_id;
  std::string hex;  ///< not checked: one that is no hexadecimal holds for no key
};

struct Envelope {
  Json signed_part;
  std::string canonical;  ///< of the signed part
  std::vector<Signature> signatures;

  /// Refuses what is not of this form, and a key id that signs twice.
  static Result<Envelope> parse(ByteView untrusted_text);
  /// kSignature unless at least the ring's threshold of different keys have signed. A key counts once,
  /// whatever the ids it is called by; signatures by other keys and wrong ones count nothing.
  [[nodiscard]] Result<void> verify(const KeyRing& ring, std::string_view role) const;
};

/// The text of a metadata file with these signatures.
std::string envelope_text(const Json& signed_part, const std::vector<Signature>& signatures);

}  // namespace skiff::tuf

// Token keys: private keys that stay in a PKCS#11 token (a smart card, an HSM, SoftHSM) and sign there.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "skiff/trust.hpp"

namespace skiff {

/// A key is named by a PKCS#11 URI (RFC 7512), for example
///   pkcs11:token=release;object=root-1?pin-source=/dev/fd/3&module-path=/usr/lib/softhsm/libsofthsm2.so
/// Path attributes: token, manufacturer, model, serial, slot-id choose the token; object and id the key. The
/// PIN is the first line of `pin-source`, a path with or without "file:"; a `pin-value` is refused, because
/// others can read arguments. Without `module-path` it is p11-kit's module, which leads to all that the
/// system knows. Errors: kUsage, an odd URI, or one that fits more than one token or key; kNotFound, no such
/// token or key; kSignature, a wrong PIN; kUnsupported, a module that cannot be loaded or does not know the
/// key's type.
bool is_token_uri(std::string_view reference);

/// The key; it keeps a session of its own until it goes. One thread at a time may sign with it.
Result<std::unique_ptr<Signer>> open_token_key(std::string_view uri);

/// Makes a key in the token: it cannot be read out and may only sign. The URI must name it by `object`; an
/// `id` is chosen by chance unless the URI has one. Refuses (kUsage) to make a second one of that name.
Result<std::unique_ptr<Signer>> generate_token_key(std::string_view uri, KeyType type);

struct TokenKey {
  std::string uri;  ///< with token, object and id, and the query of the URI that was asked with
  PublicKey key;
};
/// The private keys that fit the URI, in the order of their URIs; those of types that Skiff does not use are
/// left out.
Result<std::vector<TokenKey>> list_token_keys(std::string_view uri);

}  // namespace skiff

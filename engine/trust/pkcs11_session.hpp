// Pkcs11Session: one session with a PKCS#11 token (OASIS PKCS#11 2.40 and 3.0), as Result instead of CK_RV.
#pragma once

#include <p11-kit/pkcs11.h>

#include <string>
#include <vector>

#include "trust/pkcs11_uri.hpp"

namespace skiff {

enum class SessionUse : std::uint8_t { kSign, kGenerate };

/// An attribute's value to search by or to make an object with.
CK_ATTRIBUTE attribute_of(CK_ATTRIBUTE_TYPE type, const void* value, std::size_t length);

/// Closed when it goes. The module stays loaded and initialised until the process ends: it is the process's,
/// others may be using it. One thread at a time.
class Pkcs11Session {
 public:
  /// Loads the module, finds the one token that fits, and logs in where the URI has a pin-source.
  static Result<Pkcs11Session> open(const Pkcs11Uri& uri, SessionUse use);
  ~Pkcs11Session();
  Pkcs11Session(Pkcs11Session&& other) noexcept;
  Pkcs11Session& operator=(Pkcs11Session&&) = delete;

  /// The objects that have all these attributes, at most 1,000 of them.
  [[nodiscard]] Result<std::vector<CK_OBJECT_HANDLE>> find(std::vector<CK_ATTRIBUTE> wanted) const;
  /// kNotFound where the object has no such attribute or keeps it to itself.
  [[nodiscard]] Result<Bytes> attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const;
  [[nodiscard]] Result<CK_ULONG> number(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const;
  Result<void> generate_pair(CK_MECHANISM mechanism, std::vector<CK_ATTRIBUTE> public_part,
                             std::vector<CK_ATTRIBUTE> private_part) const;
  /// One C_Sign of all the data: EdDSA knows no other way.
  [[nodiscard]] Result<Bytes> sign(CK_OBJECT_HANDLE key, CK_MECHANISM mechanism, ByteView data) const;
  [[nodiscard]] const std::string& token() const { return token_; }  ///< its label

 private:
  Pkcs11Session(CK_FUNCTION_LIST* functions, CK_SESSION_HANDLE session, std::string token)
      : functions_(functions), session_(session), token_(std::move(token)) {}
  [[nodiscard]] Result<void> log_in(const Pkcs11Uri& uri) const;

  CK_FUNCTION_LIST* functions_;
  CK_SESSION_HANDLE session_;
  std::string token_;
};

}  // namespace skiff

#include "trust/pkcs11_session.hpp"

#include <dlfcn.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "skiff/io.hpp"

namespace skiff {
namespace {

constexpr std::size_t kMaxObjects = 1000;
constexpr std::size_t kMaxAttribute = 64 << 10;
constexpr std::size_t kMaxSignature = 1024;  // RSA of 8192 bits
constexpr std::uint64_t kMaxPinFile = 4096;

ErrorKind kind_of(CK_RV code) {
  switch (code) {
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
    case CKR_PIN_LOCKED:
    case CKR_PIN_EXPIRED:
    case CKR_USER_NOT_LOGGED_IN:
    case CKR_USER_PIN_NOT_INITIALIZED:
      return ErrorKind::kSignature;
    case CKR_MECHANISM_INVALID:
    case CKR_MECHANISM_PARAM_INVALID:
    case CKR_KEY_TYPE_INCONSISTENT:
    case CKR_KEY_FUNCTION_NOT_PERMITTED:
    case CKR_FUNCTION_NOT_SUPPORTED:
      return ErrorKind::kUnsupported;
    case CKR_ATTRIBUTE_SENSITIVE:
    case CKR_ATTRIBUTE_TYPE_INVALID:
      return ErrorKind::kNotFound;
    default:
      return ErrorKind::kIo;
  }
}

Result<void> check(CK_RV code, std::string_view action) {
  if (code == CKR_OK) return {};
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (CK_RV rest = code; rest != 0; rest /= 16) hex.insert(hex.begin(), kDigits[rest % 16]);
  return fail(kind_of(code), "PKCS#11 token: " + std::string(action) + " gave 0x" + hex);
}

Result<CK_FUNCTION_LIST*> load_module(const std::filesystem::path& path) {
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);  // stays: see the class
  if (library == nullptr) {
    return fail(ErrorKind::kUnsupported, "PKCS#11 module " + path.string() + ": " + ::dlerror());
  }
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  CK_FUNCTION_LIST* functions = nullptr;
  if (get == nullptr || get(&functions) != CKR_OK || functions == nullptr) {
    return fail(ErrorKind::kUnsupported, path.string() + " is no PKCS#11 module");
  }
  CK_C_INITIALIZE_ARGS arguments = {};
  arguments.flags = CKF_OS_LOCKING_OK;
  const CK_RV code = functions->C_Initialize(&arguments);
  if (code != CKR_CRYPTOKI_ALREADY_INITIALIZED) SKIFF_TRY(check(code, "C_Initialize"));
  return functions;
}

/// A field of CK_TOKEN_INFO: padded with blanks, not ended by a zero.
template <std::size_t kLength>
std::string trimmed(const unsigned char (&field)[kLength]) {
  const std::string text(field, field + kLength);
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

bool fits(const std::optional<std::string>& wanted, const std::string& found) {
  return !wanted || *wanted == found;
}

struct Token {
  CK_SLOT_ID slot;
  std::string label;
};

Result<Token> find_token(CK_FUNCTION_LIST* functions, const Pkcs11Uri& uri) {
  CK_ULONG count = 0;
  SKIFF_TRY(check(functions->C_GetSlotList(CK_TRUE, nullptr, &count), "C_GetSlotList"));
  std::vector<CK_SLOT_ID> slots(std::min<CK_ULONG>(count, kMaxObjects));
  count = slots.size();
  SKIFF_TRY(check(functions->C_GetSlotList(CK_TRUE, slots.data(), &count), "C_GetSlotList"));
  slots.resize(count);
  std::vector<Token> found;
  for (const CK_SLOT_ID slot : slots) {
    CK_TOKEN_INFO info = {};
    if (functions->C_GetTokenInfo(slot, &info) != CKR_OK || (info.flags & CKF_TOKEN_INITIALIZED) == 0)
      continue;
    if (fits(uri.token, trimmed(info.label)) && fits(uri.manufacturer, trimmed(info.manufacturerID)) &&
        fits(uri.model, trimmed(info.model)) && fits(uri.serial, trimmed(info.serialNumber)) &&
        (!uri.slot || *uri.slot == slot)) {
      found.push_back({slot, trimmed(info.label)});
    }
  }
  if (found.size() == 1) return found.front();
  const std::string what = "PKCS#11 token " + uri.token.value_or("") + ": ";
  if (found.empty()) return fail(ErrorKind::kNotFound, what + "there is none in " + uri.module.string());
  return fail(ErrorKind::kUsage, what + std::to_string(found.size()) + " of them fit");
}

}  // namespace

CK_ATTRIBUTE attribute_of(CK_ATTRIBUTE_TYPE type, const void* value, std::size_t length) {
  return {type, const_cast<void*>(value), length};  // the interface has no const; modules only read it
}

Result<Pkcs11Session> Pkcs11Session::open(const Pkcs11Uri& uri, SessionUse use) {
  SKIFF_ASSIGN(CK_FUNCTION_LIST* const functions, load_module(uri.module));
  SKIFF_ASSIGN(Token token, find_token(functions, uri));
  CK_FLAGS flags = CKF_SERIAL_SESSION;
  if (use == SessionUse::kGenerate) flags |= CKF_RW_SESSION;
  CK_SESSION_HANDLE handle = 0;
  SKIFF_TRY(check(functions->C_OpenSession(token.slot, flags, nullptr, nullptr, &handle), "C_OpenSession"));
  Pkcs11Session session(functions, handle, std::move(token.label));
  if (!uri.pin_source.empty()) SKIFF_TRY(session.log_in(uri));
  return session;
}

Result<void> Pkcs11Session::log_in(const Pkcs11Uri& uri) const {
  SKIFF_ASSIGN(Bytes pin, read_file(uri.pin_source, kMaxPinFile));
  const auto line_end = std::ranges::find_if(pin, [](std::uint8_t c) { return c == '\n' || c == '\r'; });
  const auto length = static_cast<CK_ULONG>(line_end - pin.begin());
  if (length == 0) return fail(ErrorKind::kUsage, uri.pin_source.string() + ": no PIN on its first line");
  const CK_RV code = functions_->C_Login(session_, CKU_USER, pin.data(), length);
  OPENSSL_cleanse(pin.data(), pin.size());
  if (code == CKR_USER_ALREADY_LOGGED_IN) return {};  // by another session of this process
  return check(code, "C_Login");
}

Pkcs11Session::Pkcs11Session(Pkcs11Session&& other) noexcept
    : functions_(std::exchange(other.functions_, nullptr)),
      session_(other.session_),
      token_(std::move(other.token_)) {}

Pkcs11Session::~Pkcs11Session() {
  if (functions_ != nullptr) functions_->C_CloseSession(session_);
}

Result<std::vector<CK_OBJECT_HANDLE>> Pkcs11Session::find(std::vector<CK_ATTRIBUTE> wanted) const {
  SKIFF_TRY(
      check(functions_->C_FindObjectsInit(session_, wanted.data(), wanted.size()), "C_FindObjectsInit"));
  std::vector<CK_OBJECT_HANDLE> found(kMaxObjects);
  CK_ULONG count = 0;
  const CK_RV code = functions_->C_FindObjects(session_, found.data(), found.size(), &count);
  functions_->C_FindObjectsFinal(session_);
  SKIFF_TRY(check(code, "C_FindObjects"));
  found.resize(count);
  return found;
}

Result<Bytes> Pkcs11Session::attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
  CK_ATTRIBUTE wanted = {type, nullptr, 0};
  SKIFF_TRY(check(functions_->C_GetAttributeValue(session_, object, &wanted, 1), "C_GetAttributeValue"));
  if (wanted.ulValueLen > kMaxAttribute)
    return fail(ErrorKind::kNotFound, "PKCS#11 token: no such attribute");
  Bytes value(wanted.ulValueLen);
  wanted.pValue = value.data();
  SKIFF_TRY(check(functions_->C_GetAttributeValue(session_, object, &wanted, 1), "C_GetAttributeValue"));
  return value;
}

Result<CK_ULONG> Pkcs11Session::number(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
  CK_ULONG value = 0;
  CK_ATTRIBUTE wanted = {type, &value, sizeof value};
  SKIFF_TRY(check(functions_->C_GetAttributeValue(session_, object, &wanted, 1), "C_GetAttributeValue"));
  return value;
}

Result<void> Pkcs11Session::generate_pair(CK_MECHANISM mechanism, std::vector<CK_ATTRIBUTE> public_part,
                                          std::vector<CK_ATTRIBUTE> private_part) const {
  CK_OBJECT_HANDLE made_public = 0;
  CK_OBJECT_HANDLE made_private = 0;
  return check(
      functions_->C_GenerateKeyPair(session_, &mechanism, public_part.data(), public_part.size(),
                                    private_part.data(), private_part.size(), &made_public, &made_private),
      "C_GenerateKeyPair");
}

Result<Bytes> Pkcs11Session::sign(CK_OBJECT_HANDLE key, CK_MECHANISM mechanism, ByteView data) const {
  SKIFF_TRY(check(functions_->C_SignInit(session_, &mechanism, key), "C_SignInit"));
  Bytes input(data.begin(), data.end());  // the interface has no const
  Bytes signature(kMaxSignature);
  CK_ULONG length = signature.size();
  SKIFF_TRY(
      check(functions_->C_Sign(session_, input.data(), input.size(), signature.data(), &length), "C_Sign"));
  signature.resize(length);
  return signature;
}

}  // namespace skiff

// PublicKey, Signer and key files.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>

#include <fstream>

#include "skiff/io.hpp"
#include "skiff/trust.hpp"
#include "tests/engine/trust/model_repository.hpp"

namespace skiff {
namespace {

using testing::outcome;
using testing::TemporaryFolder;

using PrivateKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

PrivateKey p256_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }
PrivateKey rsa_key(unsigned bits) { return {EVP_RSA_gen(bits), EVP_PKEY_free}; }

std::string pem_of(const PrivateKey& key) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PUBKEY(bio.get(), key.get());
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

Bytes sign(const PrivateKey& key, ByteView message, bool pss) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* options = nullptr;
  EVP_DigestSignInit(context.get(), &options, EVP_sha256(), nullptr, key.get());
  if (pss) EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
  Bytes signature(1024);
  std::size_t length = signature.size();
  EVP_DigestSign(context.get(), signature.data(), &length, message.data(), message.size());
  signature.resize(length);
  return signature;
}

Json key_json(const char* keytype, const char* scheme, const std::string& material) {
  return Json::Object{
      {"keytype", keytype}, {"scheme", scheme}, {"keyval", Json::Object{{"public", material}}}};
}

TEST(PublicKey, KeyIdIsTheHashOfTheCanonicalKey) {
  // Written down by hand for the key of RFC 8032's first test.
  const char* const hex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
  const Result<PublicKey> key = PublicKey::ed25519(*from_hex(hex));
  ASSERT_TRUE(key);
  const std::string canonical =
      std::string(R"({"keytype":"ed25519","keyval":{"public":")") + hex + R"("},"scheme":"ed25519"})";
  EXPECT_EQ(key->key_id(), sha256(as_bytes(canonical)).hex());
}

TEST(PublicKey, VerifiesEcdsaOverP256) {
  const PrivateKey key = p256_key();
  const Bytes signature = sign(key, as_bytes("message"), false);
  for (const char* const keytype : {"ecdsa", "ecdsa-sha2-nistp256"}) {
    const Result<PublicKey> read = PublicKey::parse(key_json(keytype, "ecdsa-sha2-nistp256", pem_of(key)));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(read->verify(as_bytes("message"), signature));
    EXPECT_EQ(outcome(read->verify(as_bytes("massage"), signature)), "signature");
    EXPECT_FALSE(read->verify(as_bytes("message"), {}));
  }
}

TEST(PublicKey, VerifiesRsaPssAndNotOlderPadding) {
  const PrivateKey key = rsa_key(2048);
  const Result<PublicKey> read = PublicKey::parse(key_json("rsa", "rsassa-pss-sha256", pem_of(key)));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->verify(as_bytes("message"), sign(key, as_bytes("message"), true)));
  EXPECT_FALSE(read->verify(as_bytes("massage"), sign(key, as_bytes("message"), true)));
  EXPECT_FALSE(read->verify(as_bytes("message"), sign(key, as_bytes("message"), false)));
}

TEST(PublicKey, OneKeyWrittenTwoWaysIsOneKey) {
  const std::string pem = pem_of(p256_key());
  const Result<PublicKey> plain = PublicKey::parse(key_json("ecdsa", "ecdsa-sha2-nistp256", pem));
  const Result<PublicKey> spaced =
      PublicKey::parse(key_json("ecdsa", "ecdsa-sha2-nistp256", "\n" + pem + "\n\n"));
  ASSERT_TRUE(plain && spaced);
  EXPECT_NE(plain->key_id(), spaced->key_id());
  EXPECT_TRUE(*plain == *spaced);
}

TEST(PublicKey, RefusesWhatIsNotExactlyAKeyOfItsType) {
  const std::string good = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
  const PrivateKey other_curve(EVP_EC_gen("P-384"), EVP_PKEY_free);
  const std::string p256 = pem_of(p256_key());
  EXPECT_EQ(outcome(PublicKey::parse(key_json("ed25519", "ed25519", good))), "ok");
  EXPECT_EQ(outcome(PublicKey::parse(key_json("ed25519", "ed448", good))), "unsupported");
  EXPECT_EQ(outcome(PublicKey::parse(key_json("ed25519", "ed25519", good + "00"))), "format");
  EXPECT_EQ(outcome(PublicKey::parse(key_json("ed25519", "ed25519", ""))), "format");
  EXPECT_EQ(outcome(PublicKey::parse(key_json("ecdsa", "ecdsa-sha2-nistp256", pem_of(other_curve)))),
            "format");
  EXPECT_EQ(outcome(PublicKey::parse(key_json("ecdsa", "ecdsa-sha2-nistp256", "no PEM"))), "format");
  EXPECT_EQ(outcome(PublicKey::parse(key_json("rsa", "rsassa-pss-sha256", p256))), "format");
  EXPECT_EQ(outcome(PublicKey::parse(key_json("rsa", "rsassa-pss-sha256", pem_of(rsa_key(1024))))), "format");
  EXPECT_EQ(outcome(PublicKey::parse(Json("no object"))), "format");
}

class KeyFile : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "a.key"; }

  TemporaryFolder folder_;
  std::unique_ptr<Signer> key_ = std::move(*generate_ed25519());
};

TEST_F(KeyFile, InClearIsReadBackAndSigns) {
  ASSERT_TRUE(save_key(*key_, path(), ""));
  const auto read = load_key(path(), "");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE((*read)->public_key() == key_->public_key());
  EXPECT_TRUE(key_->public_key().verify(as_bytes("m"), *(*read)->sign(as_bytes("m"))));
}

TEST_F(KeyFile, KeepsKeysOfEachType) {
  for (const KeyType type : {KeyType::kEd25519, KeyType::kEcdsaP256, KeyType::kRsaPssSha256}) {
    const auto key = generate_key(type);
    ASSERT_TRUE(key) << key.error().message;
    for (const char* const passphrase : {"", "correct horse"}) {
      const std::filesystem::path file = folder_.path() / (std::string(to_string(type)) + passphrase);
      ASSERT_TRUE(save_key(**key, file, passphrase));
      const auto read = load_key(file, passphrase);
      ASSERT_TRUE(read) << read.error().message;
      const Bytes signature = *(*read)->sign(as_bytes("m"));
      EXPECT_TRUE((*key)->public_key().verify(as_bytes("m"), signature)) << to_string(type);
      EXPECT_FALSE((*key)->public_key().verify(as_bytes("n"), signature));
      EXPECT_EQ(outcome((*read)->sign_digest(sha256(as_bytes("m")))), "unsupported");
    }
  }
}

TEST_F(KeyFile, UnderAPassphraseOpensWithThatPassphraseOnly) {
  ASSERT_TRUE(save_key(*key_, path(), "correct horse"));
  EXPECT_EQ(outcome(load_key(path(), "correct horse")), "ok");
  EXPECT_EQ(outcome(load_key(path(), "correct house")), "signature");
  EXPECT_EQ(outcome(load_key(path(), "")), "signature");
  const Bytes text = *read_file(path(), 1 << 16);
  EXPECT_EQ(as_text(text).find("seed"), std::string_view::npos);
}

TEST_F(KeyFile, IsReadableByItsOwnerOnlyAndRefusedOtherwise) {
  ASSERT_TRUE(save_key(*key_, path(), ""));
  struct stat status = {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  for (const mode_t mode : {0640, 0604, 0620, 0601}) {
    ASSERT_EQ(::chmod(path().c_str(), mode), 0);
    EXPECT_EQ(outcome(load_key(path(), "")), "usage") << mode;
  }
}

TEST_F(KeyFile, IsNeverReplaced) {
  ASSERT_TRUE(save_key(*key_, path(), ""));
  const Bytes before = *read_file(path(), 1 << 16);
  EXPECT_EQ(outcome(save_key(**generate_ed25519(), path(), "")), "usage");
  EXPECT_EQ(*read_file(path(), 1 << 16), before);
  EXPECT_EQ(outcome(load_key(folder_.path() / "absent.key", "")), "not-found");
}

TEST_F(KeyFile, WithTheWrongPublicKeyIsRefused) {
  ASSERT_TRUE(save_key(*key_, path(), ""));
  std::string text(as_text(*read_file(path(), 1 << 16)));
  const std::string other =
      (*generate_ed25519())->public_key().json().find("keyval")->find("public")->string()->c_str();
  const std::string own = *key_->public_key().json().find("keyval")->find("public")->string();
  text.replace(text.find(own), own.size(), other);
  std::ofstream(path()) << text;
  EXPECT_EQ(outcome(load_key(path(), "")), "format");
}

TEST_F(KeyFile, CutOffOrEmptyIsRefused) {
  ASSERT_TRUE(save_key(*key_, path(), ""));
  const std::string text(as_text(*read_file(path(), 1 << 16)));
  for (std::size_t length = 0; length + 2 < text.size(); ++length) {
    std::ofstream(path(), std::ios::trunc) << text.substr(0, length);
    EXPECT_EQ(outcome(load_key(path(), "")), "format") << length;
  }
}

TEST_F(KeyFile, WithACostBeyondTheLimitIsRefusedBeforeItIsPaid) {
  ASSERT_TRUE(save_key(*key_, path(), "p"));
  std::string text(as_text(*read_file(path(), 1 << 16)));
  text.replace(text.find("\"n\":32768"), 9, "\"n\":1073741824");
  std::ofstream(path(), std::ios::trunc) << text;
  EXPECT_EQ(outcome(load_key(path(), "p")), "limit");
}

}  // namespace
}  // namespace skiff

#include "trust/ed25519.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <memory>

#include "skiff/trust.hpp"

namespace skiff {
namespace {

Bytes hex(std::string_view text) { return *from_hex(text); }

/// The same question to the other library.
bool openssl_verify(ByteView key, ByteView message, ByteView signature) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return public_key &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

struct Vector {
  const char* seed;
  const char* key;
  const char* message;
  const char* signature;
};

/// RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc).
constexpr Vector kVectors[] = {{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a3"
                                "3bacc61e39701cf9b46bd25bf5f0595b"
                                "be24655141438e7a100b"},
                               {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15"
                                "996e458f3613d0f11d8c387b2eaeb430"
                                "2aeeb00d291612bb0c00"},
                               {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16"
                                "f290ae67f760984dc6594a7c15e9716e"
                                "d28dc027beceea1ec40a"},
                               {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
                                "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
                                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274f"
                                "c1a836ba3c23a3feebbd454d4423643c"
                                "e80e2a9ac94fa54ca49f",
                                "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90"
                                "b3ecfdfbc7c66431e0303dca179c138a"
                                "c17ad9bef1177331a704"}};

/// L, the order of the base point, least significant byte first.
const Bytes kOrder = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

/// S + L, which Crypto++ takes for S.
Bytes with_order_added(Bytes signature) {
  unsigned carry = 0;
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    const unsigned sum = signature[32 + i] + kOrder[i] + carry;
    signature[32 + i] = static_cast<std::uint8_t>(sum);
    carry = sum >> 8;
  }
  return signature;
}

TEST(Ed25519, AgreesWithTheVectorsOfTheRfc) {
  for (const Vector& vector : kVectors) {
    EXPECT_EQ(to_hex(ed25519::public_key(hex(vector.seed))), vector.key);
    EXPECT_EQ(to_hex(ed25519::sign(hex(vector.seed), hex(vector.message))), vector.signature);
    EXPECT_TRUE(ed25519::verify(hex(vector.key), hex(vector.message), hex(vector.signature)));
    EXPECT_TRUE(openssl_verify(hex(vector.key), hex(vector.message), hex(vector.signature)));
  }
}

TEST(Ed25519, RefusesEveryFlippedBitAsOpensslDoes) {
  const Vector& vector = kVectors[1];
  const Bytes key = hex(vector.key);
  const Bytes message = hex(vector.message);
  for (std::size_t bit = 0; bit < 512; ++bit) {
    Bytes signature = hex(vector.signature);
    signature[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_FALSE(ed25519::verify(key, message, signature)) << bit;
    EXPECT_FALSE(openssl_verify(key, message, signature)) << bit;
  }
}

TEST(Ed25519, RefusesAnotherFormOfAGoodSignature) {
  for (const Vector& vector : kVectors) {
    EXPECT_FALSE(
        ed25519::verify(hex(vector.key), hex(vector.message), with_order_added(hex(vector.signature))));
  }
}

TEST(Ed25519, RefusesSEqualToTheOrder) {
  Bytes signature = hex(kVectors[0].signature);
  std::copy(kOrder.begin(), kOrder.end(), signature.begin() + 32);
  EXPECT_FALSE(ed25519::verify(hex(kVectors[0].key), {}, signature));
}

TEST(Ed25519, RefusesEveryOtherLength) {
  const Bytes key = hex(kVectors[0].key);
  for (std::size_t length = 0; length <= 130; ++length) {
    Bytes signature = hex(kVectors[0].signature);
    signature.resize(length);
    EXPECT_EQ(ed25519::verify(key, {}, signature), length == 64) << length;
  }
  EXPECT_FALSE(ed25519::verify(ByteView(key).first(31), {}, hex(kVectors[0].signature)));
}

/// The eight points of small order, and all their forms that are not canonical.
const char* const kUnsoundKeys[] = {"0100000000000000000000000000000000000000000000000000000000000000",
                                    "0100000000000000000000000000000000000000000000000000000000000080",
                                    "0000000000000000000000000000000000000000000000000000000000000000",
                                    "0000000000000000000000000000000000000000000000000000000000000080",
                                    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                                    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                                    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                                    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                                    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
                                    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                                    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                                    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};

TEST(Ed25519, UnsoundKeysAreNoKeys) {
  Bytes forged(64);
  forged[0] = 1;  // R = identity, S = 0: with the identity as key, it holds for any message
  for (const char* const key : kUnsoundKeys) {
    EXPECT_FALSE(PublicKey::ed25519(hex(key))) << key;
    EXPECT_FALSE(ed25519::verify(hex(key), as_bytes("anything"), forged)) << key;
  }
  EXPECT_TRUE(openssl_verify(hex(kUnsoundKeys[0]), as_bytes("anything"), forged))
      << "why the check is needed";
}

TEST(Ed25519, UnsoundRIsRefused) {
  Bytes signature = hex(kVectors[0].signature);
  for (const char* const point : kUnsoundKeys) {
    const Bytes r = hex(point);
    std::copy(r.begin(), r.end(), signature.begin());
    EXPECT_FALSE(ed25519::verify(hex(kVectors[0].key), {}, signature)) << point;
  }
}

TEST(Ed25519, SignaturesOfBothLibrariesAgreeOnRandomMessages) {
  for (int i = 0; i < 200; ++i) {
    const Bytes seed = random_bytes(ed25519::kKeyLength);
    const Bytes message = random_bytes(static_cast<std::size_t>(i));
    const Bytes signature = ed25519::sign(seed, message);
    const Bytes key = ed25519::public_key(seed);
    EXPECT_TRUE(ed25519::verify(key, message, signature));
    EXPECT_TRUE(openssl_verify(key, message, signature));
  }
}

TEST(Sha256, AgreesWithTheVectorsOfFips180) {
  EXPECT_EQ(sha256({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256(as_bytes("abc")).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const auto hasher = make_sha256();
  for (int i = 0; i < 1000; ++i) hasher->update(Bytes(1000, 'a'));
  EXPECT_EQ(hasher->finish().hex(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

}  // namespace
}  // namespace skiff

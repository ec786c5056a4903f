// Ed25519 as Skiff verifies it (Crypto++ in a wrapper) beside OpenSSL: the same verdict on every vector, but
// where a rule of the wrapper is stricter, and then that rule is named.
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <memory>
#include <random>

#include "skiff/trust.hpp"
#include "trust/ed25519.hpp"

namespace skiff {
namespace {

constexpr std::size_t kVectors = 100'000;

struct Vector {
  Bytes key;
  Bytes message;
  Bytes signature;
};

enum class Rule : std::uint8_t { kNone, kUnsoundKey, kUnsoundR };

/// Which rule, that OpenSSL does not have, forbids the vector.
Rule stricter_rule(const Vector& vector) {
  if (!ed25519::is_sound_point(vector.key)) return Rule::kUnsoundKey;
  const ByteView signature = vector.signature;
  return ed25519::is_sound_point(signature.first(ed25519::kKeyLength)) ? Rule::kNone : Rule::kUnsoundR;
}

bool openssl_verify(const Vector& vector) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, vector.key.data(), vector.key.size()),
      EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return key && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), vector.signature.data(), vector.signature.size(),
                          vector.message.data(), vector.message.size()) == 1;
}

/// L, the order of the base point, added to S.
void add_order(Bytes& signature) {
  const Bytes order = *from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    carry += static_cast<unsigned>(signature[32 + i]) + order[i];
    signature[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
}

class Vectors {
 public:
  Vector next() {
    if (made_ % 64 == 0) seed_ = random(ed25519::kKeyLength);
    Vector vector;
    vector.key = ed25519::public_key(seed_);
    vector.message = random(made_ % 200);
    vector.signature = ed25519::sign(seed_, vector.message);
    bend(vector, made_++ % 10);
    return vector;
  }

 private:
  Bytes random(std::size_t length) {
    Bytes bytes(length);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(numbers_());
    return bytes;
  }
  void flip(Bytes& bytes) {
    if (!bytes.empty()) bytes[numbers_() % bytes.size()] ^= static_cast<std::uint8_t>(1U << (numbers_() % 8));
  }
  /// One of the eight points of small order, or one of the encodings of y that are not below 2^255 - 19.
  Bytes odd_point() {
    static constexpr const char* kPoints[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    return *from_hex(kPoints[numbers_() % std::size(kPoints)]);
  }
  void bend(Vector& vector, std::size_t way) {
    switch (way) {
      case 3:
        return flip(vector.signature);
      case 4:
        return flip(vector.message);
      case 5:
        return flip(vector.key);
      case 6:
        return add_order(vector.signature);
      case 7:
        vector.key = odd_point();
        return;
      case 8:
        std::ranges::copy(odd_point(), vector.signature.begin());
        return;
      case 9:  // what holds for an odd key, if its order divides the hash: R odd, S zero
        vector.key = odd_point();
        vector.signature.assign(ed25519::kSignatureLength, 0);
        std::ranges::copy(odd_point(), vector.signature.begin());
        return;
      default:
        return;
    }
  }

  std::mt19937 numbers_{8032};
  Bytes seed_;
  std::size_t made_ = 0;
};

TEST(Ed25519Differential, AgreesWithOpensslButWhereARuleIsStricter) {
  Vectors vectors;
  std::size_t good = 0;
  std::size_t stricter_by_key = 0;
  std::size_t stricter_by_r = 0;
  for (std::size_t i = 0; i < kVectors; ++i) {
    const Vector vector = vectors.next();
    const bool ours = ed25519::verify(vector.key, vector.message, vector.signature);
    const bool theirs = openssl_verify(vector);
    const Rule rule = stricter_rule(vector);
    ASSERT_EQ(ours, theirs && rule == Rule::kNone) << "vector " << i;
    good += static_cast<std::size_t>(ours);
    if (ours == theirs) continue;
    stricter_by_key += static_cast<std::size_t>(rule == Rule::kUnsoundKey);
    stricter_by_r += static_cast<std::size_t>(rule == Rule::kUnsoundR);
  }
  EXPECT_GE(good, kVectors * 3 / 10);  // the three tenths that nothing was done to
  EXPECT_GT(stricter_by_key, 0U);      // the rules have something to do
  RecordProperty("stricter_by_key", static_cast<int>(stricter_by_key));
  RecordProperty("stricter_by_r", static_cast<int>(stricter_by_r));
}

struct EdgeCase {
  const char* name;
  const char* message;
  const char* key;
  const char* signature;
  bool accepted;
};

/// Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs" (SSR 2020), table 5; vectors as published with
/// it.
constexpr EdgeCase kEdgeCases[] = {
    {"key and R of small order, S zero", "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
     "0000000000000000000000000000000000000000000000000000000000000000",
     false},
    {"key of small order", "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43"
     "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
     false},
    {"R of small order", "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"
     "8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e",
     false},
    {"key and R of mixed order", "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
     "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
     "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f"
     "87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009",
     true},
    {"key and R of mixed order, only with the cofactor",
     "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
     "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
     "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512"
     "5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
     false},
    {"key of mixed order, only with the cofactor",
     "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
     "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
     "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7"
     "e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
     false},
    {"S above the order", "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
     "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
     "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e"
     "547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514",
     false},
    {"S far above the order", "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
     "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
     "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa1942"
     "7e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22",
     false},
    {"R not canonical", "fdaebc429f4a735932a160da1301080c13280eea8bc280d1b392c6b9e6ba3a5a",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
     "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
     "454d370c8d9fc323a41450f8d513eafeb5b0697390c1e505a0d4ddc71f566607",
     false},
    {"R not canonical, hashed as it is", "84b698d39be126ff55fe45079e6c8bf64a0d7db6994560b4e96b7021eb39c1a1",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
     "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
     "084d5b99c2a9463d9c8bd5026916996984eeec87ddf1d3be329006ace1b37b09",
     false},
};

TEST(Ed25519Differential, PublishedEdgeCasesAreJudgedAsSaid) {
  for (const EdgeCase& edge : kEdgeCases) {
    const Vector vector{*from_hex(edge.key), *from_hex(edge.message), *from_hex(edge.signature)};
    EXPECT_EQ(ed25519::verify(vector.key, vector.message, vector.signature), edge.accepted) << edge.name;
    EXPECT_EQ(edge.accepted, openssl_verify(vector) && stricter_rule(vector) == Rule::kNone) << edge.name;
  }
}

}  // namespace
}  // namespace skiff

#include <gtest/gtest.h>

#include "skiff/delta_info.hpp"
#include "skiff/repack.h"
#include "skiff/repackers.hpp"
#include "tests/engine/apply/c_client.h"
#include "tests/engine/apply/delta_builder.hpp"
#include "tests/engine/apply/test_digest.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "tests/source_folder.hpp"

namespace skiff::testing {
namespace {

struct CloseApplier {
  void operator()(skiff_applier* applier) const { skiff_applier_close(applier); }
};
using Handle = std::unique_ptr<skiff_applier, CloseApplier>;

class CApi : public ::testing::Test {
 protected:
  const ImagePair pair_ = image_pairs().back();
  const Bytes delta_ = make_delta(pair_.base, pair_.result, {.window = 1024, .segment = 300});
  const DeltaInfo info_ = read_delta_info(ViewSource(delta_)).value();
  Bytes result_ = Bytes(pair_.result.size());
  c_client client_ = {.base = pair_.base.data(),
                      .base_length = pair_.base.size(),
                      .result = result_.data(),
                      .result_length = result_.size(),
                      .fault = C_FAULT_NONE,
                      .segments_done = 0,
                      .last_segment = 0,
                      .open_digests = 0};
  skiff_apply_options options_ = {.base_length = pair_.base.size(),
                                  .max_memory = 0,
                                  .frames_root = nullptr,
                                  .repackers = nullptr,
                                  .repacker_count = 0,
                                  .threads = 0};

  Handle open() {
    skiff_callbacks callbacks;
    c_client_callbacks(&client_, &callbacks);
    return Handle(skiff_applier_open(&callbacks, &options_));
  }
  int push(const Handle& applier, ByteView delta) {
    return c_client_push(applier.get(), delta.data(), delta.size(), 100);
  }
};

TEST_F(CApi, AppliesADelta) {
  const Sha256 root = frames_root(ViewSource(delta_), make_sha256).value();
  options_.frames_root = root.bytes.data();
  const Handle applier = open();
  EXPECT_EQ(push(applier, delta_), SKIFF_OK);
  EXPECT_EQ(skiff_applier_done(applier.get()), 1);
  EXPECT_EQ(skiff_applier_wanted(applier.get()), 0u);
  EXPECT_STREQ(skiff_applier_error(applier.get()), "");
  EXPECT_EQ(result_, pair_.result);
  EXPECT_EQ(client_.last_segment, info_.segments.size() - 1);
  EXPECT_EQ(client_.open_digests, 0u);
}

TEST_F(CApi, Resumes) {
  const Handle applier = open();
  ASSERT_EQ(skiff_applier_push(applier.get(), delta_.data(), info_.head_length), SKIFF_OK);
  ASSERT_EQ(skiff_applier_resume(applier.get(), info_.segments.size() - 1), SKIFF_OK);
  EXPECT_EQ(push(applier, delta_), SKIFF_OK);
  EXPECT_EQ(client_.segments_done, 1u);
}

TEST_F(CApi, TellsFailuresOfCallbacksApart) {
  const auto code_with = [&](c_client_fault fault) {
    client_.fault = fault;
    const Handle applier = open();
    const int code = push(applier, delta_);
    EXPECT_STRNE(skiff_applier_error(applier.get()), "");
    EXPECT_EQ(skiff_applier_push(applier.get(), delta_.data(), 1), code) << "the error stays";
    return code;
  };
  EXPECT_EQ(code_with(C_FAULT_READ), SKIFF_E_IO);
  EXPECT_EQ(code_with(C_FAULT_WRITE), SKIFF_E_IO);
  EXPECT_EQ(code_with(C_FAULT_DONE), SKIFF_E_IO);
  EXPECT_EQ(code_with(C_FAULT_DIGEST), SKIFF_E_LIMIT);
  EXPECT_EQ(client_.open_digests, 0u);
}

TEST_F(CApi, TellsBadDeltasApart) {
  const auto code_of = [&](std::size_t at) {
    Bytes broken = delta_;
    broken[at] ^= 0x40;
    const Handle applier = open();
    return push(applier, broken);
  };
  EXPECT_EQ(code_of(0), SKIFF_E_FORMAT);
  EXPECT_EQ(code_of(4), SKIFF_E_UNSUPPORTED);
  EXPECT_EQ(code_of(delta_.size() - 1), SKIFF_E_SIGNATURE);
  const Sha256 other;
  options_.frames_root = other.bytes.data();
  EXPECT_EQ(push(open(), delta_), SKIFF_E_SIGNATURE);
  options_.frames_root = nullptr;
  options_.max_memory = 1000;
  EXPECT_EQ(push(open(), delta_), SKIFF_E_LIMIT);
  options_.max_memory = 0;
  options_.base_length = 1;
  EXPECT_EQ(push(open(), delta_), SKIFF_E_MISMATCH);
}

/// A delta whose base holds a stream of zlib.
TEST_F(CApi, TakesDeltasOfPackedImagesWithARepacker) {
  const std::string folder = source_folder() + "/tests/golden/good";
  const Bytes base = read_file(folder + "/opened-base.base", 1 << 20).value();
  const Bytes delta = read_file(folder + "/opened-base.skd", 1 << 20).value();
  result_.assign(static_cast<std::size_t>(read_delta_info(ViewSource(delta)).value().result.length), 0);
  client_.base = base.data();
  client_.base_length = base.size();
  client_.result = result_.data();
  client_.result_length = result_.size();
  options_.base_length = base.size();
  options_.max_memory = 64 << 20;
  EXPECT_EQ(push(open(), delta), SKIFF_E_UNSUPPORTED);
  const skiff_repacker* const repackers[] = {skiff_xz_repacker(), skiff_deflate_repacker()};
  options_.repackers = repackers;
  options_.repacker_count = 1;
  EXPECT_EQ(push(open(), delta), SKIFF_E_UNSUPPORTED);
  options_.repacker_count = 2;
  EXPECT_EQ(push(open(), delta), SKIFF_OK);
}

TEST_F(CApi, SaysWhatADeviceHas) {
  EXPECT_STREQ(skiff_repacker_name(skiff_xz_repacker()), "xz");
  EXPECT_EQ(skiff_repacker_version(skiff_xz_repacker()), xz_repacker().version());
  for (const skiff_repacker* repacker :
       {skiff_deflate_repacker(), skiff_lz4_repacker(), skiff_prediction_repacker(), skiff_zstd_repacker()})
    EXPECT_NE(skiff_repacker_version(repacker), 0u) << skiff_repacker_name(repacker);
}

TEST_F(CApi, RefusesNullPointers) {
  skiff_callbacks callbacks;
  c_client_callbacks(&client_, &callbacks);
  EXPECT_EQ(skiff_applier_open(nullptr, &options_), nullptr);
  EXPECT_EQ(skiff_applier_open(&callbacks, nullptr), nullptr);
  callbacks.segment_done = nullptr;
  EXPECT_NE(Handle(skiff_applier_open(&callbacks, &options_)), nullptr)
      << "the one callback that may be null";
  callbacks.read_old = nullptr;
  EXPECT_EQ(skiff_applier_open(&callbacks, &options_), nullptr);
  EXPECT_EQ(skiff_applier_push(nullptr, "", 0), SKIFF_E_USAGE);
  EXPECT_EQ(skiff_applier_push(open().get(), nullptr, 1), SKIFF_E_USAGE);
  EXPECT_EQ(skiff_applier_resume(nullptr, 0), SKIFF_E_USAGE);
  EXPECT_EQ(skiff_applier_done(nullptr), 0);
  skiff_applier_close(nullptr);
}

}  // namespace
}  // namespace skiff::testing

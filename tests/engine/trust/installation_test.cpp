// authorise_installation: what a device may and may not install, and that no byte of metadata can be changed.
#include <gtest/gtest.h>

#include "skiff/io.hpp"
#include "tests/engine/trust/release_repository.hpp"

namespace skiff {
namespace {

using testing::delta_between;
using testing::Device;
using testing::Distribution;
using testing::image_id;
using testing::kNow;
using testing::ModelRepository;
using testing::outcome;

/// Releases 1 and 2 for gw1, 3 for gw2; deltas 1→2 (needs agent 1.2.0), nothing→2 and 1→3.
class Installing : public Distribution {
 protected:
  Installing() {
    EXPECT_TRUE(repository_.add_release("one.img", 1, "image one"));
    EXPECT_TRUE(repository_.add_release("two.img", 2, "image two, longer"));
    EXPECT_TRUE(repository_.add_release("three.img", 3, "image three", {"gw2"}));
    one_two_ = repository_.add_delta(delta_between("image one", "image two, longer"), "1.2.0")->target;
    full_two_ = repository_.add_delta(delta_between("", "image two, longer"))->target;
    one_three_ = repository_.add_delta(delta_between("image one", "image three"))->target;
    EXPECT_TRUE(repository_.publish());
    facts_ = {"gw1", image_id("image one"), 1, std::uint64_t{1} << 20, "1.2.0"};
  }
  Result<Installation> authorise(const std::string& release, const std::string& delta) {
    SKIFF_ASSIGN(tuf::Client client, device_.client(fetcher_));
    return authorise_installation(client, release, delta, facts_);
  }

  DeviceFacts facts_;
  std::string one_two_;
  std::string full_two_;
  std::string one_three_;
};

TEST_F(Installing, IsAllowedByDeltaAndByFullImage) {
  const auto by_delta = authorise("releases/two.img", one_two_);
  ASSERT_TRUE(by_delta) << by_delta.error().message;
  EXPECT_EQ(by_delta->release.image, image_id("image two, longer"));
  EXPECT_EQ(by_delta->delta.base, image_id("image one"));
  const auto by_full_image = authorise("releases/two.img", full_two_);
  ASSERT_TRUE(by_full_image) << by_full_image.error().message;
  EXPECT_TRUE(by_full_image->delta.is_full_image());
}

TEST_F(Installing, OnOtherHardwareIsRefused) {
  EXPECT_EQ(outcome(authorise("releases/three.img", one_three_)), "mismatch");
  facts_.hardware = "gw2";
  EXPECT_EQ(outcome(authorise("releases/three.img", one_three_)), "ok");
  EXPECT_EQ(outcome(authorise("releases/two.img", one_two_)), "mismatch");
  facts_.hardware = "";
  EXPECT_EQ(outcome(authorise("releases/two.img", one_two_)), "mismatch");
}

TEST_F(Installing, BelowTheFloorIsRefused) {
  facts_.counter_floor = 2;
  EXPECT_EQ(outcome(authorise("releases/two.img", one_two_)), "ok")
      << "the same release again is no rollback";
  facts_.counter_floor = 3;
  EXPECT_EQ(outcome(authorise("releases/two.img", one_two_)), "rollback");
}

TEST_F(Installing, FromAnotherBaseIsRefused) {
  facts_.running = image_id("image zero");
  EXPECT_EQ(outcome(authorise("releases/two.img", one_two_)), "mismatch");
  EXPECT_EQ(outcome(authorise("releases/two.img", full_two_)), "ok");
  facts_.running = {image_id("image one").length + 1, image_id("image one").sha256};
  EXPECT_EQ(outcome(authorise("releases/two.img", one_two_)), "mismatch");
}

TEST_F(Installing, AnotherReleasesDeltaIsRefused) {
  EXPECT_EQ(outcome(authorise("releases/two.img", one_three_)), "mismatch");
}

TEST_F(Installing, BeyondTheDevicesMeansIsRefused) {
  facts_.decoder_memory = 1;
  EXPECT_EQ(outcome(authorise("releases/two.img", one_two_)), "limit");
  facts_.decoder_memory = 1 << 20;
  facts_.agent = "1.2.0-rc.1";
  EXPECT_EQ(outcome(authorise("releases/two.img", one_two_)), "unsupported");
  facts_.agent = "not a version";
  EXPECT_EQ(outcome(authorise("releases/two.img", one_two_)), "format");
  EXPECT_EQ(outcome(authorise("releases/two.img", full_two_)), "ok") << "it asks for no version";
}

TEST_F(Installing, UnknownAndOddNamesAreRefused) {
  EXPECT_EQ(outcome(authorise("releases/four.img", one_two_)), "not-found");
  EXPECT_EQ(outcome(authorise("releases/two.img", "deltas/x.skd")), "not-found");
  for (const char* const name : {"", "two.img", "releases/", "releases/../two.img", "/releases/two.img",
                                 "releases/two.img/", "deltas/two.img", "releases//two.img"}) {
    EXPECT_EQ(outcome(authorise(name, one_two_)), "mismatch") << name;
  }
  EXPECT_EQ(outcome(authorise(one_two_, "releases/two.img")), "mismatch");
}

using Boards = Distribution;

TEST_F(Boards, InstallWhatIsForThemAndNothingElse) {
  const std::vector<std::string> boards = {"a", "b", "c", "d", "e"};
  std::vector<std::string> deltas;
  for (const std::string& board : boards) {
    ASSERT_TRUE(repository_.add_release(board + ".img", 1, "image for " + board, {board}));
    deltas.push_back(repository_.add_delta(delta_between("", "image for " + board))->target);
  }
  ASSERT_TRUE(repository_.publish());
  auto client = device_.client(fetcher_);
  for (const std::string& board : boards) {
    for (std::size_t image = 0; image < boards.size(); ++image) {
      const DeviceFacts facts{board, {}, 1, std::uint64_t{1} << 20, "1.0.0"};
      EXPECT_EQ(outcome(authorise_installation(*client, "releases/" + boards[image] + ".img", deltas[image],
                                               facts)),
                board == boards[image] ? "ok" : "mismatch");
    }
  }
}

/// The smallest repository that has everything: metadata as short as it gets, so that every byte can be
/// tried.
class Tampering : public Distribution {
 protected:
  Tampering() {
    EXPECT_TRUE(repository_.add_release("a", 1, "image"));
    delta_ = repository_.add_delta(delta_between("", "image"))->target;
    EXPECT_TRUE(repository_.publish());
  }
  /// What a device that has seen nothing yet makes of `bytes` in place of a file.
  std::string authorise_with(const std::string& file, const Bytes& bytes) {
    fetcher_.instead = {{file, bytes}};
    Device device(repository_.root());
    auto client = device.client(fetcher_);
    return outcome(authorise_installation(*client, "releases/a", delta_, {"gw1", {}, 1, 1 << 20, "1.0.0"}));
  }
  [[nodiscard]] Bytes original(const std::string& file) const {
    return *read_file(repository_.folder() / "metadata" / file, 1 << 20);
  }

  const std::vector<std::string> files_ = {"timestamp.json", "2.snapshot.json", "1.targets.json",
                                           "2.releases.json", "2.deltas.json"};
  std::string delta_;
};

TEST_F(Tampering, WithNothingIsNoticedNowhere) {
  for (const std::string& file : files_) EXPECT_EQ(authorise_with(file, original(file)), "ok") << file;
}

TEST_F(Tampering, WithAnyByteOfAnyMetadataFileIsRefused) {
  for (const std::string& file : files_) {
    const Bytes good = original(file);
    for (std::size_t at = 0; at < good.size(); ++at) {
      Bytes flipped = good;
      flipped[at] ^= static_cast<std::uint8_t>(1 << at % 8);
      EXPECT_NE(authorise_with(file, flipped), "ok") << file << " byte " << at;
    }
  }
}

TEST_F(Tampering, ByCuttingAnyMetadataFileShortIsRefused) {
  for (const std::string& file : files_) {
    const Bytes good = original(file);
    for (std::size_t length = 0; length < good.size(); length += 13) {
      EXPECT_NE(authorise_with(file, Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length))),
                "ok")
          << file << " " << length;
    }
  }
}

/// With all online keys in hand: what can be signed is everything but a release.
class StolenServer : public ::testing::Test {
 protected:
  StolenServer() {
    model_.delegate("targets", "releases", {"releases/*"}, true);
    model_.delegate("targets", "deltas", {"deltas/*"}, true);
    add("releases", "releases/one.img", "image one", release_custom("image one"));
    model_.publish({"targets", "releases", "deltas"});
    facts_ = {"gw1", image_id("zero"), 1, 1 << 20, "1.0.0"};
  }
  static Json image_json(std::string_view image) {
    const ImageId id = image_id(image);
    return Json::Object{{"length", id.length}, {"sha256", id.sha256.hex()}};
  }
  static Json release_custom(std::string_view image) {
    return Json::Object{{"skiff", Json::Object{{"v", 1},
                                               {"hardware", Json::Array{"gw1"}},
                                               {"version", "1"},
                                               {"release_counter", 1},
                                               {"image", image_json(image)},
                                               {"issued", kNow}}}};
  }
  static Json delta_custom(std::string_view result) {
    return Json::Object{{"skiff", Json::Object{{"v", 1},
                                               {"base", image_json("")},
                                               {"result", image_json(result)},
                                               {"frames_root", sha256({}).hex()},
                                               {"frames", 1},
                                               {"decoder", Json::Object{{"format", 1}, {"memory", 1}}}}}};
  }
  static std::string delta_to(std::string_view result) {
    return "deltas/" + sha256({}).hex().substr(0, 16) + "-" + image_id(result).sha256.hex().substr(0, 16) +
           ".skd";
  }
  void add(const std::string& role, const std::string& name, std::string_view content, const Json& custom) {
    model_.add_target(role, name, content, custom);
  }
  std::string authorise(const std::string& release, const std::string& delta) {
    Device device(model_);
    auto client = device.client(model_);
    return outcome(authorise_installation(*client, release, delta, facts_));
  }

  ModelRepository model_;
  DeviceFacts facts_;
};

TEST_F(StolenServer, CanOnlyOfferWhatWasReleased) {
  add("deltas", delta_to("image one"), "delta", delta_custom("image one"));
  add("deltas", delta_to("evil"), "delta", delta_custom("evil"));
  model_.publish({"deltas"});
  EXPECT_EQ(authorise("releases/one.img", delta_to("image one")), "ok");
  EXPECT_EQ(authorise("releases/one.img", delta_to("evil")), "mismatch");
}

TEST_F(StolenServer, CannotReleaseThroughTheDeltasRole) {
  add("deltas", "releases/evil.img", "evil", release_custom("evil"));
  add("deltas", delta_to("evil"), "delta", delta_custom("evil"));
  model_.publish({"deltas"});
  EXPECT_EQ(authorise("releases/evil.img", delta_to("evil")), "not-found");
}

TEST_F(StolenServer, CannotReleaseThroughARoleOfItsOwnNamedReleases) {
  model_.delegate("deltas", "releases", {"releases/*", "deltas/*"});
  add("releases", "releases/evil.img", "evil", release_custom("evil"));
  add("deltas", delta_to("evil"), "delta", delta_custom("evil"));
  model_.replace_keys("releases");
  model_.trust_keys("releases", "deltas");
  model_.publish({"deltas", "releases"});
  EXPECT_EQ(authorise("releases/evil.img", delta_to("evil")), "signature");
}

TEST_F(StolenServer, CannotReleaseThroughARoleOfItsOwnNamedLikeABinOfReleases) {
  model_.delegate("deltas", "releases-00", {"releases/*", "deltas/*"});
  add("releases-00", "releases/evil.img", "evil", release_custom("evil"));
  add("deltas", delta_to("evil"), "delta", delta_custom("evil"));
  model_.publish({"releases-00", "deltas"});
  EXPECT_EQ(authorise("releases/evil.img", delta_to("evil")), "not-found");
}

TEST_F(StolenServer, CustomDataMustBeWholeAndAgreeWithItsTarget) {
  add("deltas", delta_to("image one"), "delta", delta_custom("image one"));
  const auto with = [&](const char* field, const Json& value) {
    Json custom = release_custom("image one");
    Json::Object& skiff = *(*custom.object())["skiff"].object();
    if (value.is_null()) {
      skiff.erase(field);
    } else {
      skiff[field] = value;
    }
    add("releases", "releases/one.img", "image one", custom);
    model_.publish({"deltas", "releases"});
    return authorise("releases/one.img", delta_to("image one"));
  };
  EXPECT_EQ(with("v", 1), "ok");
  for (const char* const field : {"v", "hardware", "version", "release_counter", "image", "issued"}) {
    EXPECT_EQ(with(field, nullptr), "format") << field;
    EXPECT_EQ(with(field, ""), "format") << field;
  }
  EXPECT_EQ(with("v", 2), "unsupported");
  EXPECT_EQ(with("release_counter", -1), "format");
  EXPECT_EQ(with("hardware", Json::Array()), "format");
  EXPECT_EQ(with("hardware", Json::Array{""}), "format");
  EXPECT_EQ(with("image", image_json("other")), "format");
  EXPECT_EQ(with("image", Json::Object{{"length", 9}, {"sha256", ""}}), "format");
}

TEST_F(StolenServer, DeltaDataMustBeWholeAndAgreeWithItsName) {
  const auto with = [&](const char* field, const Json& value) {
    Json custom = delta_custom("image one");
    Json::Object& skiff = *(*custom.object())["skiff"].object();
    if (value.is_null()) {
      skiff.erase(field);
    } else {
      skiff[field] = value;
    }
    add("deltas", delta_to("image one"), "delta", custom);
    model_.publish({"deltas"});
    return authorise("releases/one.img", delta_to("image one"));
  };
  EXPECT_EQ(with("min_agent", "1.0.0"), "ok");
  for (const char* const field : {"v", "base", "result", "frames_root", "frames", "decoder"}) {
    EXPECT_EQ(with(field, nullptr), "format") << field;
    EXPECT_EQ(with(field, ""), "format") << field;
  }
  EXPECT_EQ(with("min_agent", ""), "format") << "absent is not empty";
  EXPECT_EQ(with("base", Json::Object{{"length", 0}, {"sha256", sha256(as_bytes("x")).hex()}}), "format");
  EXPECT_EQ(with("base", image_json("other")), "format");
  EXPECT_EQ(with("decoder", Json::Object{{"format", 2}, {"memory", 1}}), "unsupported");
  EXPECT_EQ(with("decoder", Json::Object{{"format", std::int64_t{1} << 32 | 1}, {"memory", 1}}), "format");
}

TEST_F(StolenServer, ReleasesListedByTheTopLevelTargetsAreNotReleases) {
  add("targets", "releases/top.img", "top", release_custom("top"));
  add("deltas", delta_to("top"), "delta", delta_custom("top"));
  model_.publish({"targets", "deltas"});
  EXPECT_EQ(authorise("releases/top.img", delta_to("top")), "signature");
}

}  // namespace
}  // namespace skiff

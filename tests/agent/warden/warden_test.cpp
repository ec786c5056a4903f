// The warden: what it does for whom, and what it does for nobody.
#include "agent/warden/warden.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "agent/boot/open_boot.hpp"
#include "agent/machine/json_fields.hpp"
#include "agent/system/local_socket.hpp"
#include "agent/system/words.hpp"
#include "agent/warden/listener.hpp"
#include "agent/warden/warden_client.hpp"
#include "skiff/io.hpp"
#include "skiff/trust.hpp"
#include "tests/engine/trust/model_repository.hpp"

namespace skiff::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kA = 0;
constexpr std::uint64_t kB = 1;

Bytes tries(std::uint64_t count) {
  Bytes bytes;
  put_word(bytes, count);
  return bytes;
}

std::string error_in(const Answer& answer) { return answer.said ? "" : answer.said.error().text(); }

/// A device whose slot A runs and is committed. Releases 1 ("an image") and 2 are signed for it; both slots
/// hold the former, which is permitted.
class WardenTest : public ::testing::Test {
 protected:
  WardenTest() {
    fs::create_directory(folder_);
    model_.delegate("targets", "releases", {"releases/*"}, true);
    release("releases/1", "an image", 1);
    release("releases/2", "a second image", 2);
    release("releases/other", "an image", 9, "gw2");
    model_.publish({"targets", "releases"});
    const Bytes root = model_.root_file();
    EXPECT_TRUE(write_file(folder_ / "root.json", root));
    config_.hardware = "gw1";
    config_.warden.root = folder_ / "root.json";
    config_.warden.state = folder_ / "warden";
    config_.slots = {folder_ / "a", folder_ / "b"};
    for (const fs::path& slot : config_.slots) std::ofstream(slot) << "an image";
    config_.boot.state = folder_ / "boot";
    config_.state_dir = folder_;
    config_.warden.socket = folder_ / "socket";
    EXPECT_TRUE(boot());
    restart();
    EXPECT_EQ(permit("releases/1"), "");
  }
  ~WardenTest() override { fs::remove_all(folder_); }

  Result<BootStatus> boot() {
    PosixStorage storage;
    SKIFF_ASSIGN(const auto control, open_boot(config_, Slot::kA, storage));
    return control->status();
  }
  void release(const std::string& name, std::string_view image, std::uint64_t counter,
               const std::string& hardware = "gw1") {
    const ImageId id{image.size(), sha256(as_bytes(image))};
    const Json::Object custom = {{"v", 1},
                                 {"hardware", Json::Array{hardware}},
                                 {"version", "1"},
                                 {"release_counter", counter},
                                 {"image", image_json(id)},
                                 {"issued", testing::kNow}};
    model_.add_target("releases", name, image, Json::Object{{"skiff", custom}});
  }
  /// The warden's process begins anew.
  void restart() {
    Result<Permits> permits = Permits::open(config_, storage_, [this] { return now_; });
    ASSERT_TRUE(permits) << permits.error().text();
    permits_.emplace(std::move(*permits));
  }
  Answer ask(Slot running, Ask say, std::uint64_t number = 0, Bytes payload = {}) {
    return Warden(config_, running, *permits_).answer({say, number, std::move(payload)}, model_);
  }
  std::string permit(std::string_view name, Slot running = Slot::kA) {
    return error_in(ask(running, Ask::kPermit, 0, Bytes(name.begin(), name.end())));
  }
  std::string arm_b() { return error_in(ask(Slot::kA, Ask::kArm, kB, tries(3))); }
  void fill_b(std::string_view image) { std::ofstream(config_.slots[1]) << image; }

  fs::path folder_ = fs::temp_directory_path() / ("skiff-warden-" + to_hex(random_bytes(8)));
  Config config_;
  testing::ModelRepository model_;
  PosixStorage storage_;
  std::int64_t now_ = testing::kNow;
  std::optional<Permits> permits_;
};

TEST_F(WardenTest, ArmsOnlyWhatASignedReleaseSaysTheImageIs) {
  EXPECT_EQ(permit("releases/2"), "");
  for (const char* const other : {"short", "another image!", "A second image"}) {
    fill_b(other);
    EXPECT_NE(arm_b().find("does not read back as the signed image"), std::string::npos) << other;
    EXPECT_EQ(boot()->b, Bootable::kBad);
  }
  fill_b("a second image");
  EXPECT_EQ(arm_b(), "");
  EXPECT_EQ(boot()->b, Bootable::kArmed);
}

TEST_F(WardenTest, PermitsWhatTheReleasesRoleSignedForThisHardwareAndNothingElse) {
  EXPECT_NE(permit("releases/other").find("is not for gw1"), std::string::npos);
  EXPECT_NE(permit("releases/none").find("no role vouches for"), std::string::npos);
  EXPECT_NE(permit("deltas/1").find("is not the name of one of the releases"), std::string::npos);
  EXPECT_NE(permit("").find("is not the name of one of the releases"), std::string::npos);
  EXPECT_EQ(arm_b(), "") << "what was permitted before still is";
}

TEST_F(WardenTest, PermitsNothingByMetadataThatIsOldOrThatItsRootDoesNotKnow) {
  const auto current = model_.files;
  release("releases/3", "a third image", 3);
  model_.publish({"releases"});
  EXPECT_EQ(permit("releases/3"), "");
  model_.files = current;
  EXPECT_NE(permit("releases/2").find("timestamp version"), std::string::npos);
  now_ = testing::kNow + 2 * testing::kYear;
  model_.files = current;
  EXPECT_NE(permit("releases/2").find("expired"), std::string::npos);
  now_ = testing::kNow;
  model_ = testing::ModelRepository();
  EXPECT_NE(permit("releases/2"), "");
}

TEST_F(WardenTest, KnowsAfterARestartWhatWasPermitted) {
  EXPECT_EQ(permit("releases/2"), "");
  fill_b("a second image");
  restart();
  EXPECT_EQ(arm_b(), "");
  fs::remove_all(config_.warden.state);
  restart();
  EXPECT_EQ(arm_b(), "warden: no release is permitted");
}

TEST_F(WardenTest, PermitsNoReleaseBelowTheOneThatWasCommitted) {
  EXPECT_EQ(permit("releases/2"), "");
  fill_b("a second image");
  EXPECT_EQ(arm_b(), "");
  EXPECT_EQ(permit("releases/1", Slot::kB), "") << "a trial is no commit";
  EXPECT_TRUE(ask(Slot::kB, Ask::kCommit, kB).said);
  restart();
  EXPECT_NE(permit("releases/1", Slot::kB).find("release_counter: 1 is below this device's 2"),
            std::string::npos);
  EXPECT_EQ(permit("releases/2", Slot::kB), "");
}

TEST_F(WardenTest, PermitsNoReleaseBelowTheOneTheDeviceWasMadeWith) {
  config_.warden.counter = 2;
  EXPECT_NE(permit("releases/1").find("release_counter: 1 is below this device's 2"), std::string::npos);
  EXPECT_EQ(permit("releases/2"), "");
}

TEST_F(WardenTest, OpensTheSlotThatRunsForReading) {
  const Answer answer = ask(Slot::kA, Ask::kOpenRunning, kB);
  ASSERT_TRUE(answer.said);
  EXPECT_EQ(::fcntl(answer.opened.get(), F_GETFL) & O_ACCMODE, O_RDONLY);
  EXPECT_EQ(fs::read_symlink("/proc/self/fd/" + std::to_string(answer.opened.get())), config_.slots[0]);
}

TEST_F(WardenTest, OpensTheOtherSlotForWritingAsLongAsItCannotBeBooted) {
  EXPECT_EQ(
      fs::read_symlink("/proc/self/fd/" + std::to_string(ask(Slot::kA, Ask::kOpenInactive, kA).opened.get())),
      config_.slots[1]);
  ASSERT_TRUE(ask(Slot::kA, Ask::kArm, kB, tries(3)).said);
  EXPECT_EQ(error_in(ask(Slot::kA, Ask::kOpenInactive)),
            "warden: slot B may be booted: it is not written to");
  ASSERT_TRUE(ask(Slot::kB, Ask::kCommit, kB).said);
  EXPECT_EQ(error_in(ask(Slot::kB, Ask::kOpenInactive)),
            "warden: slot A may be booted: it is not written to");
  ASSERT_TRUE(ask(Slot::kB, Ask::kMarkBad, kA).said);
  EXPECT_TRUE(ask(Slot::kB, Ask::kOpenInactive).said);
}

TEST_F(WardenTest, ArmsNoSlotThatIsOpen) {
  {
    const Answer open = ask(Slot::kA, Ask::kOpenInactive);
    EXPECT_NE(error_in(ask(Slot::kA, Ask::kArm, kB, tries(3))).find("is locked by another program"),
              std::string::npos);
    EXPECT_EQ(boot()->b, Bootable::kBad);
  }
  EXPECT_TRUE(ask(Slot::kA, Ask::kArm, kB, tries(3)).said);
  EXPECT_EQ(boot()->tries, 3U);
}

TEST_F(WardenTest, ChangesTheBootStateOnlyAsFarAsTheSlotsAllow) {
  EXPECT_EQ(error_in(ask(Slot::kA, Ask::kArm, kA, tries(3))), "warden: slot A runs: it is not armed");
  EXPECT_EQ(error_in(ask(Slot::kA, Ask::kCommit, kB)), "warden: slot B does not run: it is not committed");
  EXPECT_EQ(error_in(ask(Slot::kA, Ask::kMarkBad, kA)), "warden: slot A runs and is committed");
  EXPECT_EQ(error_in(ask(Slot::kA, Ask::kMarkBad, 2)), "warden: there is no slot 2");
  EXPECT_EQ(error_in(ask(Slot::kA, Ask::kArm, kB, {1, 2})), "warden: no number of tries");
  EXPECT_EQ(error_in(ask(Slot::kA, Ask::kArm, kB, tries(std::uint64_t{1} << 32))),
            "warden: no number of tries");
  EXPECT_EQ(error_in(ask(Slot::kA, Ask::kDone, kB)), "warden: an answer is no request");
  EXPECT_EQ(error_in(ask(Slot::kA, Ask::kReboot)), "config: there is no reboot_command");
  EXPECT_EQ(boot()->a, Bootable::kGood);
  EXPECT_EQ(boot()->b, Bootable::kBad);
}

TEST_F(WardenTest, ASlotOnTrialMayGiveItselfUp) {
  ASSERT_TRUE(ask(Slot::kA, Ask::kArm, kB, tries(3)).said);
  EXPECT_TRUE(ask(Slot::kB, Ask::kMarkBad, kB).said);
  EXPECT_EQ(boot()->b, Bootable::kBad);
}

/// A warden at its socket for as many connections as a test makes.
class WardenSocketTest : public WardenTest {
 protected:
  void serve(int connections, uid_t user = ::geteuid()) {
    Result<Descriptor> listener = listen_at(config_.warden.socket);
    ASSERT_TRUE(listener) << listener.error().text();
    listener_ = std::move(*listener);
    thread_ = std::thread([this, connections, user] {
      const Warden warden(config_, Slot::kA, *permits_);
      for (int i = 0; i < connections; ++i) EXPECT_TRUE(serve_next(listener_.get(), user, warden));
    });
  }
  void TearDown() override {
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] WardenClient client() const { return WardenClient(config_.warden.socket); }
  /// Says these bytes, and nothing after them.
  void say(ByteView bytes) const {
    const auto address = LocalAddress::of(config_.warden.socket);
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::connect(socket.get(), address->get(), address->length()), 0);
    ASSERT_EQ(::send(socket.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    ::shutdown(socket.get(), SHUT_WR);
    char byte = 0;
    EXPECT_LE(::recv(socket.get(), &byte, 1, 0), 0) << "there is no answer";
  }

 private:
  Descriptor listener_;
  std::thread thread_;
};

TEST_F(WardenSocketTest, AnAgentReachesItsSlotsAndItsBootStateThroughIt) {
  serve(7);
  WardenStorage storage(client(), config_.slots);
  {
    const auto slot = storage.open(config_.slots[1], Access::kSlot);
    ASSERT_TRUE(slot) << slot.error().text();
    ASSERT_TRUE((*slot)->write_at(0, as_bytes("an image")));
    ASSERT_TRUE((*slot)->sync());
  }
  EXPECT_EQ(*read_small(storage, config_.slots[0], 100), Bytes({'a', 'n', ' ', 'i', 'm', 'a', 'g', 'e'}));
  WardenBoot boot(client());
  EXPECT_EQ(boot.status()->booted, Slot::kA);
  ASSERT_TRUE(boot.arm(Slot::kB, 2));
  const Result<BootStatus> status = boot.status();
  EXPECT_EQ(status->b, Bootable::kArmed);
  EXPECT_EQ(status->tries, 2U);
  EXPECT_EQ(status->primary, Slot::kA);
  EXPECT_EQ(boot.commit(Slot::kB).error().text(), "warden: slot B does not run: it is not committed");
  EXPECT_TRUE(boot.mark_bad(Slot::kB));
}

TEST_F(WardenSocketTest, AnAgentBringsTheMetadataThatAPermissionAsksFor) {
  serve(2);
  EXPECT_EQ(client().permit("releases/none", model_).error().text(), "no role vouches for releases/none");
  model_.requests.clear();
  EXPECT_TRUE(client().permit("releases/2", model_));
  EXPECT_EQ(model_.requests, (std::vector<std::string>{"2.root.json", "timestamp.json"}));
}

TEST_F(WardenSocketTest, AnotherAccountGetsNoAnswer) {
  serve(1, ::geteuid() + 1);
  EXPECT_EQ(WardenBoot(client()).mark_bad(Slot::kB).error().text(),
            "the warden at " + config_.warden.socket.string() + " does not answer");
}

TEST_F(WardenSocketTest, WhatIsNoRequestGetsNoAnswerAndHarmsNobody) {
  serve(5);
  say({});
  say(Bytes(23, 0));
  Bytes unknown = tries(static_cast<std::uint64_t>(Ask::kFailed) + 1);
  unknown.resize(24);
  say(unknown);
  Bytes endless(16, 0);
  put_word(endless, ~std::uint64_t{0});
  say(endless);
  EXPECT_TRUE(WardenBoot(client()).status());
}

TEST_F(WardenSocketTest, OneThatIsNotThereIsNamed) {
  EXPECT_EQ(WardenBoot(client()).status().error().text(),
            "no warden at " + config_.warden.socket.string() + ": No such file or directory");
  config_.warden.socket = "/" + std::string(200, 'x');
  EXPECT_FALSE(WardenBoot(client()).status());
}

}  // namespace
}  // namespace skiff::agent

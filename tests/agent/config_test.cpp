#include "agent/config.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "agent/boot/open_boot.hpp"
#include "agent/device.hpp"
#include "skiff/json.hpp"
#include "skiff/trust.hpp"

namespace skiff::agent {
namespace {

Json::Object smallest() {
  return {{"server", "https://updates.example:8443/"},
          {"ca", "/c"},
          {"certificate", "/d"},
          {"key", "/k"},
          {"hardware", "gw1"},
          {"state_dir", "/var/lib/skiff"},
          {"slots", Json::Object{{"a", "/dev/a"}, {"b", "/dev/b"}}}};
}

Json::Object grub(const char* a, const char* b, const char* arguments) {
  return {{"kind", "grub"}, {"partitions", Json::Object{{"a", a}, {"b", b}}}, {"arguments", arguments}};
}

Result<Config> parse(Json::Object object) { return parse_config(as_bytes(json_text(std::move(object)))); }

TEST(Config, TheSmallestHasSensibleDefaults) {
  const Result<Config> config = parse(smallest());
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->server, "https://updates.example:8443");
  EXPECT_EQ(config->boot.kind, BootKind::kFile);
  EXPECT_EQ(config->tries, 3U);
  EXPECT_EQ(config->decoder_memory, 8'388'608U);
  EXPECT_EQ(config->decoder_threads, 2U);
}

TEST(Config, BootLoadersHaveTheirSettings) {
  Json::Object object = smallest();
  object.insert_or_assign("boot", grub("gpt2", "gpt3", "ro quiet"));
  Result<Config> config = parse(object);
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->boot.kind, BootKind::kGrub);
  EXPECT_EQ(config->boot.grub.partitions[1], "gpt3");
  EXPECT_EQ(config->boot.grub.folder, "/boot/grub");
  object.insert_or_assign(
      "boot",
      Json::Object{{"kind", "uboot"}, {"names", "mender"}, {"partitions", Json::Object{{"a", 2}, {"b", 3}}}});
  config = parse(object);
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->boot.kind, BootKind::kUboot);
  EXPECT_EQ(config->boot.uboot.partitions[1], 3U);
}

TEST(Config, WithAWardenNothingOfTheAgentsDecidesWhatRootDoes) {
  Json::Object object = smallest();
  Json::Object warden = {{"socket", "/run/w/socket"},
                         {"user", "skiff-agent"},
                         {"root", "/etc/root.json"},
                         {"state", "/var/w"},
                         {"counter", 7}};
  object.insert_or_assign("warden", warden);
  EXPECT_NE(parse(object).error().text().find("boot.state is absent"), std::string::npos);
  object.insert_or_assign("boot", Json::Object{{"kind", "file"}, {"state", "/boot/state"}});
  const Result<Config> config = parse(object);
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_TRUE(config->warden.any());
  EXPECT_EQ(config->warden.counter, 7U);
  EXPECT_EQ(config->boot_state(), "/boot/state");
  object.insert_or_assign("checks_user", "nobody");
  EXPECT_NE(parse(object).error().text().find("checks_user"), std::string::npos);
  object.erase("checks_user");
  warden["socket"] = "";
  object.insert_or_assign("warden", warden);
  EXPECT_NE(parse(object).error().text().find("warden.socket"), std::string::npos);
}

TEST(Config, TheLinkHasItsPolicy) {
  Json::Object object = smallest();
  object.insert_or_assign("link", Json::Object{{"rate", 4'000},
                                               {"budget", 5'000'000},
                                               {"period", "day"},
                                               {"metered", true},
                                               {"largest_download", 2'000'000},
                                               {"download", Json::Array{"22:00-06:30", "12:00-13:00"}}});
  const Result<Config> config = parse(object);
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->link.rate, 4'000U);
  EXPECT_EQ(config->link.budget, 5'000'000U);
  EXPECT_EQ(config->link.period, LinkPolicy::Period::kDay);
  EXPECT_TRUE(config->link.metered);
  EXPECT_EQ(config->link.largest_download, 2'000'000U);
  EXPECT_EQ(config->link.download.text(), "22:00-06:30, 12:00-13:00");
  EXPECT_FALSE(config->link.install.any());
}

TEST(Config, ALinkPolicyThatIsOddIsRefusedAndNamed) {
  const std::pair<std::string, Json> odd[] = {{"rate", 255},
                                              {"rate", "fast"},
                                              {"budget", 65'535},
                                              {"period", "week"},
                                              {"metered", 1},
                                              {"largest_download", 0},
                                              {"download", "22:00-06:00"},
                                              {"download", Json::Array{22}},
                                              {"install", Json::Array{"22:00"}},
                                              {"speed", 1}};
  for (const auto& [key, value] : odd) {
    Json::Object object = smallest();
    object.insert_or_assign("link", Json::Object{{key, value}});
    const Result<Config> config = parse(std::move(object));
    ASSERT_FALSE(config) << key;
    EXPECT_EQ(config.error().kind, ErrorKind::kFormat) << key;
    EXPECT_NE(config.error().message.find(key), std::string::npos) << config.error().message;
  }
}

TEST(Config, WhatIsOddIsRefusedAndNamed) {
  const std::pair<std::string, Json> odd[] = {{"tries", 0},
                                              {"tries", 101},
                                              {"trial_deadline", "1 h"},
                                              {"stall_timeout", 3'601},
                                              {"severs", "x"},
                                              {"slots", "a"},
                                              {"reboot_command", 3},
                                              {"checks_dir", 1},
                                              {"slots", Json::Object{{"a", "/x"}, {"b", "/x"}}},
                                              {"boot", Json::Object{{"kind", "lilo"}}},
                                              {"boot", Json::Object{{"kind", "custom"}}},
                                              {"boot", grub("gpt2", "gpt2", "ro")},
                                              {"boot", grub("gpt2", "3", "ro")},
                                              {"boot", grub("gpt2", "gpt3", "ro'; halt")},
                                              {"boot", Json::Object{{"kind", "uboot"}}},
                                              {"boot", Json::Object{{"kind", "uboot"}, {"names", "mender"}}}};
  for (const auto& [key, value] : odd) {
    Json::Object object = smallest();
    object.insert_or_assign(key, value);
    const Result<Config> config = parse(std::move(object));
    ASSERT_FALSE(config) << key;
    EXPECT_EQ(config.error().kind, ErrorKind::kFormat) << key;
  }
  for (const char* key : {"server", "ca", "certificate", "key", "hardware", "slots", "state_dir"}) {
    Json::Object object = smallest();
    object.erase(key);
    const Result<Config> config = parse(std::move(object));
    ASSERT_FALSE(config) << key;
    EXPECT_NE(config.error().message.find(key), std::string::npos) << config.error().message;
  }
}

TEST(RunningSlot, IsTheLastThatTheCommandLineNames) {
  EXPECT_EQ(slot_of_command_line("quiet skiff.slot=B root=/dev/sda2"), Slot::kB);
  EXPECT_EQ(slot_of_command_line("skiff.slot=B skiff.slot=A"), Slot::kA);
  EXPECT_EQ(slot_of_command_line("skiff.slot=C xskiff.slot=A"), std::nullopt);
}

TEST(StateLock, IsHeldByOneAtATime) {
  Config config;
  config.state_dir = std::filesystem::temp_directory_path() / ("skiff-lock-" + to_hex(random_bytes(8)));
  std::filesystem::create_directory(config.state_dir);
  {
    const Result<Descriptor> first = lock_state(config);
    ASSERT_TRUE(first);
    EXPECT_EQ(lock_state(config).error().rule, kBusyRule);
  }
  EXPECT_TRUE(lock_state(config));
  std::filesystem::remove_all(config.state_dir);
}

TEST(PosixStorage, ASlotIsLockedAndHasExactlyTheLengthAsked) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("skiff-slot-" + to_hex(random_bytes(8)));
  PosixStorage storage;
  EXPECT_EQ(storage.open(path, Access::kSlot).error().kind, ErrorKind::kNotFound);
  std::ofstream(path) << "old";
  {
    const auto slot = storage.open(path, Access::kSlot);
    ASSERT_TRUE(slot);
    EXPECT_EQ(storage.open(path, Access::kSlot).error().kind, ErrorKind::kUsage);
    ASSERT_TRUE((*slot)->set_length(10'000));
    ASSERT_TRUE((*slot)->write_at(9'996, as_bytes("tail")));
    ASSERT_TRUE((*slot)->sync() && (*slot)->drop_cache());
    Bytes tail(4);
    ASSERT_TRUE((*slot)->read_at(9'996, tail));
    EXPECT_EQ(as_text(tail), "tail");
    EXPECT_FALSE((*slot)->read_at(9'997, tail));
  }
  EXPECT_EQ(std::filesystem::file_size(path), 10'000U);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace skiff::agent

// The variables of boot loaders: what they say, and that GRUB's and U-Boot's own tools read and write the
// same.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent/boot/grub_script.hpp"
#include "agent/boot/open_boot.hpp"
#include "agent/boot/variable_boot.hpp"
#include "agent/system/process.hpp"
#include "tests/agent/boot_loaders.hpp"
#include "tests/agent/memory_storage.hpp"

namespace skiff::testing {
namespace {

namespace fs = std::filesystem;
using agent::Bootable;
using agent::BootState;
using agent::GrubEnvironment;
using agent::Slot;
using agent::UbootEnvironment;
using agent::Variables;

std::vector<std::unique_ptr<agent::BootConvention>> conventions() {
  std::vector<std::unique_ptr<agent::BootConvention>> all;
  all.push_back(std::make_unique<agent::GrubConvention>());
  all.push_back(std::make_unique<agent::RaucConvention>());
  all.push_back(std::make_unique<agent::MenderConvention>(std::array<std::uint32_t, 2>{2, 3}));
  return all;
}

TEST(BootConvention, EveryStateIsReadBackWhateverWasThereBefore) {
  std::vector<BootState> states;
  for (const Slot slot : {Slot::kA, Slot::kB}) {
    for (const Bootable bootable : {Bootable::kGood, Bootable::kBad, Bootable::kExhausted}) {
      states.push_back({slot, bootable, 0, {}});
    }
    for (const std::uint32_t tries : {1U, 3U, 100U}) states.push_back({slot, Bootable::kArmed, tries, {}});
  }
  for (const auto& convention : conventions()) {
    for (const BootState& before : states) {
      for (const BootState& state : states) {
        Variables variables = {{"ethaddr", "02:00:00:00:00:01"}};
        convention->put(before, variables);
        convention->put(state, variables);
        EXPECT_EQ(convention->state_in(variables), state);
        EXPECT_EQ(agent::value_of(variables, "ethaddr"), "02:00:00:00:00:01");
      }
    }
  }
}

TEST(BootConvention, VariablesThatSayNothingAreNoState) {
  for (const auto& convention : conventions()) {
    EXPECT_FALSE(convention->state_in({}));
    EXPECT_FALSE(convention->state_in({{"ORDER", "C"}, {"BOOT_ORDER", ""}, {"mender_boot_part", "9"}}));
  }
}

/// Boots once each: an armed slot as often as it has tries, then the other; committed, it stays.
TEST(BootLoader, CountsTriesDownAndFallsBackByItself) {
  for (const Loader loader : kLoaders) {
    MemoryStorage storage;
    agent::Config config;
    config.state_dir = "state";
    config.boot = boot_settings(loader);
    ASSERT_TRUE(prepare_loader(loader, config, storage));
    ASSERT_TRUE((*agent::open_boot(config, Slot::kA, storage))->arm(Slot::kB, 2));
    for (const Slot expected : {Slot::kB, Slot::kB, Slot::kA}) {
      EXPECT_EQ(*start_loader(loader, config, storage), expected) << to_string(loader);
    }
    EXPECT_EQ(agent::known_boot_state(config, storage)->value().other, Bootable::kExhausted)
        << to_string(loader);
    const auto boot = *agent::open_boot(config, Slot::kA, storage);
    ASSERT_TRUE(boot->arm(Slot::kB, 1));
    EXPECT_EQ(*start_loader(loader, config, storage), Slot::kB) << to_string(loader);
    ASSERT_TRUE((*agent::open_boot(config, Slot::kB, storage))->commit(Slot::kB));
    for (int boots = 0; boots < 5; ++boots) {
      EXPECT_EQ(*start_loader(loader, config, storage), Slot::kB) << to_string(loader);
      ASSERT_TRUE(agent::open_boot(config, Slot::kB, storage)) << "the agent starts";
    }
    ASSERT_TRUE((*agent::open_boot(config, Slot::kB, storage))->mark_bad(Slot::kA));
    EXPECT_EQ(*start_loader(loader, config, storage), Slot::kB) << to_string(loader);
  }
}

TEST(BootLoader, EachTransitionIsOneWriteAndOneSync) {
  for (const Loader loader : {Loader::kGrub, Loader::kUbootRauc, Loader::kUbootMender}) {
    MemoryStorage storage;
    agent::Config config;
    config.boot = boot_settings(loader);
    ASSERT_TRUE(prepare_loader(loader, config, storage));
    const auto boot = *agent::open_boot(config, Slot::kA, storage);
    std::vector<std::string> seen;
    storage.observer = [&](const std::string& change) { seen.push_back(change.substr(0, 5)); };
    const auto changes_of_step = [&](const Result<void>& done) {
      EXPECT_TRUE(done);
      return std::exchange(seen, {});
    };
    const std::vector<std::string> one = {"write", "sync "};
    EXPECT_EQ(changes_of_step(boot->mark_bad(Slot::kB)), one) << to_string(loader);
    EXPECT_EQ(changes_of_step(boot->arm(Slot::kB, 3)), one) << to_string(loader);
    EXPECT_EQ(changes_of_step(boot->commit(Slot::kB)), one) << to_string(loader);
    EXPECT_EQ(changes_of_step(boot->commit(Slot::kB)), std::vector<std::string>{}) << to_string(loader);
  }
}

TEST(GrubEnvironment, NeverTouchesTheSecondSector) {
  MemoryStorage storage;
  storage.put("grubenv", Bytes(GrubEnvironment::kBlock));
  GrubEnvironment environment(storage, "grubenv");
  Variables variables = {{"ORDER", "A B"}};
  for (std::size_t length : {1U, 200U, 400U}) {
    variables["note"] = std::string(length, 'n');
    ASSERT_TRUE(environment.write(variables));
    const Bytes block = storage.content("grubenv");
    ASSERT_EQ(block.size(), GrubEnvironment::kBlock);
    EXPECT_EQ(std::count(block.begin() + GrubEnvironment::kSector, block.end(), '#'), 512);
    EXPECT_EQ(*environment.read(), variables);
  }
  variables["note"] = std::string(500, 'n');
  EXPECT_EQ(environment.write(variables).error().kind, ErrorKind::kLimit);
}

TEST(GrubEnvironment, ABlockThatIsNoneIsReplacedByTheTruth) {
  MemoryStorage storage;
  agent::Config config;
  config.boot = boot_settings(Loader::kGrub);
  EXPECT_FALSE(agent::open_boot(config, Slot::kB, storage)) << "there is no file: boot install makes it";
  storage.put("boot/grub/grubenv", Bytes(GrubEnvironment::kBlock, 0xA5));
  ASSERT_TRUE(agent::open_boot(config, Slot::kB, storage));
  EXPECT_EQ(*agent::known_boot_state(config, storage), (BootState{Slot::kB, Bootable::kBad, 0, {}}));
}

TEST(UbootConfig, IsReadAsItsToolsReadIt) {
  const auto copies = agent::parse_uboot_config(
      "# Device Offset Size\n\n/boot/uboot.env 0x0000 0x4000\n/dev/mmcblk0 1024 16384 0x200\n");
  ASSERT_TRUE(copies) << copies.error().text();
  EXPECT_EQ((*copies)[0], (agent::UbootCopy{"/boot/uboot.env", 0, 0x4000}));
  EXPECT_EQ((*copies)[1], (agent::UbootCopy{"/dev/mmcblk0", 1024, 16384}));
  for (const char* const odd :
       {"", "/a 0 0x4000\n", "/a 0 0x4000\n/a 0 0x4000\n", "/a 0 0x4000\n/b 0 0x2000\n",
        "/a 0 0x4000\n/b x 0x4000\n", "/dev/mtd0 0 0x4000\n/dev/mtd1 0 0x4000\n", "/a 0 5\n/b 0 5\n",
        "/a 0 1\n/b 0 1\n/c 0 1\n"}) {
    EXPECT_FALSE(agent::parse_uboot_config(odd)) << odd;
  }
}

/// Two copies in files of a folder that goes with it, and what Debian's tools say of them.
class BootFiles {
 public:
  BootFiles() {
    std::string name = (fs::temp_directory_path() / "skiff-env-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  BootFiles(const BootFiles&) = delete;
  BootFiles& operator=(const BootFiles&) = delete;
  ~BootFiles() { fs::remove_all(folder_); }

  [[nodiscard]] fs::path path(const std::string& name) const { return folder_ / name; }
  void put(const std::string& name, ByteView bytes) const {
    std::ofstream(path(name), std::ios::binary) << as_text(bytes);
  }
  /// What a program prints; its exit must be 0.
  static std::string run(std::vector<std::string> words) {
    agent::ProcessRequest request;
    request.max_output = 65'536;
    request.argv = std::move(words);
    const auto done = agent::run_process(request);
    EXPECT_TRUE(done && done->exit == 0)
        << request.argv[0] << ": " << (done ? done->output : done.error().text());
    return done ? done->output : "";
  }

 private:
  fs::path folder_;
};

TEST(GrubEnvironment, IsWhatGrubEditenvReadsAndWrites) {
  const BootFiles files;
  agent::PosixStorage storage;
  agent::GrubSettings grub;
  grub.folder = files.path("");
  grub.partitions = {"gpt2", "gpt3"};
  ASSERT_TRUE(agent::install_grub(storage, grub, Slot::kB));
  const std::string block = files.path("grubenv").string();
  EXPECT_EQ(BootFiles::run({"/usr/bin/grub-editenv", block, "list"}),
            "A_OK=0\nA_TRY=0\nB_OK=1\nB_TRY=0\nORDER=B A\nskiff_tries=\n");
  BootFiles::run({"/usr/bin/grub-editenv", block, "set", "saved_entry=a\\b", "ORDER=A B"});
  GrubEnvironment environment(storage, block);
  Variables variables = *environment.read();
  EXPECT_EQ(agent::value_of(variables, "ORDER"), "A B");
  ASSERT_TRUE(environment.write(variables));
  EXPECT_NE(BootFiles::run({"/usr/bin/grub-editenv", block, "list"}).find("saved_entry=a\\b\n"),
            std::string::npos);
  BootFiles::run({"/usr/bin/grub-script-check", files.path("grub.cfg").string()});
}

/// An environment of two copies, made by fw_setenv from none.
struct UbootFiles : public BootFiles {
  static constexpr std::size_t kSize = 0x1000;
  UbootFiles() {
    put("fw_env.config",
        as_bytes(path("one").string() + " 0x0 0x1000\n" + path("two").string() + " 0x200 0x1000\n"));
    put("default", as_bytes("bootcmd=run skiff\nBOOT_ORDER=A B\n"));
    put("one", Bytes(kSize));
    put("two", Bytes(0x200 + kSize));
    tool("fw_setenv", {"-f", path("default").string(), "bootdelay", "1"});
  }
  std::string tool(const std::string& name, std::vector<std::string> words) const {
    words.insert(words.begin(), {"/usr/bin/" + name, "-c", path("fw_env.config").string()});
    return run(std::move(words));
  }
  [[nodiscard]] UbootEnvironment environment(agent::Storage& storage) const {
    std::ifstream file(path("fw_env.config"));
    return {storage, *agent::parse_uboot_config(std::string(std::istreambuf_iterator<char>(file), {}))};
  }
};

TEST(UbootEnvironment, IsWhatFwPrintenvReadsThroughEveryGeneration) {
  const UbootFiles files;
  agent::PosixStorage storage;
  UbootEnvironment environment = files.environment(storage);
  for (int round = 0; round < 600; ++round) {
    Variables variables = *environment.read();
    ASSERT_EQ(agent::value_of(variables, "bootcmd"), "run skiff");
    ASSERT_EQ(agent::value_of(variables, "round"), round == 0 ? "" : std::to_string(round - 1));
    variables["round"] = std::to_string(round);
    ASSERT_TRUE(environment.write(variables));
    // Round the wrap of the generation from 255 to 0, and here and there.
    if (round % 256 < 250 && round % 50 != 0) continue;
    ASSERT_EQ(files.tool("fw_printenv", {"-n", "round"}), std::to_string(round) + "\n");
    files.tool("fw_setenv", {"theirs", std::to_string(round)});
    ASSERT_EQ(agent::value_of(*environment.read(), "theirs"), std::to_string(round));
  }
}

TEST(UbootEnvironment, ATornCopyLeavesTheOtherOneToBothReaders) {
  const UbootFiles files;
  agent::PosixStorage storage;
  UbootEnvironment environment = files.environment(storage);
  Variables variables = *environment.read();
  variables["round"] = "1";
  ASSERT_TRUE(environment.write(variables));
  const auto read_file_of = [&](const char* name) {
    std::ifstream file(files.path(name), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string one = read_file_of("one");
  const std::string two = read_file_of("two");
  variables["round"] = "2";
  ASSERT_TRUE(environment.write(variables));
  const char* const written = read_file_of("one") == one ? "two" : "one";
  const std::string before = written[0] == 'o' ? one : two;
  std::string after = read_file_of(written);
  after.replace(after.size() - 512, 512, std::string(512, 'x'));
  for (const std::string& torn : {before.substr(0, 1024) + after.substr(1024), after}) {
    files.put(written, as_bytes(torn));
    EXPECT_EQ(agent::value_of(*environment.read(), "round"), "1");
    EXPECT_EQ(files.tool("fw_printenv", {"-n", "round"}), "1\n");
  }
  files.put("one", Bytes(UbootFiles::kSize, 0xA5));
  files.put("two", Bytes(UbootFiles::kSize + 0x200, 0xA5));
  EXPECT_EQ(environment.read().error().kind, ErrorKind::kFormat)
      << "the agent does not know what has to be in it";
}

}  // namespace
}  // namespace skiff::testing

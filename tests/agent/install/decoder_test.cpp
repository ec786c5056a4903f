// The decoder's process: it makes what an applier makes, has one descriptor, and is killed where it wants
// more.
#include "agent/install/decoder.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>

#include "agent/decode/sandbox.hpp"
#include "skiff/diff.hpp"
#include "skiff/trust.hpp"
#include "tests/agent/small_device.hpp"
#include "tests/engine/apply/test_images.hpp"
#include "unpack/stream_codec.hpp"

namespace skiff::testing {
namespace {

using agent::Slot;

class ImageWriter final : public ResultWriter {
 public:
  /// `at_write` is called at each write.
  explicit ImageWriter(std::function<void()> at_write = [] {}) : at_write_(std::move(at_write)) {}
  Result<void> write_at(std::uint64_t offset, ByteView bytes) override {
    at_write_();
    if (refuse) return fail(ErrorKind::kIo, "the slot takes no more", "X9");
    image.resize(std::max<std::size_t>(image.size(), offset + bytes.size()));
    std::copy(bytes.begin(), bytes.end(), image.begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  }
  Result<void> segment_done(std::uint64_t segment) override {
    done = segment;
    return {};
  }
  Bytes image;
  std::uint64_t done = 0;
  bool refuse = false;

 private:
  std::function<void()> at_write_;
};

class DecoderTest : public ::testing::Test {
 protected:
  static ApplyOptions options() {
    const SmallDevice device;
    ApplyOptions options;
    options.result = device.server.installation.delta.result;
    options.base = device.server.installation.delta.base;
    return options;
  }
  std::unique_ptr<agent::Decoder> start(const Source& base) {
    auto peer = agent::start_decoder_program(SKIFF_DECODE);
    EXPECT_TRUE(peer) << peer.error().text();
    auto decoder = agent::DecoderProcess::start(std::move(*peer), base, writer_, options());
    EXPECT_TRUE(decoder) << decoder.error().text();
    return std::move(*decoder);
  }
  /// The only child of this process.
  static std::string child() {
    std::ifstream file("/proc/self/task/" + std::to_string(::getpid()) + "/children");
    std::string pid;
    file >> pid;
    return pid;
  }

  ViewSource base_{SmallDevice::image(Slot::kA)};
  ImageWriter writer_;
  Bytes delta_ = SmallDevice().server.delta;
};

TEST_F(DecoderTest, MakesTheResultAndTellsWhereItIs) {
  const auto decoder = start(base_);
  EXPECT_EQ(decoder->next_offset(), 0U);
  EXPECT_EQ(decoder->segments(), nullptr);
  ASSERT_TRUE(decoder->push(delta_));
  EXPECT_TRUE(decoder->done());
  EXPECT_EQ(writer_.image, SmallDevice::image(Slot::kB));
  const std::vector<SegmentInfo>& known = SmallDevice::segments();
  ASSERT_EQ(decoder->segments()->size(), known.size());
  for (std::size_t i = 0; i < known.size(); ++i) {
    EXPECT_EQ((*decoder->segments())[i].is_map, known[i].is_map);
    EXPECT_EQ((*decoder->segments())[i].wire_offset, known[i].wire_offset);
  }
  EXPECT_EQ(writer_.done, known.size() - 1);
  EXPECT_GT(decoder->peak_memory(), 100'000U);
}

TEST_F(DecoderTest, HandsErrorsOfTheSlotOnAsTheyAre) {
  const auto decoder = start(base_);
  writer_.refuse = true;
  const Result<void> pushed = decoder->push(delta_);
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().kind, ErrorKind::kIo);
  EXPECT_NE(pushed.error().text().find("the slot takes no more"), std::string::npos);
  EXPECT_FALSE(decoder->push(delta_)) << "after an error every call gives that error";
}

TEST_F(DecoderTest, GivesTheSegmentBackThatAWrongBaseSpoilt) {
  Bytes spoilt = SmallDevice::image(Slot::kA);
  spoilt[14 * 4096 + 77] ^= 1;
  const ViewSource base(spoilt);
  const auto decoder = start(base);
  const Result<void> pushed = decoder->push(delta_);
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().rule, "F27");
  const auto [offset, wire] = decoder->begun_segment();
  ASSERT_FALSE(wire.empty());
  EXPECT_TRUE(std::equal(wire.begin(), wire.end(), delta_.begin() + static_cast<std::ptrdiff_t>(offset)));
}

TEST_F(DecoderTest, GivesBackWhatCameOfASegmentThatIsNotDone) {
  const auto decoder = start(base_);
  const std::size_t came = delta_.size() - 1;
  ASSERT_TRUE(decoder->push(ByteView(delta_).first(came)));
  const auto [offset, wire] = decoder->begun_segment();
  EXPECT_EQ(offset, SmallDevice::segments().back().wire_offset);
  EXPECT_EQ(wire, Bytes(delta_.begin() + static_cast<std::ptrdiff_t>(offset), delta_.end() - 1));
  EXPECT_TRUE(decoder->push(ByteView(delta_).last(1)));
  EXPECT_TRUE(decoder->done());
}

TEST_F(DecoderTest, HasOneDescriptorNoRightsAndAFilter) {
  const auto decoder = start(base_);
  const std::filesystem::path process = "/proc/" + child();
  std::vector<std::string> descriptors;
  for (const auto& entry : std::filesystem::directory_iterator(process / "fd")) {
    descriptors.push_back(entry.path().filename().string());
  }
  EXPECT_EQ(descriptors, std::vector<std::string>{"0"});
  std::ifstream file(process / "status");
  const std::string status{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(status.find("NoNewPrivs:\t1\n"), std::string::npos);
  EXPECT_NE(status.find("Seccomp:\t2\n"), std::string::npos);
  EXPECT_NE(status.find("CapEff:\t0000000000000000\n"), std::string::npos) << status;
  if (::geteuid() == 0) {
    EXPECT_NE(status.find("Uid:\t65534\t65534\t65534\t65534\n"), std::string::npos);
  }
}

TEST_F(DecoderTest, SaysWhatItCanPackAgain) {
  const Result<RepackerVersions> said = agent::ask_repackers(SKIFF_DECODE);
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(*said, versions_of(all_repackers()));
}

TEST_F(DecoderTest, OneThatSaysNothingOfThatIsAnError) {
  const Result<RepackerVersions> said = agent::ask_repackers("/bin/true");
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().text(), "decoder: /bin/true does not say what it has, and ended with exit code 0");
}

TEST_F(DecoderTest, OneThatIsNotThereIsNamed) {
  const auto peer = agent::start_decoder_program("/nowhere/skiff-decode");
  ASSERT_FALSE(peer);
  EXPECT_EQ(peer.error().text(), "cannot start /nowhere/skiff-decode: No such file or directory");
}

/// Says what a decoder never would.
agent::DecoderPeer liar(agent::Say say, std::uint64_t number) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  EXPECT_TRUE(agent::send_message(ends[1], agent::Say::kDone, 0, agent::progress_bytes({0, 10, false})));
  EXPECT_TRUE(agent::send_message(ends[1], say, number, Bytes(8, 1)));
  EXPECT_TRUE(agent::send_message(ends[1], agent::Say::kDone, 0, agent::progress_bytes({0, 0, false})));
  EXPECT_EQ(::shutdown(ends[1], SHUT_WR), 0);
  return agent::DecoderPeer{agent::Descriptor(ends[0])};
}

TEST_F(DecoderTest, OneThatLiesWritesNothingPastTheResultAndDoesNotHang) {
  const std::pair<agent::Say, std::uint64_t> lies[] = {{agent::Say::kWrite, 64 * 1024},
                                                       {agent::Say::kWrite, ~std::uint64_t{0}},
                                                       {agent::Say::kRead, ~std::uint64_t{0}},
                                                       {agent::Say::kPush, 0},
                                                       {agent::Say::kHead, 3}};
  for (const auto& [say, number] : lies) {
    const auto decoder = agent::DecoderProcess::start(liar(say, number), base_, writer_, options());
    ASSERT_TRUE(decoder);
    const Result<void> pushed = (*decoder)->push(delta_);
    ASSERT_FALSE(pushed);
    EXPECT_EQ(pushed.error().text(), "decoder: ended");
    EXPECT_TRUE(writer_.image.empty());
  }
}

TEST_F(DecoderTest, OneThatIsKilledIsAnErrorAndNoHang) {
  const auto decoder = start(base_);
  ASSERT_EQ(::kill(std::stoi(child()), SIGKILL), 0);
  const Result<void> pushed = decoder->push(delta_);
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().kind, ErrorKind::kIo);
  EXPECT_EQ(pushed.error().text(), "decoder: was ended by Killed");
}

struct Attempt {
  const char* name;
  void (*make)();
};

void PrintTo(const Attempt& attempt, std::ostream* out) { *out << attempt.name; }

const Attempt kAttempts[] = {
    {"OpensAFile", [] { (void)::open("/etc/passwd", O_RDONLY); }},
    {"MakesASocket", [] { (void)::socket(AF_INET, SOCK_STREAM, 0); }},
    {"StartsAProgram", [] { (void)::execl("/bin/true", "true", nullptr); }},
    {"Forks", [] { (void)::fork(); }},
    {"KillsAnother", [] { (void)::kill(1, 0); }},
    {"MakesCode",
     [] { (void)::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
    {"WritesToAnotherDescriptor", [] { (void)::send(4, "x", 1, 0); }},
    {"BecomesRootAgain",
     [] {
       if (::setuid(0) != 0) ::_exit(1);
     }},
    {"AsksForTheTimeOfProcesses", [] { (void)::getpgid(0); }},
    {"ChangesAFile", [] { (void)::chmod("/tmp", 0777); }},
};

class Sandbox : public ::testing::TestWithParam<Attempt> {};

TEST_P(Sandbox, KillsAProcessThat) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const pid_t process = ::fork();
  if (process == 0) {
    ::dup2(ends[1], agent::kSandboxSocket);
    if (!agent::enter_sandbox(std::uint64_t{64} << 20)) ::_exit(2);
    (void)::send(agent::kSandboxSocket, "in", 2, 0);
    GetParam().make();
    ::_exit(0);
  }
  ::close(ends[1]);
  std::array<char, 2> said{};
  EXPECT_EQ(::recv(ends[0], said.data(), said.size(), MSG_WAITALL), 2) << "it may talk on its socket";
  int status = 0;
  ASSERT_EQ(::waitpid(process, &status, 0), process);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << status;
  ::close(ends[0]);
}

const unpack::Method kOfThreads[] = {{unpack::StreamCodec::kXz, {0, 1 << 20, 0, 1, 2}},
                                     {unpack::StreamCodec::kZstd, {1, 0, 2, 0, 0}}};

Bytes packed_by(const unpack::Method& method, ByteView content) {
  BytesSink packed;
  return unpack::pack_stream(method, content, packed) ? packed.take() : Bytes();
}

TEST(SandboxOfThreads, PacksStreamsThatAreCutIntoBlocksOrJobs) {
  const Bytes content = prose(5'000'000, 1);
  for (const unpack::Method& method : kOfThreads) {
    const Bytes expected = packed_by(method, content);
    ASSERT_FALSE(expected.empty());
    const pid_t process = ::fork();
    if (process == 0) {
      if (!agent::enter_sandbox(std::uint64_t{512} << 20)) ::_exit(2);
      ::_exit(packed_by(method, content) == expected ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(process, &status, 0), process);
    EXPECT_EQ(status, 0) << static_cast<int>(method.codec);
  }
}

/// Blocks of prose, each a zlib stream.
Bytes blocks(std::size_t step) {
  Bytes image;
  for (std::uint32_t i = 0; i < 12; ++i)
    image =
        image + packed_by({unpack::StreamCodec::kZlib, {9, 8, 0, 15, 0}}, speckled(prose(100'000, i), step));
  return image;
}

TEST(DecoderOfThreads, PacksStreamsAside) {
  const Bytes base = blocks(9'000);
  const Bytes result = blocks(9'100);
  BytesSink delta;
  ASSERT_TRUE(build_delta(ViewSource(base), ViewSource(result), delta,
                          {.codec = Codec::kZstd, .repackers = all_repackers()}, make_sha256));
  auto peer = agent::start_decoder_program(SKIFF_DECODE);
  ASSERT_TRUE(peer) << peer.error().text();
  const std::filesystem::path threads = "/proc/" + std::to_string(peer->pid) + "/task";
  std::ptrdiff_t most = 0;
  ImageWriter writer([&] {
    most = std::max(most, std::distance(std::filesystem::directory_iterator(threads),
                                        std::filesystem::directory_iterator{}));
  });
  const ViewSource source(base);
  const auto decoder = agent::DecoderProcess::start(std::move(*peer), source, writer,
                                                    {.max_memory = std::uint64_t{64} << 20, .threads = 2});
  ASSERT_TRUE(decoder) << decoder.error().text();
  const Result<void> pushed = (*decoder)->push(delta.bytes());
  ASSERT_TRUE(pushed) << pushed.error().text();
  EXPECT_EQ(writer.image, result);
  EXPECT_EQ(most, 2);
}

INSTANTIATE_TEST_SUITE_P(Of, Sandbox, ::testing::ValuesIn(kAttempts),
                         [](const auto& attempt) { return std::string(attempt.param.name); });

}  // namespace
}  // namespace skiff::testing

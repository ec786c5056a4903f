// One job at a time over a real repository: what is made of it, and what becomes of the job.
#include <gtest/gtest.h>

#include "deltas/delta_workers.hpp"
#include "deltas/worker_place.hpp"
#include "tests/server/fleet_files.hpp"
#include "tests/server/release_builder.hpp"
#include "tests/server/store/test_database.hpp"

namespace skiff::server::test {
namespace {

class JobRunnerTest : public ::testing::Test {
 protected:
  JobRunnerTest() {
    builder_.release("one", 1, old_);
    builder_.release("two", 2, new_);
    catalogue_ = Catalogue::open(builder_.repository()).value();
    options_.work_folder = folder_.path();
  }
  [[nodiscard]] bool run_one(const std::function<bool()>& keep_going = [] { return true; }) {
    JobRunner runner({*catalogue_, jobs_, publisher_, "worker-1"}, options_, [] { return kNow; });
    return runner.run_one(keep_going).value();
  }
  [[nodiscard]] JobState state_of(const ImagePair& pair) {
    const std::vector<DeltaJob> jobs = jobs_.list().value();
    for (const DeltaJob& job : jobs) {
      if (job.pair == pair) return job.state;
    }
    return JobState::kAbandoned;
  }
  [[nodiscard]] Codec codec_to_new(const ImageId& base) {
    const auto view = catalogue_->view();
    for (const OfferedDelta& delta : view->deltas) {
      if (delta.offer.base == base && delta.offer.result == id_of(new_)) return delta.codec;
    }
    ADD_FAILURE() << "no such delta";
    return Codec::kZstd;
  }

  const Bytes old_ = random_image(1, 200'000);
  const Bytes new_ = changed(old_);
  const ImagePair delta_ = {id_of(old_), id_of(new_)};
  const ImagePair full_ = full_image_pair(id_of(new_));
  TemporaryFolder folder_;
  Builder builder_{folder_.path()};
  std::unique_ptr<Catalogue> catalogue_;
  std::unique_ptr<Database> database_ = Database::open(test_database(folder_.path() / "db")).value();
  JobStore jobs_{*database_};
  Publisher publisher_{builder_.repository(), builder_.online_keys()};
  MakerOptions options_;
};

TEST_F(JobRunnerTest, DeltasAreMadeWithTheCodecThatWasChosenAndFullImagesWithZstd) {
  ASSERT_TRUE(jobs_.enqueue(delta_, kDevicePriority, 1));
  ASSERT_TRUE(jobs_.enqueue(full_, kBackgroundPriority, 1));
  ASSERT_TRUE(run_one());
  ASSERT_TRUE(run_one());
  EXPECT_EQ(codec_to_new(delta_.base), Codec::kContextMixing);
  EXPECT_EQ(codec_to_new(full_.base), Codec::kZstd);
  EXPECT_FALSE(run_one());
}

TEST_F(JobRunnerTest, CodecZstdCanBeChosenForAll) {
  options_.codec = Codec::kZstd;
  ASSERT_TRUE(jobs_.enqueue(delta_, kDevicePriority, 1));
  ASSERT_TRUE(run_one());
  EXPECT_EQ(codec_to_new(delta_.base), Codec::kZstd);
}

TEST_F(JobRunnerTest, ADeltaThatIsNotSmallerThanTheFullImageIsNotPublished) {
  options_.codec = Codec::kZstd;
  const Bytes unlike = random_image(7, 200'000);
  builder_.release("unlike", 3, unlike);
  const ImagePair delta = {id_of(old_), id_of(unlike)};
  ASSERT_TRUE(jobs_.enqueue(full_image_pair(id_of(unlike)), kDevicePriority, 1));
  ASSERT_TRUE(run_one());
  ASSERT_TRUE(jobs_.enqueue(delta, kDevicePriority, 1));
  ASSERT_TRUE(run_one());
  EXPECT_EQ(state_of(delta), JobState::kNotSmaller);
  EXPECT_EQ(catalogue_->view()->deltas.size(), 1U);
  EXPECT_TRUE(jobs_.settled().value().contains(delta));
}

TEST_F(JobRunnerTest, ABackgroundJobIsGivenBackWhenADeviceBeginsToWaitForAnother) {
  ASSERT_TRUE(jobs_.enqueue(full_, kBackgroundPriority, 1));
  ASSERT_TRUE(run_one([&] { return jobs_.enqueue(delta_, kDevicePriority, 2).has_value(); }));
  EXPECT_EQ(state_of(full_), JobState::kQueued);
  ASSERT_TRUE(run_one());
  EXPECT_EQ(state_of(delta_), JobState::kDone);
  ASSERT_TRUE(run_one());
  EXPECT_EQ(state_of(full_), JobState::kDone);
}

TEST_F(JobRunnerTest, AJobGoesOnWhenADeviceBeginsToWaitForItself) {
  ASSERT_TRUE(jobs_.enqueue(full_, kBackgroundPriority, 1));
  ASSERT_TRUE(run_one([&] { return jobs_.enqueue(full_, kDevicePriority, 2).has_value(); }));
  EXPECT_EQ(state_of(full_), JobState::kDone);
}

TEST_F(JobRunnerTest, AJobThatWasLostToAnotherWorkerIsNotEndedByTheFirst) {
  ASSERT_TRUE(jobs_.enqueue(full_, kBackgroundPriority, 1));
  std::optional<DeltaJob> others;
  ASSERT_TRUE(run_one([&] {
    if (!others) others = jobs_.claim("worker-2", kNow + kLease).value();
    return false;
  }));
  ASSERT_TRUE(others);
  EXPECT_EQ(state_of(full_), JobState::kRunning);
  EXPECT_TRUE(jobs_.renew(*others, kNow + kLease).value());
}

TEST(WorkerPlace, EachProcessHasItsOwnAndADeadOnesIsTakenAndEmptied) {
  const TemporaryFolder folder;
  auto first = std::make_optional(WorkerPlace::take(folder.path()).value());
  const WorkerPlace second = WorkerPlace::take(folder.path()).value();
  EXPECT_NE(first->name(), second.name());
  EXPECT_NE(first->folder(), second.folder());
  const std::filesystem::path left = first->folder() / "half-made";
  const std::filesystem::path kept = second.folder() / "half-made";
  for (const auto& file : {left, kept}) ASSERT_TRUE(write_file(file, as_bytes("x")));
  const std::string name = first->name();
  first.reset();
  EXPECT_EQ(WorkerPlace::take(folder.path()).value().name(), name);
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_TRUE(std::filesystem::exists(kept));
}

}  // namespace
}  // namespace skiff::server::test

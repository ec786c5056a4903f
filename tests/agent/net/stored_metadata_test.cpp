// The metadata that an agent trusts, handed on to somebody who trusts an older root.
#include "agent/net/stored_metadata.hpp"

#include <gtest/gtest.h>

#include "tests/agent/memory_storage.hpp"
#include "tests/engine/trust/model_repository.hpp"

namespace skiff::testing {
namespace {

constexpr const char* kFolder = "state/metadata";

/// A client of metadata that is kept in a storage in memory.
class KeptClient {
 public:
  explicit KeptClient(const ModelRepository& repository, bool keeps_roots) : files_(storage, keeps_roots) {
    storage.put(std::filesystem::path(kFolder) / "root.json", repository.root_file());
  }
  Result<void> refresh(tuf::Fetcher& fetcher) {
    tuf::ClientOptions options;
    options.metadata_dir = kFolder;
    options.now = kNow;
    options.files = &files_;
    SKIFF_ASSIGN(tuf::Client client, tuf::Client::open(std::move(options), fetcher));
    return client.refresh();
  }
  [[nodiscard]] Bytes content(const std::string& name) const {
    return storage.content(std::filesystem::path(kFolder) / name);
  }

  MemoryStorage storage;

 private:
  agent::StoredMetadata files_;
};

/// The online keys change with each of two more roots.
void rotate_twice(ModelRepository& repository) {
  for (int i = 0; i < 2; ++i) {
    repository.replace_keys("timestamp");
    repository.trust_keys("timestamp");
    repository.publish_root();
  }
  repository.publish();
}

TEST(KeptMetadata, LeadsOneWhoIsBehindByEachRootToTheNewest) {
  ModelRepository repository;
  KeptClient agent(repository, true);
  KeptClient behind(repository, false);
  rotate_twice(repository);
  ASSERT_TRUE(agent.refresh(repository));
  agent::KeptMetadata kept(agent.storage, kFolder);
  const Result<void> led = behind.refresh(kept);
  ASSERT_TRUE(led) << led.error().text();
  for (const char* const name : {"root.json", "timestamp.json", "snapshot.json", "targets.json"}) {
    EXPECT_EQ(behind.content(name), agent.content(name)) << name;
  }
}

TEST(KeptMetadata, WithoutTheRootsBetweenLeadsNobody) {
  ModelRepository repository;
  KeptClient agent(repository, false);
  KeptClient behind(repository, false);
  rotate_twice(repository);
  ASSERT_TRUE(agent.refresh(repository));
  agent::KeptMetadata kept(agent.storage, kFolder);
  EXPECT_FALSE(behind.refresh(kept));
}

TEST(KeptMetadata, IsNoLongerThanWhatWasAskedFor) {
  const ModelRepository repository;
  KeptClient agent(repository, false);
  agent::KeptMetadata kept(agent.storage, kFolder);
  EXPECT_EQ(kept.fetch("root.json", 10).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(**kept.fetch("root.json", 100'000), repository.root_file());
  EXPECT_EQ(*kept.fetch("1.root.json", 100'000), std::nullopt);
}

}  // namespace
}  // namespace skiff::testing

// What the audit log shows of whoever can write to the database.
#include "tests/server/fleet/operator_fixture.hpp"

namespace skiff::server::test {
namespace {

TEST_F(OperatorTest, TheAuditLogShowsEditsDeletionsReorderingAndWhatWasCutOff) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(audit_->append({0, kStart, "ann", "v", std::to_string(i), "d"}));
  const AuditHead head = audit_->verify({}, audit_->key()).value();
  EXPECT_EQ(head.number, 5U);
  EXPECT_TRUE(audit_->verify(head, audit_->key()));
  const auto run = [&](const std::vector<std::string>& statements) {
    return database_->transact("tamper", [&](soci::session& sql) {
      for (const std::string& statement : statements) sql << statement;
    });
  };
  ASSERT_TRUE(run({"CREATE TABLE kept AS SELECT * FROM audit_log"}));
  const struct {
    const char* name;
    std::vector<std::string> statements;
    const char* entry;
  } cases[] = {
      {"edit", {"UPDATE audit_log SET object = 'x' WHERE number = 3"}, "entry 3"},
      {"shifted text", {"UPDATE audit_log SET who = 'an', verb = 'nv' WHERE number = 4"}, "entry 4"},
      {"deletion", {"DELETE FROM audit_log WHERE number = 2"}, "entry 2"},
      {"deletion and renumbering",
       {"DELETE FROM audit_log WHERE number = 2",
        "UPDATE audit_log SET number = number - 1 WHERE number > 2"},
       "entry 2"},
      {"reordering",
       {"UPDATE audit_log SET number = 9 WHERE number = 1",
        "UPDATE audit_log SET number = 1 WHERE number = 2",
        "UPDATE audit_log SET number = 2 WHERE number = 9"},
       "entry 1"},
      {"truncation", {"DELETE FROM audit_log WHERE number > 3"}, "entry 4"},
  };
  for (const auto& c : cases) {
    ASSERT_TRUE(run(c.statements));
    const auto verified = audit_->verify(head, audit_->key());
    ASSERT_FALSE(verified) << c.name;
    EXPECT_NE(verified.error().text().find(c.entry), std::string::npos) << c.name << verified.error().text();
    ASSERT_TRUE(run({"DELETE FROM audit_log", "INSERT INTO audit_log SELECT * FROM kept"}));
    EXPECT_TRUE(audit_->verify(head, audit_->key())) << c.name;
  }
}

/// Writes the whole log anew with another key, an entry changed: what a thief of the database can do.
void forge(Database& database, const std::vector<AuditEntry>& entries) {
  ASSERT_TRUE(database.transact("tamper", [](soci::session& sql) { sql << "DELETE FROM audit_log"; }));
  const auto key = generate_ed25519().value();
  for (AuditEntry entry : entries) {
    if (entry.number == 2) entry.object = "forged";
    ASSERT_TRUE(AuditLog(database, *key).append(entry));
  }
}

TEST_F(OperatorTest, ALogThatWasWrittenAnewIsNotSignedByTheServer) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(audit_->append({0, kStart, "ann", "v", std::to_string(i), "d"}));
  forge(*database_, audit_->list(0, 9).value());
  const auto verified = audit_->verify({}, audit_->key());
  ASSERT_FALSE(verified);
  EXPECT_NE(verified.error().text().find("entry 1: it is not signed"), std::string::npos)
      << verified.error().text();
  // Without any signature it passes for an old one no more than with a wrong one.
  ASSERT_TRUE(database_->transact("tamper",
                                  [](soci::session& sql) { sql << "UPDATE audit_log SET signature = ''"; }));
  EXPECT_FALSE(audit_->verify({}, audit_->key()));
}

TEST_F(OperatorTest, EntriesOfBeforeTheKeyAreVouchedForByThoseAfterIt) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(audit_->append({0, kStart, "ann", "v", std::to_string(i), "d"}));
  const std::string unsign = "UPDATE audit_log SET signature = '' WHERE number ";
  ASSERT_TRUE(database_->transact("age", [&](soci::session& sql) { sql << unsign + "< 3"; }));
  EXPECT_TRUE(audit_->verify({}, audit_->key()));
  ASSERT_TRUE(audit_->append({0, kStart, "ann", "v", "3", "d"}));
  ASSERT_TRUE(database_->transact("tamper", [&](soci::session& sql) { sql << unsign + "= 4"; }));
  EXPECT_FALSE(audit_->verify({}, audit_->key()));
}

TEST_F(OperatorTest, AServerWithAnotherKeyWritesNothingIntoTheLog) {
  ASSERT_TRUE(audit_->append({0, kStart, "ann", "v", "o", "d"}));
  const auto other = generate_ed25519().value();
  const auto appended = AuditLog(*database_, *other).append({0, kStart, "bob", "v", "o", "d"});
  ASSERT_FALSE(appended);
  EXPECT_NE(appended.error().text().find("another audit.key"), std::string::npos) << appended.error().text();
  EXPECT_EQ(audit_->verify({}, audit_->key()).value().number, 1U);
}

TEST_F(OperatorTest, TheHeadCanBeVerifiedElsewhere) {
  ASSERT_TRUE(audit_->append({0, kStart, "ann", "v", "o", "d"}));
  const Response answer = ask("GET", "/v1/audit/head", "", token({{Role::kAuditor, ""}}));
  ASSERT_EQ(answer.status, 200U);
  const Json head = parse_json(as_bytes(answer.text)).value();
  const std::string said = "skiff audit log\n1:" + string_member(head, "hash").value() + "\n";
  const PublicKey key = PublicKey::parse(*head.find("key")).value();
  const Bytes signature = from_hex(string_member(head, "signature").value()).value();
  EXPECT_TRUE(key.verify(as_bytes(said), signature));
  EXPECT_FALSE(key.verify(as_bytes(said + " "), signature));
}

TEST_F(OperatorTest, TheKeyOfAStateFolderIsMadeOnceAndIsItsOwnersAlone) {
  const auto made = open_audit_key(folder_.path()).value();
  EXPECT_TRUE(open_audit_key(folder_.path()).value()->public_key() == made->public_key());
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(folder_.path() / "audit.key").permissions() & perms::all,
            perms::owner_read | perms::owner_write);
}

}  // namespace
}  // namespace skiff::server::test

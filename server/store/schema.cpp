#include "store/schema.hpp"

#include <array>

namespace skiff::server {
namespace {

/// Step n brings the schema from version n to n + 1. Steps are never changed, only added.
constexpr std::array kVersion1 = {
    "CREATE TABLE devices ("
    " serial TEXT PRIMARY KEY NOT NULL, admission TEXT NOT NULL, fingerprint TEXT NOT NULL,"
    " hardware TEXT NOT NULL, image_sha256 TEXT NOT NULL, image_length BIGINT NOT NULL,"
    " version TEXT NOT NULL, counter_floor BIGINT NOT NULL, agent TEXT NOT NULL,"
    " agent_state TEXT NOT NULL, first_contact BIGINT NOT NULL, last_contact BIGINT NOT NULL,"
    " check_ins BIGINT NOT NULL, wire_received BIGINT NOT NULL, wire_sent BIGINT NOT NULL)",
    "CREATE TABLE reports ("
    " serial TEXT NOT NULL, id TEXT NOT NULL, received BIGINT NOT NULL, release TEXT NOT NULL,"
    " outcome TEXT NOT NULL, reason TEXT NOT NULL, image_sha256 TEXT NOT NULL,"
    " image_length BIGINT NOT NULL, payload_bytes BIGINT NOT NULL, metadata_bytes BIGINT NOT NULL,"
    " wire_bytes BIGINT NOT NULL, wasted_bytes BIGINT NOT NULL, seconds BIGINT NOT NULL,"
    " peak_memory BIGINT NOT NULL, checks TEXT NOT NULL, PRIMARY KEY (serial, id))",
    "CREATE TABLE delta_jobs ("
    " base_sha256 TEXT NOT NULL, result_sha256 TEXT NOT NULL, base_length BIGINT NOT NULL,"
    " result_length BIGINT NOT NULL, state TEXT NOT NULL, priority BIGINT NOT NULL,"
    " attempts BIGINT NOT NULL, not_before BIGINT NOT NULL, created BIGINT NOT NULL,"
    " finished BIGINT NOT NULL, delta_length BIGINT NOT NULL, error TEXT NOT NULL,"
    " PRIMARY KEY (base_sha256, result_sha256))",
    "CREATE INDEX delta_jobs_due ON delta_jobs (state, priority, created)",
};
constexpr std::array kVersion2 = {
    "ALTER TABLE devices ADD COLUMN key_sha256 TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE devices ADD COLUMN next_key_sha256 TEXT NOT NULL DEFAULT ''",
    "CREATE TABLE key_claims ("
    " serial TEXT NOT NULL, key_sha256 TEXT NOT NULL, admission TEXT NOT NULL, address TEXT NOT NULL,"
    " first BIGINT NOT NULL, last BIGINT NOT NULL, PRIMARY KEY (serial, key_sha256))",
    "CREATE INDEX key_claims_address ON key_claims (admission, address)",
    "CREATE TABLE alarms ("
    " kind TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, first BIGINT NOT NULL,"
    " last BIGINT NOT NULL, times BIGINT NOT NULL, PRIMARY KEY (kind, subject))",
};
constexpr std::array kVersion3 = {
    "CREATE TABLE groups (name TEXT PRIMARY KEY NOT NULL, filter TEXT NOT NULL)",
    "CREATE TABLE group_members ("
    " name TEXT NOT NULL, serial TEXT NOT NULL, PRIMARY KEY (name, serial))",
    "CREATE TABLE fleet_epoch (value BIGINT NOT NULL)",
    "INSERT INTO fleet_epoch (value) VALUES (0)",
    "CREATE TABLE deployments ("
    " id BIGINT PRIMARY KEY NOT NULL, release TEXT NOT NULL, group_name TEXT NOT NULL, phases TEXT NOT NULL,"
    " phase BIGINT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, priority BIGINT NOT NULL,"
    " created BIGINT NOT NULL, begins BIGINT NOT NULL, window_opens BIGINT NOT NULL,"
    " window_length BIGINT NOT NULL, spread BIGINT NOT NULL, success_percent BIGINT NOT NULL,"
    " failure_percent BIGINT NOT NULL, attempts BIGINT NOT NULL, started BIGINT NOT NULL,"
    " committed BIGINT NOT NULL, failed BIGINT NOT NULL)",
    "CREATE INDEX deployments_release ON deployments (release)",
    "CREATE TABLE deployment_devices ("
    " deployment BIGINT NOT NULL, serial TEXT NOT NULL, state TEXT NOT NULL, attempts BIGINT NOT NULL,"
    " changed BIGINT NOT NULL, PRIMARY KEY (deployment, serial))",
};
constexpr std::array kVersion4 = {
    "CREATE TABLE users ("
    " name TEXT PRIMARY KEY NOT NULL, password TEXT NOT NULL, disabled BIGINT NOT NULL,"
    " failures BIGINT NOT NULL, wait_until BIGINT NOT NULL)",
    "CREATE TABLE user_grants ("
    " name TEXT NOT NULL, role TEXT NOT NULL, group_name TEXT NOT NULL, PRIMARY KEY (name, role, "
    "group_name))",
    "CREATE TABLE tokens ("
    " token_sha256 TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, scope TEXT NOT NULL, expires BIGINT NOT "
    "NULL)",
    "CREATE TABLE audit_log ("
    " number BIGINT PRIMARY KEY NOT NULL, time BIGINT NOT NULL, who TEXT NOT NULL, verb TEXT NOT NULL,"
    " object TEXT NOT NULL, detail TEXT NOT NULL, hash TEXT NOT NULL)",
};
constexpr std::array kVersion5 = {
    "CREATE TABLE login_waits ("
    " name TEXT PRIMARY KEY NOT NULL, failures BIGINT NOT NULL, wait_until BIGINT NOT NULL)",
    "ALTER TABLE users DROP COLUMN failures",
    "ALTER TABLE users DROP COLUMN wait_until",
    "ALTER TABLE users ADD COLUMN totp TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE users ADD COLUMN next_totp TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE users ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE tokens ADD COLUMN kind TEXT NOT NULL DEFAULT 'token'",
    "ALTER TABLE tokens ADD COLUMN issued BIGINT NOT NULL DEFAULT 0",
    "CREATE TABLE first_admin (secret_sha256 TEXT NOT NULL, expires BIGINT NOT NULL)",
    "ALTER TABLE groups ADD COLUMN protected BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE deployments ADD COLUMN created_by TEXT NOT NULL DEFAULT ''",
    "CREATE TABLE approvals ("
    " deployment BIGINT NOT NULL, group_name TEXT NOT NULL, who TEXT NOT NULL, time BIGINT NOT NULL,"
    " PRIMARY KEY (deployment, group_name))",
    "ALTER TABLE audit_log ADD COLUMN signature TEXT NOT NULL DEFAULT ''",
};

constexpr std::array kVersion6 = {
    "ALTER TABLE delta_jobs ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE delta_jobs ADD COLUMN lease_until BIGINT NOT NULL DEFAULT 0",
};
constexpr std::array kVersion7 = {
    "ALTER TABLE deployments ADD COLUMN filter TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE deployments ADD COLUMN deadline BIGINT NOT NULL DEFAULT 0",
};
constexpr std::array kVersion8 = {
    "ALTER TABLE delta_jobs ADD COLUMN devices BIGINT NOT NULL DEFAULT 0",
    "CREATE TABLE unused_deltas (target TEXT PRIMARY KEY NOT NULL, since BIGINT NOT NULL)",
};
constexpr std::array kVersion9 = {
    "CREATE TABLE ledger ("
    " month TEXT NOT NULL, serial TEXT NOT NULL, deployment BIGINT NOT NULL, updates BIGINT NOT NULL,"
    " sent BIGINT NOT NULL, saved BIGINT NOT NULL, wasted BIGINT NOT NULL,"
    " PRIMARY KEY (month, serial, deployment))",
};
constexpr std::array kVersion10 = {
    "ALTER TABLE deployments ADD COLUMN retry_after BIGINT NOT NULL DEFAULT 0"};
constexpr std::array kVersion11 = {
    "ALTER TABLE groups ADD COLUMN metered BIGINT NOT NULL DEFAULT 0",
    "CREATE TABLE budgets ("
    " scope TEXT NOT NULL, subject TEXT NOT NULL, period TEXT NOT NULL, bytes BIGINT NOT NULL,"
    " PRIMARY KEY (scope, subject, period))",
    "CREATE TABLE budget_use ("
    " scope TEXT NOT NULL, subject TEXT NOT NULL, day BIGINT NOT NULL, bytes BIGINT NOT NULL,"
    " PRIMARY KEY (scope, subject, day))",
    "CREATE TABLE reservations ("
    " serial TEXT PRIMARY KEY NOT NULL, release TEXT NOT NULL, deployment BIGINT NOT NULL,"
    " group_names TEXT NOT NULL, day BIGINT NOT NULL, bytes BIGINT NOT NULL)",
};
constexpr std::array kVersion12 = {
    "CREATE TABLE webhooks ("
    " id BIGINT PRIMARY KEY NOT NULL, url TEXT NOT NULL, events TEXT NOT NULL, secret TEXT NOT NULL,"
    " created BIGINT NOT NULL, disabled TEXT NOT NULL, sent BIGINT NOT NULL, error TEXT NOT NULL)",
    "CREATE TABLE outbox ("
    " number BIGINT PRIMARY KEY NOT NULL, hook BIGINT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,"
    " created BIGINT NOT NULL, attempts BIGINT NOT NULL, not_before BIGINT NOT NULL)",
    "CREATE INDEX outbox_hook ON outbox (hook, number)",
    "CREATE TABLE published_releases (target TEXT PRIMARY KEY NOT NULL)",
};
constexpr std::array kVersion13 = {
    "CREATE TABLE summed_days (last BIGINT NOT NULL)",
    "INSERT INTO summed_days (last) VALUES (0)",
};
constexpr std::array kVersion14 = {
    "ALTER TABLE deployments ADD COLUMN allow_full BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE devices ADD COLUMN held TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE devices ADD COLUMN held_release TEXT NOT NULL DEFAULT ''",
};
constexpr std::array kVersion15 = {
    "ALTER TABLE fleet_epoch ADD COLUMN admissions BIGINT NOT NULL DEFAULT 0",
};
constexpr std::array<SchemaStep, 15> kSteps = {kVersion1,  kVersion2,  kVersion3,  kVersion4,  kVersion5,
                                               kVersion6,  kVersion7,  kVersion8,  kVersion9,  kVersion10,
                                               kVersion11, kVersion12, kVersion13, kVersion14, kVersion15};

}  // namespace

std::span<const SchemaStep> schema_steps() { return kSteps; }

}  // namespace skiff::server

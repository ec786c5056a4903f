#include "store/admissions.hpp"

#include <algorithm>
#include <array>

#include "store/alarms.hpp"
#include "store/database.hpp"
#include "store/outbox.hpp"

namespace skiff::server {
namespace {

constexpr std::array<std::string_view, 5> kAdmissions = {"accepted", "pending", "rejected", "decommissioned",
                                                         "preauthorised"};
constexpr std::int64_t kTouchEvery = 3'600;  // seconds: a claim made again and again is written so often

struct KnownDevice {
  Admission admission = Admission::kRejected;
  std::string key;
  std::string next_key;

  [[nodiscard]] bool has(const std::string& other) const { return key == other || next_key == other; }
};

std::optional<KnownDevice> find_device(soci::session& sql, const std::string& serial) {
  KnownDevice device;
  std::string admission;
  sql << "SELECT admission, key_sha256, next_key_sha256 FROM devices WHERE serial = :serial",
      soci::use(serial), soci::into(admission), soci::into(device.key), soci::into(device.next_key);
  if (!sql.got_data()) return std::nullopt;
  device.admission = parse_admission(admission);
  return device;
}

void set_device(soci::session& sql, const std::string& serial, const KnownDevice& device) {
  const std::string admission(to_string(device.admission));
  sql << "INSERT INTO devices (serial, admission, key_sha256, next_key_sha256, fingerprint, hardware,"
         " image_sha256, image_length, version, counter_floor, agent, agent_state, first_contact,"
         " last_contact, check_ins, wire_received, wire_sent)"
         " VALUES (:serial, :admission, :key, :next, '', '', '', 0, '', 0, '', '', 0, 0, 0, 0, 0)"
         " ON CONFLICT (serial) DO UPDATE SET admission = excluded.admission,"
         " key_sha256 = excluded.key_sha256, next_key_sha256 = excluded.next_key_sha256",
      soci::use(serial), soci::use(admission), soci::use(device.key), soci::use(device.next_key);
}

void forget_claims(soci::session& sql, const std::string& serial) {
  sql << "DELETE FROM key_claims WHERE serial = :serial", soci::use(serial);
}

std::optional<StoredClaim> find_claim(soci::session& sql, const std::string& serial, const std::string& key) {
  StoredClaim found{{serial, key, ""}};
  std::string admission;
  Integer first = 0;
  Integer last = 0;
  sql << "SELECT admission, address, first, last FROM key_claims WHERE serial = :serial AND key_sha256 = "
         ":key",
      soci::use(serial), soci::use(key), soci::into(admission), soci::into(found.claim.address),
      soci::into(first), soci::into(last);
  if (!sql.got_data()) return std::nullopt;
  found.admission = parse_admission(admission);
  found.first = first;
  found.last = last;
  return found;
}

bool has_room(soci::session& sql, const Claim& claim, const PendingLimits& limits) {
  Integer total = 0;
  Integer from_address = 0;
  sql << "SELECT COUNT(*) FROM key_claims WHERE admission = 'pending'", soci::into(total);
  sql << "SELECT COUNT(*) FROM key_claims WHERE admission = 'pending' AND address = :address",
      soci::use(claim.address), soci::into(from_address);
  return static_cast<std::uint64_t>(total) < limits.total &&
         static_cast<std::uint64_t>(from_address) < limits.per_address;
}

/// What was decided of a claim, which is remembered as pending where it is new; nullopt: there is no room.
std::optional<Admission> note_claim(soci::session& sql, const Claim& claim, const PendingLimits& limits,
                                    Integer now) {
  const auto known = find_claim(sql, claim.serial, claim.key);
  if (known) {
    if (now - known->last >= kTouchEvery) {
      sql << "UPDATE key_claims SET last = :now, address = :address"
             " WHERE serial = :serial AND key_sha256 = :key",
          soci::use(now), soci::use(claim.address), soci::use(claim.serial), soci::use(claim.key);
    }
    return known->admission;
  }
  if (!has_room(sql, claim, limits)) {
    raise_alarm(sql,
                {std::string(kPendingFull), claim.address, "more devices ask to be admitted than may wait"},
                now);
    return std::nullopt;
  }
  sql << "INSERT INTO key_claims (serial, key_sha256, admission, address, first, last)"
         " VALUES (:serial, :key, 'pending', :address, :now, :now_again)",
      soci::use(claim.serial), soci::use(claim.key), soci::use(claim.address), soci::use(now), soci::use(now);
  post_event(
      sql, {kDevicePending, {{"serial", claim.serial}, {"key", claim.key}, {"address", claim.address}}, now});
  return Admission::kPending;
}

/// A claim on a serial that another key has.
std::optional<Admission> note_duplicate(soci::session& sql, const Claim& claim, const PendingLimits& limits,
                                        Integer now) {
  if (!find_claim(sql, claim.serial, claim.key)) {
    raise_alarm(sql,
                {std::string(kDuplicateIdentity), claim.serial,
                 "key " + claim.key + " from " + claim.address + " is not the device's"},
                now);
  }
  return note_claim(sql, claim, limits, now);
}

/// Downloads of devices that were admitted before are looked at again.
void note_decision(soci::session& sql) { sql << "UPDATE fleet_epoch SET admissions = admissions + 1"; }

/// The states that a person has ended, whatever the key.
bool is_closed(const KnownDevice& device) { return device.admission == Admission::kDecommissioned; }

}  // namespace

std::string_view to_string(Admission admission) { return kAdmissions[static_cast<std::size_t>(admission)]; }

Admission parse_admission(std::string_view text) {
  const auto found = std::find(kAdmissions.begin(), kAdmissions.end(), text);
  return found == kAdmissions.end() ? Admission::kRejected
                                    : static_cast<Admission>(found - kAdmissions.begin());
}

Result<Admission> AdmissionStore::admit(const Claim& claim, std::int64_t now) {
  return database_.transact("look up a device", [&](soci::session& sql) {
    const auto device = find_device(sql, claim.serial);
    if (!device) {
      const auto refused = find_claim(sql, claim.serial, claim.key);
      return refused && refused->admission == Admission::kRejected ? Admission::kRejected
                                                                   : Admission::kAccepted;
    }
    if (is_closed(*device)) return device->admission;
    if (!device->key.empty() && !device->has(claim.key)) {
      return note_duplicate(sql, claim, limits_, now).value_or(Admission::kPending);
    }
    const Admission admission =
        device->admission == Admission::kPreauthorised ? Admission::kAccepted : device->admission;
    const bool is_first = device->key.empty();
    const bool is_next = !is_first && device->key != claim.key;
    if (is_first || is_next || admission != device->admission) {
      set_device(sql, claim.serial, {admission, claim.key, is_next ? "" : device->next_key});
    }
    return admission;
  });
}

Result<std::optional<Admission>> AdmissionStore::enrol(const Claim& claim, std::int64_t now) {
  return database_.transact("enrol a device", [&](soci::session& sql) -> std::optional<Admission> {
    const auto device = find_device(sql, claim.serial);
    if (!device) return note_claim(sql, claim, limits_, now);
    if (is_closed(*device)) return device->admission;
    // A device without a key came by a certificate before keys were kept: a stranger may not speak for it.
    if (!device->has(claim.key)) return note_duplicate(sql, claim, limits_, now);
    if (device->admission != Admission::kPreauthorised) return device->admission;
    set_device(sql, claim.serial, {Admission::kAccepted, claim.key, ""});
    forget_claims(sql, claim.serial);
    return Admission::kAccepted;
  });
}

Result<void> AdmissionStore::expect_key(const std::string& serial, const std::string& key) {
  return database_.transact("expect a device's new key", [&](soci::session& sql) {
    sql << "UPDATE devices SET next_key_sha256 = CASE WHEN key_sha256 = :same THEN '' ELSE :key END"
           " WHERE serial = :serial",
        soci::use(key), soci::use(key), soci::use(serial);
  });
}

Result<std::uint64_t> AdmissionStore::preauthorise(const std::vector<Claim>& devices) {
  return database_.transact("list devices of the factory", [&](soci::session& sql) {
    std::uint64_t added = 0;
    for (const Claim& device : devices) {
      if (find_device(sql, device.serial)) continue;
      set_device(sql, device.serial, {Admission::kPreauthorised, device.key, ""});
      ++added;
    }
    return added;
  });
}

Result<void> AdmissionStore::decide(const std::string& serial, Admission admission) {
  return database_.transact("set a device's admission", [&](soci::session& sql) {
    KnownDevice device = find_device(sql, serial).value_or(KnownDevice{});
    device.admission = admission;
    set_device(sql, serial, device);
    note_decision(sql);
    if (admission == Admission::kDecommissioned) forget_claims(sql, serial);
  });
}

Result<void> AdmissionStore::decide_claim(const std::string& serial, const std::string& key,
                                          Admission admission) {
  const auto found = database_.transact("decide on a claim", [&](soci::session& sql) {
    if (!find_claim(sql, serial, key)) return false;
    note_decision(sql);
    if (admission == Admission::kAccepted) {
      set_device(sql, serial, {admission, key, ""});
      sql << "DELETE FROM key_claims WHERE serial = :serial AND key_sha256 = :key", soci::use(serial),
          soci::use(key);
      return true;
    }
    const std::string text(to_string(admission));
    sql << "UPDATE key_claims SET admission = :admission WHERE serial = :serial AND key_sha256 = :key",
        soci::use(text), soci::use(serial), soci::use(key);
    return true;
  });
  if (!found) return tl::unexpected(found.error());
  if (!*found) return fail(ErrorKind::kNotFound, "key " + key + " makes no claim on " + serial);
  return {};
}

Result<std::vector<StoredClaim>> AdmissionStore::claims() {
  return database_.transact("list claims", [](soci::session& sql) {
    std::vector<StoredClaim> claims;
    const soci::rowset<soci::row> rows =
        sql.prepare << "SELECT * FROM key_claims ORDER BY admission, first, serial, key_sha256";
    for (const soci::row& row : rows) {
      claims.push_back({{row.get<std::string>("serial"), row.get<std::string>("key_sha256"),
                         row.get<std::string>("address")},
                        parse_admission(row.get<std::string>("admission")),
                        row.get<Integer>("first"),
                        row.get<Integer>("last")});
    }
    return claims;
  });
}

Result<std::uint64_t> AdmissionStore::expire(std::int64_t now) {
  return database_.transact("forget old claims", [&](soci::session& sql) {
    const Integer oldest = now - limits_.lifetime;
    soci::statement remove =
        (sql.prepare << "DELETE FROM key_claims WHERE admission = 'pending' AND last < :oldest",
         soci::use(oldest));
    remove.execute(true);
    return static_cast<std::uint64_t>(remove.get_affected_rows());
  });
}

}  // namespace skiff::server

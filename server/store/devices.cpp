#include "store/devices.hpp"

#include "store/database.hpp"

namespace skiff::server {
namespace {

DeviceRecord read_record(const soci::row& row) {
  DeviceRecord record;
  DeviceStatus& status = record.status;
  status.serial = row.get<std::string>("serial");
  status.key = row.get<std::string>("key_sha256");
  status.fingerprint = row.get<std::string>("fingerprint");
  status.hardware = row.get<std::string>("hardware");
  status.image.length = unsigned_column(row, "image_length");
  // Empty for a device that was rejected before it ever checked in.
  status.image.sha256 = Sha256::from_hex(row.get<std::string>("image_sha256")).value_or(Sha256{});
  status.version = row.get<std::string>("version");
  status.counter_floor = unsigned_column(row, "counter_floor");
  status.agent = row.get<std::string>("agent");
  status.agent_state = row.get<std::string>("agent_state");
  record.admission = parse_admission(row.get<std::string>("admission"));
  record.first_contact = row.get<Integer>("first_contact");
  record.last_contact = row.get<Integer>("last_contact");
  record.check_ins = unsigned_column(row, "check_ins");
  record.wire = {unsigned_column(row, "wire_received"), unsigned_column(row, "wire_sent")};
  record.held = {row.get<std::string>("held_release"), row.get<std::string>("held")};
  return record;
}

void upsert_check_in(soci::session& sql, const DeviceStatus& status, Integer now) {
  const std::string image = status.image.sha256.hex();
  const auto length = static_cast<Integer>(status.image.length);
  const auto floor = static_cast<Integer>(status.counter_floor);
  const std::string admission(to_string(Admission::kAccepted));
  sql << "INSERT INTO devices (serial, admission, key_sha256, fingerprint, hardware, image_sha256, "
         "image_length, version,"
         " counter_floor, agent, agent_state, first_contact, last_contact, check_ins, wire_received, "
         "wire_sent)"
         " VALUES (:serial, :admission, :key, :fingerprint, :hardware, :image, :length, :version, :floor, "
         ":agent,"
         " :state, :now, :now2, 1, 0, 0)"
         " ON CONFLICT (serial) DO UPDATE SET fingerprint = excluded.fingerprint,"
         " hardware = excluded.hardware, image_sha256 = excluded.image_sha256,"
         " image_length = excluded.image_length, version = excluded.version,"
         " counter_floor = excluded.counter_floor, agent = excluded.agent,"
         " agent_state = excluded.agent_state, last_contact = "
         "excluded.last_contact,"
         " first_contact = CASE WHEN devices.first_contact = 0 THEN excluded.first_contact"
         " ELSE devices.first_contact END, check_ins = devices.check_ins + 1",
      soci::use(status.serial), soci::use(admission), soci::use(status.key), soci::use(status.fingerprint),
      soci::use(status.hardware), soci::use(image), soci::use(length), soci::use(status.version),
      soci::use(floor), soci::use(status.agent), soci::use(status.agent_state), soci::use(now),
      soci::use(now);
}

}  // namespace

Result<HeldUpdate> DeviceStore::check_in(const DeviceStatus& status, std::int64_t now) {
  return database_.transact("remember a check-in", [&](soci::session& sql) {
    upsert_check_in(sql, status, now);
    HeldUpdate held;
    sql << "SELECT held_release, held FROM devices WHERE serial = :serial", soci::use(status.serial),
        soci::into(held.release), soci::into(held.reason);
    return held;
  });
}

Result<void> DeviceStore::hold(const std::string& serial, const HeldUpdate& held) {
  return database_.transact("remember what is held back", [&](soci::session& sql) {
    sql << "UPDATE devices SET held = :reason, held_release = :release WHERE serial = :serial",
        soci::use(held.reason), soci::use(held.release), soci::use(serial);
  });
}

Result<void> DeviceStore::add_contacts(const ContactsBySerial& by_serial) {
  return database_.transact("remember contacts", [&](soci::session& sql) {
    std::string serial;
    Integer last = 0;
    Integer check_ins = 0;
    Integer received = 0;
    Integer sent = 0;
    soci::statement update =
        (sql.prepare << "UPDATE devices SET check_ins = check_ins + :check_ins,"
                        " last_contact = CASE WHEN last_contact < :last THEN :last2 ELSE last_contact END,"
                        " wire_received = wire_received + :received, wire_sent = wire_sent + :sent"
                        " WHERE serial = :serial",
         soci::use(check_ins), soci::use(last), soci::use(last), soci::use(received), soci::use(sent),
         soci::use(serial));
    for (const auto& [name, contacts] : by_serial) {
      serial = name;
      last = contacts.last;
      check_ins = static_cast<Integer>(contacts.check_ins);
      received = static_cast<Integer>(contacts.wire.received);
      sent = static_cast<Integer>(contacts.wire.sent);
      update.execute(true);
    }
  });
}

Result<std::vector<ImageCount>> DeviceStore::count_images() {
  return database_.transact("count images", [](soci::session& sql) {
    std::vector<ImageCount> counts;
    std::string hardware;
    std::string digest;
    Integer length = 0;
    Integer devices = 0;
    soci::statement select =
        (sql.prepare << "SELECT hardware, image_sha256, image_length, COUNT(*) FROM devices"
                        " WHERE admission = 'accepted' AND image_sha256 <> ''"
                        " GROUP BY hardware, image_sha256, image_length ORDER BY 1, 2, 3",
         soci::into(hardware), soci::into(digest), soci::into(length), soci::into(devices));
    select.execute();
    while (select.fetch()) {
      const auto image = Sha256::from_hex(digest);
      if (!image) continue;
      counts.push_back(
          {hardware, {static_cast<std::uint64_t>(length), *image}, static_cast<std::uint64_t>(devices)});
    }
    return counts;
  });
}

Result<std::vector<DeviceRecord>> DeviceStore::list() {
  return database_.transact("list devices", [](soci::session& sql) {
    std::vector<DeviceRecord> records;
    const soci::rowset<soci::row> rows = sql.prepare << "SELECT * FROM devices ORDER BY serial";
    for (const soci::row& row : rows) records.push_back(read_record(row));
    return records;
  });
}

}  // namespace skiff::server

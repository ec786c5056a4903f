#include "store/audit.hpp"

#include "store/database.hpp"

namespace skiff::server {
namespace {

constexpr std::uint64_t kPage = 1'000;  // entries read at a time
const std::string kBeginning(64, '0');  // the hash before the first entry

/// Each part with its length before it, so that no two entries are the same bytes.
std::string chain(const std::string& before, const AuditEntry& entry) {
  std::string text;
  for (const std::string& part : {before, std::to_string(entry.number), std::to_string(entry.time), entry.who,
                                  entry.verb, entry.object, entry.detail}) {
    text += std::to_string(part.size()) + ":" + part;
  }
  return sha256(as_bytes(text)).hex();
}

/// What is signed: no signature over anything else is one over this.
std::string statement(std::uint64_t number, const std::string& hash) {
  return "skiff audit log\n" + std::to_string(number) + ":" + hash + "\n";
}

bool is_signed(const AuditHead& head, const PublicKey& key) {
  const auto signature = from_hex(head.signature);
  return signature && key.verify(as_bytes(statement(head.number, head.hash)), *signature);
}

AuditHead read_head(soci::session& sql) {
  AuditHead head{0, kBeginning};
  Integer number = 0;
  std::string hash;
  std::string signature;
  sql << "SELECT number, hash, signature FROM audit_log ORDER BY number DESC LIMIT 1", soci::into(number),
      soci::into(hash), soci::into(signature);
  if (sql.got_data()) head = {static_cast<std::uint64_t>(number), hash, signature};
  return head;
}

tl::unexpected<Error> broken(std::uint64_t number, std::string_view why) {
  return fail(ErrorKind::kMismatch, "audit log, entry " + std::to_string(number) + ": " + std::string(why));
}

}  // namespace

Result<std::unique_ptr<Signer>> open_audit_key(const std::filesystem::path& state) {
  const std::filesystem::path file = state / "audit.key";
  if (!std::filesystem::exists(file)) {
    SKIFF_ASSIGN(const std::unique_ptr<Signer> made, generate_ed25519());
    const auto saved = save_key(*made, file, "");
    // Another process may have made one meanwhile: that one holds.
    if (!saved && !std::filesystem::exists(file)) return tl::unexpected(saved.error());
  }
  return load_key(file, "");
}

Result<void> AuditLog::append(AuditEntry entry) {
  return database_.transact("write the audit log", [&](soci::session& sql) {
    const AuditHead before = read_head(sql);
    if (!before.signature.empty() && !is_signed(before, key_.public_key())) {
      throw soci::soci_error("another audit.key has signed it so far: each server needs a copy of that one");
    }
    entry.number = before.number + 1;
    entry.hash = chain(before.hash, entry);
    entry.signature = to_hex(key_.sign(as_bytes(statement(entry.number, entry.hash))).value());
    const auto number = static_cast<Integer>(entry.number);
    const Integer time = entry.time;
    sql << "INSERT INTO audit_log (number, time, who, verb, object, detail, hash, signature)"
           " VALUES (:number, :time, :who, :verb, :object, :detail, :hash, :signature)",
        soci::use(number), soci::use(time), soci::use(entry.who), soci::use(entry.verb),
        soci::use(entry.object), soci::use(entry.detail), soci::use(entry.hash), soci::use(entry.signature);
  });
}

Result<std::vector<AuditEntry>> AuditLog::list(std::uint64_t after, std::uint64_t count) {
  return database_.transact("read the audit log", [&](soci::session& sql) {
    std::vector<AuditEntry> entries;
    const auto first = static_cast<Integer>(after);
    const auto most = static_cast<Integer>(count);
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT * FROM audit_log WHERE number > :first ORDER BY number LIMIT :most",
         soci::use(first), soci::use(most));
    for (const soci::row& row : rows) {
      entries.push_back({unsigned_column(row, "number"), row.get<Integer>("time"),
                         row.get<std::string>("who"), row.get<std::string>("verb"),
                         row.get<std::string>("object"), row.get<std::string>("detail"),
                         row.get<std::string>("hash"), row.get<std::string>("signature")});
    }
    return entries;
  });
}

Result<AuditHead> AuditLog::head() {
  return database_.transact("read the audit log", [](soci::session& sql) { return read_head(sql); });
}

Result<AuditHead> AuditLog::verify(const std::optional<AuditHead>& noted, const PublicKey& key) {
  AuditHead at{0, kBeginning};
  for (;;) {
    SKIFF_ASSIGN(const std::vector<AuditEntry> entries, list(at.number, kPage));
    for (const AuditEntry& entry : entries) {
      if (entry.number != at.number + 1) return broken(at.number + 1, "it is missing");
      if (entry.hash != chain(at.hash, entry))
        return broken(entry.number, "it does not follow from what is before it");
      if (!(entry.signature.empty() && at.signature.empty()) &&
          !is_signed({entry.number, entry.hash, entry.signature}, key)) {
        return broken(entry.number, "it is not signed by the server's audit key");
      }
      at = {entry.number, entry.hash, entry.signature};
      if (noted && noted->number == at.number && noted->hash != at.hash) {
        return broken(at.number, "it is not the one that was noted");
      }
    }
    if (entries.size() < kPage) break;
  }
  if (noted && noted->number > at.number) return broken(at.number + 1, "it and those after it were cut off");
  if (at.number != 0 && at.signature.empty()) return broken(at.number, "it is not signed");
  return at;
}

}  // namespace skiff::server

#include "store/ledger.hpp"

#include <array>
#include <ctime>

#include "store/database.hpp"

namespace skiff::server {
namespace {

/// In the order of LedgerBy.
constexpr std::array<const char*, 3> kSums = {
    "SELECT month, SUM(updates), SUM(sent), SUM(saved), SUM(wasted) FROM ledger GROUP BY month ORDER BY "
    "month",
    "SELECT CAST(deployment AS TEXT), SUM(updates), SUM(sent), SUM(saved), SUM(wasted) FROM ledger"
    " GROUP BY deployment ORDER BY deployment",
    "SELECT serial, SUM(updates), SUM(sent), SUM(saved), SUM(wasted) FROM ledger GROUP BY serial ORDER BY "
    "serial",
};

/// "2026-11"
std::string month_of(std::int64_t now) {
  const auto time = static_cast<std::time_t>(now);
  std::tm parts{};
  std::array<char, 16> text{};
  const std::size_t length =
      ::gmtime_r(&time, &parts) == nullptr ? 0 : std::strftime(text.data(), text.size(), "%Y-%m", &parts);
  return {text.data(), length};
}

}  // namespace

void enter_into_ledger(soci::session& sql, const LedgerEntry& entry, const UpdateBytes& bytes) {
  const std::string month = month_of(entry.time);
  const Integer id = entry.deployment;
  const auto sent = static_cast<Integer>(bytes.sent);
  const auto saved = static_cast<Integer>(bytes.saved);
  const auto wasted = static_cast<Integer>(bytes.wasted);
  sql << "INSERT INTO ledger (month, serial, deployment, updates, sent, saved, wasted)"
         " VALUES (:month, :serial, :deployment, 1, :sent, :saved, :wasted)"
         " ON CONFLICT (month, serial, deployment) DO UPDATE SET updates = ledger.updates + 1,"
         " sent = ledger.sent + excluded.sent, saved = ledger.saved + excluded.saved,"
         " wasted = ledger.wasted + excluded.wasted",
      soci::use(month), soci::use(entry.serial), soci::use(id), soci::use(sent), soci::use(saved),
      soci::use(wasted);
}

Result<std::vector<LedgerSum>> LedgerStore::sums(LedgerBy by) {
  return database_.transact("add up the ledger", [&](soci::session& sql) {
    std::vector<LedgerSum> sums;
    std::string name;
    std::array<Integer, 4> numbers{};
    soci::statement select =
        (sql.prepare << kSums[static_cast<std::size_t>(by)], soci::into(name), soci::into(numbers[0]),
         soci::into(numbers[1]), soci::into(numbers[2]), soci::into(numbers[3]));
    select.execute();
    while (select.fetch()) {
      const auto number = [&](std::size_t i) { return static_cast<std::uint64_t>(numbers[i]); };
      sums.push_back({name, number(0), {number(1), number(2), number(3)}});
    }
    return sums;
  });
}

}  // namespace skiff::server

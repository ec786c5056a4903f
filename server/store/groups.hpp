// GroupStore: sets of devices, by list or by a filter on what devices say of themselves.
#pragma once

#include <soci/soci.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "access/authorise.hpp"
#include "skiff/result.hpp"

namespace skiff::server {

class Database;

/// What filters see of a device.
struct DeviceTraits {
  std::string serial;
  std::string hardware;
  std::string version;
  std::string agent;
};

/// Words that all have to hold, each `name=pattern` or `name!=pattern`; a pattern that ends in `*` is a
/// prefix. "hardware=gw1 version!=2.0 serial=EU-*"
class DeviceFilter {
 public:
  /// kUsage names the word; an empty text is no filter.
  static Result<DeviceFilter> parse(std::string_view text);
  [[nodiscard]] bool matches(const DeviceTraits& device) const;

 private:
  struct Word {
    std::string DeviceTraits::*trait = nullptr;
    bool wanted = true;
    bool is_prefix = false;
    std::string pattern;
  };
  std::vector<Word> words_;
};

struct Group {
  std::string name;
  std::string filter;         ///< empty: its members are listed
  bool is_protected = false;  ///< its devices take no update that a second person has not approved
  bool is_metered = false;    ///< its devices get no full image unless a deployment allows it
};

/// Within a transaction. The name "" is the group of all devices; of a group that is not there nobody is.
bool is_member(soci::session& sql, const std::string& group, const DeviceTraits& device);

/// Within a transaction: the protected groups that have the device, by name.
std::vector<std::string> protected_groups_of(soci::session& sql, const DeviceTraits& device);

/// Within a transaction: the groups whose devices' links are metered, by name.
std::vector<std::string> metered_groups(soci::session& sql);
/// Within a transaction: whether one of these has the device.
bool has_metered_group(soci::session& sql, const DeviceTraits& device);

/// Within a transaction: what the device last said of itself; of one that is not known the serial alone.
DeviceTraits find_traits(soci::session& sql, const std::string& serial);

/// Within a transaction: serials of the group's devices that may speak to the server, in order.
std::vector<std::string> members_of(soci::session& sql, const std::string& group);

/// A group as it is at one moment, to be asked of many devices.
class GroupView {
 public:
  /// Within a transaction.
  static GroupView load(soci::session& sql, const std::string& group);
  [[nodiscard]] bool contains(const DeviceTraits& device) const;

 private:
  bool everybody_ = false;
  std::optional<DeviceFilter> filter_;
  std::set<std::string> listed_;
};

/// Marks that what a device was told before may not hold any more.
void bump_epoch(soci::session& sql);

/// Whether a protected group may be opened, ended, or lose devices: then one person alone could update them.
enum class Protection : std::uint8_t { kMayEnd, kStays };

/// Thread-safe, as the database is. Errors: kIo; kUsage for odd names and filters, kNotFound for groups;
/// kMismatch for what would end a protection that stays.
class GroupStore {
 public:
  explicit GroupStore(Database& database) : database_(database) {}

  /// Makes a group or gives it another filter; a listed group keeps its members.
  Result<void> put(const Group& group, Protection protection = Protection::kMayEnd);
  /// Ends it, with its list.
  Result<void> remove(const std::string& name, Protection protection = Protection::kMayEnd);
  /// Lists devices in a group that has no filter; those listed already stay.
  Result<void> add(const std::string& name, const std::vector<std::string>& serials);
  Result<void> take_out(const std::string& name, const std::vector<std::string>& serials,
                        Protection protection = Protection::kMayEnd);
  /// By name.
  Result<std::vector<Group>> list();
  /// Serials of the devices known that are in it, in order.
  Result<std::vector<std::string>> members(const std::string& name);
  /// Whether a device that is known, or listed, is in it. The name "" is the group of all.
  Result<bool> has(const std::string& name, const std::string& serial);
  /// Which devices a user's grants of a verb reach, as groups are now.
  Result<std::function<bool(const DeviceTraits&)>> reach_of(const Principal& who, Verb verb);
  /// Which devices a deployment to the group and filter (each may be empty: all) would reach, as groups are
  /// now.
  Result<std::function<bool(const DeviceTraits&)>> reach_of_order(const std::string& group,
                                                                  const std::string& filter);
  /// Changes with every group and deployment, see bump_epoch().
  Result<std::uint64_t> epoch();
  /// Another number after every change of epoch() and every decision on who is admitted.
  Result<std::uint64_t> changes();

 private:
  Database& database_;
};

/// Calls `visit` for every device that may speak to the server, in order of serials, within a transaction.
template <typename Visit>
void for_each_device(soci::session& sql, const Visit& visit) {
  DeviceTraits device;
  soci::statement select = (sql.prepare << "SELECT serial, hardware, version, agent FROM devices"
                                           " WHERE admission = 'accepted' ORDER BY serial",
                            soci::into(device.serial), soci::into(device.hardware),
                            soci::into(device.version), soci::into(device.agent));
  select.execute();
  while (select.fetch()) visit(device);
}

}  // namespace skiff::server

#include "store/groups.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "store/database.hpp"

namespace skiff::server {
namespace {

constexpr std::size_t kLongestName = 64;

struct NamedTrait {
  std::string_view name;
  std::string DeviceTraits::*trait;
};
constexpr std::array<NamedTrait, 4> kTraits = {{{"serial", &DeviceTraits::serial},
                                                {"hardware", &DeviceTraits::hardware},
                                                {"version", &DeviceTraits::version},
                                                {"agent", &DeviceTraits::agent}}};

std::optional<std::string> filter_of(soci::session& sql, const std::string& group) {
  std::string filter;
  sql << "SELECT filter FROM groups WHERE name = :name", soci::use(group), soci::into(filter);
  if (!sql.got_data()) return std::nullopt;
  return filter;
}

bool is_listed(soci::session& sql, const std::string& group, const std::string& serial) {
  int found = 0;
  sql << "SELECT COUNT(*) FROM group_members WHERE name = :name AND serial = :serial", soci::use(group),
      soci::use(serial), soci::into(found);
  return found != 0;
}

bool is_group_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::vector<std::string> names_by(soci::session& sql, const std::string& query) {
  const soci::rowset<std::string> rows = sql.prepare << query;
  return {rows.begin(), rows.end()};
}

/// Of these groups those that have the device.
std::vector<std::string> with_device(soci::session& sql, std::vector<std::string> names,
                                     const DeviceTraits& device) {
  std::erase_if(names, [&](const std::string& name) { return !is_member(sql, name, device); });
  return names;
}

/// What a change of a group came to.
struct Outcome {
  enum class Kind : std::uint8_t { kDone, kMissing, kProtected };
  Kind kind = Kind::kDone;
  std::string missing{};  ///< of kMissing
};

/// Turns what a transaction found into an error where the group was not as it has to be.
Result<void> require(const Result<Outcome>& outcome, const std::string& name) {
  if (!outcome) return tl::unexpected(outcome.error());
  switch (outcome->kind) {
    case Outcome::Kind::kMissing:
      return fail(ErrorKind::kNotFound, "group " + name + ": " + outcome->missing);
    case Outcome::Kind::kProtected:
      return fail(ErrorKind::kMismatch,
                  "group " + name + " is protected: that is changed on the server's machine alone");
    case Outcome::Kind::kDone:
      break;
  }
  return {};
}

Outcome missing(std::string what) { return {Outcome::Kind::kMissing, std::move(what)}; }

bool is_protected(soci::session& sql, const std::string& group) {
  int found = 0;
  sql << "SELECT COUNT(*) FROM groups WHERE name = :name AND protected <> 0", soci::use(group),
      soci::into(found);
  return found != 0;
}

}  // namespace

Result<DeviceFilter> DeviceFilter::parse(std::string_view text) {
  DeviceFilter filter;
  std::istringstream words{std::string(text)};
  for (std::string text_of_word; words >> text_of_word;) {
    const std::size_t equals = text_of_word.find('=');
    const std::string_view all = text_of_word;
    Word word;
    word.wanted = equals == 0 || equals == std::string::npos || all[equals - 1] != '!';
    const std::string_view name =
        all.substr(0, equals == std::string::npos ? 0 : equals - (word.wanted ? 0 : 1));
    const auto* const trait =
        std::find_if(kTraits.begin(), kTraits.end(), [&](const NamedTrait& t) { return t.name == name; });
    if (trait == kTraits.end()) {
      return fail(
          ErrorKind::kUsage,
          "filter: '" + text_of_word + "' is not serial, hardware, version or agent, = or !=, and a pattern");
    }
    word.trait = trait->trait;
    word.pattern = all.substr(equals + 1);
    word.is_prefix = word.pattern.ends_with('*');
    if (word.is_prefix) word.pattern.pop_back();
    filter.words_.push_back(std::move(word));
  }
  if (filter.words_.empty()) return fail(ErrorKind::kUsage, "filter: it is empty");
  return filter;
}

bool DeviceFilter::matches(const DeviceTraits& device) const {
  return std::all_of(words_.begin(), words_.end(), [&](const Word& word) {
    const std::string& value = device.*word.trait;
    return (word.is_prefix ? value.starts_with(word.pattern) : value == word.pattern) == word.wanted;
  });
}

bool is_member(soci::session& sql, const std::string& group, const DeviceTraits& device) {
  if (group.empty()) return true;
  const auto filter = filter_of(sql, group);
  if (!filter) return false;
  if (filter->empty()) return is_listed(sql, group, device.serial);
  const auto parsed = DeviceFilter::parse(*filter);
  return parsed && parsed->matches(device);
}

std::vector<std::string> protected_groups_of(soci::session& sql, const DeviceTraits& device) {
  return with_device(sql, names_by(sql, "SELECT name FROM groups WHERE protected <> 0 ORDER BY name"),
                     device);
}

bool has_metered_group(soci::session& sql, const DeviceTraits& device) {
  return !with_device(sql, metered_groups(sql), device).empty();
}

std::vector<std::string> metered_groups(soci::session& sql) {
  return names_by(sql, "SELECT name FROM groups WHERE metered <> 0 ORDER BY name");
}

DeviceTraits find_traits(soci::session& sql, const std::string& serial) {
  DeviceTraits device{serial, "", "", ""};
  sql << "SELECT hardware, version, agent FROM devices WHERE serial = :serial", soci::use(serial),
      soci::into(device.hardware), soci::into(device.version), soci::into(device.agent);
  return device;
}

std::vector<std::string> members_of(soci::session& sql, const std::string& group) {
  std::vector<std::string> serials;
  const GroupView view = GroupView::load(sql, group);
  for_each_device(sql, [&](const DeviceTraits& device) {
    if (view.contains(device)) serials.push_back(device.serial);
  });
  return serials;
}

GroupView GroupView::load(soci::session& sql, const std::string& group) {
  GroupView view;
  view.everybody_ = group.empty();
  const auto filter = filter_of(sql, group);
  if (!filter) return view;
  if (auto parsed = DeviceFilter::parse(*filter)) view.filter_ = *std::move(parsed);
  std::string serial;
  soci::statement select = (sql.prepare << "SELECT serial FROM group_members WHERE name = :name",
                            soci::use(group), soci::into(serial));
  select.execute();
  while (select.fetch()) view.listed_.insert(serial);
  return view;
}

bool GroupView::contains(const DeviceTraits& device) const {
  return everybody_ || (filter_ ? filter_->matches(device) : listed_.contains(device.serial));
}

void bump_epoch(soci::session& sql) { sql << "UPDATE fleet_epoch SET value = value + 1"; }

Result<void> GroupStore::put(const Group& group, Protection protection) {
  if (!is_group_name(group.name)) {
    return fail(ErrorKind::kUsage, "a group's name is 1 to 64 printable characters without spaces");
  }
  if (!group.filter.empty()) SKIFF_TRY(DeviceFilter::parse(group.filter));
  const auto kept = database_.transact("keep a group", [&](soci::session& sql) -> Outcome {
    const bool opens = !group.is_protected || filter_of(sql, group.name).value_or("") != group.filter;
    if (protection == Protection::kStays && opens && is_protected(sql, group.name))
      return {Outcome::Kind::kProtected};
    const Integer guarded = group.is_protected ? 1 : 0;
    const Integer metered = group.is_metered ? 1 : 0;
    sql << "INSERT INTO groups (name, filter, protected, metered) VALUES (:name, :filter, :protected, "
           ":metered)"
           " ON CONFLICT (name) DO UPDATE SET filter = excluded.filter, protected = excluded.protected,"
           " metered = excluded.metered",
        soci::use(group.name), soci::use(group.filter), soci::use(guarded), soci::use(metered);
    bump_epoch(sql);
    return {};
  });
  return require(kept, group.name);
}

Result<void> GroupStore::remove(const std::string& name, Protection protection) {
  const auto removed = database_.transact("end a group", [&](soci::session& sql) -> Outcome {
    if (!filter_of(sql, name)) return missing("there is none");
    if (protection == Protection::kStays && is_protected(sql, name)) return {Outcome::Kind::kProtected};
    sql << "DELETE FROM group_members WHERE name = :name", soci::use(name);
    sql << "DELETE FROM groups WHERE name = :name", soci::use(name);
    sql << "DELETE FROM budgets WHERE scope <> 'deployment' AND subject = :name", soci::use(name);
    bump_epoch(sql);
    return {};
  });
  return require(removed, name);
}

Result<void> GroupStore::add(const std::string& name, const std::vector<std::string>& serials) {
  const auto added = database_.transact("list devices in a group", [&](soci::session& sql) -> Outcome {
    const auto filter = filter_of(sql, name);
    if (!filter || !filter->empty()) return missing("there is none that has a list");
    for (const std::string& serial : serials) {
      sql << "INSERT INTO group_members (name, serial) VALUES (:name, :serial)"
             " ON CONFLICT (name, serial) DO NOTHING",
          soci::use(name), soci::use(serial);
    }
    bump_epoch(sql);
    return {};
  });
  return require(added, name);
}

Result<void> GroupStore::take_out(const std::string& name, const std::vector<std::string>& serials,
                                  Protection protection) {
  const auto taken = database_.transact("take devices out of a group", [&](soci::session& sql) -> Outcome {
    if (protection == Protection::kStays && is_protected(sql, name)) return {Outcome::Kind::kProtected};
    for (const std::string& serial : serials) {
      if (!is_listed(sql, name, serial)) return missing("it does not list " + serial);
    }
    for (const std::string& serial : serials) {
      sql << "DELETE FROM group_members WHERE name = :name AND serial = :serial", soci::use(name),
          soci::use(serial);
    }
    bump_epoch(sql);
    return {};
  });
  return require(taken, name);
}

Result<std::vector<Group>> GroupStore::list() {
  return database_.transact("list groups", [](soci::session& sql) {
    std::vector<Group> groups;
    const soci::rowset<soci::row> rows =
        sql.prepare << "SELECT name, filter, protected, metered FROM groups ORDER BY name";
    for (const soci::row& row : rows) {
      groups.push_back({row.get<std::string>(0), row.get<std::string>(1), row.get<Integer>(2) != 0,
                        row.get<Integer>(3) != 0});
    }
    return groups;
  });
}

Result<std::vector<std::string>> GroupStore::members(const std::string& name) {
  return database_.transact("list a group's members",
                            [&](soci::session& sql) { return members_of(sql, name); });
}

Result<bool> GroupStore::has(const std::string& name, const std::string& serial) {
  return database_.transact("look for a group's member", [&](soci::session& sql) {
    return is_member(sql, name, find_traits(sql, serial));
  });
}

Result<std::function<bool(const DeviceTraits&)>> GroupStore::reach_of(const Principal& who, Verb verb) {
  using Reach = std::function<bool(const DeviceTraits&)>;
  return database_.transact("look up groups", [&](soci::session& sql) -> Reach {
    std::vector<GroupView> groups;
    for (const Grant& grant : who.grants) {
      if (authorise({who.name, {grant}}, verb, grant.group))
        groups.push_back(GroupView::load(sql, grant.group));
    }
    return [groups = std::move(groups)](const DeviceTraits& device) {
      return std::any_of(groups.begin(), groups.end(),
                         [&](const GroupView& group) { return group.contains(device); });
    };
  });
}

Result<std::function<bool(const DeviceTraits&)>> GroupStore::reach_of_order(const std::string& group,
                                                                            const std::string& filter) {
  std::optional<DeviceFilter> words;
  if (!filter.empty()) {
    SKIFF_ASSIGN(words, DeviceFilter::parse(filter));
  }
  SKIFF_ASSIGN(const auto members, database_.transact("look up a group", [&](soci::session& sql) {
    int found = 0;
    sql << "SELECT COUNT(*) FROM groups WHERE name = :name", soci::use(group), soci::into(found);
    return found != 0 || group.empty() ? std::optional(GroupView::load(sql, group)) : std::nullopt;
  }));
  if (!members) return fail(ErrorKind::kNotFound, "there is no group " + group);
  return std::function<bool(const DeviceTraits&)>([members, words](const DeviceTraits& device) {
    return members->contains(device) && (!words || words->matches(device));
  });
}

Result<std::uint64_t> GroupStore::epoch() {
  return database_.transact("look for changes", [](soci::session& sql) {
    Integer value = 0;
    sql << "SELECT value FROM fleet_epoch", soci::into(value);
    return static_cast<std::uint64_t>(value);
  });
}

Result<std::uint64_t> GroupStore::changes() {
  return database_.transact("look for changes", [](soci::session& sql) {
    Integer changes = 0;
    sql << "SELECT value + admissions FROM fleet_epoch", soci::into(changes);
    return static_cast<std::uint64_t>(changes);
  });
}

}  // namespace skiff::server

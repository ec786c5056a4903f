#include "cli/remote_verbs.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/server_client.hpp"

namespace skiff::cli {
namespace {

/// RFC 3986: all but its unreserved characters as %XX.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 0xf]};
    }
  }
  return encoded;
}

/// "?limit=10&after=SN-7"; empty where there are no members.
std::string query_of(const Json::Object& members) {
  std::string query;
  for (const auto& [name, value] : members) {
    query += (query.empty() ? '?' : '&') + name + "=" + percent_encoded(shell::shown(value));
  }
  return query;
}

Result<Json> send(const RemoteRequest& made) {
  RemoteRequest request = made;
  if (request.complete) SKIFF_TRY(request.complete(request.body));
  SKIFF_ASSIGN(const ServerAccess access, current_access());
  SKIFF_ASSIGN(ServerClient client, ServerClient::open(access));
  return request.is_post ? client.post(request.path, request.body)
                         : client.get(request.path + query_of(request.body));
}

bool is_positional(const std::string& option) { return !option.starts_with('-'); }

}  // namespace

ShowAnswer as_table(const shell::Table& table) {
  return [&table](const Json& answer) -> Result<void> {
    SKIFF_ASSIGN(const Json* const items, array_member(answer, table.name));
    shell::show(table, *items->array());
    return {};
  };
}

ShowAnswer as_line(std::vector<const char*> members) {
  return [members = std::move(members)](const Json& answer) -> Result<void> {
    std::string line;
    for (const char* const name : members) {
      const Json* const member = answer.find(name);
      if (member == nullptr) return fail(ErrorKind::kFormat, std::string(name) + " is missing");
      line += (line.empty() ? "" : "\t") + shell::shown(*member);
    }
    std::printf("%s\n", line.c_str());
    return {};
  };
}

const RemoteVerb& RemoteVerb::text(const std::string& option, const char* member,
                                   const std::string& meaning) const {
  const auto set = [request = request_, member](const std::string& value) { request->body[member] = value; };
  command_.add_option_function<std::string>(option, set, meaning)->required(is_positional(option));
  return *this;
}

const RemoteVerb& RemoteVerb::number(const std::string& option, const char* member,
                                     const std::string& meaning) const {
  const auto set = [request = request_, member](const std::int64_t& value) { request->body[member] = value; };
  command_.add_option_function<std::int64_t>(option, set, meaning)->required(is_positional(option));
  return *this;
}

const RemoteVerb& RemoteVerb::flag(const std::string& option, const char* member,
                                   const std::string& meaning) const {
  command_.add_flag_callback(
      option, [request = request_, member] { request->body[member] = true; }, meaning);
  return *this;
}

const RemoteVerb& RemoteVerb::texts(const std::string& option, const char* member,
                                    const std::string& meaning) const {
  const auto set = [request = request_, member](const std::vector<std::string>& values) {
    request->body[member] = Json::Array(values.begin(), values.end());
  };
  command_.add_option_function<std::vector<std::string>>(option, set, meaning)
      ->required(is_positional(option))
      ->expected(1, -1)
      ->allow_extra_args(is_positional(option));
  return *this;
}

const RemoteVerb& RemoteVerb::required_number(const std::string& option, const char* member,
                                              const std::string& meaning) const {
  number(option, member, meaning);
  command_.get_option(option)->required();
  return *this;
}

const RemoteVerb& RemoteVerb::required_text(const std::string& option, const char* member,
                                            const std::string& meaning) const {
  text(option, member, meaning);
  command_.get_option(option)->required();
  return *this;
}

RemoteVerbs::RemoteVerbs(CLI::App& app, const char* name, const char* description, Action& chosen)
    : command_(*app.add_subcommand(name, description)), chosen_(chosen) {
  command_.require_subcommand(1);
}

RemoteVerb RemoteVerbs::get(const std::string& name, const std::string& description, const std::string& path,
                            ShowAnswer show) const {
  return add(name, description, {.path = path, .body = {}}, std::move(show));
}

RemoteVerb RemoteVerbs::get_pages(const std::string& name, const std::string& description,
                                  const std::string& path, ShowAnswer show) const {
  const RemoteVerb verb = get(name, description, path, std::move(show));
  verb.number("--limit", "limit", "at most so many; all of them unless told")
      .text("--after", "after", "those that follow this one: the last of the page before");
  return verb;
}

RemoteVerb RemoteVerbs::post(const std::string& name, const std::string& description, RemoteRequest request,
                             ShowAnswer show) const {
  request.is_post = true;
  return add(name, description, std::move(request), std::move(show));
}

RemoteVerb RemoteVerbs::add(const std::string& name, const std::string& description, RemoteRequest request,
                            ShowAnswer show) const {
  const auto made = std::make_shared<RemoteRequest>(std::move(request));
  CLI::App* const verb = command_.add_subcommand(name, description);
  verb->add_flag("--json", made->as_json, "print what the API answers");
  verb->callback([made, show = std::move(show), &chosen = chosen_] {
    chosen = [made, show]() -> Result<void> {
      SKIFF_ASSIGN(const Json answer, send(*made));
      if (made->as_json) std::printf("%s\n", json_text(answer).c_str());
      return made->as_json || !show ? Result<void>() : show(answer);
    };
  });
  return {*verb, made};
}

}  // namespace skiff::cli

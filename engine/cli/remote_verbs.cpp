#include "cli/remote_verbs.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/server_client.hpp"

namespace skiff::cli {
namespace {

Result<Json> send(const RemoteRequest& request) {
  SKIFF_ASSIGN(const ServerAccess access, current_access());
  SKIFF_ASSIGN(ServerClient client, ServerClient::open(access));
  return request.is_post ? client.post(request.path, request.body) : client.get(request.path);
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

const RemoteVerb& RemoteVerb::required_text(const std::string& option, const char* member,
                                            const std::string& meaning) const {
  text(option, member, meaning);
  command_.get_option(option)->required();
  return *this;
}

RemoteVerb RemoteVerbs::get(const std::string& name, const std::string& description, const std::string& path,
                            ShowAnswer show) const {
  return add(name, description, {.path = path, .body = {}}, std::move(show));
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

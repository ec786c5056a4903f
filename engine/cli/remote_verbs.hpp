// RemoteVerbs: verbs that ask a server: options that make a request, and how its answer is shown.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "shell/table.hpp"

namespace skiff::cli {

/// Shows people an answer.
using ShowAnswer = std::function<Result<void>(const Json& answer)>;

/// Shows the list that a table is of.
ShowAnswer as_table(const shell::Table& table);

/// Shows these members in a line, with tabs between them.
ShowAnswer as_line(std::vector<const char*> members);

/// A request as its verb's options have made it.
struct RemoteRequest {
  std::string path;
  Json::Object body;
  /// Makes of the members that the options gave those that the API takes; none: they are.
  std::function<Result<void>(Json::Object& body)> complete{};
  bool is_post = false;
  bool as_json = false;
};

/// Adds options to a verb, each a member of the request's body.
class RemoteVerb {
 public:
  RemoteVerb(CLI::App& command, std::shared_ptr<RemoteRequest> request)
      : command_(command), request_(std::move(request)) {}

  /// `option` is "--name", or a positional's "NAME", which has to be given.
  const RemoteVerb& text(const std::string& option, const char* member, const std::string& meaning) const;
  const RemoteVerb& number(const std::string& option, const char* member, const std::string& meaning) const;
  /// A member that is true where the option is given.
  const RemoteVerb& flag(const std::string& option, const char* member, const std::string& meaning) const;
  /// A list: an option that may be given several times, or all positionals that follow.
  const RemoteVerb& texts(const std::string& option, const char* member, const std::string& meaning) const;
  /// Options that have to be given.
  const RemoteVerb& required_text(const std::string& option, const char* member,
                                  const std::string& meaning) const;
  const RemoteVerb& required_number(const std::string& option, const char* member,
                                    const std::string& meaning) const;

 private:
  CLI::App& command_;
  std::shared_ptr<RemoteRequest> request_;
};

/// Every verb has --json, which prints what the API answers.
class RemoteVerbs {
 public:
  RemoteVerbs(CLI::App& command, Action& chosen) : command_(command), chosen_(chosen) {}
  /// Of a new command, which wants one of them.
  RemoteVerbs(CLI::App& app, const char* name, const char* description, Action& chosen);

  RemoteVerb get(const std::string& name, const std::string& description, const std::string& path,
                 ShowAnswer show) const;
  /// The same, of a list that is given in pages.
  RemoteVerb get_pages(const std::string& name, const std::string& description, const std::string& path,
                       ShowAnswer show) const;
  /// `fixed`: the members that the verb itself says. What the server did needs no words, unless `show` has
  /// some.
  RemoteVerb post(const std::string& name, const std::string& description, RemoteRequest request,
                  ShowAnswer show = {}) const;

 private:
  RemoteVerb add(const std::string& name, const std::string& description, RemoteRequest request,
                 ShowAnswer show) const;

  CLI::App& command_;
  Action& chosen_;
};

}  // namespace skiff::cli

// skiff login | logout: begins and ends a session at a server.
#include <termios.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "cli/server_client.hpp"
#include "cli/server_commands.hpp"

namespace skiff::cli {
namespace {

struct LoginArguments {
  std::string url;
  std::string user;
  std::string ca;
};

/// As long as it lives, the terminal does not show what is typed.
class NoEcho {
 public:
  NoEcho() : is_terminal_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~NoEcho() {
    if (!is_terminal_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::fputs("\n", stderr);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_ = {};
  bool is_terminal_;
};

/// A line of standard input; a terminal is told which.
std::string ask(const char* what) {
  if (::isatty(STDIN_FILENO) == 1) std::fprintf(stderr, "%s: ", what);
  std::string line;
  std::getline(std::cin, line);
  return line;
}

std::string ask_secretly(const char* what) {
  if (::isatty(STDIN_FILENO) == 1) std::fprintf(stderr, "%s: ", what);
  const NoEcho silence;
  std::string line;
  std::getline(std::cin, line);
  return line;
}

Result<void> run_login(const LoginArguments& arguments) {
  ServerAccess access{arguments.url, ""};
  const std::string ca = arguments.ca.empty() ? environment("SKIFF_CA") : arguments.ca;
  if (!ca.empty()) access.ca = std::filesystem::absolute(ca).string();
  SKIFF_ASSIGN(ServerClient client, ServerClient::open(access));
  Json::Object proof;
  proof["user"] = arguments.user.empty() ? ask("user") : arguments.user;
  proof["password"] = ask_secretly("password");
  const std::string code = ask("code of the second factor, if you have one");
  if (!code.empty()) proof["code"] = code;
  SKIFF_ASSIGN(const Json session, client.post("/v1/session", std::move(proof)));
  SKIFF_ASSIGN(access.token, string_member(session, "token"));
  SKIFF_ASSIGN(access.expires, integer_member(session, "expires"));
  return keep_access(access);
}

Result<void> run_logout() {
  const Result<ServerAccess> access = kept_access();
  if (!access && access.error().kind == ErrorKind::kExpired) return forget_access();
  if (!access) return tl::unexpected<Error>(access.error());
  SKIFF_ASSIGN(ServerClient client, ServerClient::open(*access));
  SKIFF_TRY(forget_access());
  SKIFF_TRY(client.post("/v1/session/end", {}));
  return {};
}

}  // namespace

void add_login_commands(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<LoginArguments>();
  CLI::App* const login = app.add_subcommand("login", "Begin a session of 12 hours at a server");
  login->add_option("URL", arguments->url, "its port for operators, as https://updates.example:8445")
      ->required();
  login->add_option("--user", arguments->user,
                    "who you are; user, password and code are lines of standard input, or asked for");
  login->add_option("--ca", arguments->ca, "PEM file of the authority that vouches for the server");
  login->callback([arguments, &chosen] { chosen = [arguments] { return run_login(*arguments); }; });
  app.add_subcommand("logout", "End the session")->callback([&chosen] { chosen = run_logout; });
}

}  // namespace skiff::cli

#include "shell/completion.hpp"

#include <algorithm>
#include <sstream>
#include <vector>

namespace skiff::shell {
namespace {

/// An option as a shell has to know it.
struct Word {
  std::vector<std::string> names;  ///< "--codec", "-o"
  bool takes_value = false;
  std::string values;  ///< those it may have, with spaces between them; empty: any
  std::string meaning;
};

/// A command: where it stands, "/repo/init", and what may follow.
struct Place {
  std::string path;
  std::vector<std::pair<std::string, std::string>> commands;  ///< names and meanings
  std::vector<Word> options;
};

/// Of "TEXT:{bash,zsh,fish}", as CLI11 describes a list.
std::string values_of(const CLI::Option& option) {
  std::string type = option.get_type_name();
  const std::size_t begin = type.find('{');
  const std::size_t end = type.find('}');
  if (begin == std::string::npos || end == std::string::npos) return {};
  std::string values = type.substr(begin + 1, end - begin - 1);
  std::replace(values.begin(), values.end(), ',', ' ');
  return values;
}

Word word_of(const CLI::Option& option) {
  Word word{{}, option.get_items_expected_max() > 0, values_of(option), option.get_description()};
  for (const std::string& name : option.get_lnames()) word.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) word.names.push_back("-" + name);
  return word;
}

/// Every command, each before its own subcommands. A positional that has a list of values counts as commands
/// that lead nowhere.
void collect(const CLI::App& app, const std::string& path, std::vector<Place>& places) {
  Place place{path, {}, {}};
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : commands) {
    place.commands.emplace_back(command->get_name(), command->get_description());
  }
  for (const CLI::Option* option : app.get_options()) {
    Word word = word_of(*option);
    if (!word.names.empty()) {
      place.options.push_back(std::move(word));
    } else if (!word.values.empty()) {
      std::istringstream values(word.values);
      for (std::string value; values >> value;) place.commands.emplace_back(value, word.meaning);
    }
  }
  places.push_back(std::move(place));
  for (const CLI::App* command : commands) collect(*command, path + "/" + command->get_name(), places);
}

std::vector<Place> places_of(const CLI::App& app) {
  std::vector<Place> places;
  collect(app, "", places);
  return places;
}

std::string function_of(const CLI::App& app) {
  std::string name = "_" + app.get_name();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// In single quotes, for any shell: the quotes themselves are left out.
std::string quoted(std::string text) {
  std::erase_if(text, [](char c) { return c == '\'' || c == '\\' || c == '\n'; });
  return "'" + text + "'";
}

template <typename Items, typename Text>
std::string joined(const Items& items, const char* between, const Text& text_of) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : between) + text_of(item);
  return text;
}

/// "/repo|/repo/init": the paths that a word may lead to.
std::string paths(const std::vector<Place>& places, const char* between) {
  const std::vector<Place> below(places.begin() + 1, places.end());
  return joined(below, between, [](const Place& place) { return place.path; });
}

/// `"/diff --codec"|"/diff -c"`
std::string patterns(const Place& place, const Word& word) {
  return joined(word.names, "|",
                [&](const std::string& name) { return "\"" + place.path + " " + name + "\""; });
}

/// Names of commands and options, those of options last.
std::string names(const Place& place) {
  std::string text = joined(place.commands, " ", [](const auto& command) { return command.first; });
  for (const Word& word : place.options) {
    for (const std::string& name : word.names) text += (text.empty() ? "" : " ") + name;
  }
  return text;
}

/// "'diff:Make a delta' '--codec:how it is squeezed'"
std::string descriptions(const Place& place) {
  const auto described = [](const std::string& name, std::string meaning) {
    std::replace(meaning.begin(), meaning.end(), ':', ' ');
    return quoted(name + ":" + meaning);
  };
  std::string text = joined(place.commands, " ",
                            [&](const auto& command) { return described(command.first, command.second); });
  for (const Word& word : place.options) {
    for (const std::string& name : word.names) text += " " + described(name, word.meaning);
  }
  return text;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  const std::vector<Place> places = places_of(app);
  const std::string function = function_of(app);
  std::string text = "# bash completion of " + app.get_name() + "\n" + function + "() {\n" +
                     "  local at= words= cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} i\n"
                     "  COMPREPLY=()\n"
                     "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
                     "    case \"$at/${COMP_WORDS[i]}\" in\n      " +
                     paths(places, "|") +
                     ") at=$at/${COMP_WORDS[i]} ;;\n    esac\n  done\n  case \"$at $prev\" in\n";
  for (const Place& place : places) {
    for (const Word& word : place.options) {
      if (!word.takes_value) continue;
      text += "    " + patterns(place, word) + ")\n      COMPREPLY=($(compgen -W \"" + word.values +
              "\" -- \"$cur\"))\n      return ;;\n";
    }
  }
  text += "  esac\n  case \"$at\" in\n";
  for (const Place& place : places) {
    // Where files may follow, options are offered to who asks for them.
    const char* const if_asked = place.commands.empty() ? "[[ $cur == -* ]] && " : "";
    text += "    \"" + place.path + "\") " + if_asked + "words=\"" + names(place) + "\" ;;\n";
  }
  return text + "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -o default -F " +
         function + " " + app.get_name() + "\n";
}

std::string zsh_completion(const CLI::App& app) {
  const std::vector<Place> places = places_of(app);
  const std::string function = function_of(app);
  std::string text = "#compdef " + app.get_name() + "\n" + function + "() {\n" +
                     "  local at= i\n  local -a found\n  integer files=0\n"
                     "  for ((i = 2; i < CURRENT; i++)); do\n    case \"$at/${words[i]}\" in\n      (" +
                     paths(places, "|") + ") at=$at/${words[i]} ;;\n    esac\n  done\n" +
                     "  case \"$at ${words[CURRENT-1]}\" in\n";
  for (const Place& place : places) {
    for (const Word& word : place.options) {
      if (!word.takes_value) continue;
      text += "    (" + patterns(place, word) + ") " +
              (word.values.empty() ? "_files" : "compadd -- " + word.values) + "; return ;;\n";
    }
  }
  text += "  esac\n  case \"$at\" in\n";
  for (const Place& place : places) {
    text += "    (\"" + place.path + "\") found=(" + descriptions(place) + ")" +
            (place.commands.empty() ? "; files=1" : "") + " ;;\n";
  }
  return text +
         "  esac\n  if (( files )) && [[ $PREFIX != -* ]]; then _files; else _describe word found; fi\n}\n" +
         "compdef " + function + " " + app.get_name() + "\n";
}

std::string fish_completion(const CLI::App& app) {
  const std::vector<Place> places = places_of(app);
  const std::string function = "_" + function_of(app) + "_at";
  std::string text = "# fish completion of " + app.get_name() + "\nfunction " + function +
                     "\n  set -l at ''\n  for word in (commandline -opc)[2..-1]\n    switch \"$at/$word\"\n"
                     "      case " +
                     paths(places, " ") +
                     "\n        set at \"$at/$word\"\n    end\n  end\n  test \"$at\" = \"$argv[1]\"\nend\n";
  for (const Place& place : places) {
    const std::string line =
        "complete -c " + app.get_name() + " -n '" + function + " \"" + place.path + "\"'";
    for (const auto& [name, meaning] : place.commands) {
      text += line + " -f -a " + name + " -d " + quoted(meaning) + "\n";
    }
    for (const Word& word : place.options) {
      text += line;
      for (const std::string& name : word.names) {
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (word.takes_value) text += word.values.empty() ? " -r" : " -x -a " + quoted(word.values);
      text += " -d " + quoted(word.meaning) + "\n";
    }
  }
  return text;
}

}  // namespace skiff::shell

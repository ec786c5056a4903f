// What server/API.md says, read from its tables and examples.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "skiff/trust.hpp"
#include "tests/source_folder.hpp"

namespace skiff::server::test {

struct ApiDocument {
  std::vector<std::pair<unsigned, std::string>> errors;    ///< status, name
  std::vector<std::pair<std::string, std::string>> paths;  ///< "GET, HEAD `/x`", body limit
  std::vector<std::string> examples;                       ///< JSON, "<digest>" replaced by one
};

inline std::vector<std::string> table_cells(const std::string& line) {
  std::vector<std::string> cells;
  std::stringstream stream(line.substr(1));
  for (std::string cell; std::getline(stream, cell, '|');) {
    const std::size_t first = cell.find_first_not_of(' ');
    const std::size_t last = cell.find_last_not_of(' ');
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
  }
  return cells;
}

inline std::string with_digests(std::string text) {
  const std::string placeholder = "<digest>";
  for (std::size_t at = 0; (at = text.find(placeholder)) != std::string::npos;) {
    text.replace(at, placeholder.size(), sha256({}).hex());
  }
  return text;
}

/// The contract with devices, or another document of the same form.
inline ApiDocument api_document(const std::string& name = "API.md") {
  ApiDocument document;
  std::ifstream file(testing::source_folder() + "/server/" + name);
  std::string example;
  bool in_example = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      if (in_example) document.examples.push_back(with_digests(example));
      in_example = line == "```json";
      example.clear();
    } else if (in_example) {
      example += line + "\n";
    } else if (line.starts_with("| ")) {
      const auto cells = table_cells(line);
      if (cells[0].find_first_not_of("0123456789") == std::string::npos) {
        document.errors.emplace_back(std::stoul(cells[0]), cells[1]);
      } else if (cells[0].find("`/") != std::string::npos) {
        document.paths.emplace_back(cells[0], cells[1]);
      }
    }
  }
  return document;
}

}  // namespace skiff::server::test

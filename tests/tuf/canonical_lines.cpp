// Reads JSON documents, one a line, and writes the canonical form of each in hexadecimal; an empty line if
// refused.
#include <cstdio>
#include <iostream>

#include "skiff/json.hpp"

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const skiff::Result<skiff::Json> value = skiff::parse_json(skiff::as_bytes(line));
    const skiff::Result<std::string> canonical =
        value ? skiff::canonical_json(*value) : skiff::Result<std::string>("");
    std::puts(canonical ? skiff::to_hex(skiff::as_bytes(*canonical)).c_str() : "");
  }
}

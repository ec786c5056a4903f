// Requests of clients that mean no good, and what each is to be answered.
#pragma once

#include <string>
#include <vector>

namespace skiff::server::test {

struct HostileCase {
  const char* name;
  std::string request;
  unsigned status;  ///< of the answer; 0: none
};

/// Requests of one kind; each has to be refused, and nothing after it on its connection be answered.
struct HostileFamily {
  const char* name;
  std::vector<std::string> requests;
};

/// Odd ones of all kinds, each with its own answer; POST /echo takes 100 bytes.
std::vector<HostileCase> hostile_cases();
std::vector<HostileFamily> hostile_families();

}  // namespace skiff::server::test

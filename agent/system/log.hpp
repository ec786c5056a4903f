// Log: one line an event on standard error, key=value, never a secret.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace skiff::agent {

/// `log_event("armed", {{"slot", "B"}, {"tries", "3"}});` prints `event=armed slot=B tries=3`. Values with
/// anything but plain printable characters are quoted and escaped, so that no input can begin a line of its
/// own. The system's journal adds the time.
void log_event(std::string_view event,
               std::initializer_list<std::pair<std::string_view, std::string>> fields = {});

}  // namespace skiff::agent

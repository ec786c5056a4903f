// The watchdog of the service manager that started the agent (systemd, sd_notify(3)).
#pragma once

namespace skiff::agent {

/// "I am alive": without it for WatchdogSec= the service manager ends the agent and starts it again. Does
/// nothing where no service manager listens (NOTIFY_SOCKET).
void tell_alive();

}  // namespace skiff::agent

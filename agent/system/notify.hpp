// What the service manager that started a program (systemd, sd_notify(3)) wants to hear of it.
#pragma once

namespace skiff::agent {

/// "I am alive": without it for WatchdogSec= the service manager ends the agent and starts it again. Does
/// nothing where no service manager listens (NOTIFY_SOCKET).
void tell_alive();

/// "Who needs me may come now", once after the start.
void tell_ready();

}  // namespace skiff::agent

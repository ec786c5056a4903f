// Enrolment: how the device comes by its certificate, and by the next (server/API.md, "Enrolment").
#pragma once

#include <string>

#include "agent/commands.hpp"

namespace skiff::agent {

/// Where a certificate is asked for.
struct EnrolmentOptions {
  std::string serial;
  std::string
      url;  ///< of the server's port for enrolment; empty: renewed over mutual TLS at the configured server
};

/// Asks for a certificate of the configured key, and puts it where the configuration says. kExitLater: a
/// person has to accept the device first, or the server was not reached; kExitError: it was refused.
Result<ExitCode> enrol(const Config& config, const EnrolmentOptions& options);

}  // namespace skiff::agent

// Enrolment: how the device comes by its certificate, and by the next (server/API.md, "Enrolment").
#pragma once

#include <cstdint>
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

/// Renews the certificate where it is in the last third of its life, and tries again an hour later where that
/// failed. For a process that lives on; cheap where nothing is due.
class Renewal {
 public:
  void keep_up(const Config& config);

 private:
  std::int64_t next_try_ = 0;  ///< seconds since 1970 UTC
};

}  // namespace skiff::agent

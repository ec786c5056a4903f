// SecretWatch: what no log may have, compared with every line that the server's code logs while tests run.
#pragma once

#include <string>

namespace skiff::server::test {

/// A line of the event log that has `secret` in it, from now on or one of the last before, fails the test
/// that runs. Words of a few letters, which may stand there by chance, are not watched. Thread-safe.
void keep_secret(const std::string& secret);

}  // namespace skiff::server::test

// A BIO over a socket that does not block and, other than OpenSSL's own, raises no SIGPIPE.
#pragma once

#include <openssl/types.h>

namespace skiff::agent {

/// The socket stays the caller's. Null: no memory.
BIO* make_socket_bio(int socket);

}  // namespace skiff::agent

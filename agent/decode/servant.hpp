// The decoder's side of the protocol: an applier whose base and result are the agent's.
#pragma once

#include "agent/decode/protocol.hpp"

namespace skiff::agent {

/// Obeys commands until the other side ends; kStart was received before, and is answered first.
void serve_decoder(int socket, const DecoderOptions& options);

}  // namespace skiff::agent

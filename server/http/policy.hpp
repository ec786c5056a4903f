// The HTTP policy: what a request's head must be like before anything else looks at it (API.md,
// "Connection").
#pragma once

#include <cstdint>
#include <tl/expected.hpp>

#include "http/message.hpp"

namespace skiff::server {

inline constexpr std::size_t kMaxHeader = 8 << 10;  ///< bytes of request line and fields

/// The length of the body that follows the head, or the answer that refuses the request. Refused are any
/// Transfer-Encoding (so no chunk is ever parsed), any number of Host but one, a Host that is no name, more
/// than one Content-Length or one that is not all digits, versions but HTTP/1.1, targets not in origin-form,
/// and a POST without length. The refusals end the connection: what follows such a head cannot be told apart
/// from the next request.
tl::expected<std::uint64_t, Response> check_head(const RequestHead& head);

}  // namespace skiff::server

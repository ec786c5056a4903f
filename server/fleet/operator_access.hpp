// What every operators' route begins and ends with: who asks, and how errors are answered.
#pragma once

#include "access/authorise.hpp"
#include "http/message.hpp"
#include "store/credentials.hpp"

namespace skiff::server {

/// Whose token the request carries; otherwise the answer that refuses it.
tl::expected<Principal, Response> authenticate(const RequestHead& head, CredentialStore& credentials,
                                               std::int64_t now);

/// What was wrong with a request, or else that the server failed.
Response answer_error(const Error& error);

}  // namespace skiff::server

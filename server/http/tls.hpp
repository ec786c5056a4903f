// The TLS side of the server: one context for all connections, and the identity a handshake proved.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "http/server.hpp"

namespace skiff::server {

/// TLS 1.3 or 1.2, client certificates from the device CA verified where presented (a request without one is
/// answered with 401, which a failed handshake could not say), no renegotiation, compression or early data.
/// Sessions resume with tickets that name a session kept here: a ticket that carried the session itself would
/// carry the device's certificate too, a kilobyte in each direction of every poll. So many `sessions` are
/// kept (at least one), the newest ones. Errors: kFormat, kNotFound.
Result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const TlsFiles& files,
                                                                    std::size_t sessions);

/// The device that the handshake on `ssl` proved; a certificate past its end (a resumed session does not look
/// again) or without exactly one serial names none.
Peer peer_of(SSL* ssl, std::string address);

/// What has gone through `ssl` so far, read from its BIO. Asio feeds the BIO what the socket gave, and sends
/// what it takes from it.
WireBytes wire_bytes(SSL* ssl);

/// Chooses how long the records of what is written next may be: short while the link is slow or not known,
/// for what is lost when it goes down; else as long as TLS has them, which costs 22 bytes in 16 KiB.
void choose_record_length(SSL* ssl);

}  // namespace skiff::server

// A server whose address a killed predecessor may still hold for a moment. Used by the engine's wiring, before its loop
// runs.
#pragma once

#include <functional>
#include <memory>

#include "net/http_server.h"

namespace cmd {

/// "127.0.0.1:4566", "localhost:0", "[::1]:4566", "unix:/run/x.sock".
bool is_listen_address(const std::string& text);

Result<std::unique_ptr<net::HttpServer>> listen_patiently(
    net::EventLoop& loop, const net::HttpServer::Options& options,
    const std::function<void(net::Request&&, net::Responder)>& handler);

}  // namespace cmd

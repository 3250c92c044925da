/// platform: the real half of `world`. libcurl, timers, files, TLS, the HTTP server, SQLite, child processes.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "world/world.hpp"

namespace holdfast::platform {

using base::Result;
using world::Task;

std::unique_ptr<world::Clock> real_clock(boost::asio::io_context&);

struct TransportOptions {
    std::string ca_file;  ///< --ca; empty: the system's store and SSL_CERT_FILE / CURL_CA_BUNDLE
    std::string proxy;    ///< empty: HTTPS_PROXY / NO_PROXY as libcurl reads them
};
/// libcurl multi on the io_context. Redirects and retries off; HTTP/2 where offered; TLS verified.
std::unique_ptr<world::Transport> curl_transport(boost::asio::io_context&, TransportOptions = {});

std::unique_ptr<world::Files> real_files();
/// SQLite in WAL mode, secure_delete; one writer.
Result<std::unique_ptr<world::Rows>> sqlite_rows(std::string path);
std::unique_ptr<world::Environment> real_environment();
std::unique_ptr<world::Programs> real_programs(boost::asio::io_context&);
std::unique_ptr<world::Terminal> real_terminal();
std::uint64_t random_seed();  ///< from the kernel
base::Time wall_now();
/// From here on a crash leaves no core file, and other processes of the same user may not read this one's memory: it
/// holds tokens.
void keep_memory_private();
/// While one stands, memory that is freed goes back to the system at once, and what is left over when it ends: around work
/// that frees far more than stays.
class LargeWork {
public:
    LargeWork();
    LargeWork(LargeWork const&) = delete;
    ~LargeWork();

private:
    long usual_delay_ms_ = 0;
};

/// An answer, as far as it gets.
struct Reply {
    world::Response response;
    std::size_t withheld = 0;  ///< so many of its last bytes are never sent, and the connection ends; past all: reset
};
/// Handles one request. Runs on the io_context's thread.
using Handler = std::function<Task<Reply>(world::Request)>;

/// A local certificate authority: made on first use, kept in `folder` (key 0600), leaf minted for the names simulated
/// Azure answers to (localhost, 127.0.0.1, Azure's real host names and the simulated suffixes).
struct Authority {
    std::string ca_pem, certificate_pem;
    base::Secret key_pem;
};
Result<Authority> local_authority(world::Files&, std::string folder, base::Time now);

struct ServerOptions {
    std::string address = "127.0.0.1";
    int port = 0;  ///< 0: pick a free one
    std::size_t max_body_bytes = 16u << 20;
    std::size_t max_header_bytes = 64u << 10;
    std::size_t max_connections = 12'000;
    base::Duration idle{120'000}, header_time{15'000};
};
/// HTTPS (HTTP/1.1 keep-alive) and, on the same port, a CONNECT proxy whose every target is this very server.
/// Requests arrive with absolute URLs built from the Host header.
class Server {
public:
    static Result<std::unique_ptr<Server>> start(boost::asio::io_context&, Authority const&, Handler, ServerOptions);
    virtual ~Server() = default;
    virtual int port() const = 0;
    virtual void stop() = 0;
};

/// SIGINT, SIGTERM, SIGHUP: counts and remembers the last; a second SIGINT ends the program at once.
class Signals {
public:
    explicit Signals(boost::asio::io_context&);
    ~Signals();
    int received() const;  ///< signal number, 0: none

private:
    struct State;
    std::shared_ptr<State> state_;  // shared with the waiting handler
};

}  // namespace holdfast::platform

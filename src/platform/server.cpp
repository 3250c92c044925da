// HTTPS with Beast's sans-IO parser over Asio TLS streams, and a CONNECT proxy on the same port that leads back to us.
//
// A connection's first byte decides: 0x16 is a TLS handshake; anything else is plain HTTP, of which we speak CONNECT
// (the proxy form) and GET on a machine's identity endpoint. Everything is bounded: header and body bytes, idle and
// header time, connections. A parser error ends the connection: request smuggling needs a second chance to be useful.
#include <fmt/format.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <set>

#include "platform/platform.hpp"

namespace holdfast::platform {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

std::string_view reason(int status) {
    auto const known = http::obsolete_reason(http::int_to_status(unsigned(status)));
    return {known.data(), known.size()};
}

bool is_bodiless(world::Response const& response) { return response.status == 204 || response.status == 304; }

bool ends_a_line(std::string_view value) {
    return value.find('\r') != std::string_view::npos || value.find('\n') != std::string_view::npos;
}

std::string head_of(world::Response const& response, bool keep_alive) {
    std::string out;
    out.reserve(1000);  // of most answers
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
    for (auto const& header : response.headers) {
        if (ends_a_line(header.value)) continue;  // never let a value end the header early
        out.append(header.name).append(": ").append(header.value).append("\r\n");
    }
    if (!is_bodiless(response))
        fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
    if (!keep_alive) out += "Connection: close\r\n";
    out += "\r\n";
    return out;
}

template <typename Stream>
Task<boost::system::error_code> answer(Stream& stream, Reply const& reply, bool with_body, bool keep_alive) {
    auto const& response = reply.response;
    auto const head = head_of(response, keep_alive);
    auto const all = with_body && !is_bodiless(response) ? asio::buffer(response.body) : asio::const_buffer{};
    auto const size = head.size() + all.size();
    auto const sent = size - std::min(size, reply.withheld);
    auto const start = asio::buffer(asio::const_buffer(asio::buffer(head)), sent);
    auto const body = asio::buffer(all, sent - start.size());
    boost::system::error_code failure;
    co_await asio::async_write(stream, std::array{asio::const_buffer(start), asio::const_buffer(body)},
                               asio::redirect_error(asio::use_awaitable, failure));
    if (!failure && sent < size) failure = asio::error::connection_aborted;
    co_return failure;
}

/// What a client sees as a reset: everything on its way is dropped.
void reset_on_close(tcp::socket& socket) {
    boost::system::error_code ignored;
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
}

/// A header that goes on in the next line: obsolete (RFC 9112, 5.2), and read differently by different readers.
bool has_folded_line(std::string_view bytes) {
    auto const head = bytes.substr(0, bytes.find("\r\n\r\n"));
    return head.find("\r\n ") != std::string_view::npos || head.find("\r\n\t") != std::string_view::npos;
}

/// One accepted socket and its deadline. Shared by the coroutine that serves it and the server that may close it.
struct Connection {
    explicit Connection(tcp::socket s) : socket(std::move(s)), timer(socket.get_executor()) {}
    using Moment = asio::steady_timer::time_point;
    tcp::socket socket;
    asio::steady_timer timer;
    Moment until = Moment::max();     ///< closed then, unless allowed more time
    Moment looks_at = Moment::max();  ///< when the timer fires: never after `until`

    void close() {
        boost::system::error_code ignored;
        timer.cancel();
        socket.close(ignored);
    }
};

void watch(std::shared_ptr<Connection> const& connection) {
    connection->looks_at = connection->until;
    connection->timer.expires_at(connection->until);
    std::weak_ptr<Connection> const weak = connection;
    connection->timer.async_wait([weak](boost::system::error_code failure) {
        auto const alive = weak.lock();
        if (failure || !alive) return;
        if (asio::steady_timer::clock_type::now() >= alive->until) alive->close();
        else watch(alive);
    });
}

/// Closes the connection unless `allow` is called again in time. Each request moves the deadline twice, as a rule to
/// later: the timer is set anew only where it would fire too late.
void allow(std::shared_ptr<Connection> const& connection, base::Duration time) {
    connection->until = asio::steady_timer::clock_type::now() + time;
    if (connection->until < connection->looks_at) watch(connection);
}

class RealServer : public Server {
public:
    RealServer(asio::io_context& io, Handler handler, ServerOptions options)
        : state_(std::make_shared<State>(State{tcp::acceptor(io),
                                               asio::ssl::context(asio::ssl::context::tls_server),
                                               std::move(handler),
                                               std::move(options),
                                               {}})) {}
    ~RealServer() override { stop(); }

    Result<void> open(Authority const& authority) {
        auto& tls = state_->tls;
        boost::system::error_code failure;
        tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv3 |
                        asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1 |
                        asio::ssl::context::single_dh_use);
        // Mozilla's "intermediate" of 2026: what every client of the last years has, and nothing that is not authenticated.
        SSL_CTX_set_cipher_list(tls.native_handle(), "ECDHE+AESGCM:ECDHE+CHACHA20");
        SSL_CTX_set1_groups_list(tls.native_handle(), "X25519:P-256:P-384");
        auto const chain = authority.certificate_pem + authority.ca_pem;
        tls.use_certificate_chain(asio::buffer(chain), failure);
        if (!failure) tls.use_private_key(asio::buffer(authority.key_pem.reveal()), asio::ssl::context::pem, failure);
        if (failure) return base::fail(base::ErrorCode::tls, "cannot use the server certificate: " + failure.message());
        auto const address = asio::ip::make_address(state_->options.address, failure);
        if (failure) return base::fail(base::ErrorCode::usage, "not an address: " + state_->options.address);
        tcp::endpoint const endpoint(address, std::uint16_t(state_->options.port));
        auto& acceptor = state_->acceptor;
        acceptor.open(endpoint.protocol(), failure);
        if (!failure) acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
        if (!failure) acceptor.bind(endpoint, failure);
        if (!failure) acceptor.listen(1024, failure);
        if (failure)
            return base::fail(base::ErrorCode::unreadable,
                              fmt::format("cannot listen on {}:{}: {}", state_->options.address, state_->options.port,
                                          failure.message()),
                              "choose another --port, or 0 for any free one");
        asio::co_spawn(acceptor.get_executor(), accept(state_), asio::detached);
        return {};
    }

    int port() const override {
        boost::system::error_code ignored;
        return state_->acceptor.local_endpoint(ignored).port();
    }
    void stop() override {
        boost::system::error_code ignored;
        state_->acceptor.close(ignored);
        auto const open = std::exchange(state_->connections, {});
        for (auto const& connection : open) connection->close();
    }

private:
    struct State {  // shared with the coroutines that serve, which end after stop()
        tcp::acceptor acceptor;
        asio::ssl::context tls;
        Handler handler;
        ServerOptions options;
        std::set<std::shared_ptr<Connection>> connections;
    };

    static Task<void> accept(std::shared_ptr<State> state) {
        while (state->acceptor.is_open()) {
            boost::system::error_code failure;
            auto socket = co_await state->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, failure));
            if (failure == asio::error::operation_aborted || failure == asio::error::bad_descriptor) co_return;
            if (failure) {  // out of descriptors: let some end
                asio::steady_timer pause(state->acceptor.get_executor(), base::Duration(50));
                co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failure));
                continue;
            }
            if (state->connections.size() >= state->options.max_connections) continue;  // the socket closes here
            boost::system::error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            auto const connection = std::make_shared<Connection>(std::move(socket));
            state->connections.insert(connection);
            asio::co_spawn(state->acceptor.get_executor(), serve(state, connection),
                           [state, connection](std::exception_ptr) {
                               connection->close();
                               state->connections.erase(connection);
                           });
        }
    }

    static Task<void> serve(std::shared_ptr<State> state, std::shared_ptr<Connection> connection) {
        auto& socket = connection->socket;
        boost::system::error_code failure;
        allow(connection, state->options.header_time);
        std::string proxied;  // the target of a CONNECT, for requests without a Host
        for (;;) {
            co_await socket.async_wait(tcp::socket::wait_read, asio::redirect_error(asio::use_awaitable, failure));
            if (failure) co_return;
            unsigned char first = 0;
            auto const seen = socket.receive(asio::buffer(&first, 1), tcp::socket::message_peek, failure);
            if (failure || seen == 0) co_return;
            if (first == 0x16) break;  // a TLS handshake
            std::string rest;
            auto const request = co_await read_request(state, connection, socket, rest, "http", proxied);
            if (!request) co_return;
            if (request->method == "CONNECT") {
                proxied = request->url;
                std::string const accepted = "HTTP/1.1 200 Connection established\r\n\r\n";
                co_await asio::async_write(socket, asio::buffer(accepted),
                                           asio::redirect_error(asio::use_awaitable, failure));
                if (failure || !rest.empty()) co_return;
                allow(connection, state->options.header_time);
                continue;
            }
            bool const identity = request->url.find("/metadata/identity") != std::string::npos;
            Reply reply{
                {.status = 400, .headers = {{"Content-Type", "text/plain"}}, .body = "this port speaks HTTPS\n"}};
            if (identity) reply = co_await state->handler(*request);
            failure = co_await answer(socket, reply, true, false);
            if (failure) reset_on_close(socket);
            co_return;
        }
        asio::ssl::stream<tcp::socket&> stream(socket, state->tls);
        co_await stream.async_handshake(asio::ssl::stream_base::server,
                                        asio::redirect_error(asio::use_awaitable, failure));
        if (failure) co_return;
        std::string rest;
        for (;;) {
            allow(connection, rest.empty() ? state->options.idle : state->options.header_time);
            auto request = co_await read_request(state, connection, stream, rest, "https", proxied);
            if (!request) break;
            allow(connection, state->options.idle);
            auto const close_wanted = world::find(request->headers, "Connection");
            bool const keep = !(close_wanted && base::same_text(*close_wanted, "close"));
            bool const with_body = request->method != "HEAD";
            auto const reply = co_await state->handler(std::move(*request));
            failure = co_await answer(stream, reply, with_body, keep);
            if (failure == asio::error::connection_aborted) {  // without TLS's goodbye, as when a line is cut
                if (reply.withheld > reply.response.body.size()) reset_on_close(socket);
                co_return;
            }
            if (failure || !keep) break;
        }
        allow(connection, base::Duration(2'000));
        co_await stream.async_shutdown(asio::redirect_error(asio::use_awaitable, failure));
    }

    /// One request, or nothing when the connection ended or what came is not HTTP. `rest` holds bytes read too far.
    template <typename Stream>
    static Task<std::optional<world::Request>> read_request(std::shared_ptr<State> state,
                                                            std::shared_ptr<Connection> connection, Stream& stream,
                                                            std::string& rest, std::string scheme, std::string target) {
        http::request_parser<http::string_body> parser;
        parser.eager(true);
        parser.header_limit(std::uint32_t(state->options.max_header_bytes));
        parser.body_limit(state->options.max_body_bytes);
        boost::system::error_code failure;
        bool begun = false, told = false;
        char buffer[16384];
        while (!parser.is_done()) {
            if (!rest.empty()) {
                boost::beast::error_code bad;
                if (!parser.is_header_done() && has_folded_line(rest)) bad = http::error::bad_obs_fold;
                auto const used = bad ? 0 : parser.put(asio::buffer(rest), bad);
                rest.erase(0, used);
                if (bad && bad != http::error::need_more) {
                    int const status = bad == http::error::body_limit     ? 413
                                       : bad == http::error::header_limit ? 431
                                                                          : 400;
                    Reply const refusal{{.status = status}};
                    co_await answer(stream, refusal, true, false);
                    co_return std::nullopt;
                }
                if (parser.is_done()) break;
            }
            if (parser.is_header_done() && !told) {
                told = true;
                auto const expects = parser.get()[http::field::expect];
                if (!expects.empty()) {
                    std::string const go_on = "HTTP/1.1 100 Continue\r\n\r\n";
                    co_await asio::async_write(stream, asio::buffer(go_on),
                                               asio::redirect_error(asio::use_awaitable, failure));
                    if (failure) co_return std::nullopt;
                }
            }
            auto const got = co_await stream.async_read_some(asio::buffer(buffer),
                                                             asio::redirect_error(asio::use_awaitable, failure));
            if (failure) co_return std::nullopt;
            if (!begun) allow(connection, state->options.header_time);  // the whole request must come within this
            begun = true;
            rest.append(buffer, got);
        }
        auto const message = parser.release();
        world::Request request;
        request.method = std::string(message.method_string());
        constexpr std::size_t usual_headers = 8;
        request.headers.reserve(usual_headers);
        for (auto const& field : message)
            request.headers.push_back({std::string(field.name_string()), std::string(field.value())});
        request.body = message.body();
        auto const path = std::string(message.target());
        auto const host = message[http::field::host];
        if (request.method == "CONNECT") request.url = path;
        else if (path.starts_with("http://") || path.starts_with("https://")) request.url = path;
        else request.url = scheme + "://" + (host.empty() ? target : std::string(host)) + path;
        co_return request;
    }

    std::shared_ptr<State> state_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(asio::io_context& io, Authority const& authority, Handler handler,
                                              ServerOptions options) {
    auto server = std::make_unique<RealServer>(io, std::move(handler), std::move(options));
    auto const opened = server->open(authority);
    if (!opened) return tl::unexpected(opened.error());
    return server;
}

}  // namespace holdfast::platform

// libcurl's multi interface on the io_context.
//
// The library is loaded when the first request is sent: it and the thirty libraries it needs take the loader longer
// than most commands run, and those never speak to a network.
//
// curl owns its sockets: we only watch them. A watch is released the moment curl says CURL_POLL_REMOVE, and looked up
// again after every socket_action, because that call may close, reopen or reuse any descriptor.
#include <curl/curl.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>

#include "platform/platform.hpp"

namespace holdfast::platform {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxHeaderBytes = 256u
                                        << 10;  // two signed polling URLs are 8 KB; a million headers are an attack

/// What we call of libcurl, by its own names and signatures.
struct Library {
#define HOLDFAST_CURL(name) decltype(&::curl_##name) name = nullptr;
#define HOLDFAST_CURL_FUNCTIONS        \
    HOLDFAST_CURL(global_init)         \
    HOLDFAST_CURL(easy_init)           \
    HOLDFAST_CURL(easy_cleanup)        \
    HOLDFAST_CURL(easy_getinfo)        \
    HOLDFAST_CURL(easy_setopt)         \
    HOLDFAST_CURL(easy_strerror)       \
    HOLDFAST_CURL(multi_init)          \
    HOLDFAST_CURL(multi_cleanup)       \
    HOLDFAST_CURL(multi_setopt)        \
    HOLDFAST_CURL(multi_add_handle)    \
    HOLDFAST_CURL(multi_remove_handle) \
    HOLDFAST_CURL(multi_info_read)     \
    HOLDFAST_CURL(multi_socket_action) \
    HOLDFAST_CURL(slist_append)        \
    HOLDFAST_CURL(slist_free_all)
    HOLDFAST_CURL_FUNCTIONS
#undef HOLDFAST_CURL
    std::string failure;  ///< why it cannot be used; empty: it can
};

Library load() {
    Library library;
    void* const handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        library.failure = dlerror();
        return library;
    }
#define HOLDFAST_CURL(name)                                                                                   \
    if (library.name = reinterpret_cast<decltype(library.name)>(dlsym(handle, "curl_" #name)); !library.name) \
        library.failure = "it has no curl_" #name;
    HOLDFAST_CURL_FUNCTIONS
#undef HOLDFAST_CURL
    if (library.failure.empty() && library.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        library.failure = "it does not start";
    return library;  // never unloaded: OpenSSL, which it shares with us, does not survive that
}

Library const& curl() {
    static Library const library = load();
    return library;
}

struct Transfer {
    CURL* easy = curl().easy_init();
    curl_slist* headers = nullptr;
    std::string authorization;  // wiped with the transfer
    world::Request request;
    world::Response response;
    std::size_t header_bytes = 0;
    bool too_large = false;
    bool begun = false, would_repeat = false;
    std::optional<CURLcode> outcome;
    char detail[CURL_ERROR_SIZE] = {};
    world::Signal ended;

    explicit Transfer(world::Request r) : request(std::move(r)) {}
    Transfer(Transfer const&) = delete;
    ~Transfer() {
        curl().easy_cleanup(easy);
        curl().slist_free_all(headers);
        std::fill(authorization.begin(), authorization.end(), '\0');
    }
};

std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    std::string_view line(data, size);
    transfer.header_bytes += size;
    if (transfer.header_bytes > kMaxHeaderBytes) {
        transfer.too_large = true;
        return 0;
    }
    line = base::trimmed(line);
    if (line.starts_with("HTTP/")) {  // a new status line: what came before was "100 Continue"
        transfer.response.headers.clear();
        return size;
    }
    if (auto const colon = line.find(':'); colon != std::string_view::npos && colon > 0)
        transfer.response.headers.push_back(
            {std::string(base::trimmed(line.substr(0, colon))), std::string(base::trimmed(line.substr(colon + 1)))});
    return size;
}

/// curl asks before it begins, and asks again when a kept connection died without an answer and it wants to send the
/// request once more by itself. The first may have been carried out, so only what changes nothing is repeated.
int on_begin(void* self, char*, char*, int, int) {
    auto& transfer = *static_cast<Transfer*>(self);
    bool const harmless = transfer.request.method == "GET" || transfer.request.method == "HEAD";
    transfer.would_repeat = std::exchange(transfer.begun, true) && !harmless;
    return transfer.would_repeat ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (transfer.response.body.size() + size > transfer.request.max_answer_bytes) {
        transfer.too_large = true;
        return 0;
    }
    transfer.response.body.append(data, size);
    return size;
}

base::Error explain(Transfer const& transfer) {
    curl_off_t sent_after = 0;  // microseconds until the first byte went out; 0: nothing did
    curl().easy_getinfo(transfer.easy, CURLINFO_PRETRANSFER_TIME_T, &sent_after);
    CURLcode const code = *transfer.outcome;
    std::string const detail = *transfer.detail ? transfer.detail : curl().easy_strerror(code);
    auto const error = [&](base::ErrorCode kind, std::string what, std::string fix) {
        return base::Error{.code = kind, .what = std::move(what), .fix = std::move(fix)};
    };
    if (transfer.too_large)
        return error(base::ErrorCode::answer_too_large, "the server's answer is larger than anything it should send",
                     "");
    if (transfer.would_repeat)
        return error(base::ErrorCode::connection_lost, "the connection ended before an answer came", "");
    // A handshake that the network or the other side broke off says nothing about its certificate.
    constexpr std::string_view broken_off[] = {"SSL_ERROR_SYSCALL", "Recv failure", "Send failure", "unexpected eof"};
    auto const says = [&detail](std::string_view words) { return detail.find(words) != std::string::npos; };
    if (code == CURLE_SSL_CONNECT_ERROR && std::ranges::any_of(broken_off, says))
        return error(base::ErrorCode::connection_failed, detail, "check the network, the proxy and the endpoint");
    switch (code) {
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_CONNECT_ERROR:
            return error(base::ErrorCode::tls, "the server's certificate is not trusted: " + detail,
                         "name the authority that signed it with --ca FILE");
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_CONNECT:
            return error(base::ErrorCode::connection_failed, detail, "check the network, the proxy and the endpoint");
        case CURLE_OUT_OF_MEMORY:  // curl's word for one header line beyond its bound
            if (sent_after == 0) break;
            return error(base::ErrorCode::answer_too_large,
                         "the server's answer is larger than anything it should send", "");
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_BAD_CONTENT_ENCODING:
            return error(base::ErrorCode::answer_malformed, "what answers speaks no HTTP: " + detail,
                         "check the endpoint; a proxy may have answered in its place");
        default:
            break;
    }
    if (sent_after == 0)
        return error(base::ErrorCode::connection_failed, detail, "check the network, the proxy and the endpoint");
    return error(code == CURLE_OPERATION_TIMEDOUT ? base::ErrorCode::timeout : base::ErrorCode::connection_lost, detail,
                 "");
}

class CurlTransport : public world::Transport {
public:
    CurlTransport(asio::io_context& io, TransportOptions options) : io_(io), options_(std::move(options)), timer_(io) {
        if (options_.ca_file.empty())
            for (auto const* const name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"})
                if (char const* const value = std::getenv(name); value && *value && options_.ca_file.empty())
                    options_.ca_file = value;
    }
    ~CurlTransport() override {
        if (!multi_) return;
        for (auto const& transfer : running_) curl().multi_remove_handle(multi_, transfer->easy);
        curl().multi_cleanup(multi_);
        for (auto& [fd, watch] : watches_) watch->descriptor.release();
    }

    Task<Result<world::Response>> send(world::Request request) override {
        for (auto const& header : request.headers)
            if (header.value.find_first_of("\r\n") != std::string::npos ||
                header.name.find_first_of("\r\n:") != std::string::npos)
                co_return base::fail(base::ErrorCode::usage, "a header holds a line break");
        if (request.bearer &&
            request.bearer->reveal().find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            co_return base::fail(base::ErrorCode::usage, "a token holds a line break");
        if (!curl().failure.empty())
            co_return base::fail(base::ErrorCode::connection_failed, "libcurl cannot be loaded: " + curl().failure,
                                 "install the package libcurl4");
        if (!multi_) start();
        auto const transfer = std::make_shared<Transfer>(std::move(request));
        prepare(*transfer);
        running_.push_back(transfer);
        curl().multi_add_handle(multi_, transfer->easy);
        while (!transfer->outcome) co_await transfer->ended.wait();
        if (*transfer->outcome != CURLE_OK) co_return tl::unexpected(explain(*transfer));
        long status = 0;
        curl().easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        transfer->response.status = int(status);
        co_return std::move(transfer->response);
    }

private:
    void start() {
        multi_ = curl().multi_init();
        curl().multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlTransport::on_socket);
        curl().multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
        curl().multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlTransport::on_timer);
        curl().multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
        curl().multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, 16L);
    }

    /// One socket of curl's that we watch. Shared with the pending wait, which finds out afterwards whether it still
    /// counts.
    struct Watch {
        Watch(asio::io_context& io, curl_socket_t fd) : descriptor(io, fd) {}
        asio::posix::stream_descriptor descriptor;
        int wants = 0;
        bool reading = false, writing = false;
    };

    void prepare(Transfer& t) {
        CURL* const easy = t.easy;
        auto const set = [easy](CURLoption option, auto value) { curl().easy_setopt(easy, option, value); };
        set(CURLOPT_URL, t.request.url.c_str());
        set(CURLOPT_PRIVATE, &t);
        set(CURLOPT_ERRORBUFFER, t.detail);
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_PROTOCOLS_STR, "https,http");
        set(CURLOPT_FOLLOWLOCATION, 0L);
        set(CURLOPT_SSLVERSION, long(CURL_SSLVERSION_TLSv1_2));  // or newer, never older
        set(CURLOPT_PROXY_SSLVERSION, long(CURL_SSLVERSION_TLSv1_2));
        set(CURLOPT_HTTP_VERSION, long(CURL_HTTP_VERSION_2TLS));
        set(CURLOPT_PIPEWAIT, 1L);
        set(CURLOPT_TIMEOUT_MS, long(t.request.timeout.count()));
        set(CURLOPT_CONNECTTIMEOUT_MS, long(std::min<std::int64_t>(t.request.timeout.count(), 20'000)));
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        set(CURLOPT_ACCEPT_ENCODING, "");
        set(CURLOPT_HEADERFUNCTION, &on_header);
        set(CURLOPT_HEADERDATA, &t);
        set(CURLOPT_PREREQFUNCTION, &on_begin);
        set(CURLOPT_PREREQDATA, &t);
        set(CURLOPT_WRITEFUNCTION, &on_body);
        set(CURLOPT_WRITEDATA, &t);
        if (!options_.ca_file.empty()) {
            set(CURLOPT_CAINFO, options_.ca_file.c_str());
            set(CURLOPT_PROXY_CAINFO, options_.ca_file.c_str());
        }
        // Plain HTTP is spoken only to a machine's own identity endpoint, which no proxy can reach.
        if (t.request.url.starts_with("http://")) set(CURLOPT_PROXY, "");
        else if (!options_.proxy.empty()) set(CURLOPT_PROXY, options_.proxy.c_str());

        auto const& body = t.request.secret_body ? t.request.secret_body->reveal() : t.request.body;
        bool const carries =
            !body.empty() || t.request.method == "POST" || t.request.method == "PUT" || t.request.method == "PATCH";
        if (t.request.method == "HEAD") set(CURLOPT_NOBODY, 1L);
        else if (carries) {
            set(CURLOPT_POST, 1L);
            set(CURLOPT_POSTFIELDS, body.data());
            set(CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.size()));
        }
        set(CURLOPT_CUSTOMREQUEST, t.request.method.c_str());
        auto const add = [&t](std::string const& line) { t.headers = curl().slist_append(t.headers, line.c_str()); };
        for (auto const& header : t.request.headers) add(header.name + ": " + header.value);
        if (t.request.bearer) {
            t.authorization = "Authorization: Bearer " + t.request.bearer->reveal();
            add(t.authorization);
        }
        add("Expect:");
        set(CURLOPT_HTTPHEADER, t.headers);
    }

    static int on_timer(CURLM*, long milliseconds, void* self) {
        auto& transport = *static_cast<CurlTransport*>(self);
        if (milliseconds < 0) {
            transport.timer_.cancel();
            return 0;
        }
        transport.timer_.expires_after(std::chrono::milliseconds(milliseconds));
        transport.timer_.async_wait([&transport](boost::system::error_code failure) {
            if (!failure) transport.act(CURL_SOCKET_TIMEOUT, 0);
        });
        return 0;
    }

    static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
        auto& transport = *static_cast<CurlTransport*>(self);
        auto const it = transport.watches_.find(fd);
        if (what == CURL_POLL_REMOVE) {
            if (it != transport.watches_.end()) {
                it->second->descriptor.release();  // the descriptor is curl's to close
                transport.watches_.erase(it);
            }
            return 0;
        }
        auto watch = it != transport.watches_.end()
                         ? it->second
                         : transport.watches_.emplace(fd, std::make_shared<Watch>(transport.io_, fd)).first->second;
        watch->wants = what;
        transport.arm(fd, watch);
        return 0;
    }

    void arm(curl_socket_t fd, std::shared_ptr<Watch> const& watch) {
        if ((watch->wants & CURL_POLL_IN) && !watch->reading) {
            watch->reading = true;
            wait(fd, watch, asio::posix::stream_descriptor::wait_read);
        }
        if ((watch->wants & CURL_POLL_OUT) && !watch->writing) {
            watch->writing = true;
            wait(fd, watch, asio::posix::stream_descriptor::wait_write);
        }
    }

    void wait(curl_socket_t fd, std::shared_ptr<Watch> const& watch, asio::posix::stream_descriptor::wait_type kind) {
        bool const read = kind == asio::posix::stream_descriptor::wait_read;
        watch->descriptor.async_wait(kind, [this, fd, watch, read](boost::system::error_code failure) {
            (read ? watch->reading : watch->writing) = false;
            if (failure) return;
            act(fd, read ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
            auto const it = watches_.find(fd);  // act may have closed it, and even reused its number
            if (it != watches_.end() && it->second == watch) arm(fd, watch);
        });
    }

    void act(curl_socket_t fd, int events) {
        int running = 0;
        curl().multi_socket_action(multi_, fd, events, &running);
        int left = 0;
        while (auto const* const message = curl().multi_info_read(multi_, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            CURLcode const code = message->data.result;
            CURL* const easy = message->easy_handle;
            auto const it =
                std::find_if(running_.begin(), running_.end(), [easy](auto const& t) { return t->easy == easy; });
            if (it == running_.end()) continue;
            auto const transfer = *it;
            running_.erase(it);
            curl().multi_remove_handle(multi_, easy);
            transfer->outcome = code;
            transfer->ended.notify();
        }
    }

    asio::io_context& io_;
    TransportOptions options_;
    asio::steady_timer timer_;
    CURLM* multi_ = nullptr;  // none before the first request
    std::map<curl_socket_t, std::shared_ptr<Watch>> watches_;
    std::vector<std::shared_ptr<Transfer>> running_;  // shared with the coroutine that waits for it
};

}  // namespace

std::unique_ptr<world::Transport> curl_transport(asio::io_context& io, TransportOptions options) {
    return std::make_unique<CurlTransport>(io, std::move(options));
}

}  // namespace holdfast::platform

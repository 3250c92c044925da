#include "platform/platform.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>

namespace holdfast::platform {
namespace {

namespace fs = std::filesystem;

/// A folder that goes away with the test.
struct Scratch {
    Scratch() {
        char name[] = "/tmp/holdfast-test-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Scratch() { fs::remove_all(path); }
    std::string operator/(std::string_view name) const { return path + "/" + std::string(name); }
    std::string path;
};

template <typename T>
T finish(boost::asio::io_context& io, Task<T> task) {
    std::optional<T> result;
    boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr failure, T value) {
        if (failure) std::rethrow_exception(failure);
        result.emplace(std::move(value));
    });
    while (!result) {
        io.restart();
        io.run_one();
    }
    return std::move(*result);
}

Task<Reply> echo(world::Request request) {
    world::Response response{.status = request.method == "DELETE" ? 204 : 200};
    response.headers = {{"X-Method", request.method}, {"X-Url", request.url}, {"X-Evil", "a\r\nInjected: yes"}};
    if (request.url.ends_with("/large-headers"))
        response.headers.push_back({"Azure-AsyncOperation", std::string(4096, 'u')});
    response.body = request.body;
    if (request.url.ends_with("/endless")) response.body = std::string(100'000, 'x');
    if (auto const token = world::find(request.headers, "Authorization"))
        response.headers.push_back({"X-Token", std::string(*token)});
    Reply reply{response};
    if (request.url.ends_with("/cut")) reply.withheld = 1;
    if (request.url.ends_with("/reset")) reply.withheld = ~std::size_t{0};
    co_return reply;
}

/// Server and client on one thread, over real TLS on loopback.
class Https : public ::testing::Test {
protected:
    void SetUp() override {
        auto const authority = local_authority(*files, scratch / "tls", wall_now());
        ASSERT_TRUE(authority) << authority.error().what;
        ASSERT_TRUE(files->write(scratch / "ca.pem", authority->ca_pem));
        auto started = Server::start(io, *authority, echo, {.max_body_bytes = 50'000});
        ASSERT_TRUE(started) << started.error().what;
        server = std::move(*started);
        base = "https://localhost:" + std::to_string(server->port());
        client = curl_transport(io, {.ca_file = scratch / "ca.pem"});
    }
    Result<world::Response> send(world::Request request) { return finish(io, client->send(std::move(request))); }

    Scratch scratch;
    boost::asio::io_context io;
    std::unique_ptr<world::Files> files = real_files();
    std::unique_ptr<Server> server;
    std::unique_ptr<world::Transport> client;
    std::string base;
};

TEST_F(Https, carries_method_url_body_and_token) {
    auto const answer =
        send({.method = "PUT", .url = base + "/a/b?x=%2F1", .body = R"({"a":1})", .bearer = base::Secret("t0ken")});
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, R"({"a":1})");
    EXPECT_EQ(world::find(answer->headers, "x-url"), base + "/a/b?x=%2F1");
    EXPECT_EQ(world::find(answer->headers, "x-token"), "Bearer t0ken");
    EXPECT_EQ(world::find(answer->headers, "Injected"), std::nullopt);
}

TEST_F(Https, keeps_connections_and_serves_many_at_once) {
    std::size_t good = 0;
    std::function<Task<void>(std::size_t)> const make = [&](std::size_t i) -> Task<void> {
        world::Request request{.method = i % 3 == 0 ? "DELETE" : "POST",
                               .url = base + "/" + std::to_string(i),
                               .body = std::string(i * 40, 'b')};
        auto const expected = i % 3 == 0 ? std::string() : request.body;
        auto const answer = co_await client->send(std::move(request));
        good += answer && answer->body == expected;
    };
    finish(io, [](auto const& all) -> Task<int> {
        co_await world::together(200, all);
        co_return 0;
    }(make));
    EXPECT_EQ(good, 200u);
}

TEST_F(Https, four_kilobyte_polling_urls_pass) {
    auto const answer = send({.method = "GET", .url = base + "/large-headers"});
    ASSERT_TRUE(answer);
    EXPECT_EQ(world::find(answer->headers, "azure-asyncoperation")->size(), 4096u);
}

TEST_F(Https, bounds_hold_on_both_sides) {
    auto const endless = send({.method = "GET", .url = base + "/endless", .max_answer_bytes = 10'000});
    ASSERT_FALSE(endless);
    EXPECT_EQ(endless.error().code, base::ErrorCode::answer_too_large);
    auto const heavy = send({.method = "PUT", .url = base + "/heavy", .body = std::string(60'000, 'x')});
    EXPECT_TRUE(!heavy || heavy->status == 413);
}

TEST_F(Https, is_not_trusted_without_its_authority) {
    auto const stranger = curl_transport(io, {.ca_file = "/etc/ssl/certs/ca-certificates.crt"});
    auto const answer = finish(io, stranger->send({.method = "GET", .url = base + "/"}));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, base::ErrorCode::tls);
}

TEST_F(Https, the_same_port_is_a_proxy_for_azures_own_names) {
    auto const through = curl_transport(
        io, {.ca_file = scratch / "ca.pem", .proxy = "http://127.0.0.1:" + std::to_string(server->port())});
    auto const answer =
        finish(io, through->send({.method = "GET", .url = "https://management.azure.com/subscriptions"}));
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(world::find(answer->headers, "x-url"), "https://management.azure.com/subscriptions");
}

TEST_F(Https, nobody_there_means_the_act_did_not_happen) {
    int const port = server->port();
    server->stop();
    auto const answer = send({.method = "PUT", .url = "https://localhost:" + std::to_string(port) + "/"});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, base::ErrorCode::connection_failed);
}

TEST_F(Https, an_answer_may_be_withheld_in_part_and_as_a_whole) {
    auto const cut = send({.method = "PUT", .url = base + "/cut", .body = "{\"a\": 1}"});
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, base::ErrorCode::connection_lost) << cut.error().what;
    auto const nothing = send({.method = "PUT", .url = base + "/reset"});
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().code, base::ErrorCode::connection_lost) << nothing.error().what;
    EXPECT_TRUE(send({.method = "PUT", .url = base + "/whole"}));
}

TEST_F(Https, refuses_headers_that_would_split_a_request) {
    auto const answer = send({.method = "GET", .url = base + "/", .headers = {{"X", "a\r\nY: b"}}});
    ASSERT_FALSE(answer);
}

/// A server that does with each connection's bytes what a test says, in plain HTTP on loopback.
struct Rude {
    using Socket = boost::asio::ip::tcp::socket;
    std::function<Task<void>(Socket)> serve;
    boost::asio::ip::tcp::acceptor acceptor;
    Rude(boost::asio::io_context& io, std::function<Task<void>(Socket)> with)
        : serve(std::move(with)), acceptor(io, {boost::asio::ip::make_address("127.0.0.1"), 0}) {
        boost::asio::co_spawn(io, accept(this), boost::asio::detached);
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()); }
    static Task<void> accept(Rude* self) {
        for (;;) {
            boost::system::error_code failure;
            auto socket =
                co_await self->acceptor.async_accept(boost::asio::redirect_error(boost::asio::use_awaitable, failure));
            if (failure) co_return;
            boost::asio::co_spawn(self->acceptor.get_executor(), self->serve(std::move(socket)), boost::asio::detached);
        }
    }
    /// One request's head; empty when the client is gone.
    static Task<std::string> head(Socket* socket) {
        std::string text;
        char byte = 0;
        while (!text.ends_with("\r\n\r\n")) {
            boost::system::error_code failure;
            auto const got = co_await socket->async_read_some(
                boost::asio::buffer(&byte, 1), boost::asio::redirect_error(boost::asio::use_awaitable, failure));
            if (failure || got == 0) co_return "";
            text += byte;
        }
        co_return text;
    }
    static Task<bool> say(Socket* socket, std::string text) {
        boost::system::error_code failure;
        co_await boost::asio::async_write(*socket, boost::asio::buffer(text),
                                          boost::asio::redirect_error(boost::asio::use_awaitable, failure));
        co_return !failure;
    }
};

int posts = 0, gets = 0, connections = 0;  // what the rude servers below saw

/// Answers the first request of each connection and hangs up on the second, as a server does whose answer is lost.
Task<void> hang_up_on_the_second(Rude::Socket socket) {
    ++connections;
    for (int number = 1;; ++number) {
        auto const head = co_await Rude::head(&socket);
        if (head.empty()) co_return;
        ++(head.starts_with("POST") ? posts : gets);
        if (number == 2) co_return;
        bool const said = co_await Rude::say(&socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        if (!said) co_return;
    }
}

TEST(Curl, sends_a_write_once_even_where_a_kept_connection_dies) {
    for (auto const* method : {"POST", "PUT", "DELETE", "GET"}) {
        boost::asio::io_context io;
        Rude server(io, hang_up_on_the_second);
        auto const client = curl_transport(io);
        posts = gets = connections = 0;
        ASSERT_TRUE(finish(io, client->send({.method = "GET", .url = server.url()})));
        auto const answer = finish(io, client->send({.method = method, .url = server.url()}));
        bool const harmless = std::string_view(method) == "GET";
        EXPECT_EQ(answer.has_value(), harmless) << method;
        if (!answer) {
            EXPECT_EQ(answer.error().code, base::ErrorCode::connection_lost) << answer.error().what;
        }
        EXPECT_EQ(posts + gets, harmless ? 3 : 2) << method;
    }
}

/// Answers whatever comes, on as many connections as are opened.
Task<void> answer_each(Rude::Socket socket) {
    ++connections;
    for (;;) {
        auto const head = co_await Rude::head(&socket);
        if (head.empty()) co_return;
        ++gets;
        bool const said = co_await Rude::say(&socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        if (!said) co_return;
    }
}

TEST(Curl, all_steps_share_one_pool_of_connections) {
    struct Row {
        std::size_t at_once, in_turn;
        int most;
    };
    for (auto const& row : {Row{1, 200, 1}, Row{200, 1, 16}, Row{50, 4, 16}}) {
        boost::asio::io_context io;
        Rude server(io, answer_each);
        auto const client = curl_transport(io);
        gets = connections = 0;
        std::function<Task<void>(std::size_t)> const step = [&](std::size_t) -> Task<void> {
            for (std::size_t i = 0; i < row.in_turn; ++i) {
                auto const answer = co_await client->send({.method = "GET", .url = server.url()});
                EXPECT_TRUE(answer);
            }
        };
        finish(io, [](auto const& many, std::size_t count) -> Task<int> {
            co_await world::together(count, many);
            co_return 0;
        }(step, row.at_once));
        EXPECT_EQ(gets, 200);
        EXPECT_LE(connections, row.most) << row.at_once << " at once";
        EXPECT_GE(connections, 1);
    }
}

/// An answer whose head, or whose body, has exactly so many bytes.
Task<void> answer_of(Rude::Socket socket, std::size_t head_bytes, std::size_t body_bytes) {
    auto const asked = co_await Rude::head(&socket);
    std::string text = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body_bytes) + "\r\n";
    constexpr std::size_t most_of_a_line = 60'000, least_of_a_line = 6;  // "X: y\r\n"
    while (text.size() + 2 < head_bytes) {
        auto left = head_bytes - text.size() - 2;
        if (left > most_of_a_line) left = std::min(most_of_a_line, left - least_of_a_line);
        text += "X: " + std::string(left - 5, 'y') + "\r\n";
    }
    text += "\r\n";
    text.append(body_bytes, ' ');
    co_await Rude::say(&socket, std::move(text));
}

TEST(Curl, an_answer_may_be_as_large_as_its_bound_and_no_byte_more) {
    constexpr std::size_t no_more_head = 0, head = 256u << 10, token = 1u << 20, resource = 8u << 20, page = 64u << 20;
    struct Row {
        char const* what;
        std::size_t head_bytes, body_bytes, bound;
        bool taken;
    };
    for (auto const& row : {Row{"headers", head, 2, page, true}, Row{"headers and a byte", head + 1, 2, page, false},
                            Row{"token", no_more_head, token, token, true},
                            Row{"token and a byte", no_more_head, token + 1, token, false},
                            Row{"resource", no_more_head, resource, resource, true},
                            Row{"resource and a byte", no_more_head, resource + 1, resource, false},
                            Row{"page", no_more_head, page, page, true},
                            Row{"page and a byte", no_more_head, page + 1, page, false}}) {
        boost::asio::io_context io;
        Rude server(io, [&](Rude::Socket socket) { return answer_of(std::move(socket), row.head_bytes, row.body_bytes); });
        auto const client = curl_transport(io);
        auto const answer =
            finish(io, client->send({.method = "GET", .url = server.url(), .max_answer_bytes = row.bound}));
        ASSERT_EQ(answer.has_value(), row.taken) << row.what << ": " << (answer ? "" : answer.error().what);
        if (answer) EXPECT_EQ(answer->body.size(), row.body_bytes) << row.what;
        else EXPECT_EQ(answer.error().code, base::ErrorCode::answer_too_large) << row.what;
    }
}

Task<void> break_off(Rude::Socket socket, bool reset) {
    char some[64];
    boost::system::error_code ignored;
    co_await socket.async_read_some(boost::asio::buffer(some),
                                    boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    if (reset) socket.set_option(boost::asio::socket_base::linger(true, 0), ignored);
    else socket.shutdown(boost::asio::socket_base::shutdown_send, ignored);
}

// It says nothing about a certificate: nothing was sent, and trying again may help.
TEST(Curl, a_handshake_that_breaks_off_is_a_connection_that_failed) {
    for (bool const reset : {true, false}) {
        boost::asio::io_context io;
        Rude server(io, [reset](Rude::Socket socket) { return break_off(std::move(socket), reset); });
        auto const client = curl_transport(io);
        auto const answer = finish(io, client->send({.method = "PUT", .url = "https" + server.url().substr(4)}));
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code, base::ErrorCode::connection_failed) << answer.error().what;
    }
}

Task<void> drip(Rude::Socket socket) {
    auto const head = co_await Rude::head(&socket);
    bool said = co_await Rude::say(&socket, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (said) {
        boost::asio::steady_timer pause(socket.get_executor(), std::chrono::milliseconds(20));
        co_await pause.async_wait(boost::asio::use_awaitable);
        said = co_await Rude::say(&socket, " ");
    }
}

TEST(Curl, a_server_that_drips_is_left_after_the_time_that_was_given) {
    boost::asio::io_context io;
    Rude server(io, drip);
    auto const client = curl_transport(io);
    auto const answer =
        finish(io, client->send({.method = "GET", .url = server.url(), .timeout = base::Duration(200)}));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, base::ErrorCode::timeout);
}

TEST_F(Https, a_token_with_a_line_break_goes_nowhere) {
    auto const answer = send({.method = "GET", .url = base, .bearer = holdfast::base::Secret("a\r\nX-Evil: 1")});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().what, "a token holds a line break");
}

TEST(Files, private_files_are_for_the_owner_only) {
    Scratch scratch;
    auto const files = real_files();
    ASSERT_TRUE(files->write(scratch / "deep/er/secret", "s", world::Privacy::owner_only));
    struct stat status{};
    ASSERT_EQ(::stat((scratch / "deep/er/secret").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    EXPECT_EQ(files->read(scratch / "deep/er/secret").value(), "s");
    EXPECT_EQ(files->list(scratch / "deep/er").value(), std::vector<std::string>{"secret"});
    EXPECT_FALSE(files->read(scratch / "nothing"));
}

TEST(Files, what_is_appended_to_a_deleted_file_is_lost_and_said_so) {
    Scratch scratch;
    auto const files = real_files();
    auto const file = files->open_append(scratch / "journal");
    ASSERT_TRUE(file);
    EXPECT_TRUE((*file)->append("one\n"));
    fs::remove(scratch / "journal");
    auto const lost = (*file)->append("two\n");
    ASSERT_FALSE(lost);
    EXPECT_NE(lost.error().what.find("deleted"), std::string::npos) << lost.error().what;
}

TEST(Files, a_second_holder_learns_who_has_the_lock) {
    Scratch scratch;
    auto const files = real_files();
    auto const first = files->lock(scratch / "lock");
    ASSERT_TRUE(first);
    auto const second = files->lock(scratch / "lock");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, base::ErrorCode::conflict);
    EXPECT_NE(second.error().what.find(std::to_string(::getpid())), std::string::npos);
}

TEST(Rows, survive_reopening_and_commit_as_one) {
    Scratch scratch;
    {
        auto rows = sqlite_rows(scratch / "azure.db");
        ASSERT_TRUE(rows) << rows.error().what;
        std::vector<world::RowChange> const changes{{"a", "1"}, {"b", std::string("\0x", 2)}, {"c", "3"}};
        ASSERT_TRUE((*rows)->commit(changes));
        std::vector<world::RowChange> const later{{"c", std::nullopt}, {"a", "2"}};
        ASSERT_TRUE((*rows)->commit(later));
    }
    auto rows = sqlite_rows(scratch / "azure.db");
    ASSERT_TRUE(rows);
    EXPECT_EQ((*rows)->load().value(),
              (std::vector<std::pair<std::string, std::string>>{{"a", "2"}, {"b", std::string("\0x", 2)}}));
    EXPECT_FALSE(sqlite_rows(scratch / "no/such/folder/azure.db"));
}

TEST(Programs, run_without_a_shell) {
    boost::asio::io_context io;
    auto const programs = real_programs(io);
    auto const said = finish(io, programs->run({.arguments = {"cat", "-", "/nonexistent;id"}, .input = "hello"}));
    ASSERT_TRUE(said) << said.error().what;
    EXPECT_EQ(said->output, "hello");
    EXPECT_NE(said->exit_status, 0);
    EXPECT_NE(said->errors.find("nonexistent;id"), std::string::npos);
    EXPECT_FALSE(finish(io, programs->run({.arguments = {"/no/such/program"}})));
    auto const slow = finish(io, programs->run({.arguments = {"sleep", "60"}, .timeout = base::Duration(20)}));
    ASSERT_FALSE(slow);
    EXPECT_EQ(slow.error().code, base::ErrorCode::timeout);
}

}  // namespace
}  // namespace holdfast::platform

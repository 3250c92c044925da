#include "platform/platform.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
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

Task<world::Response> echo(world::Request request) {
    world::Response response{.status = request.method == "DELETE" ? 204 : 200};
    response.headers = {{"X-Method", request.method}, {"X-Url", request.url}, {"X-Evil", "a\r\nInjected: yes"}};
    if (request.url.ends_with("/large-headers"))
        response.headers.push_back({"Azure-AsyncOperation", std::string(4096, 'u')});
    response.body = request.body;
    if (request.url.ends_with("/endless")) response.body = std::string(100'000, 'x');
    if (auto const token = world::find(request.headers, "Authorization"))
        response.headers.push_back({"X-Token", std::string(*token)});
    co_return response;
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

TEST_F(Https, refuses_headers_that_would_split_a_request) {
    auto const answer = send({.method = "GET", .url = base + "/", .headers = {{"X", "a\r\nY: b"}}});
    ASSERT_FALSE(answer);
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

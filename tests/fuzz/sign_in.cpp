// Every way to sign in, against servers, files and programs that say whatever they like.
//
// Held of all: a token that could stand in a header or an error; a secret goes only where it belongs and never into a URL;
// no secret in an error or in what a person is told; few requests.
//
// The input is pieces, each ended by a zero byte. The first names the way by a word of `rows`; the others are what is
// heard, in order: "STATUS", then header lines, an empty line, the body. What az prints is the body, its status the STATUS.
#include <cstdlib>
#include <deque>

#include "credentials/credentials.hpp"
#include "credentials/tokens.hpp"

namespace {
using namespace holdfast;
using namespace holdfast::credentials;

Cloud const cloud = *find_cloud("simulated");
Application const application{"11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"};
constexpr char const* key_file = "/var/opt/azcmagent/tokens/one.key";

/// A secret that a way holds, and the beginning of every URL it may go to.
struct Held {
    char const *secret, *goes_to;
};
using Variables = std::map<std::string, std::string>;
struct Row {
    char const* way;
    Held held[2];
    Variables variables;
    std::unique_ptr<Credential> (*make)(Tell);
};
constexpr char const *login = "https://login.azsim.test/", *runner = "https://runner.azsim.test/", *agent = "http://127.0.0.1:40342/";

Row const rows[] = {
    {"secret", {{"canary~client-secret", login}}, {}, [](Tell) { return client_secret(cloud, application, base::Secret("canary~client-secret")); }},
    {"workload", {{"canary~federated-token", login}}, {}, [](Tell) { return federated(cloud, application, "/token"); }},
    {"github", {{"canary~runner-token", runner}}, {},
     [](Tell) { return github_actions(cloud, application, std::string(runner) + "id?x=1", base::Secret("canary~runner-token")); }},
    {"app-service", {{"canary~identity-header", agent}}, {{"IDENTITY_ENDPOINT", "http://127.0.0.1:40342/token"}, {"IDENTITY_HEADER", "canary~identity-header"}},
     [](Tell) { return managed_identity({HostIdentity::Kind::client_id, application.client_id}); }},
    {"arc", {{"canary~arc-key", agent}, {"canary~of-another-file", nullptr}}, {{"IDENTITY_ENDPOINT", "http://127.0.0.1:40342/token"}, {"IMDS_ENDPOINT", "http://127.0.0.1:40342"}},
     [](Tell) { return managed_identity({}); }},
    {"cloud-shell", {}, {{"MSI_ENDPOINT", "http://127.0.0.1:40342/token"}}, [](Tell) { return managed_identity({}); }},
    {"machine", {}, {}, [](Tell) { return managed_identity({}); }},
    {"az", {}, {}, [](Tell) { return azure_cli(application.tenant); }},
    {"device", {}, {}, [](Tell tell) { return device_code(cloud, application, std::move(tell)); }},
};

bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool fit_for_a_terminal(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; });
}

class Script {
public:
    explicit Script(std::string_view rest) : rest_(rest) {}
    std::string_view next() {
        auto const end = std::min(rest_.find('\0'), rest_.size());
        auto const piece = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        return piece;
    }
    bool over() const { return rest_.empty(); }
    /// A piece as an answer.
    world::Response answer() {
        auto text = next();
        auto const line = [&text] {
            auto const end = std::min(text.find('\n'), text.size());
            auto const part = text.substr(0, end);
            text.remove_prefix(std::min(end + 1, text.size()));
            return part;
        };
        world::Response response;
        for (char const c : line().substr(0, 3))
            if (c >= '0' && c <= '9') response.status = response.status * 10 + (c - '0');
        for (auto header = line(); !header.empty(); header = line())
            if (auto const colon = header.find(':'); colon != std::string_view::npos)
                response.headers.push_back({std::string(header.substr(0, colon)), std::string(base::trimmed(header.substr(colon + 1)))});
        response.body = std::string(text);
        return response;
    }

private:
    std::string_view rest_;
};

class Wire : public world::Transport {
public:
    Wire(Script& script, Row const* row) : script_(script), row_(row) {}
    world::Task<base::Result<world::Response>> send(world::Request request) override {
        if (++asked_ > 4'000) std::abort();
        if (row_ != nullptr) judge(request);
        if (script_.over()) co_return base::fail(base::ErrorCode::connection_failed, "the script is over");
        co_return script_.answer();
    }

private:
    void judge(world::Request const& request) const {
        auto carried = request.body + (request.bearer ? "\n" + request.bearer->reveal() : "") +
                       (request.secret_body ? "\n" + request.secret_body->reveal() : "");
        for (auto const& header : request.headers) carried += "\n" + header.value;
        for (auto const& held : row_->held) {
            if (held.secret == nullptr) continue;
            if (holds(request.url, held.secret)) std::abort();
            if (holds(carried, held.secret) && (held.goes_to == nullptr || !request.url.starts_with(held.goes_to))) std::abort();
        }
        // What a server gave (an id token, a device code, a refresh token) goes where forms go: to the sign-in host.
        if (request.secret_body && !request.url.starts_with(login)) std::abort();
    }

    Script& script_;
    Row const* row_;
    int asked_ = 0;
};

class Az : public world::Programs {
public:
    explicit Az(Script& script) : script_(script) {}
    world::Task<base::Result<world::ProgramResult>> run(world::Program program) override {
        if (program.arguments.front() != "az") std::abort();
        if (script_.over()) co_return base::fail(base::ErrorCode::unreadable, "no such program");
        auto answer = script_.answer();
        co_return world::ProgramResult{answer.status, answer.body, answer.body};
    }

private:
    Script& script_;
};

void judge(base::Error const& error, Row const* row) {
    auto text = error.what + "\n" + error.fix;
    if (error.what.empty()) std::abort();
    if (auto const* call = std::get_if<base::Call>(&error.where)) text += "\n" + call->address;
    if (error.azure) text += "\n" + error.azure->code + "\n" + error.azure->message;
    if (row != nullptr)
        for (auto const& held : row->held)
            if (held.secret != nullptr && holds(text, held.secret)) std::abort();
    if (!fit_for_a_terminal(error.what) || !fit_for_a_terminal(error.fix)) std::abort();
    for (auto const& because : error.because) judge(because, row);
}

/// Everything a world has, on one thread in virtual time.
struct Bench {
    boost::asio::io_context io;
    world::VirtualClock clock{io, *base::parse_time("2026-11-24T12:00:00Z")};
    std::unique_ptr<world::Files> files = world::memory_files({{"/token", "canary~federated-token\n"}, {key_file, "canary~arc-key"}, {"/etc/one.key", "canary~of-another-file"}});
    std::unique_ptr<world::Environment> environment;
    Wire wire;
    Az az;
    base::Prng prng{1};
    world::World world{clock, wire, *files, *environment, az, prng};

    Bench(Script& script, Row const* row)
        : environment(world::fixed_environment(row != nullptr ? row->variables : Variables{})), wire(script, row), az(script) {}
};

void sign_in(Row const& row, Script& script) {
    Bench bench(script, &row);
    auto const credential = row.make([](std::string const& told) {
        if (!fit_for_a_terminal(told)) std::abort();
    });
    // Once, again when the first has run out, and for a challenge.
    for (auto const* claims : {"", "", R"({"access_token":{"nbf":{"essential":true}}})"}) {
        auto const token = world::run(bench.io, bench.clock, credential->token(cloud.arm_audience, claims, bench.world));
        if (!token) {
            judge(token.error(), &row);
        } else {
            if (!can_be_token(token->reveal())) std::abort();
            credential->forget(cloud.arm_audience, *token);
        }
        if (script.over()) return;
    }
}

void discover(Script& script) {
    Bench bench(script, nullptr);
    auto const found = world::run(bench.io, bench.clock, discover_cloud("https://arm.azsim.test/", "", bench.world));
    if (!found) return judge(found.error(), nullptr);
    if (!may_carry_secrets(found->authority) || found->arm != "https://arm.azsim.test") std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    Script script({reinterpret_cast<char const*>(data), size});
    auto const word = script.next();
    if (word == "discover") discover(script);
    for (auto const& row : rows)
        if (word == row.way) sign_in(row, script);
    return 0;
}

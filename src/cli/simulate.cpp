#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "commands.hpp"
#include "design.hpp"

namespace holdfast::cli {

namespace {

using base::Duration;
using base::Time;

/// The simulated Azure's time: what it stored, plus real time since the start, times a factor; or as fast as things
/// happen.
class Pace {
public:
    Pace(Time stored, std::optional<double> factor) : stored_(stored), begun_(platform::wall_now()), factor_(factor) {}
    Time now(simulator::Azure const& azure) {
        if (factor_)
            last_ = std::max(
                last_, stored_ + Duration(std::int64_t(double((platform::wall_now() - begun_).count()) * *factor_)));
        else  // the caller asks again only when it wants to know how things went: let what is due next have happened
            last_ = std::max({last_, azure.now(), azure.next_due().value_or(azure.now())}) + Duration(40);
        return last_;
    }
    /// Somebody need not wait for it.
    void pass(Duration more) {
        stored_ += more;
        last_ += more;
    }

private:
    Time stored_, begun_, last_{};
    std::optional<double> factor_;
};

/// Whether a request is for the server itself: no path of Azure's begins so.
bool is_for(world::Request const& request, std::string_view method, std::string_view door) {
    constexpr std::string_view scheme = "https://";
    auto const path = request.url.find('/', scheme.size());
    return request.method == method && path != std::string::npos && request.url.compare(path, door.size(), door) == 0;
}

/// `POST /.holdfast/pass?seconds=N`: what a client would have slept has gone by.
std::optional<Duration> passing(world::Request const& request) {
    constexpr std::string_view door = "/.holdfast/pass?seconds=";
    if (!is_for(request, "POST", door)) return std::nullopt;
    auto const text = request.url.substr(request.url.find(door) + door.size());
    char* end = nullptr;
    auto const seconds = std::strtod(text.c_str(), &end);
    constexpr double longest_s = 366.0 * 86400;
    if (*end != '\0' || !(seconds >= 0 && seconds <= longest_s)) return std::nullopt;
    return Duration(std::int64_t(seconds * 1000));
}

/// `GET /.holdfast/weather`: what is on, and what it did.
json::Value told(simulator::Weather const& weather) {
    json::Array kinds;
    for (auto const& kind : weather.kinds())
        kinds.push_back(
            json::Object{{"kind", kind.name}, {"means", kind.means}, {"rate", kind.rate}, {"struck", kind.struck}});
    return json::Object{
        {"weather", weather.title()}, {"requests", weather.requests()}, {"kinds", std::move(kinds)}};
}
std::string forecast(simulator::Weather const& weather) {
    auto text = fmt::format("Weather: {}.\n", weather.title());
    for (auto const& kind : weather.kinds())
        text += fmt::format("  {:>5.2g}%  {:<20}{}\n", 100 * kind.rate, kind.name, kind.means);
    return text;
}
std::string looked_back_on(simulator::Weather const& weather) {
    std::string struck;
    for (auto const& kind : weather.kinds())
        if (kind.struck > 0) struck += fmt::format("{} {} {}", struck.empty() ? ":" : ",", kind.name, kind.struck);
    if (struck.empty()) struck = ": nothing struck";
    return fmt::format("Weather met {} requests{}.\n", weather.requests(), struck);
}

/// Everything a shell needs to point az, Terraform, SDKs and Holdfast at the server.
std::string exports(std::string const& url, std::string const& folder, simulator::Identity const& owner) {
    auto const quote = [](std::string const& text) {
        std::string out = "'";
        for (char const c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
        return out + "'";
    };
    std::string out = "# The simulated Azure at " + url + ". Read by: . FILE\n";
    auto const set = [&](std::string_view name, std::string const& value) {
        out += fmt::format("export {}={}\n", name, quote(value));
    };
    auto const bundle = folder + "/bundle.pem";
    set("HOLDFAST_ARM_ENDPOINT", url);
    set("HOLDFAST_AUTHORITY", url);
    set("AZURE_AUTHORITY_HOST", url);
    set("AZURE_TENANT_ID", owner.tenant);
    set("AZURE_CLIENT_ID", owner.client_id);
    set("AZURE_CLIENT_SECRET", owner.client_secret);
    set("AZURE_SUBSCRIPTION_ID", owner.subscription);
    set("ARM_TENANT_ID", owner.tenant);
    set("ARM_CLIENT_ID", owner.client_id);
    set("ARM_CLIENT_SECRET", owner.client_secret);
    set("ARM_SUBSCRIPTION_ID", owner.subscription);
    set("ARM_METADATA_HOSTNAME", url.substr(std::string_view("https://").size()));
    set("AZURE_CONFIG_DIR", folder + "/az");
    set("AZURE_CORE_INSTANCE_DISCOVERY", "false");
    set("AZURE_CORE_COLLECT_TELEMETRY", "false");
    for (auto const* const name : {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"})
        set(name, bundle);
    out += "# Key vaults' own hosts do not resolve; reach them through the same port as a proxy:\n";
    out += fmt::format("#   export HTTPS_PROXY={} NO_PROXY=localhost,127.0.0.1\n", quote("http" + url.substr(5)));
    out += "# Or give tools Azure's real host names, all through the proxy:\n";
    out +=
        "#   unset HOLDFAST_ARM_ENDPOINT HOLDFAST_AUTHORITY AZURE_AUTHORITY_HOST ARM_METADATA_HOSTNAME "
        "AZURE_CORE_INSTANCE_DISCOVERY\n";
    out += fmt::format("#   export HTTPS_PROXY={} AZURE_CONFIG_DIR={}\n", quote("http" + url.substr(5)),
                       quote(folder + "/az-public"));
    return out;
}

/// az's own files: the cloud already registered and chosen, as `az cloud register` and `az cloud set` would leave them.
base::Result<void> register_cloud(world::Files& files, std::string const& folder, std::string const& url) {
    auto const host = url.substr(std::string_view("https://").size());
    auto const clouds = fmt::format(
        "[azsim]\n"
        "endpoint_management = {0}\nendpoint_resource_manager = {0}\nendpoint_active_directory = {0}\n"
        "endpoint_active_directory_resource_id = https://management.azure.com/\n"
        "endpoint_active_directory_graph_resource_id = https://graph.windows.net/\n"
        "endpoint_microsoft_graph_resource_id = {0}/\nendpoint_gallery = {0}\n"
        "endpoint_log_analytics_resource_id = https://api.loganalytics.io\n"
        "suffix_keyvault_dns = .vault.azsim.test\nsuffix_acr_login_server_endpoint = .azurecr.azsim.test\n"
        "suffix_storage_endpoint = core.azsim.test\n",
        url);
    auto written = files.write(folder + "/az/clouds.config", clouds);
    if (written)
        written = files.write(folder + "/az/config",
                              "[cloud]\nname = azsim\n[core]\ninstance_discovery = false\ncollect_telemetry = no\n");
    if (written) written = files.write(folder + "/az-public/config", "[core]\ncollect_telemetry = no\n");
    return written;
}

/// The system's certificate authorities plus ours: tools that replace their store by one file still reach everything
/// else.
std::string bundle(world::Files& files, std::string const& ours) {
    for (auto const* const path : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"})
        if (files.exists(path)) return files.read(path).value_or("") + "\n" + ours;
    return ours;
}

/// Who is there: what the file says, or one user who owns the subscription, for sign-ins that need a person.
base::Result<simulator::Directory> directory_of(world::Files& files, std::string const& path,
                                                simulator::Identity const& owner) {
    if (path.empty()) {
        simulator::Directory directory;
        directory.users.push_back({.object_id = "44444444-4444-4444-4444-444444444444",
                                   .user_principal_name = "user@azsim.test",
                                   .name = "User",
                                   .password = owner.client_secret,
                                   .role = "Owner"});
        return directory;
    }
    auto const text = files.read(path);
    if (!text) return base::fail(text.error());
    auto directory = simulator::read_directory(*text);
    if (!directory) directory.error().where = base::SourcePos{.file = path};
    return directory;
}

}  // namespace

int simulate(Arguments const& arguments, world::Terminal& terminal) {
    auto const failed = [&](base::Error error) { return show({{std::move(error)}, {}}, terminal, arguments); };
    auto const files = platform::real_files();
    Settings const settings(arguments, *platform::real_environment(), *files);
    auto const state = settings.has("state") ? settings.get("state") : std::string(".holdfast");
    auto const folder = state + "/tls";
    if (arguments.env) {
        auto const kept = files->read(state + "/simulate.env");
        if (!kept)
            return failed({.code = base::ErrorCode::unreadable,
                           .what = "no simulated Azure has been served from " + state,
                           .fix = "holdfast simulate --state " + state});
        auto const lock = files->lock(state + "/lock");
        if (lock)
            return failed({.code = base::ErrorCode::unreadable,
                           .what = "no simulated Azure is running on " + state,
                           .fix = "holdfast simulate --state " + state});
        terminal.out(*kept);
        return 0;
    }
    bool const loopback =
        arguments.address == "127.0.0.1" || arguments.address == "::1" || arguments.address == "localhost";
    if (!loopback && arguments.token.empty())
        return failed({.code = base::ErrorCode::usage,
                       .what = "an address that others can reach needs a secret",
                       .fix = "add --token SECRET, or stay on 127.0.0.1"});
    std::optional<double> factor;
    if (arguments.speed != "max") {
        char* end = nullptr;
        factor = std::strtod(arguments.speed.c_str(), &end);
        if (*end != '\0' || !std::isfinite(*factor) || *factor <= 0)
            return failed({.code = base::ErrorCode::usage,
                           .what = fmt::format("'{}' is not a speed", base::printable(arguments.speed)),
                           .fix = "write a factor such as 60, or max"});
    }

    auto const weather = simulator::Weather::read(arguments.weather, arguments.seed);
    if (!weather) return failed(weather.error());
    auto& sky = **weather;

    boost::asio::io_context io;
    platform::Signals const signals(io);
    auto lock = files->lock(state + "/lock");
    if (!lock) return failed(lock.error());
    auto rows = platform::sqlite_rows(state + "/azure.db");
    if (!rows) return failed(rows.error());
    simulator::Options options;
    options.start = arguments.as_of ? Time(std::chrono::sys_days(*arguments.as_of)) : platform::wall_now();
    options.seed = arguments.seed;
    options.fate = &sky.fate();
    auto people = directory_of(*files, arguments.directory, options.owner);
    if (!people) return failed(people.error());
    options.directory = std::move(*people);
    auto loading = std::make_optional<platform::LargeWork>();
    auto azure = simulator::Azure::open(**rows, options);
    if (!azure) return failed(azure.error());
    if (!arguments.load.empty()) {
        auto const text = files->read(arguments.load);
        if (!text) return failed(text.error());
        auto const loaded = (*azure)->load(*text);
        if (!loaded) return failed(loaded.error());
    }
    loading.reset();
    auto const authority = platform::local_authority(*files, folder, platform::wall_now());
    if (!authority) return failed(authority.error());
    auto const written = files->write(folder + "/bundle.pem", bundle(*files, authority->ca_pem));
    if (!written) return failed(written.error());

    Pace pace((*azure)->now(), factor);
    auto const token = arguments.token;
    auto& standing = **azure;
    auto const hurry = factor.value_or(std::numeric_limits<double>::infinity());
    platform::Handler const handler = [&pace, &standing, &sky, token,
                                       hurry](world::Request request) -> world::Task<platform::Reply> {
        auto const plain = [](int status, char const* type, std::string body) {
            return platform::Reply{
                {.status = status, .headers = {{"Content-Type", type}}, .body = std::move(body)}};
        };
        if (!token.empty() && world::find(request.headers, "x-holdfast-token") != std::string_view(token))
            co_return plain(401, "text/plain", "send the secret as x-holdfast-token\n");
        if (auto const more = passing(request)) {
            pace.pass(*more);
            co_return platform::Reply{
                {.status = 204, .headers = {{"Date", base::http_date(pace.now(standing))}}, .body = {}}};
        }
        if (is_for(request, "GET", "/.holdfast/weather"))
            co_return plain(200, "application/json", json::write(told(sky)) + "\n");
        auto const now = pace.now(standing);
        auto answer = sky.answer(standing, request, now, platform::wall_now(), hurry);
        co_return platform::Reply{std::move(answer.response), answer.withheld};
    };
    auto server =
        platform::Server::start(io, *authority, handler, {.address = arguments.address, .port = arguments.port});
    if (!server) return failed(server.error());
    auto const url = fmt::format("https://{}:{}", arguments.address, (*server)->port());
    auto const cwd = std::filesystem::absolute(folder).string();
    auto const script = exports(url, cwd, options.owner);
    auto prepared = register_cloud(*files, folder, url);
    if (prepared) prepared = files->write(state + "/simulate.env", script, world::Privacy::owner_only);
    if (prepared && !arguments.env_file.empty())
        prepared = files->write(arguments.env_file, script, world::Privacy::owner_only);
    if (!prepared) return failed(prepared.error());
    bool const calm = sky.kinds().empty();
    if (!calm) terminal.err(forecast(sky));
    terminal.out(fmt::format("ready {}\n", url));

    // A signal only raises a flag, which is looked at between events and a few times a second.
    while (signals.received() == 0) {
        io.restart();
        io.run_one_for(std::chrono::milliseconds(250));
    }
    (*server)->stop();
    if (!calm) terminal.err(looked_back_on(sky));
    terminal.err("The simulated Azure is stopped; its state is kept in " + state + ".\n");
    return 0;
}

}  // namespace holdfast::cli

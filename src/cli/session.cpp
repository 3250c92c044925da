#include "session.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

#include "yaml/yaml.hpp"

namespace holdfast::cli {

using base::ErrorCode;
using base::Result;

// ---------------------------------------------------------------------------------------------- settings

namespace {

constexpr std::string_view kSettings[] = {"cloud", "arm-endpoint", "authority", "ca", "state", "subscription", "tenant", "sign-in", "identity"};

std::string variable(std::string_view setting) {
    std::string name = "HOLDFAST_";
    for (char const c : setting) name += c == '-' ? '_' : char(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return name;
}

}  // namespace

Settings::Settings(Arguments const& a, world::Environment const& environment, world::Files& files) {
    std::map<std::string_view, std::string const*> const flags{
        {"cloud", &a.cloud}, {"arm-endpoint", &a.arm_endpoint}, {"authority", &a.authority},       {"ca", &a.ca},
        {"state", &a.state}, {"subscription", &a.subscription}, {"tenant", &a.tenant}, {"sign-in", &a.sign_in}, {"identity", &a.identity}};
    std::vector<std::string> paths{".holdfast.yaml"};
    auto const home = environment.get("HOME").value_or("");
    paths.push_back(environment.get("XDG_CONFIG_HOME").value_or(home + "/.config") + "/holdfast/config.yaml");
    std::vector<yaml::Node> documents;
    for (auto const& path : paths) {
        auto const text = files.exists(path) && !files.is_folder(path) ? files.read(path) : Result<std::string>(std::string());
        if (!text) continue;
        auto document = yaml::parse(*text, path);
        if (document) documents.push_back(std::move(*document));
    }
    for (auto const name : kSettings) {
        auto& value = values_[std::string(name)];
        value = *flags.at(name);
        if (value.empty()) value = environment.get(variable(name)).value_or("");
        for (auto const& document : documents)
            if (auto const* node = document.find(name); node && value.empty()) value = node->text;
    }
}

std::string Settings::get(std::string_view name) const {
    auto const it = values_.find(name);
    return it == values_.end() ? std::string() : it->second;
}

// ---------------------------------------------------------------------------------------------- opening

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(Arguments const& arguments, spec::Spec const* spec) {
    std::unique_ptr<Session> session(new Session);
    session->files_ = platform::real_files();
    session->environment_ = platform::real_environment();
    session->programs_ = platform::real_programs(session->io_);
    session->signals_ = std::make_unique<platform::Signals>(session->io_);
    Settings const settings(arguments, *session->environment_, *session->files_);

    auto const said = spec ? spec->maybe_text("azure.cloud").value_or("simulated") : std::string("simulated");
    std::string cloud = settings.get("cloud");
    if (cloud.empty() && settings.has("arm-endpoint")) {
        if (spec && said != "simulated" && said != "custom")
            return base::fail(ErrorCode::usage,
                              fmt::format("the spec says cloud '{}', but HOLDFAST_ARM_ENDPOINT points somewhere else", said),
                              "add --cloud custom to go there, or unset HOLDFAST_ARM_ENDPOINT");
        cloud = "custom";
    }
    if (cloud.empty()) cloud = said;

    session->state_ = settings.has("state") ? settings.get("state") : ".holdfast";
    auto lock = session->files_->lock(session->state_ + "/lock");
    if (!lock) return tl::unexpected(lock.error());
    session->lock_ = std::move(*lock);
    session->prng_ = base::Prng(platform::random_seed());

    auto const opened = cloud == "simulated" ? session->open_simulated(arguments, settings, spec)
                                             : session->open_real(arguments, settings, cloud);
    if (!opened) return tl::unexpected(opened.error());
    session->world_.emplace(world::World{*session->clock_, *session->http_, *session->files_, *session->environment_,
                                         *session->programs_, session->prng_});
    if (cloud == "custom") {
        auto discovered = session->run(
            credentials::discover_cloud(settings.get("arm-endpoint"), settings.get("authority"), session->world()));
        if (!discovered) return tl::unexpected(discovered.error());
        session->cloud_ = std::move(*discovered);
    }
    if (!session->credential_) {
        credentials::Choice choice{settings.get("sign-in"), settings.get("identity"), settings.get("tenant")};
        auto const tell = [](std::string const& text) { platform::real_terminal()->err(text); };
        auto credential = credentials::from_environment(session->cloud_, *session->environment_, *session->files_, std::move(choice), tell);
        if (!credential) return tl::unexpected(credential.error());
        session->credential_ = std::move(*credential);
    }
    return session;
}

Result<void> Session::open_simulated(Arguments const& arguments, Settings const& settings, spec::Spec const* spec) {
    auto rows = platform::sqlite_rows(state_ + "/azure.db");
    if (!rows) return tl::unexpected(rows.error());
    rows_ = std::move(*rows);
    simulator::Options options;
    options.start = arguments.as_of ? base::Time(std::chrono::sys_days(*arguments.as_of))
                                    : base::Time(std::chrono::floor<std::chrono::days>(platform::wall_now()));
    options.seed = arguments.seed;
    auto azure = simulator::Azure::open(*rows_, options);
    if (!azure) return tl::unexpected(azure.error());
    azure_ = std::move(*azure);
    auto clock = std::make_unique<world::VirtualClock>(io_, azure_->now());
    virtual_clock_ = clock.get();
    clock_ = std::move(clock);
    http_ = simulator::transport(*azure_, *clock_);
    cloud_ = *credentials::find_cloud("simulated");
    credential_ = credentials::client_secret(cloud_, {options.owner.tenant, options.owner.client_id},
                                             base::Secret(options.owner.client_secret));
    subscription_ = settings.has("subscription") ? settings.get("subscription") : options.owner.subscription;
    tenant_ = settings.has("tenant") ? settings.get("tenant") : options.owner.tenant;
    if (!arguments.world.empty()) return load_world(arguments.world);
    if (auto const world = spec ? spec->maybe_text("azure.world") : std::nullopt)
        return load_world(world->starts_with("/") ? *world : spec->folder + "/" + *world);
    return {};
}

/// A world is loaded once: what was deleted from it afterwards stays deleted.
Result<void> Session::load_world(std::string const& path) {
    auto const text = files_->read(path);
    if (!text) return tl::unexpected(text.error());
    auto const mark = base::hex(base::sha256(*text));
    auto const list = state_ + "/worlds";
    std::string loaded;
    if (files_->exists(list)) loaded = files_->read(list).value_or("");
    if (loaded.find(mark) != std::string::npos) return {};
    auto const done = azure_->load(*text);
    if (!done) return done;
    return files_->write(list, loaded + mark + "\n");
}

Result<void> Session::open_real(Arguments const&, Settings const& settings, std::string cloud) {
    platform::keep_memory_private();
    clock_ = platform::real_clock(io_);
    http_ = platform::curl_transport(io_, {.ca_file = settings.get("ca")});
    subscription_ = settings.get("subscription");
    if (subscription_.empty()) subscription_ = environment_->get("AZURE_SUBSCRIPTION_ID").value_or("");
    tenant_ = settings.get("tenant");
    if (tenant_.empty()) tenant_ = environment_->get("AZURE_TENANT_ID").value_or("");
    if (cloud == "custom") {
        if (!settings.has("arm-endpoint"))
            return base::fail(ErrorCode::usage, "a custom cloud needs its Resource Manager's address", "add --arm-endpoint https://HOST");
        return {};
    }
    auto const* known = credentials::find_cloud(cloud);
    if (!known)
        return base::fail(ErrorCode::usage, fmt::format("there is no cloud '{}'", base::printable(cloud)),
                          "write simulated, public, usgov, china or custom");
    cloud_ = *known;
    return {};
}

std::string Session::subscription_default() const { return subscription_; }
std::string Session::tenant_default() const { return tenant_; }

void Session::leave_if_told() {
    io_.restart();
    io_.poll();
    auto const number = signals_->received();
    if (number == 0) return;
    platform::real_terminal()->err("\nStopped; nothing is under way.\n");
    std::_Exit(128 + number);
}

std::optional<std::string> Session::ask(world::Terminal& terminal, std::string_view question) {
    if (!terminal.somebody_can_answer()) return std::nullopt;
    terminal.err(question);
    while (!terminal.answered_within(base::Duration(100))) leave_if_told();
    auto answer = terminal.line();
    leave_if_told();
    return answer;
}

// ---------------------------------------------------------------------------------------------- driving

void Session::drive(std::function<bool()> const& done, double pace, Tick const& tick) {
    using namespace std::chrono_literals;
    if (virtual_clock_) {
        // Real time given to people who watch, in slices short enough for a smooth picture and a quick Ctrl-C.
        auto const give = [&](base::Duration virtual_time) {
            if (pace <= 0) {
                if (tick) tick(clock_->now());
                return;
            }
            auto const from = clock_->now();
            auto const real = std::chrono::duration<double, std::milli>(double(virtual_time.count()) / pace);
            auto const begun = std::chrono::steady_clock::now();
            for (;;) {
                auto const passed = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun);
                if (passed >= real || signals_->received() != 0) break;
                std::this_thread::sleep_for(std::min<std::chrono::duration<double, std::milli>>(real - passed, 100ms));
                io_.poll();
                if (tick) tick(from + std::min(virtual_time, base::Duration(std::int64_t(passed.count() * pace))));
            }
        };
        virtual_clock_->run(give, done);
        if (!done()) std::abort();  // everybody waits for something that never comes: a broken program
        return;
    }
    boost::asio::steady_timer timer(io_);
    std::function<void()> arm = [&] {
        timer.expires_after(200ms);
        timer.async_wait([&](boost::system::error_code failure) {
            if (failure) return;
            if (tick) tick(clock_->now());
            arm();
        });
    };
    arm();
    while (!done()) {
        io_.restart();
        io_.run_one();
        if (!tick) leave_if_told();  // only reading: an act is watched, and ends in its own way
    }
    timer.cancel();
    io_.restart();
    io_.poll();
}

}  // namespace holdfast::cli

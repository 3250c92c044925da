#include "acts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::cli {

std::vector<base::Error> refused(plan::Plan const& plan, Arguments const& arguments, Act const& act) {
    std::vector<base::Error> errors;
    for (auto const& guard : plan.guards) {
        auto const& lifted = act.allowed_classes;
        if (std::find(lifted.begin(), lifted.end(), guard.klass) != lifted.end()) continue;
        auto const flag = guard.klass + ":" + guard.name;
        if (std::find(arguments.allow.begin(), arguments.allow.end(), flag) != arguments.allow.end()) continue;
        bool const never = guard.klass == "refused";
        errors.push_back({.code = base::ErrorCode::guard,
                          .what = fmt::format("{}: {}", guard.name, guard.because),
                          .fix = never ? "Azure accepts no such write: change the spec" : fmt::format("if that is what you want, add --allow {}", flag)});
    }
    return errors;
}

base::Result<void> consent(plan::Plan const& plan, Arguments const& arguments, Act const& act, Session& session, world::Terminal& terminal) {
    if (arguments.yes) return {};
    auto const answer = session.ask(terminal, fmt::format("\n{} {}: {} step{}. Type the name to go on: ", act.verb, act.name,
                                                          plan.steps.size(), plan.steps.size() == 1 ? "" : "s"));
    if (!answer)
        return base::fail(base::ErrorCode::guard, fmt::format("{} changes things, and nobody can be asked here", act.verb), "add --yes");
    if (base::trimmed(*answer) != act.name && base::lower(base::trimmed(*answer)) != "yes")
        return base::fail(base::ErrorCode::guard, "not confirmed; nothing was done", fmt::format("type {} or yes", act.name));
    return {};
}

std::string first_line(Act const& act, Session& session, std::string const& subscription, std::string const& tenant) {
    auto const& cloud = session.cloud();
    return fmt::format("{} {} in cloud {} ({}), tenant {}, subscription {}, signed in by {}\n", act.verb, act.name, cloud.name, cloud.arm,
                       tenant, subscription, session.credential().describe());
}

namespace {

/// The live block in a terminal, or lines in a log. On a terminal the block is drawn over itself.
class View {
public:
    View(plan::Plan const& plan, world::Terminal& terminal, report::Style style)
        : progress_(plan, style), terminal_(terminal), live_(terminal.err_is_terminal() && style.colour) {}

    void event(engine::Event const& event) {
        if (live_)
            progress_.feed(event);
        else
            terminal_.err(progress_.line(event));
    }
    void tick(base::Time now) {
        if (!live_) {
            terminal_.err(progress_.tick(now));
            return;
        }
        auto const real = platform::wall_now();
        if (real - drawn_ < base::Duration(80)) return;
        drawn_ = real;
        draw(progress_.frame(now));
    }
    void end(base::Time now) {
        if (live_) draw(progress_.frame(now));
    }

private:
    void draw(std::string const& frame) {
        std::string out = height_ > 0 ? fmt::format("\x1b[{}A\x1b[J", height_) : "";
        out += frame;
        height_ = std::count(frame.begin(), frame.end(), '\n');
        terminal_.err(out);
    }
    report::Progress progress_;
    world::Terminal& terminal_;
    bool live_;
    base::Time drawn_{};
    std::ptrdiff_t height_ = 0;
};

/// A generated secret is made once, kept where only the owner reads it, and never shown.
base::Result<base::Secret> secret(resource::SecretName const& name, Session& session, std::string const& folder) {
    auto& files = session.files();
    switch (name.kind) {
        case resource::SecretName::Kind::environment: {
            auto const value = session.environment().get(name.name);
            if (!value || value->empty())
                return base::fail(base::ErrorCode::usage, fmt::format("the environment has no {}", base::printable(name.name)),
                                  fmt::format("export {}=… before the command", base::printable(name.name)));
            return base::Secret(*value);
        }
        case resource::SecretName::Kind::file: {
            auto const text = files.read(name.name.starts_with("/") ? name.name : folder + "/" + name.name);
            if (!text) return tl::unexpected(text.error());
            return base::Secret(std::string(base::trimmed(*text)));
        }
        case resource::SecretName::Kind::generate: break;
    }
    auto const path = session.state() + "/secrets/" + base::hex(base::sha256(name.name)).substr(0, 16);
    if (files.exists(path)) {
        auto const kept = files.read(path);
        if (!kept) return tl::unexpected(kept.error());
        return base::Secret(*kept);
    }
    // 32 characters of four kinds, as Windows' password rules ask; 160 bits and more.
    constexpr std::string_view kinds[] = {"ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", "#%+-_=."};
    base::Prng draw(platform::random_seed());
    std::string made;
    for (std::size_t i = 0; i < 32; ++i) {
        auto const kind = i < 4 ? kinds[i] : kinds[draw.below(3)];
        made += kind[draw.below(kind.size())];
    }
    base::Secret const result(made);
    auto const written = files.write(path, made, world::Privacy::owner_only);
    std::fill(made.begin(), made.end(), '\0');
    if (!written) return tl::unexpected(written.error());
    return result;
}

}  // namespace

base::Result<engine::Run> carry_out(plan::Plan const& plan, journal::Journal& journal, Session& session, Arguments const& arguments,
                                    world::Terminal& terminal, azure::Client& client, std::string const& folder) {
    View view(plan, terminal, style(terminal, arguments));
    std::unique_ptr<world::AppendFile> events;
    if (!arguments.events.empty()) {
        auto const equals = arguments.events.find('=');
        auto opened = session.files().open_append(equals == std::string::npos ? arguments.events : arguments.events.substr(equals + 1));
        if (!opened) return tl::unexpected(opened.error());
        events = std::move(*opened);
    }
    std::optional<base::Error> unwritten;
    auto const listen = [&](engine::Event const& event) {
        view.event(event);
        if (!events || unwritten) return;
        auto const done = events->append(json::write(engine::to_json(event)) + "\n");
        if (!done) unwritten = done.error();
    };
    engine::Apply act{.plan = plan,
                      .journal = journal,
                      .client = client,
                      .world = session.world(),
                      .secrets = [&](resource::SecretName const& name) { return secret(name, session, folder); },
                      .listener = listen,
                      .limits = {},
                      .interrupted = [&] { return session.signal() != 0; }};
    auto run = session.run(engine::apply(std::move(act)), arguments.pace, [&](base::Time now) { view.tick(now); });
    view.end(session.now());
    if (unwritten) terminal.err(report::errors(std::vector{*unwritten}, {}, style(terminal, arguments)));
    return run;
}

int status_of(engine::Run const& run, Session& session) {
    if (run.outcome == "succeeded") return 0;
    if (run.outcome == "interrupted") return 128 + (session.signal() ? session.signal() : 2);
    return run.errors.empty() ? 1 : base::exit_status(run.errors.front().code);
}

}  // namespace holdfast::cli

#include "commands.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "acts.hpp"
#include "saved_plan.hpp"

namespace holdfast::cli {

namespace {

using report::Style;

std::optional<checks::Severity> severity_named(std::string_view text) {
    for (auto const s : {checks::Severity::critical, checks::Severity::high, checks::Severity::medium, checks::Severity::low, checks::Severity::info})
        if (checks::name(s) == text) return s;
    return std::nullopt;
}

/// 3 for findings at or above --fail-on, 4 for unknowns under --strict. What the spec itself chose is no broken promise,
/// unless the flag is given: then choices count like everything else.
int status_of(checks::Findings const& findings, Arguments const& arguments) {
    auto const level = severity_named(arguments.fail_on.empty() ? "high" : arguments.fail_on);
    if (!level) return 64;
    auto const choices = arguments.fail_on.empty() ? checks::Choices::aside : checks::Choices::counted;
    if (findings.blocking() || findings.at_or_above(*level, choices)) return 3;
    if (arguments.strict && findings.count(checks::Outcome::unknown) > 0) return 4;
    return 0;
}

report::Detail detail_of(Arguments const& arguments, report::Detail otherwise) {
    return arguments.all ? report::Detail::everything : otherwise;
}

int fail(base::Error error, world::Terminal& terminal, Arguments const& arguments) {
    return show({{std::move(error)}, {}}, terminal, arguments);
}

/// Live as --live asks: none, a file, or Azure itself (nothing said: Azure, where a session is wanted).
tl::expected<Standing, Failure> standing_from(Arguments const& arguments, estate::Estate const& estate, Session& session, azure::Client& client) {
    if (arguments.live == "none") return Standing{};
    if (arguments.live.empty() || arguments.live == "azure") return read_standing(estate, session, client);
    auto const text = session.files().read(arguments.live);
    if (!text) return tl::unexpected(Failure{{text.error()}, {}});
    auto live = readers::from_json(*text, arguments.live, &estate.graph);
    if (!live) return tl::unexpected(Failure{{live.error()}, {}});
    Standing standing{.live = std::move(*live)};
    for (auto const& provider : estate.providers) standing.registrations[provider] = "Registered";
    for (auto const& feature : estate.features) standing.registrations[feature.provider + "/" + feature.name] = "Registered";
    return standing;
}

/// Judges clusters that others built, from their ARM JSON.
int check_bodies(std::string const& text, Arguments const& arguments, world::Terminal& terminal, world::Files& files) {
    auto const live = readers::from_json(text, arguments.inputs.front(), nullptr);
    if (!live) return fail(live.error(), terminal, arguments);
    auto const findings = checks::inspect(*live);
    auto const day = as_of(arguments, platform::wall_now());
    Document const document{.human = report::findings(findings, style(terminal, arguments), detail_of(arguments, report::Detail::broken)), .json = checks::to_json(findings, day)};
    auto const sent = deliver(document, arguments, terminal, files);
    if (!sent) return fail(sent.error(), terminal, arguments);
    return status_of(findings, arguments);
}

/// The plan with what it was made from, to be saved.
json::Value saved_plan(plan::Plan const& plan, Design const& design, Arguments const& arguments, base::Date day) {
    SavedPlan saved{.plan = plan, .spec = arguments.inputs.front(), .set = arguments.set, .overlays = arguments.overlays};
    for (auto const& [file, text] : design.sources) saved.sha256[file] = base::hex(base::sha256(text));
    return to_json(saved, day);
}

/// After the act: read everything again, judge it, draw the page, and say on one screen what stands.
int conclude(Design const& design, estate::Estate const& estate, plan::Plan const& plan, engine::Run const& run, Session& session,
             azure::Client& client, Arguments const& arguments, world::Terminal& terminal) {
    auto const look = style(terminal, arguments);
    auto const standing = read_standing(estate, session, client);
    if (!standing) return show(standing.error(), terminal, arguments);
    auto findings = checks::inspect(standing->live);
    checks::mark_chosen(findings, checks::inspect(estate.graph));
    auto const left = plan::make(estate, standing->live, standing->registrations);
    auto const day = as_of(arguments, session.now());
    auto const page = page_of(design, estate, standing->live, plan, findings, run, session, day);
    auto const path = session.state() + "/report.html";
    auto const html = report::html(page);
    auto written = session.files().write(path, html);
    if (written) written = session.files().write(session.state() + "/runs/" + run.run + ".html", html);
    if (!written) return fail(written.error(), terminal, arguments);

    auto human = report::run(run, look) + "\n" + report::findings(findings, look, detail_of(arguments, report::Detail::broken));
    human += left.empty() ? "\nA second apply would change nothing.\n"
                          : fmt::format("\nA second apply would still change {} thing{}: holdfast plan {}\n", left.steps.size(),
                                        left.steps.size() == 1 ? "" : "s", arguments.inputs.empty() ? "SPEC" : arguments.inputs.front());
    human += fmt::format("\nThe page     {}\nNext         holdfast verify {}\n             holdfast destroy {}\n", path, design.spec.file, design.spec.file);
    Document const document{.human = human, .json = engine::to_json(run), .html = html};
    auto const sent = deliver(document, arguments, terminal, session.files());
    if (!sent) return fail(sent.error(), terminal, arguments);
    return findings.at_or_above(checks::Severity::high) ? 3 : 0;
}

/// The chain of steps that decides how long the plan takes, with what is left from each on.
std::string longest_path(plan::Plan const& plan) {
    auto const left = plan::remaining_seconds(plan);
    std::string out = "\nThe longest path, and the seconds from there to the end:\n", before;
    for (;;) {
        plan::Step const* longest = nullptr;
        for (auto const& step : plan.steps) {
            bool const follows = before.empty() ? step.after.empty() : std::find(step.after.begin(), step.after.end(), before) != step.after.end();
            if (follows && (!longest || left.at(step.id) > left.at(longest->id))) longest = &step;
        }
        if (!longest) return out;
        out += fmt::format("  {:>6}  {}\n", left.at(longest->id), base::printable(longest->id));
        before = longest->id;
    }
}

/// What became of a run that leaves nothing to verify: with its errors, once, and how to go on.
void tell(engine::Run const& run, Arguments const& arguments, world::Terminal& terminal) {
    terminal.err(report::run(run, style(terminal, arguments)));
    if (arguments.output("json") && !run.errors.empty()) terminal.out(json::pretty(report::errors_json(run.errors)));
    if (run.outcome == "interrupted")
        terminal.err(fmt::format("\nStopped. The journal is kept; go on with: holdfast resume {}\n", run.run));
}

/// Guards, question, journal, act, closing screen: what apply and resume share.
int act_on(plan::Plan const& plan, Design const& design, estate::Estate const& estate, Session& session, azure::Client& client,
           Arguments const& arguments, world::Terminal& terminal, Act const& act) {
    auto const forbidden = refused(plan, arguments, act);
    if (!forbidden.empty()) return show({forbidden, design.sources}, terminal, arguments);
    auto const agreed = consent(plan, arguments, act, session, terminal);
    if (!agreed) return fail(agreed.error(), terminal, arguments);
    auto const name = journal::new_run_name(session.files(), session.state(), session.now(), session.world().prng);
    if (!name) return fail(name.error(), terminal, arguments);
    auto document = saved_plan(plan, design, arguments, as_of(arguments, session.now()));
    document.as_object()["verb"] = act.verb;
    auto journal = journal::Journal::create(session.files(), session.state(), *name, document, session.now());
    if (!journal) return fail(journal.error(), terminal, arguments);
    auto const run = carry_out(plan, *journal, session, arguments, terminal, client, design.spec.folder);
    if (!run) return fail(run.error(), terminal, arguments);
    int const status = status_of(*run, session);
    if (status == 0 && act.verb != "destroy") return conclude(design, estate, plan, *run, session, client, arguments, terminal);
    tell(*run, arguments, terminal);
    return status;
}

}  // namespace

// ---------------------------------------------------------------------------------------------- check, plan, verify

int check(Arguments const& arguments, world::Terminal& terminal) {
    auto const files = platform::real_files();
    if (arguments.inputs.size() == 1 && arguments.inputs.front().ends_with(".json")) {
        auto const text = files->read(arguments.inputs.front());
        if (!text) return fail(text.error(), terminal, arguments);
        return check_bodies(*text, arguments, terminal, *files);
    }
    auto const spec = read_spec(arguments, *files);
    if (!spec) return show(spec.error(), terminal, arguments);
    resource::Graph after, designed;
    std::vector<estate::Estate::Unjudged> unjudged;
    auto const day = as_of(arguments, platform::wall_now());
    if (arguments.live.empty() || arguments.live == "none") {   // offline first: no session, no folder touched
        auto const* cloud = credentials::find_cloud(spec->spec.maybe_text("azure.cloud").value_or("simulated"));
        auto const offline = cloud ? *cloud : *credentials::find_cloud("public");
        simulator::Identity const nobody;
        auto const estate = design(*spec, offline, arguments.subscription.empty() ? nobody.subscription : arguments.subscription,
                                   arguments.tenant.empty() ? nobody.tenant : arguments.tenant);
        if (!estate) return show(estate.error(), terminal, arguments);
        after = designed = estate->graph;
        unjudged = estate->unjudged;
    } else {
        auto session = Session::open(arguments, &spec->spec);
        if (!session) return fail(session.error(), terminal, arguments);
        auto const estate = design(*spec, (*session)->cloud(), (*session)->subscription_default(), (*session)->tenant_default());
        if (!estate) return show(estate.error(), terminal, arguments);
        azure::Client client((*session)->cloud(), (*session)->credential(), (*session)->world());
        auto const standing = standing_from(arguments, *estate, **session, client);
        if (!standing) return show(standing.error(), terminal, arguments);
        after = resource::overlay(standing->live, estate->graph);
        designed = estate->graph;
        unjudged = estate->unjudged;
    }
    auto findings = checks::inspect(after);
    checks::mark_chosen(findings, checks::inspect(designed));
    auto const look = style(terminal, arguments);
    auto const beside = report::unjudged(unjudged, look);
    Document const document{.human = report::findings(findings, look, detail_of(arguments, report::Detail::choices)) + (beside.empty() ? "" : "\n" + beside), .json = checks::to_json(findings, day)};
    auto const sent = deliver(document, arguments, terminal, *files);
    if (!sent) return fail(sent.error(), terminal, arguments);
    return status_of(findings, arguments);
}

int plan(Arguments const& arguments, world::Terminal& terminal) {
    auto const files = platform::real_files();
    auto const spec = read_spec(arguments, *files);
    if (!spec) return show(spec.error(), terminal, arguments);
    auto session = Session::open(arguments, &spec->spec);
    if (!session) return fail(session.error(), terminal, arguments);
    auto const estate = design(*spec, (*session)->cloud(), (*session)->subscription_default(), (*session)->tenant_default());
    if (!estate) return show(estate.error(), terminal, arguments);
    azure::Client client((*session)->cloud(), (*session)->credential(), (*session)->world());
    auto const standing = standing_from(arguments, *estate, **session, client);
    if (!standing) return show(standing.error(), terminal, arguments);
    auto const plan = plan::make(*estate, standing->live, standing->registrations);
    auto findings = checks::inspect(resource::overlay(standing->live, estate->graph));
    checks::mark_chosen(findings, checks::inspect(estate->graph));
    auto const day = as_of(arguments, (*session)->now());
    auto const look = style(terminal, arguments);
    auto human = report::plan(plan, look, decisions(spec->spec));
    if (arguments.path && !plan.empty()) human += longest_path(plan);
    if (findings.broken() > 0)
        human += "\n" + report::findings(findings, look);
    else if (findings.chosen() > 0)
        human += fmt::format("\n{} recommended {} not followed, by choice: holdfast check {}\n", findings.chosen(),
                             findings.chosen() == 1 ? "rule is" : "rules are", spec->spec.file);
    auto const page = page_of(*spec, *estate, resource::overlay(standing->live, estate->graph), plan, findings, std::nullopt, **session, day);
    Document const document{.human = human, .json = saved_plan(plan, *spec, arguments, day), .html = report::html(page)};
    auto const sent = deliver(document, arguments, terminal, *files);
    if (!sent) return fail(sent.error(), terminal, arguments);
    if (arguments.strict && (!plan.unknowns.empty() || !plan.unseen.empty())) return 4;
    bool const changes = !plan.empty() || !plan.guards.empty();
    return arguments.detailed_exitcode && changes ? 2 : 0;
}

int verify(Arguments const& arguments, world::Terminal& terminal) {
    auto const files = platform::real_files();
    auto const spec = read_spec(arguments, *files);
    if (!spec) return show(spec.error(), terminal, arguments);
    auto session = Session::open(arguments, &spec->spec);
    if (!session) return fail(session.error(), terminal, arguments);
    auto const estate = design(*spec, (*session)->cloud(), (*session)->subscription_default(), (*session)->tenant_default());
    if (!estate) return show(estate.error(), terminal, arguments);
    azure::Client client((*session)->cloud(), (*session)->credential(), (*session)->world());
    auto const standing = read_standing(*estate, **session, client);
    if (!standing) return show(standing.error(), terminal, arguments);
    auto findings = checks::inspect(standing->live);
    checks::mark_chosen(findings, checks::inspect(estate->graph));
    auto const drift = plan::make(*estate, standing->live, standing->registrations);
    auto const look = style(terminal, arguments);
    auto human = report::findings(findings, look, report::Detail::everything);
    if (drift.empty() && drift.guards.empty() && drift.unknowns.empty() && drift.unseen.empty())
        human += "\nEvery designed value stands as designed: a plan would be empty.\n";
    else if (drift.empty() && drift.guards.empty())
        human += "\nWhat Azure shows stands as designed; the rest is not known.\n\n" + report::plan(drift, look);
    else
        human += "\nWhat stands is not what was asked for:\n" + report::plan(drift, look);
    auto const day = as_of(arguments, (*session)->now());
    auto const page = page_of(*spec, *estate, standing->live, drift, findings, std::nullopt, **session, day);
    auto document_json = checks::to_json(findings, day);
    document_json.as_object()["drift"] = plan::to_json(drift, day).as_object()["changes"];
    Document const document{.human = human, .json = std::move(document_json), .html = report::html(page)};
    auto const sent = deliver(document, arguments, terminal, *files);
    if (!sent) return fail(sent.error(), terminal, arguments);
    if (!drift.steps.empty() || !drift.guards.empty() || findings.broken() > 0) return 3;
    return !drift.unknowns.empty() || !drift.unseen.empty() || findings.count(checks::Outcome::unknown) > 0 ? 4 : 0;
}

// ---------------------------------------------------------------------------------------------- apply, resume, destroy

int apply(Arguments const& given, world::Terminal& terminal) {
    auto arguments = given;
    auto const files = platform::real_files();
    std::optional<plan::Plan> reviewed;
    if (arguments.inputs.size() == 1 && arguments.inputs.front().ends_with(".json")) {
        auto const text = files->read(arguments.inputs.front());
        if (!text) return fail(text.error(), terminal, arguments);
        auto saved = read_saved_plan(*text);
        if (!saved) return fail(saved.error(), terminal, arguments);
        for (auto const& [file, hash] : saved->sha256) {
            auto const now = files->read(file);
            if (!now || base::hex(base::sha256(*now)) != hash)
                return fail({.code = base::ErrorCode::moved, .what = fmt::format("{} is not as it was when the plan was made", base::printable(file)), .fix = "plan again, review, apply"}, terminal, arguments);
        }
        arguments.inputs = {saved->spec};
        arguments.set.insert(arguments.set.end(), saved->set.begin(), saved->set.end());
        arguments.overlays.insert(arguments.overlays.end(), saved->overlays.begin(), saved->overlays.end());
        reviewed = std::move(saved->plan);
    }
    auto const spec = read_spec(arguments, *files);
    if (!spec) return show(spec.error(), terminal, arguments);
    auto session = Session::open(arguments, &spec->spec);
    if (!session) return fail(session.error(), terminal, arguments);
    auto const tenant = spec->spec.maybe_text("azure.tenant").value_or((*session)->tenant_default());
    auto const subscription = spec->spec.maybe_text("azure.subscription").value_or((*session)->subscription_default());
    auto const estate = design(*spec, (*session)->cloud(), subscription, tenant);
    if (!estate) return show(estate.error(), terminal, arguments);
    Act const act{.verb = "apply", .name = spec->spec.name()};
    terminal.err(first_line(act, **session, subscription, tenant));

    azure::Client client((*session)->cloud(), (*session)->credential(), (*session)->world());
    auto const standing = read_standing(*estate, **session, client);
    if (!standing) return show(standing.error(), terminal, arguments);
    auto findings = checks::inspect(resource::overlay(standing->live, estate->graph));
    checks::mark_chosen(findings, checks::inspect(estate->graph));
    auto const look = style(terminal, arguments);
    if (findings.blocking()) {
        terminal.out(report::findings(findings, look));
        terminal.err("Azure would refuse this; nothing was done.\n");
        return 3;
    }
    auto plan = plan::make(*estate, standing->live, standing->registrations);
    if (reviewed) {
        auto const moved = plan::moved_since(*reviewed, plan);
        std::vector<base::Error> errors;
        for (auto const& what : moved) errors.push_back({.code = base::ErrorCode::moved, .what = what, .fix = "plan again, review, apply"});
        if (!errors.empty()) return show({errors, spec->sources}, terminal, arguments);
        plan = *reviewed;
    }
    terminal.err(report::plan(plan, look, decisions(spec->spec)));
    if (!plan.unknowns.empty()) {
        std::vector<base::Error> errors;
        for (auto const& unknown : plan.unknowns)
            errors.push_back({.code = base::ErrorCode::guard, .what = unknown.what + ": " + unknown.because, .fix = "make it readable, then apply again"});
        return show({errors, spec->sources}, terminal, arguments);
    }
    if (plan.empty() && plan.guards.empty()) {
        terminal.out(fmt::format("{}: nothing to do, everything stands as designed.\n", spec->spec.name()));
        return 0;
    }
    return act_on(plan, *spec, *estate, **session, client, arguments, terminal, act);
}

namespace {
/// A plan speaks of what stood when it was made. Where a later run of the same spec has begun, that is no longer so.
base::Result<void> not_overtaken(journal::RunState const& state, std::vector<std::string> const& newest_first,
                                 world::Files& files, std::string const& folder) {
    auto const name = json::text_at(state.plan, "name");
    for (auto const& later : newest_first) {
        if (later <= state.run) return {};
        auto const other = journal::load(files, folder, later);
        if (!other) return base::fail(other.error());
        if (json::text_at(other->plan, "name") != name) continue;
        bool const ended_well = other->outcome == "succeeded";
        return base::fail(base::ErrorCode::moved,
                          fmt::format("{} of the same spec began later{}: the plan of {} speaks of what stood before it", later,
                                      ended_well ? " and succeeded" : "", state.run),
                          ended_well ? fmt::format("holdfast plan {} shows what is left", json::text_at(state.plan, "made.spec").value_or("SPEC"))
                                     : "holdfast resume " + later);
    }
    return {};
}
}  // namespace

int resume(Arguments const& given, world::Terminal& terminal) {
    auto arguments = given;
    auto const files = platform::real_files();
    Settings const settings(arguments, *platform::real_environment(), *files);
    auto const folder = settings.has("state") ? settings.get("state") : std::string(".holdfast");
    auto const runs = journal::runs(*files, folder);
    if (!runs) return fail(runs.error(), terminal, arguments);
    std::string const run = !arguments.inputs.empty() ? arguments.inputs.front() : runs->empty() ? "" : runs->front();
    if (run.empty()) {
        terminal.err("There is no run to resume.\n");
        return 0;
    }
    auto const state = journal::load(*files, folder, run);
    if (!state) return fail(state.error(), terminal, arguments);
    if (state->outcome == "succeeded") {
        terminal.out(fmt::format("{} succeeded; nothing is left to do.\n", run));
        return 0;
    }
    if (state->plan.is_null()) return fail(journal::did_nothing(run), terminal, arguments);
    if (auto const mine = not_overtaken(*state, *runs, *files, folder); !mine) return fail(mine.error(), terminal, arguments);
    auto const plan = plan::from_json(state->plan);
    if (!plan) return fail(plan.error(), terminal, arguments);
    arguments.inputs = {std::string(json::text_at(state->plan, "made.spec").value_or(""))};
    for (auto const& set : json::list_at(state->plan, "made.set")) arguments.set.emplace_back(set.as_string().c_str());
    for (auto const& overlay : json::list_at(state->plan, "made.overlays")) arguments.overlays.emplace_back(overlay.as_string().c_str());
    auto const spec = read_spec(arguments, *files);
    if (!spec) return show(spec.error(), terminal, arguments);
    auto session = Session::open(arguments, &spec->spec);
    if (!session) return fail(session.error(), terminal, arguments);
    auto const tenant = spec->spec.maybe_text("azure.tenant").value_or((*session)->tenant_default());
    auto const subscription = spec->spec.maybe_text("azure.subscription").value_or((*session)->subscription_default());
    auto const estate = design(*spec, (*session)->cloud(), subscription, tenant);
    if (!estate) return show(estate.error(), terminal, arguments);
    Act const act{.verb = "resume", .name = spec->spec.name()};
    terminal.err(first_line(act, **session, subscription, tenant));
    auto const agreed = consent(*plan, arguments, act, **session, terminal);
    if (!agreed) return fail(agreed.error(), terminal, arguments);
    azure::Client client((*session)->cloud(), (*session)->credential(), (*session)->world());
    auto journal = journal::Journal::reopen((*session)->files(), (*session)->state(), run, (*session)->now());
    if (!journal) return fail(journal.error(), terminal, arguments);
    auto const done = carry_out(*plan, *journal, **session, arguments, terminal, client, spec->spec.folder);
    if (!done) return fail(done.error(), terminal, arguments);
    int const status = status_of(*done, **session);
    if (status == 0 && json::text_at(state->plan, "verb") != "destroy")
        return conclude(*spec, *estate, *plan, *done, **session, client, arguments, terminal);
    tell(*done, arguments, terminal);
    return status;
}

int destroy(Arguments const& arguments, world::Terminal& terminal) {
    auto const files = platform::real_files();
    auto const spec = read_spec(arguments, *files);
    if (!spec) return show(spec.error(), terminal, arguments);
    auto session = Session::open(arguments, &spec->spec);
    if (!session) return fail(session.error(), terminal, arguments);
    auto const tenant = spec->spec.maybe_text("azure.tenant").value_or((*session)->tenant_default());
    auto const subscription = spec->spec.maybe_text("azure.subscription").value_or((*session)->subscription_default());
    auto const estate = design(*spec, (*session)->cloud(), subscription, tenant);
    if (!estate) return show(estate.error(), terminal, arguments);
    Act const act{.verb = "destroy", .name = spec->spec.name(), .allowed_classes = {"delete"}};
    terminal.err(first_line(act, **session, subscription, tenant));
    azure::Client client((*session)->cloud(), (*session)->credential(), (*session)->world());
    auto const standing = read_standing(*estate, **session, client);
    if (!standing) return show(standing.error(), terminal, arguments);
    auto const plan = plan::unmake(*estate, standing->live);
    auto const kept = [&](resource::Graph const& live) {
        for (auto const& bin : live.recoverable) {
            auto const* node = estate->graph.find(bin.address);
            terminal.out(fmt::format("kept by Azure until {}: {} (the next apply recovers it)\n", bin.until,
                                     node && node->id ? node->id->name() : bin.address));
        }
    };
    std::string staying;
    for (auto const& change : plan.changes)
        if (change.action == plan::Action::none)
            staying += fmt::format("stays: {} ({})\n", base::printable(change.resource), base::printable(change.because));
    if (plan.empty() && plan.guards.empty()) {
        terminal.out(fmt::format("{}: nothing of ours stands{}\n", spec->spec.name(), staying.empty() ? "." : ", but for this:"));
        terminal.out(staying);
        kept(standing->live);
        return 0;
    }
    terminal.err(report::plan(plan, style(terminal, arguments)) + staying);
    int const status = act_on(plan, *spec, *estate, **session, client, arguments, terminal, act);
    if (status != 0) return status;
    auto const left = read_standing(*estate, **session, client);
    if (!left) return show(left.error(), terminal, arguments);
    terminal.out(fmt::format("{}: everything of ours is gone{}\n", spec->spec.name(), staying.empty() ? "." : ", but for this:"));
    terminal.out(staying);
    kept(left->live);
    return 0;
}

int report_page(Arguments const& arguments, world::Terminal& terminal) {
    auto const files = platform::real_files();
    Settings const settings(arguments, *platform::real_environment(), *files);
    auto const folder = settings.has("state") ? settings.get("state") : std::string(".holdfast");
    if (!arguments.inputs.empty() && !journal::is_run_name(arguments.inputs.front()))
        return fail({.code = base::ErrorCode::usage, .what = fmt::format("'{}' is not a run", base::printable(arguments.inputs.front())), .fix = "ls " + folder + "/runs"}, terminal, arguments);
    auto const path = arguments.inputs.empty() ? folder + "/report.html" : folder + "/runs/" + arguments.inputs.front() + ".html";
    auto const page = files->read(path);
    if (!page) return fail({.code = base::ErrorCode::unreadable, .what = "there is no page yet: " + page.error().what, .fix = "holdfast apply SPEC makes one"}, terminal, arguments);
    auto const sent = deliver({.human = path + "\n", .html = *page}, arguments, terminal, *files);
    return sent ? 0 : fail(sent.error(), terminal, arguments);
}

}  // namespace holdfast::cli

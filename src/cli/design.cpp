#include "design.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::cli {

report::Style style(world::Terminal const& terminal, Arguments const& arguments) {
    return {.colour = terminal.colour() && !arguments.no_colour, .columns = std::max(40, terminal.columns()), .unicode = true};
}

int show(Failure const& failure, world::Terminal& terminal, Arguments const& arguments) {
    terminal.err(report::errors(failure.errors, failure.sources, style(terminal, arguments)));
    if (arguments.output("json")) terminal.out(json::pretty(report::errors_json(failure.errors)));
    return failure.errors.empty() ? 1 : base::exit_status(failure.errors.front().code);
}

namespace {

/// What is wrong by itself in the rest of a spec that has mistakes already, so that one run tells all. It depends on no
/// account: any will do.
void add_mistakes_of_the_design(std::vector<base::Error>& mistakes, spec::Spec const& rest) {
    static constexpr auto nobody = "00000000-0000-0000-0000-000000000000";
    auto const estate = estate::design(rest, {.tenant = nobody, .subscription = nobody, .vault_suffix = "vault", .registry_suffix = "registry"});
    if (estate) return;
    auto const told = [&mistakes](base::Error const& error) {
        return std::ranges::any_of(mistakes, [&error](base::Error const& known) { return known.where == error.where; });
    };
    for (auto const& error : estate.error()) {
        bool const by_itself = error.code == base::ErrorCode::spec_value || error.code == base::ErrorCode::spec_unknown_key;
        if (by_itself && !told(error)) mistakes.push_back(error);
    }
}

}  // namespace

tl::expected<Design, Failure> read_spec(Arguments const& arguments, world::Files& files) {
    Design design;
    auto const fail = [&](base::Error error) { return tl::unexpected(Failure{{std::move(error)}, design.sources}); };
    if (arguments.inputs.size() != 1)
        return fail({.code = base::ErrorCode::usage, .what = "one spec at a time", .fix = "name one file"});
    auto const& file = arguments.inputs.front();
    auto text = files.read(file);
    if (!text) return fail(text.error());
    design.sources[file] = *text;
    spec::Overrides overrides;
    for (auto const& setting : arguments.set) {
        auto const equals = setting.find('=');
        if (equals == std::string::npos)
            return fail({.code = base::ErrorCode::usage, .what = fmt::format("'{}' sets nothing", base::printable(setting)), .fix = "write --set KEY=VALUE"});
        overrides.set.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
    }
    for (auto const& overlay : arguments.overlays) {
        auto layer = files.read(overlay);
        if (!layer) return fail(layer.error());
        design.sources[overlay] = *layer;
        overrides.overlays.emplace_back(overlay, *layer);
    }
    overrides.file = [&files](std::string const& path) { return files.read(path); };
    auto reading = spec::attempt(*text, file, overrides);
    if (!reading.mistakes.empty()) {
        auto shown = design.sources;
        for (auto& [name, source] : shown) source = spec::without_secrets(source);
        for (auto const& [key, value] : overrides.set) {
            auto const* field = spec::find_field(key);
            bool const secret = field && field->kind == spec::FieldKind::secret;
            shown["--set"] += key + "=" + (secret ? std::string(value.size(), '*') : value) + "\n";
        }
        if (reading.spec) add_mistakes_of_the_design(reading.mistakes, *reading.spec);
        return tl::unexpected(Failure{std::move(reading.mistakes), std::move(shown)});
    }
    design.spec = std::move(*reading.spec);
    return design;
}

tl::expected<estate::Estate, Failure> design(Design const& design, credentials::Cloud const& cloud, std::string subscription, std::string tenant) {
    estate::Context const context{.tenant = design.spec.maybe_text("azure.tenant").value_or(std::move(tenant)),
                                  .subscription = design.spec.maybe_text("azure.subscription").value_or(std::move(subscription)),
                                  .vault_suffix = cloud.vault_suffix,
                                  .registry_suffix = cloud.registry_suffix};
    if (context.subscription.empty())
        return tl::unexpected(Failure{{{.code = base::ErrorCode::usage,
                                        .what = "nobody says which subscription",
                                        .fix = "write azure.subscription in the spec, or give --subscription GUID"}},
                                      design.sources});
    // Both come from flags and variables, too, and go into ids and addresses.
    auto const plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
    auto const wrong = [&](std::string_view what, std::string const& said, std::string fix) {
        return tl::unexpected(Failure{{{.code = base::ErrorCode::usage, .what = fmt::format("'{}' is no {}", base::printable(said), what), .fix = std::move(fix)}}, design.sources});
    };
    if (!base::is_guid(context.subscription)) return wrong("subscription id", context.subscription, "a subscription is named by its id: az account list");
    if (!std::all_of(context.tenant.begin(), context.tenant.end(), plain)) return wrong("tenant", context.tenant, "a tenant is named by its id or a domain");
    auto estate = estate::design(design.spec, context);
    if (!estate) return tl::unexpected(Failure{estate.error(), design.sources});
    return std::move(*estate);
}

base::Date as_of(Arguments const& arguments, base::Time now) {
    return arguments.as_of.value_or(base::Date(std::chrono::floor<std::chrono::days>(now)));
}

tl::expected<Standing, Failure> read_standing(estate::Estate const& estate, Session& session, azure::Client& client) {
    Standing standing;
    auto live = session.run(readers::live(estate.graph, client));
    if (!live) return tl::unexpected(Failure{{live.error()}, {}});
    standing.live = std::move(*live);
    auto names = estate.providers;
    for (auto const& feature : estate.features) names.push_back(feature.provider + "/" + feature.name);
    std::string subscription;
    for (auto const& [address, node] : estate.graph.resources())
        if (node.ownership == resource::Ownership::managed && node.id && subscription.empty()) subscription = node.id->subscription();
    auto registrations = session.run(readers::registrations(subscription, names, client));
    if (!registrations) return tl::unexpected(Failure{{registrations.error()}, {}});
    standing.registrations = std::move(*registrations);
    return standing;
}

namespace {

std::string value_text(json::Value const& value) {
    if (auto const* text = value.if_string()) return std::string(text->data(), text->size());
    return json::write(value);
}

}  // namespace

std::vector<report::Decision> decisions(spec::Spec const& spec) {
    std::vector<report::Decision> out;
    for (auto const& [key, origin] : spec.origins) {
        auto const* value = json::find(spec.tree, json::Path(key));
        auto const* field = spec::find_field(key);
        if (!value || value->is_object() || value->is_array() || !field) continue;
        out.push_back({.key = key,
                       .value = value_text(*value),
                       .by = std::string(resource::name(origin.by)),
                       .because = origin.because.empty() ? std::string(field->means) : origin.because,
                       .final = !field->final.empty()});
    }
    return out;
}

report::Page page_of(Design const& design, estate::Estate const& estate, resource::Graph const& graph, plan::Plan const& plan,
                     checks::Findings const& findings, std::optional<engine::Run> run, Session& session, base::Date day) {
    report::Page page{.title = design.spec.name(),
                      .cloud = session.cloud().name,
                      .subscription = design.spec.maybe_text("azure.subscription").value_or(session.subscription_default()),
                      .region = design.spec.text("azure.region"),
                      .as_of = day,
                      .run = std::move(run),
                      .plan = plan,
                      .findings = findings,
                      .network = network::map(graph),
                      .chains = keys::chains(graph),
                      .access = access::paths(graph),
                      .decisions = decisions(design.spec),
                      .by_azure = estate.by_azure};
    for (auto const& unread : graph.unread) page.unknowns.push_back(unread.what + ": " + unread.because);
    return page;
}

base::Result<void> deliver(Document const& document, Arguments const& arguments, world::Terminal& terminal, world::Files& files) {
    auto const send = [&](Output const& output, std::string const& text) -> base::Result<void> {
        if (output.file.empty()) {
            terminal.out(text);
            return {};
        }
        return files.write(output.file, text);
    };
    auto outputs = arguments.outputs;
    if (outputs.empty()) outputs.push_back({"human", ""});
    for (auto const& output : outputs) {
        base::Result<void> sent;
        if (output.format == "human") sent = send(output, document.human);
        if (output.format == "json" && document.json) sent = send(output, json::pretty(*document.json));
        if (output.format == "html" && !document.html.empty()) sent = send(output, document.html);
        if (!sent) return sent;
    }
    return {};
}

}  // namespace holdfast::cli

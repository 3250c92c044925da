// export: the estate in another language.
#include <fmt/format.h>
#include <algorithm>

#include "commands.hpp"
#include "design.hpp"
#include "exports/exports.hpp"
#include "platform/platform.hpp"

namespace holdfast::cli {

namespace {

/// The languages of `export`, each a function from a design to text.
struct Written {
    std::string text;             ///< for standard output
    std::string note;             ///< for the person
    std::string parameters = {};  ///< a file of its own, where the language has one
};
struct Language {
    std::string_view name;
    Written (*write)(Design const&, estate::Estate const&, estate::Context const&);
};
constexpr Language kLanguages[] = {
    {"kubernetes", [](Design const& design, estate::Estate const& estate,
                      estate::Context const&) { return Written{exports::kubernetes(design.spec, estate), {}}; }},
    {"az",
     [](Design const& design, estate::Estate const& estate, estate::Context const& context) {
         auto script = exports::az(design.spec, estate, context);
         auto note = fmt::format("{} resources in {} writes: {} by az commands, {} by az rest.\n", script.resources,
                                 script.writes, script.writes - script.by_rest, script.by_rest);
         return Written{std::move(script.text), std::move(note)};
     }},
    {"arm",
     [](Design const& design, estate::Estate const& estate, estate::Context const& context) {
         auto made = exports::arm(design.spec, estate, context);
         auto note = fmt::format("{} resources declared.\n", made.resources);
         for (auto const& limit : made.limits) note += limit + "\n";
         for (auto const& command : made.before) note += "Before:      " + command + "\n";
         note += fmt::format("Deploy with: az deployment sub create --location {} --template-file FILE\n",
                             design.spec.maybe_text("azure.region").value_or("REGION"));
         return Written{std::move(made.text), std::move(note), std::move(made.parameters)};
     }},
    {"bicep", [](Design const& design, estate::Estate const& estate,
                 estate::Context const& context) { return Written{exports::bicep(design.spec, estate, context), {}}; }},
};

}  // namespace

int export_to(Arguments const& arguments, world::Terminal& terminal) {
    auto const files = platform::real_files();
    auto const spec = read_spec(arguments, *files);
    if (!spec) return show(spec.error(), terminal, arguments);
    auto const language = std::ranges::find(kLanguages, std::string_view(arguments.to), &Language::name);
    if (language == std::end(kLanguages)) {
        std::vector<std::string> names;
        for (auto const& one : kLanguages) names.emplace_back(one.name);
        auto const near = base::nearest(arguments.to, names);
        return show({{{.code = base::ErrorCode::usage,
                       .what = fmt::format("'{}' is not a language we write", base::printable(arguments.to)),
                       .fix = fmt::format("write --to {}", near ? *near : base::join(names, ", "))}},
                     {}},
                    terminal, arguments);
    }
    auto const* named = credentials::find_cloud(spec->spec.maybe_text("azure.cloud").value_or("simulated"));
    auto const& cloud = named ? *named : *credentials::find_cloud("public");
    simulator::Identity const nobody;
    auto const subscription = arguments.subscription.empty() ? nobody.subscription : arguments.subscription;
    auto const tenant = arguments.tenant.empty() ? nobody.tenant : arguments.tenant;
    auto const estate = design(*spec, cloud, subscription, tenant);
    if (!estate) return show(estate.error(), terminal, arguments);
    auto const written =
        language->write(*spec, *estate,
                        {.tenant = spec->spec.maybe_text("azure.tenant").value_or(tenant),
                         .subscription = spec->spec.maybe_text("azure.subscription").value_or(subscription),
                         .vault_suffix = {},
                         .registry_suffix = {}});
    if (!arguments.parameters.empty()) {
        if (written.parameters.empty())
            return show({{{.code = base::ErrorCode::usage,
                           .what = fmt::format("{} has no parameters file", language->name),
                           .fix = "leave --parameters out, or write --to arm"}},
                         {}},
                        terminal, arguments);
        auto const kept = files->write(arguments.parameters, written.parameters);
        if (!kept) return show({{kept.error()}, {}}, terminal, arguments);
    }
    terminal.out(written.text);
    terminal.err(written.note);
    return 0;
}

}  // namespace holdfast::cli

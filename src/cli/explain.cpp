#include <fmt/format.h>

#include "commands.hpp"
#include "design.hpp"

namespace holdfast::cli {

namespace {

std::string lines(std::string_view text) {
    std::string out;
    for (auto const& word : base::split(text, '\n')) out += (out.empty() ? "" : " | ") + word;
    return out;
}

std::string row(std::string_view label, std::string_view text) {
    return text.empty() ? std::string() : fmt::format("  {:<18} {}\n", label, text);
}

std::string of_field(spec::FieldRow const& field) {
    auto out = fmt::format("{}{}\n  {}\n\n", field.key, field.final.empty() ? "" : "   FINAL", field.means);
    out += row("values", lines(field.allowed));
    out += row("default", field.standard);
    out += row("because", field.standard_because);
    out += row("changing it later", field.final);
    for (auto const& profile : spec::profiles())
        if (profile.key == field.key) out += row("profile " + std::string(profile.profile), fmt::format("{}: {}", profile.value, profile.because));
    out += row("in Azure", field.arm_at.empty() ? std::string() : fmt::format("{} {}", field.arm_type, field.arm_at));
    out += row("az", field.az_flag);
    out += row("azurerm", field.azurerm);
    out += row("source", fmt::format("{} ({})", field.source, field.date));
    return out;
}

std::string of_rule(checks::RuleRow const& rule) {
    return fmt::format("{}   {} {}\n  {}\n\n", rule.id, checks::name(rule.severity), rule.kind, rule.says) + row("why", rule.why) +
           row("fix", rule.fix) + row("source", fmt::format("{} ({})", rule.source, rule.date));
}

std::string of_error(catalog::ErrorRow const& error) {
    auto const status = error.status ? fmt::format(" (HTTP {})", error.status) : std::string();
    auto const heard = error.message_has.empty() ? std::string() : fmt::format(" with \"{}\"", error.message_has);
    return fmt::format("{}{}{}   {}\n  {}\n\n", error.code, status, heard, catalog::name(error.meaning), error.cause) +
           row("next", error.next) + row("source", fmt::format("{} ({})", error.source, error.date));
}

}  // namespace

int explain(Arguments const& arguments, world::Terminal& terminal) {
    auto const thing = arguments.inputs.empty() ? std::string() : arguments.inputs.front();
    std::string out;
    if (auto const* field = spec::find_field(thing)) out += of_field(*field);
    for (auto const& rule : checks::rules())
        if (base::same_text(rule.id, thing)) out += of_rule(rule);
    for (auto const& error : catalog::errors())
        if (base::same_text(error.code, thing)) out += (out.empty() ? "" : "\n") + of_error(error);
    if (!out.empty()) {
        terminal.out(out);
        return 0;
    }
    std::vector<std::string> known;
    for (auto const& field : spec::fields()) known.emplace_back(field.key);
    for (auto const& rule : checks::rules()) known.emplace_back(rule.id);
    for (auto const& error : catalog::errors()) known.emplace_back(error.code);
    // A group of settings is a fair question too: list what is below it.
    for (auto const& key : known)
        if (base::starts_with_text(key, thing + ".")) out += "  " + key + "\n";
    if (!out.empty()) {
        terminal.out(fmt::format("{} holds:\n{}", thing, out));
        return 0;
    }
    auto const near = base::nearest(thing, known);
    base::Error const error{.code = base::ErrorCode::usage,
                            .what = fmt::format("'{}' is no setting, rule or error code we know{}", base::printable(thing),
                                                near ? fmt::format("; did you mean '{}'?", *near) : ""),
                            .fix = near ? "holdfast explain " + *near : "holdfast schema spec lists every setting"};
    return show({{error}, {}}, terminal, arguments);
}

}  // namespace holdfast::cli

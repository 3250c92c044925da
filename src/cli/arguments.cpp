#include "arguments.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "credentials/credentials.hpp"
#include "version.hpp"

namespace holdfast::cli {

namespace {

/// One verb: what it does in a line, its arguments, and the examples its --help begins with.
struct Verb {
    std::string_view name, input, says, examples;
    bool needs_input;
    std::string_view flags;  ///< groups of flags it takes, by letter: see add_flags
};
constexpr Verb kVerbs[] = {
    {"check", "INPUT", "judge a spec, or clusters saved as ARM JSON",
     "  holdfast check cluster.yaml\n  holdfast check cluster.yaml --live azure     against what stands\n"
     "  holdfast check exported.json -o json --fail-on medium\n",
     true, "sojlw"},
    {"plan", "SPEC", "what would change, in what order, and what it costs",
     "  holdfast plan cluster.yaml\n  holdfast plan cluster.yaml --live none         against an empty subscription\n"
     "  holdfast plan cluster.yaml -o json=plan.json   a plan that `apply plan.json` does exactly, or refuses\n",
     true, "sojlwd"},
    {"apply", "SPEC|PLAN.json", "deploy: design, check, plan, act, verify",
     "  holdfast apply cluster.yaml\n  holdfast apply cluster.yaml --yes --events jsonl=events.jsonl\n"
     "  holdfast apply plan.json --yes\n",
     true, "soawjp"},
    {"resume", "[RUN]", "go on with a run that was interrupted or killed",
     "  holdfast resume\n  holdfast resume 20261124T182500Z-4f2a --yes\n", false, "oajp"},
    {"verify", "SPEC", "prove that what stands is what was asked for",
     "  holdfast verify cluster.yaml\n  holdfast verify cluster.yaml -o json\n", true, "sojw"},
    {"destroy", "SPEC", "delete what is ours, in the safe order",
     "  holdfast destroy cluster.yaml\n  holdfast destroy cluster.yaml --yes --allow key-loss:prod-weu-des\n", true,
     "soawjp"},
    {"report", "[RUN]", "the page of the last or named run",
     "  holdfast report\n  holdfast report -o html=proof.html\n", false, "o"},
    {"explain", "THING", "a setting, rule or error code: what it means and what changing it costs",
     "  holdfast explain network.policy\n  holdfast explain AnotherOperationInProgress\n", true, "o"},
    {"export", "SPEC", "the estate in another language",
     "  holdfast export cluster.yaml --to az > deploy.sh && bash deploy.sh --what-if   one script for the Azure CLI\n"
     "  holdfast export cluster.yaml --to arm --parameters parameters.json > template.json\n"
     "  holdfast export cluster.yaml --to bicep > main.bicep\n"
     "  holdfast export cluster.yaml --to kubernetes | kubectl apply -f -\n",
     true, "sot"},
    {"simulate", "", "serve the simulated Azure for az, SDKs, Terraform and Holdfast",
     "  holdfast simulate --port 0 --env-file env.sh &\n  . ./env.sh && az group list\n"
     "  holdfast simulate --speed max --load world.json\n"
     "  holdfast simulate --weather rough   server errors, lost answers, work that hangs: how does your pipeline fare?\n",
     false, "m"},
    {"schema", "DOCUMENT", "the JSON Schema of `spec`, for editors", "  holdfast schema spec > holdfast.schema.json\n",
     true, ""},
    {"completion", "SHELL", "a completion script for bash, zsh or fish",
     "  holdfast completion bash > /etc/bash_completion.d/holdfast\n", true, ""},
    {"version", "", "the version", "  holdfast version\n", false, ""},
};

constexpr std::string_view kAbout =
    "Holdfast designs, proves, deploys, verifies and judges secure Azure Kubernetes Service clusters.\n"
    "Without a subscription it does all of this against a strict simulated Azure inside.\n\n"
    "Try:\n"
    "  holdfast plan examples/secure-cluster.yaml\n"
    "  holdfast apply examples/secure-cluster.yaml\n"
    "  holdfast explain network.plugin\n";
constexpr std::string_view kStatuses =
    "Exit status: 0 done; 1 could not; 2 changes pending (plan --detailed-exitcode); 3 findings or a broken promise;\n"
    "4 incomplete (unknowns, nothing recognised); 5 refused by a guard; 64 wrong usage; 129/130/143 interrupted.";

struct Parsed {
    Arguments arguments;
    std::vector<std::string> outputs;
    std::string as_of;
};

std::string sign_in_words() {
    std::string words;
    for (auto const& way : credentials::ways()) words += (words.empty() ? "" : " | ") + std::string(way.word);
    return words;
}

/// What must be set for each way to sign in, in the order in which they are tried.
std::string sign_in_help() {
    std::string text =
        "Signing in to a real cloud, the first of these that is configured (--sign-in WORD takes one):\n";
    for (auto const& way : credentials::ways()) {
        auto const names = base::join(base::split(way.variables, '\n'), " ");
        text += fmt::format("  {:<18}{}\n", way.word,
                            !way.automatic  ? "a code to type on another device; only when asked for"
                            : names.empty() ? "where there is one"
                                            : names);
    }
    return text +
           "A certificate is PEM or PFX (AZURE_CLIENT_CERTIFICATE_PASSWORD; AZURE_CLIENT_SEND_CERTIFICATE_CHAIN=1 for "
           "subject\n"
           "name and issuer; HOLDFAST_CERTIFICATE_ALGORITHM=RS256). AZURE_TOKEN_CREDENTIALS narrows the list.\n\n";
}

void add_flags(CLI::App& app, Parsed& p, std::string_view groups) {
    auto& a = p.arguments;
    auto const has = [&](char letter) { return groups.find(letter) != std::string_view::npos; };
    if (has('s')) {
        app.add_option("--set", a.set, "KEY=VALUE laid over the spec; repeatable, the last wins")
            ->allow_extra_args(false)
            ->group("Spec");
        app.add_option("--overlay", a.overlays, "a file laid over the spec (dev, stage, prod); repeatable, later wins")
            ->allow_extra_args(false)
            ->group("Spec");
    }
    if (has('o'))
        app.add_option("-o,--output", p.outputs, "human | json | html, also FORMAT=FILE; repeatable")
            ->allow_extra_args(false)
            ->group("Output");
    if (has('o')) app.add_flag("--all", a.all, "show what passed or did not change, too")->group("Output");
    if (has('l'))
        app.add_option("--live", a.live, "compare with: azure (read it), none, or a FILE of ARM JSON")
            ->group("Judging");
    if (has('j')) {
        app.add_option("--fail-on", a.fail_on,
                       "lowest severity that fails: critical | high | medium | low (high); given, what the spec chose "
                       "counts too")
            ->group("Judging");
        app.add_flag("--strict", a.strict, "unknowns fail (exit 4)")->group("Judging");
    }
    if (has('d'))
        app.add_flag("--detailed-exitcode", a.detailed_exitcode, "exit 2 when there are changes")->group("Judging");
    if (has('d')) app.add_flag("--path", a.path, "show the critical path of the plan")->group("Judging");
    if (has('a')) {
        app.add_flag("--yes", a.yes, "do it without asking (never lifts a guard)")->group("Acting");
        app.add_option("--allow", a.allow,
                       "CLASS:NAME lifts one guard: rebuild, one_way, unknown, delete, lockout, key-loss, own")
            ->allow_extra_args(false)
            ->group("Acting");
        app.add_option("--events", a.events, "jsonl=FILE: every event of the run, a line each")->group("Acting");
    }
    if (has('p'))
        app.add_option("--pace", a.pace, "watch the simulated Azure N times faster than life (0: at once)")
            ->group("Acting");
    if (has('w'))
        app.add_option("--world", a.world, "ARM JSON that exists before, in the simulated Azure")->group("Where");
    if (has('t')) app.add_option("--to", a.to, "az | arm | bicep | kubernetes")->required()->group("Output");
    if (has('t')) app.add_option("--parameters", a.parameters, "arm: write the parameters file there")->group("Output");
    if (has('m')) {
        app.add_option("--port", a.port, "port to listen on; 0 picks one (8443)");
        app.add_option("--address", a.address, "address to listen on (127.0.0.1); another one needs --token");
        app.add_option("--token", a.token, "a secret that callers from elsewhere must send");
        app.add_option("--speed", a.speed, "how fast its time goes: a factor, or max (1)");
        app.add_option("--env-file", a.env_file, "write the shell exports that point tools at it");
        app.add_flag("--env", a.env, "print the exports of the server running on --state");
        app.add_option("--load", a.load, "start from ARM bodies in a list, recorded exchanges, or a template");
        app.add_option("--directory", a.directory, "users, groups and service principals that are there (JSON)");
        app.add_option("--weather", a.weather,
                       "what strikes: calm | common | rough | storm, or a number from which it is drawn (calm)");
        app.add_option("--seed", a.seed, "durations, delays and a profile's weather are drawn from it (1)");
    }
    if (groups.empty()) return;
    auto const common = "Where";
    app.add_option("--state", a.state, "folder of journal, simulated Azure and reports (.holdfast)")->group(common);
    app.add_option("--as-of", p.as_of, "judge as on this day, YYYY-MM-DD; a new simulated world starts then")
        ->group(common);
    if (has('m')) return;
    app.add_option("--cloud", a.cloud, "simulated | public | usgov | china | custom")->group(common);
    app.add_option("--arm-endpoint", a.arm_endpoint, "Resource Manager of a custom cloud")->group(common);
    app.add_option("--authority", a.authority, "sign-in host of a custom cloud")->group(common);
    app.add_option("--ca", a.ca, "certificate authorities to trust, PEM")->group(common);
    app.add_option("--subscription", a.subscription, "subscription, where the spec does not say it")->group(common);
    app.add_option("--tenant", a.tenant, "tenant, where the spec does not say it")->group(common);
    app.add_option("--sign-in", a.sign_in, sign_in_words() + "; unsaid: the first that is configured")->group(common);
    app.add_option("--identity", a.identity,
                   "managed identity: its client id, object:ID or resource id (AZURE_CLIENT_ID)")
        ->group(common);
    app.add_flag("--no-colour,--no-color", a.no_colour, "plain text")->group("Output");
}

/// --help with the examples first: people copy before they read. What a flag takes, its description says.
class Help : public CLI::Formatter {
    std::string make_description(CLI::App const* app) const override { return app->get_description() + "\n\n"; }
    std::string make_usage(CLI::App const* app, std::string) const override {
        if (!app->get_parent()) return "Usage: holdfast COMMAND [FLAGS]; `holdfast COMMAND --help` shows its flags\n";
        std::string takes;
        for (auto const* const option : app->get_options())
            if (option->get_positional()) takes = " " + option->get_name(true);
        return fmt::format("Usage: holdfast {} [FLAGS]{}\n\n{}", app->get_name(), takes, app->get_footer());
    }
    std::string make_positionals(CLI::App const*) const override { return ""; }
    std::string make_option_opts(CLI::Option const*) const override { return ""; }
    std::string make_footer(CLI::App const* app) const override {
        return app->get_parent() ? "" : app->get_footer() + "\n";
    }
};

std::unique_ptr<CLI::App> tree(Parsed& p) {
    auto app = std::make_unique<CLI::App>(std::string(kAbout), "holdfast");
    app->formatter(std::make_shared<Help>());
    app->footer(sign_in_help() + std::string(kStatuses));
    app->require_subcommand(1);
    app->set_version_flag("--version", std::string(kVersion));
    for (auto const& verb : kVerbs) {
        auto* const sub = app->add_subcommand(std::string(verb.name), std::string(verb.says));
        sub->footer(fmt::format("Examples:\n{}", verb.examples));
        add_flags(*sub, p, verb.flags);
        if (!verb.input.empty()) {
            auto* const input = sub->add_option(std::string(verb.input), p.arguments.inputs, "");
            if (verb.needs_input) input->required();
        }
    }
    return app;
}

bool is_verb(std::string_view word) {
    return std::any_of(std::begin(kVerbs), std::end(kVerbs), [&](Verb const& verb) { return verb.name == word; });
}
std::optional<std::string> nearest_verb(std::string_view typed) {
    std::vector<std::string> names;
    for (auto const& verb : kVerbs) names.emplace_back(verb.name);
    return base::nearest(typed, names);
}

Ending wrong(std::string text) { return {base::exit_status(base::ErrorCode::usage), "error: " + text + "\n", false}; }

}  // namespace

Output const* Arguments::output(std::string_view format) const {
    for (auto const& output : outputs)
        if (output.format == format) return &output;
    return nullptr;
}

std::variant<Arguments, Ending> parse(std::vector<std::string> words) {
    Parsed p;
    auto const app = tree(p);
    if (words.empty()) return Ending{64, app->help(), false};
    if (!words[0].starts_with("-") && !is_verb(words[0])) {
        auto const near = nearest_verb(words[0]);
        return wrong(fmt::format("there is no command '{}'{}\n  fix: {}", base::printable(words[0]),
                                 near ? fmt::format("; did you mean '{}'?", *near) : "",
                                 near ? "holdfast " + *near + " --help" : "holdfast --help"));
    }
    try {
        std::reverse(words.begin(), words.end());  // CLI11 takes its words from the back
        app->parse(words);
    } catch (CLI::CallForHelp const&) {
        auto const subs = app->get_subcommands();
        return Ending{0, subs.empty() ? app->help() : subs.front()->help(), true};
    } catch (CLI::CallForVersion const&) {
        return Ending{0, std::string(kVersion) + "\n", true};
    } catch (CLI::ParseError const& error) {
        auto const subs = app->get_subcommands();
        return wrong(fmt::format("{}\n  fix: holdfast{} --help", base::printable(error.what()),
                                 subs.empty() ? "" : " " + subs.front()->get_name()));
    }
    auto& a = p.arguments;
    a.verb = app->get_subcommands().front()->get_name();
    for (auto const& text : p.outputs) {
        auto const equals = text.find('=');
        Output output{text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)};
        std::vector<std::string> const known{"human", "json", "html"};
        if (std::find(known.begin(), known.end(), output.format) == known.end())
            return wrong(fmt::format("'{}' is not a format\n  fix: write -o human, json or html",
                                     base::printable(output.format)));
        a.outputs.push_back(std::move(output));
    }
    if (!p.as_of.empty()) {
        auto const date = base::parse_date(p.as_of);
        if (!date) return wrong(date.error().what + "\n  fix: " + date.error().fix);
        a.as_of = *date;
    }
    return a;
}

// ---------------------------------------------------------------------------------------------- generated texts

namespace {

std::vector<std::string> flags_of(CLI::App const& app) {
    std::vector<std::string> flags;
    for (auto const* const option : app.get_options())
        for (auto const& name : option->get_lnames()) flags.push_back("--" + name);
    std::sort(flags.begin(), flags.end());
    return flags;
}

}  // namespace

std::optional<std::string> completion(std::string_view shell) {
    Parsed p;
    auto const app = tree(p);
    std::vector<std::string> verbs;
    std::string cases, fish;
    for (auto const* const sub : app->get_subcommands({})) {
        verbs.push_back(sub->get_name());
        auto const flags = flags_of(*sub);
        cases += fmt::format("    {}) flags=\"{}\" ;;\n", sub->get_name(), base::join(flags, " "));
        fish += fmt::format("complete -c holdfast -n __fish_use_subcommand -a {} -d '{}'\n", sub->get_name(),
                            sub->get_description());
        for (auto const& flag : flags)
            fish += fmt::format("complete -c holdfast -n '__fish_seen_subcommand_from {}' -l {}\n", sub->get_name(),
                                flag.substr(2));
    }
    if (shell == "fish")
        return "complete -c holdfast -f\n" + fish + "complete -c holdfast -n 'not __fish_use_subcommand' -F\n";
    if (shell == "bash")
        return fmt::format(
            "_holdfast() {{\n"
            "  local current=\"${{COMP_WORDS[COMP_CWORD]}}\" flags=\"\"\n"
            "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
            "    mapfile -t COMPREPLY < <(compgen -W \"{}\" -- \"$current\")\n    return\n  fi\n"
            "  case \"${{COMP_WORDS[1]}}\" in\n{}  esac\n"
            "  case \"$current\" in\n"
            "    -*) mapfile -t COMPREPLY < <(compgen -W \"$flags\" -- \"$current\") ;;\n"
            "    *) mapfile -t COMPREPLY < <(compgen -f -- \"$current\") ;;\n"
            "  esac\n}}\n"
            "complete -o filenames -F _holdfast holdfast\n",
            base::join(verbs, " "), cases);
    if (shell == "zsh")
        return fmt::format(
            "#compdef holdfast\n"
            "_holdfast() {{\n"
            "  local flags=\"\"\n"
            "  if (( CURRENT == 2 )); then\n    compadd {}\n    return\n  fi\n"
            "  case \"$words[2]\" in\n{}  esac\n"
            "  if [[ \"$words[CURRENT]\" == -* ]]; then compadd -- ${{=flags}}; else _files; fi\n}}\n"
            "compdef _holdfast holdfast\n",
            base::join(verbs, " "), cases);
    return std::nullopt;
}

std::string manual() {
    Parsed p;
    auto const app = tree(p);
    std::string out =
        "holdfast(1)\n\n# NAME\n\nholdfast - design, prove, deploy and verify secure AKS clusters\n\n# SYNOPSIS\n\n"
        "*holdfast* VERB [INPUT...] [flags]\n\n# DESCRIPTION\n\n";
    out +=
        "Holdfast turns a short spec into a secure Azure Kubernetes Service deployment: it says what each choice costs "
        "to change "
        "later, checks that the design fits, deploys it in parallel and resumably, and proves afterwards that what "
        "stands is what "
        "was asked for. Without a subscription it does all of this against a strict simulated Azure inside.\n\n# "
        "COMMANDS\n\n";
    auto const escaped = [](std::string_view text) {
        std::string safe;
        for (char const c : text) {
            if (c == '*' || c == '_' || c == '\\' || c == '#' || c == '|') safe += '\\';
            safe += c;
        }
        return safe;
    };
    for (auto const* const sub : app->get_subcommands({})) {
        out += fmt::format("*{}*\n\t{}\n", escaped(sub->get_name()), escaped(sub->get_description()));
        for (auto const* const option : sub->get_options()) {
            if (option->get_lnames().empty() || option->get_lnames()[0] == "help") continue;
            out += fmt::format("\n\t*--{}* {}\n", escaped(option->get_lnames()[0]), escaped(option->get_description()));
        }
        out += "\n";
    }
    out += "# EXIT STATUS\n\n" + escaped(kStatuses) + "\n";
    return out;
}

}  // namespace holdfast::cli

// The estate as one bash script for the Azure CLI: a walk over the plan against nothing, one block a step.
#include <fmt/format.h>
#include <algorithm>
#include <functional>
#include <set>

#include "catalog/catalog.hpp"
#include "exports/az_commands.hpp"
#include "exports/shell.hpp"
#include "exports/template.hpp"

namespace holdfast::exports {

using resource::Address;
using resource::Graph;
using resource::Ownership;
using resource::Resource;

namespace {

constexpr std::string_view proven_with = "2.91.0";
constexpr std::string_view functions =
#include "exports/az_functions.sh.inc"
    ;
json::Path const principal_at = "properties.principalId";
json::Path const owner_at = json::Path("tags").child(std::string(resource::owner_tag));
constexpr int throttled = 429;
constexpr int shortest_limit_s = 600, limit_factor = 3;

/// "network/subnets/nodes" -> "network_subnets_nodes".
std::string variable(std::string_view text) {
    std::string out;
    for (char const c : text) {
        bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        out += plain ? c : '_';
    }
    if (out.empty() || (out[0] >= '0' && out[0] <= '9')) out.insert(0, "_");
    return out;
}
std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}
/// A property path in JMESPath.
std::string query(json::Path const& path) {
    std::string out;
    for (auto const& segment : path.segments()) {
        if (auto const* index = std::get_if<std::size_t>(&segment)) {
            out += fmt::format("[{}]", *index);
            continue;
        }
        auto const& key = std::get<std::string>(segment);
        out += (out.empty() ? "" : ".") + (variable(key) == key ? key : json::write(json::Value(key.c_str())));
    }
    return out;
}
int limit_of(Resource const& resource, std::string_view act) {
    auto const* row = catalog::find_duration(resource.type, act);
    return std::max(shortest_limit_s, row ? limit_factor * row->max_s : 0);
}
std::string owner_of(Resource const& resource) {
    auto const owner = json::text_at(resource.body, owner_at);
    return owner ? word(*owner) : "-";
}
std::string choice(Address const& address) { return upper(variable(address)) + "_NAME"; }

class Writer {
public:
    Writer(spec::Spec const& spec, estate::Estate const& estate, estate::Context const& context)
        : spec_(spec),
          estate_(estate),
          graph_(estate.graph),
          words_(estate.graph, choices(estate, context)),
          names_(estate.graph, variable),
          plan_(plan::make(estate, Graph{}, {})) {}

    Script run() {
        auto estate_part = subscription_part() + existing_part();
        auto const writes = std::ranges::count(plan_.steps, plan::Act::write, &plan::Step::act);
        for (auto const& step : plan_.steps)
            if (step.act == plan::Act::write) estate_part += block(step, static_cast<std::size_t>(writes));
        for (auto const& [address, node] : graph_.resources())
            if (node.ownership == Ownership::managed) ++script_.resources;
        script_.text = head() + choice_part() + std::string(functions).substr(1) + meanings() + opening() + ids() +
                       destruction() + "\n# ==== The estate\n\n" + estate_part + ending();
        return std::move(script_);
    }

private:
    // ------------------------------------------------------------------------------------------ names and texts

    std::string id_variable(Address const& address) const { return names_.of(address) + "_id"; }
    std::string id(Address const& address) const { return fmt::format("\"${}\"", id_variable(address)); }

    std::string const& late_variable(resource::Output const& output) {
        auto const key = std::pair(output.address, output.path);
        auto it = late_.find(key);
        if (it != late_.end()) return it->second;
        std::string last;
        for (auto const& segment : output.path.segments())
            if (auto const* name = std::get_if<std::string>(&segment)) last = *name;
        auto const wanted = names_.of(output.address) + "_" + variable(last);
        auto name = wanted;
        for (int more = 2; !late_names_.insert(name).second; ++more) name = fmt::format("{}_{}", wanted, more);
        return late_.emplace(key, std::move(name)).first->second;
    }
    static std::string secret_variable(resource::SecretName const& name) { return "secret_" + variable(name.name); }

    /// Pieces inside a here-document or double quotes: `fixed` says how fixed text is kept harmless there.
    std::string expanded(Text const& text, std::string (*fixed)(std::string_view)) {
        std::string out;
        for (auto const& piece : text)
            out += base::match(
                piece, [&](Fixed const& one) { return fixed(one.text); },
                [&](IdOf const& one) { return fmt::format("${{{}}}", id_variable(one.address)); },
                [](OwnSubscription) { return std::string("${SUBSCRIPTION}"); },
                [](OwnTenant) { return std::string("${TENANT}"); }, [](OwnRegion) { return std::string("${REGION}"); },
                [&](Late const& one) { return fmt::format("${{{}}}{}", late_variable(one), one.suffix); },
                [](Hidden const& one) { return fmt::format("${{{}}}", secret_variable(one)); });
        return out;
    }

    /// Sorted keys, two spaces: as json::pretty, with what varies as variables.
    std::string document(Filled const& body, json::Value const& value, json::Path const& at,
                         std::string const& margin) {
        auto const inner = margin + "  ";
        if (auto const* object = value.if_object()) {
            if (object->empty()) return "{}";
            std::map<std::string, json::Value const*> sorted;
            for (auto const& member : *object) sorted.emplace(std::string(member.key()), &member.value());
            std::vector<std::string> members;
            for (auto const& [key, member] : sorted)
                members.push_back(fmt::format("{}\"{}\": {}", inner, expanded(words_.of(key), json_in_heredoc),
                                              document(body, *member, at.child(key), inner)));
            return "{\n" + base::join(members, ",\n") + "\n" + margin + "}";
        }
        if (auto const* list = value.if_array()) {
            if (list->empty()) return "[]";
            std::vector<std::string> elements;
            for (std::size_t i = 0; i < list->size(); ++i)
                elements.push_back(inner + document(body, (*list)[i], at.child(i), inner));
            return "[\n" + base::join(elements, ",\n") + "\n" + margin + "]";
        }
        if (auto const* text = value.if_string())
            return fmt::format("\"{}\"", expanded(body.text(at, *text, words_), json_in_heredoc));
        return json::write(value);
    }
    std::string heredoc(std::string_view function, Filled const& body, std::size_t indent = 4) {
        return fmt::format("{:{}}{} <<JSON\n{}\nJSON\n", "", indent, function, document(body, body.body(), {}, ""));
    }

    // ------------------------------------------------------------------------------------------ before the estate

    std::string head() const {
        auto const name = spec_.name();
        std::string out = "#!/usr/bin/env bash\n#\n";
        out += comment(fmt::format(
            "{}: the whole deployment as one script for the Azure CLI, made by `holdfast export --to az`.", name));
        out += fmt::format(
            "#\n#   {0}            makes what is missing; what stands is left alone, so it may be run again any time\n"
            "#   {0} --what-if  says what it would do and does nothing\n"
            "#   {0} --destroy  takes everything away again, users before what they use (asks first; --yes "
            "agrees)\n#\n",
            "./deploy.sh");
        out += comment(
            "Sign in before: az login. FINAL marks settings that can never be changed on what stands: decide these "
            "now. "
            "Every wait is for a condition and has a deadline; every refusal stops the script and says why.");
        out += fmt::format("# {} resources in {} writes. Proven with azure-cli {}.\n\n", script_.resources,
                           std::ranges::count(plan_.steps, plan::Act::write, &plan::Step::act), proven_with);
        out +=
            "set -euo pipefail\n"
            "if [ -z \"${BASH_VERSINFO:-}\" ] || [ \"${BASH_VERSINFO[0]}\" -lt 5 ]; then\n"
            "    echo 'This script needs bash 5 or newer.' >&2\n    exit 64\nfi\n"
            "shopt -s inherit_errexit\n\n";
        return out;
    }

    std::string choice_part() const {
        std::string out = "# ==== Choices. Each can be given from outside: REGION=northeurope ./deploy.sh\n\n";
        auto const line = [&out](std::string const& name, std::string_view value, std::string_view says) {
            out += fmt::format("{}=${{{}:-{}}}{}\n", name, name, word(value),
                               says.empty() ? "" : fmt::format("  # {}", says));
        };
        line("SUBSCRIPTION", words_.choices().subscription, "");
        line("TENANT", words_.choices().tenant, "");
        line("REGION", words_.choices().region, "FINAL: nothing moves to another region");
        for (auto const& [address, node] : graph_.resources())
            if (has_chosen_name(node)) line(choice(address), node.id->name(), "");
        out += "\n# Behaviour\n";
        line("PAUSE", "5", "seconds between two looks at something that is being made");
        line("PATIENCE", "1200", "seconds that a role granted a moment ago may need until it works");
        line("ADOPT", "no", "yes: use what stands although it does not bear our tag");
        line("ANY_AZ", "no", "yes: run with another az than the one this was proven with");
        out += fmt::format("OWNER_TAG={}\n", resource::owner_tag);
        return out;
    }

    /// What Azure's error codes mean, from the same rows that `apply` and `explain` read.
    static std::string meanings() {
        using catalog::Meaning;
        std::string out =
            "\n# meaning: what the error in `trouble` means, in `meaning`; its code in `code`.\n"
            "meaning() {\n    code_of\n    meaning=never\n    case $trouble in\n"
            "        *'Too Many Requests('*)\n            meaning=again\n            return\n            ;;\n"
            "    esac\n    case \"$code ${trouble,,}\" in\n";
        std::map<std::string, std::vector<std::string>> plain;
        std::set<std::string> seen;
        for (auto const& row : catalog::errors()) {
            auto const meaning = row.meaning == Meaning::not_yet && row.grant ? std::string("granted")
                                                                              : variable(catalog::name(row.meaning));
            if (!row.message_has.empty())
                out += fmt::format("        {}\" \"*{}*)\n            meaning={}\n            return\n            ;;\n",
                                   word(row.code), word(base::lower(row.message_has)), meaning);
            else if (row.status != throttled && seen.insert(std::string(row.code)).second &&
                     row.meaning != Meaning::never)
                plain[meaning].push_back(std::string(row.code));
        }
        out += "    esac\n    case $code in\n        Connection) meaning=again ;;\n";
        for (auto const& [meaning, codes] : plain) {
            std::string lines;
            for (std::size_t i = 0; i < codes.size(); ++i)
                lines += (i == 0 ? "" : i % 3 == 0 ? " | \\\n            " : " | ") + word(codes[i]);
            out += fmt::format("        {})\n            meaning={}\n            ;;\n", lines, meaning);
        }
        return out + "    esac\n}\n";
    }

    std::string opening() const {
        std::string out =
            "\n# ==== Arguments, and who we are\n\n"
            "mode=create dry=no agreed=no\n"
            "for argument in \"$@\"; do\n    case $argument in\n"
            "        --what-if) dry=yes ;;\n        --destroy) mode=destroy ;;\n        --yes) agreed=yes ;;\n"
            "        *)\n            echo \"usage: $0 [--what-if] [--destroy] [--yes]\" >&2\n            exit 64\n     "
            "       ;;\n    esac\ndone\n"
            "scratch=$(mktemp -d)\ntrap 'rm -rf \"$scratch\"' EXIT\n"
            "trap 'echo \"Interrupted. What was made stands; run the script again to go on.\" >&2; exit 130' INT "
            "TERM\n";
        for (auto const& [address, node] : graph_.resources())
            if (has_chosen_name(node)) out += fmt::format("plain {0} \"${0}\"\n", choice(address));
        out += fmt::format(
            "plain SUBSCRIPTION \"$SUBSCRIPTION\"\nplain TENANT \"$TENANT\"\nplain REGION \"$REGION\"\n"
            "command -v az >/dev/null || stop 'az is not installed: https://aka.ms/azure-cli'\n"
            "command -v openssl >/dev/null || stop 'openssl is not installed'\n"
            "heard version --query '\"azure-cli\"' -o tsv || stop \"az does not run: $trouble\"\n"
            "case $answer in\n    {0}.*) ;;\n"
            "    *) [ \"$ANY_AZ\" = yes ] || stop \"this script was proven with az {1}, and this is $answer. "
            "ANY_AZ=yes runs it anyway\" ;;\nesac\n"
            "heard account show --subscription \"$SUBSCRIPTION\" --query '[[id, tenantId]]' -o tsv || stop \"not "
            "signed in to subscription $SUBSCRIPTION: az login --tenant $TENANT\"\n"
            "[ \"$answer\" = \"$SUBSCRIPTION\"$'\\t'\"$TENANT\" ] || stop \"subscription $SUBSCRIPTION is not of "
            "tenant $TENANT\"\n",
            proven_with.substr(0, proven_with.rfind('.')), proven_with);
        return out;
    }

    std::string ids() {
        std::string out = "\n# ==== Where everything is\n\n";
        std::set<Address> done;
        std::function<void(Resource const&)> const write = [&](Resource const& node) {
            if (!node.id || is_assignment(node) || !done.insert(node.address).second) return;
            auto const text = words_.id_of(node);
            if (auto const* above = std::get_if<IdOf>(&text.front())) write(*graph_.find(above->address));
            auto value = expanded(text, inside_quotes);
            if (has_chosen_name(node))
                value =
                    value.substr(0, value.size() - inside_quotes(node.id->name()).size()) + "$" + choice(node.address);
            out += fmt::format("{}=\"{}\"\n", id_variable(node.address), value);
        };
        for (auto const& [address, node] : graph_.resources()) write(node);
        return out;
    }

    // ------------------------------------------------------------------------------------------ the estate

    std::string subscription_part() const {
        if (estate_.providers.empty()) return {};
        std::string out =
            "# -- What the subscription must know first. Registering takes a while; whoever needs it waits for it "
            "below.\n";
        out += "providers";
        for (auto const& name : estate_.providers) out += " \\\n    " + word(name);
        out += "\n";
        for (auto const& one : estate_.features) {
            out += comment(one.because);
            out += fmt::format("feature {} {}\n", word(one.provider), word(one.name));
        }
        return out + "\n";
    }
    std::string existing_part() const {
        std::string out;
        for (auto const& [address, node] : graph_.resources())
            if (node.ownership == Ownership::existing && node.id)
                out += fmt::format("stands {} {} {}\n", word(called(node)), id(address), version_of(node));
        return out.empty() ? out : "# -- What others own and this uses.\n" + out + "\n";
    }

    /// What must be over before a step begins: what it needs, and whoever held the same lock last.
    std::string waits(plan::Step const& step) {
        std::set<std::string> before(step.after.begin(), step.after.end());
        for (auto const& lock : step.locks)
            if (auto const it = held_by_.find(lock); it != held_by_.end()) before.insert(it->second);
        for (auto const& lock : step.locks) held_by_[lock] = step.id;
        std::vector<std::string> registrations, resources;
        for (auto const& other : plan_.steps) {
            if (!before.contains(other.id)) continue;
            if (other.act == plan::Act::write) resources.push_back(id(other.address));
        }
        for (auto const& name : estate_.providers)
            if (before.contains("register " + name)) registrations.push_back(word(name));
        std::vector<std::string> features;
        for (auto const& feature : estate_.features)
            if (before.contains("register " + feature.provider + " again"))
                features.push_back(word(feature.provider + "/" + feature.name));
        registrations.insert(registrations.begin(), features.begin(), features.end());
        std::string out;
        if (!registrations.empty()) out += "registered " + base::join(registrations, " ") + "\n";
        if (!resources.empty()) out += "settled " + base::join(resources, " \\\n    ") + "\n";
        return out;
    }

    /// Values that others' answers hold, asked for once.
    std::string late(Filled const& body) {
        std::string out;
        for (auto const& [at, piece] : body.open()) {
            auto const* output = std::get_if<Late>(&piece);
            if (!output || !asked_.insert({output->address, output->path}).second) continue;
            auto const* source = graph_.find(output->address);
            out += fmt::format("output {} {} {}\n{}=$value\n", id(output->address), source ? version_of(*source) : "",
                               word(query(output->path)), late_variable(*output));
        }
        return out;
    }
    /// Secrets are fetched where they are needed and go to az by its standard input: no command line shows them.
    std::string secrets(Filled const& body) const {
        std::string out;
        for (auto const& [at, piece] : body.open()) {
            auto const* name = std::get_if<Hidden>(&piece);
            if (!name) continue;
            auto const into = secret_variable(*name);
            switch (name->kind) {
                case resource::SecretName::Kind::environment:
                    out += fmt::format("    {0}=$(printenv {1}) || stop 'the environment has no '{1}\n", into,
                                       word(name->name));
                    break;
                case resource::SecretName::Kind::file:
                    out += fmt::format("    {0}=$(<{1}) || stop {1}' cannot be read'\n", into, word(name->name));
                    break;
                case resource::SecretName::Kind::generate:
                    out += comment("Drawn here and kept nowhere: set a new one later if you need to know it.", 4);
                    out += fmt::format("    {}=\"$(openssl rand -base64 24 | tr '+/' '-_')#aZ7\"\n", into);
                    break;
            }
            out += fmt::format("    quoted \"${0}\"\n    {0}=$value\n", into);
        }
        return out;
    }

    std::string assignment_id(Resource const& node, Filled const& body) {
        auto const principal = json::text_at(body.body(), principal_at);
        auto const scope = node.parent ? graph_.find(*node.parent) : nullptr;
        Text const who = principal ? body.text(principal_at, *principal, words_) : Text{};
        // The scope may lie below a node, as a namespace lies in a cluster; only where the name is late is it a node
        // itself.
        std::string where;
        if (node.id) where = expanded(words_.of(node.id->parent()->text()), inside_quotes);
        else if (scope) where = fmt::format("${{{}}}", id_variable(scope->address));
        return fmt::format("assignment \"{}\" \"{}\" {}\n{}=$value\n", where, expanded(who, inside_quotes),
                           word(role_of(node)), id_variable(node.address));
    }

    static std::string final_part(Resource const& node) {
        std::string out;
        auto const finals = final_values(node);
        for (auto const& one : finals)
            out += comment(fmt::format("FINAL {} = {}: {}", one.at.text(), one.value, one.because));
        return out;
    }
    /// Who decided what, for the settings worth a sentence. A reason that holds for many is told once.
    std::string reasons(Resource const& node) {
        std::string out;
        auto const tell = [&](std::string const& about, std::string const& because) {
            if (because.empty() || !told_.insert(about + because).second) return;
            out += comment(about.empty() ? because : about + ": " + because);
        };
        for (auto const& [at, origin] : node.origins) tell(at.text(), origin.because);
        for (auto const& reference : node.references) tell("after " + reference.to, reference.because);
        return out;
    }

    std::string missing(Resource const& node) const {
        return fmt::format("missing {} {} {} {} {}", word(called(node)), id(node.address), version_of(node),
                           owner_of(node), limit_of(node, "write"));
    }

    /// The az command that makes it, as a line of the script. After roles of ours az itself waits: only its answer says
    /// why an operation failed, and that a role is not yet there.
    std::string native(Resource const& node, Command const& command, bool after_roles) {
        auto const chosen = [](Resource const* one, std::string_view name) {
            return one && has_chosen_name(*one) ? fmt::format("\"${}\"", choice(one->address)) : word(name);
        };
        auto const placed = [&](std::string const& one) -> std::string {
            if (one == "%N")
                return is_assignment(node) ? fmt::format("\"${{{}##*/}}\"", id_variable(node.address))
                                           : chosen(&node, node.id->name());
            if (one == "%S") return fmt::format("\"${{{}%/providers/*}}\"", id_variable(node.address));
            if (one == "%P") return chosen(graph_.find(*node.id->parent()), node.id->parent()->name());
            if (one == "%G") {
                auto const group =
                    resource::ResourceId::subscription_of(node.id->subscription()).group(node.id->group());
                return chosen(graph_.find(group), group.name());
            }
            return word(one);
        };
        std::vector<std::string> lines{"    run"};
        for (auto const& one : command.words) {
            if (one.starts_with("--") && lines.size() == 1 && lines[0].find("--") == std::string::npos)
                lines.emplace_back("       ");
            lines.back() += " " + (one.starts_with("--") ? one : placed(one));
        }
        for (auto const& option : command.options) {
            if (after_roles && option.flag == "--no-wait") continue;
            auto line = "        " + option.flag;
            for (auto const& argument : option.arguments) {
                auto const* fixed = argument.size() == 1 ? std::get_if<Fixed>(&argument[0]) : nullptr;
                line += " " + (fixed ? word(fixed->text) : fmt::format("\"{}\"", expanded(argument, inside_quotes)));
            }
            lines.push_back(std::move(line));
        }
        return base::join(lines, " \\\n") + "\n";
    }

    std::string block(plan::Step const& step, std::size_t of) {
        ++script_.writes;
        auto const& designed = *graph_.find(step.address);
        Filled const body(step.resource.body, step.resource.pending);
        auto out = fmt::format("# -- {} of {}: {}\n", script_.writes, of, base::printable(called(designed)));
        out += reasons(designed) + final_part(designed) + waits(step) + late(body);
        if (is_assignment(designed)) {
            out += assignment_id(designed, body);
            grants_.push_back(designed.address);
        }
        out += fmt::format("if {}; then\n", missing(designed));
        bool const after_roles = std::ranges::any_of(plan_.steps, [&](auto const& other) {
            return other.grants && std::ranges::find(step.after, other.id) != step.after.end();
        });
        if (after_roles) out += "    roles=yes\n";
        if (step.create_only) out += "    conditions=(--headers 'If-None-Match=*')\n";
        out += secrets(body);
        if (step.recovery.is_object()) {
            auto recovery = step.resource.body;
            json::merge(recovery, step.recovery);
            out += heredoc("recover_with", Filled(recovery, step.resource.pending));
        }
        auto const command = step.inlines.empty() && !step.recovery.is_object() && !step.create_only
                                 ? command_for(designed, body, words_)
                                 : tl::unexpected(NoCommand{});
        if (command) {
            out += native(designed, *command, after_roles);
        } else {
            ++script_.by_rest;
            if (!command.error().because.empty()) out += comment("By az rest: " + command.error().because + ".", 4);
            out += heredoc("put", body);
        }
        if (!step.inlines.empty()) {
            out += "else\n";
            out += comment("Made with it when it is new; one that went missing later is made alone.", 4);
            for (auto const& child : step.inlines) out += child_block(*graph_.find(child), designed);
        }
        all_.push_back(designed.address);
        return out + "fi\n\n";
    }

    std::string child_block(Resource const& child, Resource const& parent) {
        Filled const body(child.body, child.pending);
        std::string out = late(body);
        out += fmt::format("    if {}; then\n        settled {}\n", missing(child), id(parent.address));
        out += secrets(body) + heredoc("put", body, 8);
        return out + "    fi\n";
    }

    // ------------------------------------------------------------------------------------------ after the estate

    std::string ending() const {
        std::string out = "# ==== Proof: Azure is done with everything, and no grant was swallowed\n\n";
        out +=
            "if [ \"$dry\" = yes ]; then\n    say \"$created would be created, $stood stand already; nothing was "
            "done.\"\n    exit 0\nfi\n";
        out += "settled";
        for (auto const& address : all_) out += " \\\n    " + id(address);
        out += "\n";
        for (auto const& address : grants_)
            out += fmt::format("granted {} {} {}\n", word(called(*graph_.find(address))), id(address),
                               version_of(*graph_.find(address)));
        out += fmt::format("say \"{} stands: $created created, $stood stood already.\"\n",
                           inside_quotes(base::printable(spec_.name())));
        return out;
    }

    std::string destruction() {
        Graph standing;
        std::size_t unnamed = 0;
        for (auto const& [address, node] : graph_.resources()) {
            auto copy = node;
            copy.ours = node.ownership == Ownership::managed;
            auto const* scope = node.parent ? graph_.find(*node.parent) : nullptr;
            if (!copy.id && scope && scope->id)  // a name known only later: any other will do to find its place
                copy.id = scope->id->with(node.type, fmt::format("00000000-0000-4000-8000-{:012}", unnamed++));
            standing.add(std::move(copy));
        }
        auto const away = plan::unmake(estate_, standing);
        std::string out = "\n# ==== Taking it away: users before what they use\n\nif [ \"$mode\" = destroy ]; then\n";
        out += fmt::format(
            "    if [ \"$dry\" = no ] && [ \"$agreed\" = no ]; then\n"
            "        printf 'Everything of %s goes, and what it holds. Type its name to agree: ' {0}\n"
            "        read -r agreed || agreed=''\n        [ \"$agreed\" = {0} ] || stop 'nothing was deleted'\n    "
            "fi\n",
            word(spec_.name()));
        for (auto const& step : away.steps) {
            auto const& node = *graph_.find(step.address);
            auto const remove = fmt::format("remove {} {} {} {} {}", word(called(node)), id(node.address),
                                            version_of(node), owner_of(node), limit_of(node, "delete"));
            if (!is_assignment(node)) {
                out += "    " + remove + "\n";
                continue;
            }
            Filled const body(node.body, node.pending);
            for (auto const& [at, piece] : body.open())
                if (auto const* output = std::get_if<Late>(&piece))
                    out += fmt::format("    known {} {} {}\n    {}=$value\n", id(output->address),
                                       version_of(*graph_.find(output->address)), word(query(output->path)),
                                       late_variable(*output));
            out += "    " + assignment_id(node, body) + "    " + remove + "\n";
        }
        out += "    say \"$removed deleted.\"\n    exit 0\nfi\n";
        return out;
    }

    spec::Spec const& spec_;
    estate::Estate const& estate_;
    Graph const& graph_;
    Words words_;
    Symbols names_;
    plan::Plan plan_;
    Script script_;
    std::map<std::pair<Address, json::Path>, std::string> late_;
    std::set<std::string> late_names_;
    std::set<std::pair<Address, json::Path>> asked_;
    std::map<std::string, std::string> held_by_;
    std::set<std::string> told_;  ///< reasons given already
    std::vector<Address> all_, grants_;
};

}  // namespace

Script az(spec::Spec const& spec, estate::Estate const& estate, estate::Context const& context) {
    return Writer(spec, estate, context).run();
}

}  // namespace holdfast::exports

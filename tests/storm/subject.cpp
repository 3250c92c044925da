#include "subject.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "process.hpp"

namespace holdfast::storm {

namespace {

std::string const examples = HOLDFAST_SOURCE_DIR "/examples";

std::string read_file(std::string const& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

using Settings = std::vector<std::pair<std::string, std::string>>;

struct Made {
    spec::Spec spec;
    estate::Estate estate;
};
/// What stands before anything is deployed: ARM bodies, or nothing.
std::string world_of(spec::Spec const& spec) {
    auto const world = spec.maybe_text("azure.world");
    return world ? read_file(examples + "/" + *world) : std::string();
}
/// Nothing, when the language, the design or the checks refuse it, beside what stands.
std::optional<Made> make(std::string const& text, std::string const& path, Settings const& set) {
    auto spec = spec::read(text, path, {.set = set, .overlays = {}});
    if (!spec) return std::nullopt;
    auto const cloud = credentials::find_cloud("simulated");
    simulator::Identity const owner;
    auto estate = estate::design(*spec, {.tenant = owner.tenant,
                                         .subscription = owner.subscription,
                                         .vault_suffix = cloud->vault_suffix,
                                         .registry_suffix = cloud->registry_suffix});
    if (!estate) return std::nullopt;
    auto const world = world_of(*spec);
    auto after = estate->graph;
    if (!world.empty()) {
        auto stands = readers::from_json(world, path, &estate->graph);
        if (!stands) throw std::runtime_error(path + ": its world cannot be read");
        stands->unread.clear();  // nothing else is there
        after = resource::overlay(*stands, after);
    }
    if (checks::inspect(after).blocking()) return std::nullopt;
    return Made{std::move(*spec), std::move(*estate)};
}

Subject from(Made made, std::string name) {
    Subject subject;
    subject.name = std::move(name);
    subject.world = world_of(made.spec);
    subject.estate = std::move(made.estate);
    auto const& nodes = subject.estate.graph.resources();
    for (auto const& [address, node] : nodes) {
        if (!node.id && node.parent && nodes.contains(*node.parent) && nodes.at(*node.parent).id)
            subject.scopes.insert(nodes.at(*node.parent).id->key());
        if (node.id && node.ownership == resource::Ownership::managed) subject.writable.insert(node.id->key());
    }
    return subject;
}

// ---------------------------------------------------------------------------------------------- what stands

/// Moments, versions, and what Azure hands out in the order of asking.
bool is_chance(std::string_view at, std::string const& value) {
    auto const lower = base::lower(at);
    return base::parse_time(value) || lower.find("ipaddress") != std::string::npos || lower.ends_with("etag") ||
           lower.ends_with("resourceguid");
}

void keep(json::Value const& value, std::string const& at, std::map<std::string, std::string> const& holders,
          std::map<std::string, std::string>& out) {
    if (auto const* object = value.if_object()) {
        for (auto const& member : *object) keep(member.value(), at + "." + std::string(member.key()), holders, out);
    } else if (auto const* array = value.if_array()) {
        for (std::size_t i = 0; i < array->size(); ++i) keep((*array)[i], fmt::format("{}[{}]", at, i), holders, out);
    } else {
        auto text = value.is_string() ? std::string(value.get_string()) : json::write(value);
        if (auto const holder = holders.find(base::lower(text)); holder != holders.end())
            text = "principal of " + holder->second;
        if (!is_chance(at, text)) out.emplace(base::lower(at), base::lower(text));  // Azure compares without case
    }
}

/// Azure draws names for what it makes by itself for a cluster: a GUID, or eight digits in the middle.
std::string without_drawn_names(std::string_view id) {
    constexpr std::string_view providers = "/providers/";
    constexpr std::size_t drawn = 8;
    auto const names = id.rfind(providers);
    if (names == std::string_view::npos) return std::string(id);
    std::string out(id.substr(0, names));
    for (auto segment : base::split(id.substr(names + 1), '/')) {
        if (base::is_guid(segment)) segment = "#";
        auto const from = segment.find_first_of("0123456789");
        auto const to = std::min(segment.find_first_not_of("0123456789", from), segment.size());
        if (from != std::string::npos && to - from == drawn) segment.replace(from, drawn, "#");
        out += '/' + segment;
    }
    return out;
}

/// Who holds which principal id: resources with an identity of their own.
std::map<std::string, std::string> holders_of(std::map<std::string, json::Value> const& things) {
    std::map<std::string, std::string> holders;
    for (auto const& [id, body] : things) {
        if (id.find("/roleassignments/") != std::string::npos) continue;
        for (auto const* at : {"properties.principalId", "identity.principalId"})
            if (auto const principal = json::text_at(body, at)) holders.emplace(base::lower(*principal), id);
    }
    return holders;
}

// ---------------------------------------------------------------------------------------------- rehearsal

/// What differs between two calm worlds is chance, and not asked of a third. Nothing: they hold different things.
std::optional<Standing> what_both_hold(Standing const& one, Standing const& other) {
    Standing both;
    for (auto const& [id, body] : one) {
        auto& kept = both[id];
        auto const twin = other.find(id);
        if (twin == other.end()) return std::nullopt;
        for (auto const& [at, value] : body)
            if (auto const same = twin->second.find(at); same != twin->second.end() && same->second == value)
                kept.emplace(at, value);
    }
    return one.size() == other.size() ? std::optional(std::move(both)) : std::nullopt;
}

void rehearse(Subject& subject) {
    auto const once = [&](std::uint64_t seed, bool keep) -> std::optional<Standing> {
        Shelf rows;
        auto azure = simulator::Azure::open(rows, options(seed));
        if (!azure) throw std::runtime_error(azure.error().what);
        if (!subject.world.empty())
            if (auto const loaded = (*azure)->load(subject.world); !loaded)
                throw std::runtime_error(loaded.error().what);
        auto const before = standing(**azure);
        auto const disk = world::memory_files();
        Scene scene;
        scene.clear = true;
        scene.writable = subject.writable;
        scene.scopes = subject.scopes;
        Process process(scene, **azure, *disk, (*azure)->now(), seed);
        auto const say = [&](std::string_view doing, Ended const& ended) {
            subject.refusal = fmt::format("{}", doing);
            for (auto const& error : ended.errors)
                subject.refusal += fmt::format("; {}{}", error.what,
                                               error.azure ? fmt::format(" [{} {}: {}]", error.azure->status,
                                                                         error.azure->code, error.azure->message)
                                                           : "");
            for (auto const& guard : ended.guards)
                subject.refusal += fmt::format("; guard {}:{}: {}", guard.klass, guard.name, guard.because);
            for (auto const& broken : scene.broken) subject.refusal += "; " + broken;
            return std::nullopt;
        };
        auto const made = process.carry_out(subject.estate, Will::apply);
        if (!made.done || !scene.broken.empty()) return say("a calm apply does not succeed", made);
        auto const after = standing(**azure);
        auto const plan = process.look(subject.estate, Will::apply);
        if (!plan || !plan->empty() || !plan->guards.empty()) {
            auto ended = say("after a calm apply something is left to do", made);
            for (auto const& step : plan ? plan->steps : std::vector<plan::Step>{})
                subject.refusal += "; " + step.id + ": " + step.because;
            return ended;
        }
        if (!keep) return after;
        subject.before = before;
        subject.deployed = rows;
        subject.deployed_at = process.now();
        auto const gone = process.carry_out(subject.estate, Will::destroy);
        if (!gone.done || !scene.broken.empty()) return say("a calm destroy does not succeed", gone);
        if (auto const left = standing(**azure); left != before) {
            for (auto const& [id, body] : left)
                if (!before.contains(id)) subject.refusal += "; left over: " + id;
            return say("a calm destroy leaves something over", gone);
        }
        subject.destroyed = rows;
        subject.destroyed_at = process.now();
        subject.keeps_a_vault = !(*azure)->soft_deleted().empty();
        return after;
    };
    auto const one = once(1, true);
    auto const other = one ? once(2, false) : std::nullopt;
    if (!one || !other) return;
    auto agreed = what_both_hold(*one, *other);
    if (agreed) subject.after = std::move(*agreed);
    else subject.refusal = "two calm worlds hold different things";
}

/// From the design before, deployed, to the subject's own: where that takes no permission that only a person can give.
void rehearse_the_change(Subject& subject, Subject const& before) {
    Subject::Earlier earlier;
    auto const once = [&](std::uint64_t seed) -> std::optional<Standing> {
        Shelf rows;
        auto azure = simulator::Azure::open(rows, options(seed));
        if (!azure) throw std::runtime_error(azure.error().what);
        if (!subject.world.empty())
            if (auto const loaded = (*azure)->load(subject.world); !loaded)
                throw std::runtime_error(loaded.error().what);
        auto const disk = world::memory_files();
        Scene scene;
        scene.clear = true;
        scene.writable = before.writable;
        scene.scopes = before.scopes;
        Process process(scene, **azure, *disk, (*azure)->now(), seed);
        if (!process.carry_out(before.estate, Will::apply).done || !scene.broken.empty()) return std::nullopt;
        earlier.rows = rows;
        earlier.at = process.now();
        scene.writable = subject.writable;
        scene.scopes = subject.scopes;
        auto const changed = process.carry_out(subject.estate, Will::apply);
        if (!changed.guards.empty() || (changed.done && !changed.did)) return std::nullopt;
        if (!changed.done || !scene.broken.empty()) {
            subject.refusal = "a calm change does not succeed";
            for (auto const& error : changed.errors) subject.refusal += "; " + error.what;
            for (auto const& broken : scene.broken) subject.refusal += "; " + broken;
            return std::nullopt;
        }
        return standing(**azure);
    };
    auto const other = once(2);
    auto const one = other ? once(1) : std::nullopt;
    auto agreed = one ? what_both_hold(*one, *other) : std::nullopt;
    if (!agreed) return;
    earlier.after = std::move(*agreed);
    subject.earlier = std::move(earlier);
}

// ---------------------------------------------------------------------------------------------- drawing

std::string one_of(std::string_view lines, base::Prng& prng) {
    auto words = base::split(lines, '\n');
    std::erase_if(words, [](auto const& word) { return word.empty(); });
    return words.empty() ? std::string() : words[prng.below(words.size())];
}

/// A value of the field's kind, or nothing where a random one could only be refused.
std::optional<std::string> value_of(spec::FieldRow const& field, base::Prng& prng) {
    using spec::FieldKind;
    auto const whole = [&] {
        auto const most = field.max > field.min ? std::min<std::int64_t>(field.max, field.min + 40) : field.min + 10;
        return std::to_string(field.min +
                              static_cast<std::int64_t>(prng.below(static_cast<std::uint64_t>(most - field.min + 1))));
    };
    switch (field.kind) {
        case FieldKind::truth:
            return prng.chance(0.5) ? "true" : "false";
        case FieldKind::choice:
            return one_of(field.allowed, prng);
        case FieldKind::whole:
            if (field.key == "pools[].count" || field.key == "pools[].min" || field.key == "pools[].max")
                return std::to_string(1 + prng.below(5));  // a fresh subscription has few cores
            return whole();
        case FieldKind::days:
            return whole() + "d";
        case FieldKind::version:
            return prng.chance(0.5) ? "1.35" : "1.34";
        case FieldKind::time:
            return fmt::format("\"{:02}:00\"", prng.below(24));
        case FieldKind::list_choice: {
            std::set<std::string> chosen;
            for (int i = 0; i < 2; ++i) chosen.insert(one_of(field.allowed, prng));
            std::string out;
            for (auto const& word : chosen) out += (out.empty() ? "" : ", ") + fmt::format("\"{}\"", word);
            return "[" + out + "]";
        }
        case FieldKind::list_guid:
            return fmt::format("[{}]", prng.guid());
        case FieldKind::cidr:
            return fmt::format("10.{}.{}.0/{}", 20 + prng.below(60), prng.below(4) * 64, 16 + prng.below(8));
        case FieldKind::map_text:
            return fmt::format("{{team: blue, cost: \"{}\"}}", prng.below(1000));
        case FieldKind::name:
            if (field.key == "pools[].size") {
                constexpr std::string_view sizes[] = {"Standard_D4s_v5", "Standard_D8ds_v5", "Standard_D4ds_v5",
                                                      "Standard_D2s_v5"};
                return std::string(sizes[prng.below(std::size(sizes))]);
            }
            return fmt::format("n{}", prng.below(1000));
        default:
            return std::nullopt;
    }
}

bool worth_drawing(spec::FieldRow const& field) {
    // Versions of pools beside the control plane's: their skew is Azure's to refuse, nobody says so before.
    if (field.key == "pools[].version") return false;
    if (field.key == "name" || field.key == "names" || field.key.starts_with("azure.")) return false;
    return field.refused.empty();
}

}  // namespace

world::Result<std::vector<std::pair<std::string, std::string>>> Shelf::load() {
    return std::vector<std::pair<std::string, std::string>>(rows_.begin(), rows_.end());
}
world::Result<void> Shelf::commit(std::span<world::RowChange const> changes) {
    for (auto const& change : changes) {
        if (change.value) rows_[change.key] = *change.value;
        else rows_.erase(change.key);
    }
    return {};
}

Standing standing(simulator::Azure const& azure) {
    auto const things = azure.resources();
    auto const holders = holders_of(things);
    Standing out;
    for (auto const& [id, body] : things) {
        auto key = without_drawn_names(id);
        if (auto const cut = id.find("/providers/microsoft.authorization/roleassignments/"); cut != std::string::npos) {
            auto const role = json::text_at(body, "properties.roleDefinitionId").value_or("");
            auto who = base::lower(json::text_at(body, "properties.principalId").value_or(""));
            if (auto const holder = holders.find(who); holder != holders.end()) who = holder->second;
            key = fmt::format("{} grants {} to {}", id.substr(0, cut), role.substr(role.rfind('/') + 1), who);
        }
        std::map<std::string, std::string> leaves;
        keep(body, "", holders, leaves);
        while (out.contains(key)) key += '\'';
        out.emplace(std::move(key), std::move(leaves));
    }
    return out;
}

simulator::Options options(std::uint64_t seed, simulator::Fate* fate) {
    simulator::Options options;
    options.start = *base::parse_time("2026-11-24T00:00:00Z");
    options.seed = seed;
    options.fate = fate;
    return options;
}

Subject example(std::string const& name) {
    auto const path = examples + "/" + name + ".yaml";
    auto made = make(read_file(path), path, {});
    if (!made) throw std::runtime_error(path + " is not valid");
    auto subject = from(std::move(*made), name);
    rehearse(subject);
    return subject;
}

std::vector<std::string> example_names() {
    std::vector<std::string> names;
    for (auto const& entry : std::filesystem::directory_iterator(examples))
        if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem());
    std::ranges::sort(names);
    return names;
}

Drawn drawn(std::uint64_t seed) {
    base::Prng prng(seed ^ 0x5bec5bec5bec5becull);
    auto const names = example_names();
    auto const base_name = names[prng.below(names.size())];
    auto const path = examples + "/" + base_name + ".yaml";
    auto const text = read_file(path);
    std::vector<spec::FieldRow const*> fields;
    for (auto const& field : spec::fields())
        if (worth_drawing(field)) fields.push_back(&field);
    Drawn out;
    Settings set;
    auto made = make(text, path, set);
    if (!made) throw std::runtime_error(path + " is not valid");
    for (int wanted = 4 + static_cast<int>(prng.below(10)); wanted > 0; --wanted) {
        auto const& field = *fields[prng.below(fields.size())];
        auto value = value_of(field, prng);
        if (!value || value->empty()) continue;
        std::string key(field.key);
        if (auto const list = key.find("[]"); list != std::string::npos) key.replace(list, 2, "[0]");
        ++out.tried;
        set.emplace_back(key, *value);
        auto next = make(text, path, set);
        if (next) {
            made = std::move(next);
            continue;
        }
        ++out.rejected;
        set.pop_back();
    }
    out.subject = from(std::move(*made), fmt::format("drawn {}", seed));
    out.subject.settings = base_name;
    for (auto const& [key, value] : set) out.subject.settings += fmt::format(" --set '{}={}'", key, value);
    rehearse(out.subject);
    if (out.subject.refusal.empty() && !set.empty())
        rehearse_the_change(out.subject, from(*make(text, path, {}), base_name));
    return out;
}

}  // namespace holdfast::storm

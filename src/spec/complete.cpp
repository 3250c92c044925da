#include "complete.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>

#include "value.hpp"

namespace holdfast::spec {

using base::Cidr;
using base::Error;
using base::ErrorCode;
using base::SourcePos;
using resource::Origin;

namespace {

/// "carve 20 26", "tenth of K", "same as K" as their words.
struct Derivation {
    std::string verb, key;
    int from = 0, to = 0;
};
Derivation parse_derivation(std::string_view text) {
    auto const words = base::split(text, ' ');
    Derivation derivation{words.front(), words.back(), 0, 0};
    if (derivation.verb == "carve") {
        assert(words.size() == 3);
        derivation.from = std::stoi(words[1]);
        derivation.to = std::stoi(words[2]);
    }
    return derivation;
}

/// Everything said or carved so far out of network.space.
std::vector<Cidr> taken_ranges(json::Value const& tree) {
    std::vector<Cidr> taken;
    auto const take = [&taken](json::Value const* value) {
        auto const text = plain_text(value);
        auto const range = text ? Cidr::parse(*text) : base::fail(ErrorCode::spec_value, "");
        if (range) taken.push_back(*range);
    };
    for (auto const& member : json::object_at(tree, "network.subnets")) take(&member.value());
    for (auto const& more : json::list_at(tree, "network.moreSubnets")) take(json::find(more, "range"));
    return taken;
}

/// The first free range, as large as may be: aligned, inside a space, apart from all that is taken.
std::optional<Cidr> carve(json::Value const& tree, int from, int to) {
    auto const taken = taken_ranges(tree);
    for (int prefix = from; prefix <= to; ++prefix)
        for (auto const& text : json::list_at(tree, "network.space")) {
            auto const space = Cidr::parse(*plain_text(&text));
            if (!space || space->prefix() > prefix) continue;
            std::uint64_t const step = std::uint64_t{1} << (32 - prefix);
            // Jumps over what is taken instead of trying every step: a /8 holds a million /28.
            for (std::uint64_t at = space->first(); at + step - 1 <= space->last();) {
                auto const range = Cidr::of(static_cast<std::uint32_t>(at), prefix);
                auto const hit = std::ranges::find_if(taken, [&](Cidr const& other) { return other.overlaps(range); });
                if (hit == taken.end()) return range;
                at = (std::max<std::uint64_t>(hit->last(), range.last()) / step + 1) * step;
            }
        }
    return {};
}

class Completion {
public:
    explicit Completion(Draft& draft) : draft_(draft) {}

    void run() {
        for (auto const& row : fields())
            for (auto const& instance : instances(row, draft_.tree)) fill(row, instance);
        if (trusted_profile()) contradictions();
    }

private:
    /// With an unknown profile nobody can say what is missing.
    bool trusted_profile() const { return !draft_.broken.contains(json::Path("profile")); }

    bool is_broken(json::Path const& at) const {
        for (json::Path path = at;; path = path.parent()) {
            if (draft_.broken.contains(path)) return true;
            if (path.empty()) return false;
        }
    }
    /// Whether something at or below the place was said wrongly: then it was said.
    bool is_broken_within(json::Path const& at) const {
        auto const& own = at.segments();
        return std::ranges::any_of(draft_.broken, [&own](json::Path const& path) {
            auto const& other = path.segments();
            return other.size() >= own.size() && std::equal(own.begin(), own.end(), other.begin());
        });
    }
    /// Whether the condition rests on something that was said wrongly, which makes its outcome worthless.
    bool doubtful(Condition const& condition, Instance const& instance) const {
        for (auto const& key : condition.keys()) {
            if (rests_on_mistake(key, instance)) return true;
            // A value that a profile decided after looking at a mistake is no better.
            for (auto const& decision : profiles())
                if (decision.key == key)
                    for (auto const& source : Condition::parse(decision.when).keys())
                        if (rests_on_mistake(source, instance)) return true;
        }
        return false;
    }
    bool rests_on_mistake(std::string const& key, Instance const& instance) const {
        auto const open = key.find("[]");
        if (open == std::string::npos) return is_broken(json::Path(key));
        if (key.substr(0, open) == instance.list && instance.entry) return is_broken(bound(key, instance));
        return std::ranges::any_of(draft_.broken, [&](json::Path const& path) {
            return generic_key(path.text()) == key || path.text() == key.substr(0, open);
        });
    }
    SourcePos const* place(json::Path const& at) const {
        auto const found = draft_.key_places.find(at);
        return found == draft_.key_places.end() ? nullptr : &found->second;
    }

    void fill(FieldRow const& row, Instance const& instance) {
        auto const* standing = json::find(draft_.tree, instance.at);
        bool const said = standing != nullptr;
        // `vault: {id: …}` where a word could stand: the row of the id says where that counts.
        if (said && standing->is_object() && row.kind != FieldKind::section && !members_of(row.key).empty()) return;
        if (!row.only.empty()) {
            auto const only = Condition::parse(row.only);
            if (!only.holds(draft_.tree, instance)) {
                if (said && !doubtful(only, instance)) out_of_place(row, instance, only);
                return;
            }
        }
        if (said || is_broken(instance.at) || is_broken_within(instance.at)) return;
        if (!fill_from_profiles(row, instance, profile()) && !fill_from_profiles(row, instance, "every"))
            fill_from_row(row, instance);
        if (row.needed.empty() || !trusted_profile() || is_broken(instance.at)) return;
        if (json::find(draft_.tree, instance.at) != nullptr) return;
        if (row.needed == "always") {
            missing(row, instance, {});
            return;
        }
        auto const needed = Condition::parse(row.needed);
        if (needed.holds(draft_.tree, instance) && !doubtful(needed, instance)) missing(row, instance, needed);
    }

    std::string profile() const {
        auto const text = plain_text(json::find(draft_.tree, "profile"));
        return text ? *text : std::string(find_field("profile")->standard);
    }

    void put(FieldRow const& row, Instance const& instance, std::string_view yaml_text, Origin const& origin) {
        auto node = yaml::parse(yaml_text, "");
        assert(node && "rows hold readable YAML");
        auto const before = draft_.mistakes.size();
        draft_.read_field(row, *node, instance.at, {&origin});
        assert(draft_.mistakes.size() == before && "rows hold values that fit");
        (void)before;
    }
    bool fill_from_profiles(FieldRow const& row, Instance const& instance, std::string_view name) {
        for (auto const& decision : profiles()) {
            if (decision.profile != name || decision.key != row.key) continue;
            if (!Condition::parse(decision.when).holds(draft_.tree, instance)) continue;
            auto const by = name == "every" ? Origin::By::standard : Origin::By::profile;
            put(row, instance, decision.value, {by, {}, std::string(decision.because)});
            return true;
        }
        return false;
    }
    void fill_from_row(FieldRow const& row, Instance const& instance) {
        Origin const origin{Origin::By::standard, {}, std::string(row.standard_because)};
        if (!row.standard.empty()) put(row, instance, row.standard, origin);
        else if (!row.derive.empty()) derive(row, instance, origin);
    }
    void derive(FieldRow const& row, Instance const& instance, Origin origin) {
        auto const derivation = parse_derivation(row.derive);
        if (derivation.verb == "same") {
            auto const text = plain_text(json::find(draft_.tree, json::Path(derivation.key)));
            if (text) put(row, instance, *text, origin);
        } else if (derivation.verb == "tenth") {
            auto const text = plain_text(json::find(draft_.tree, json::Path(derivation.key)));
            auto const range = text ? Cidr::parse(*text) : base::fail(ErrorCode::spec_value, "");
            if (range && range->size() > 11) put(row, instance, base::ipv4_text(range->first() + 10), origin);
            if (range && range->size() <= 11) draft_.broken.insert(instance.at), too_small(derivation.key, *range);
            if (!range) draft_.broken.insert(instance.at);
        } else {
            if (is_broken("network.space") || is_broken("network.subnets") || is_broken("network.moreSubnets")) return;
            if (!is_present(json::find(draft_.tree, "network.space"))) return;
            auto const range = carve(draft_.tree, derivation.from, derivation.to);
            if (!range) {
                draft_.broken.insert(instance.at);
                tell(ErrorCode::spec_conflict, "network.space",
                     fmt::format("network.space has no room for {}, which takes a /{}", row.key, derivation.to),
                     fmt::format("write a larger range, or `{}: …` yourself", row.key));
                return;
            }
            origin.because = "the first free range in network.space";
            put(row, instance, range->text(), origin);
        }
    }
    void too_small(std::string const& key, Cidr const& range) {
        tell(ErrorCode::spec_value, json::Path(key),
             fmt::format("{} has only {} addresses, too few for Services and their DNS", range.text(), range.size()),
             "write a /24 or larger");
    }

    /// Where the user looks for it: at the key if written, else at what encloses it.
    SourcePos nearest_place(json::Path const& at) const {
        for (json::Path path = at; !path.empty(); path = path.parent()) {
            if (auto const* where = place(path)) return *where;
            auto const found = draft_.origins.find(path.text());
            if (found != draft_.origins.end() && found->second.by == Origin::By::you) return found->second.where;
        }
        return {draft_.file, 0, 0, 1};
    }
    void tell(ErrorCode code, json::Path const& at, std::string what, std::string fix) {
        draft_.mistakes.push_back(mistake(code, nearest_place(at), std::move(what), std::move(fix)));
    }

    void out_of_place(FieldRow const& row, Instance const& instance, Condition const& only) {
        for (auto path = instance.at.parent(); !path.empty(); path = path.parent())
            if (out_of_place_.contains(path)) return;
        if (!place(instance.at)) return;
        out_of_place_.insert(instance.at);
        auto const remedy = only.remedy(draft_.tree, instance);
        tell(ErrorCode::spec_conflict, instance.at,
             fmt::format("{} only counts where {}", last_word(row.key), only.unmet(draft_.tree, instance)),
             remedy ? fmt::format("remove it, or write `{}`", *remedy) : "remove it");
    }

    void missing(FieldRow const& row, Instance const& instance, Condition const& because) {
        auto where = nearest_place(instance.at.parent());
        // What made it necessary is the better place, where the user said that.
        if (!instance.entry)
            for (auto const& key : because.keys())
                if (auto const found = draft_.origins.find(key);
                    found != draft_.origins.end() && found->second.by == Origin::By::you) {
                    where = found->second.where;
                    break;
                }
        auto const word = last_word(row.key);
        auto const subject = instance.entry ? fmt::format("this entry of {} has no {}", instance.list, word)
                                            : fmt::format("{} is not said", row.key);
        auto const why = because.empty() ? std::string() : fmt::format("; it is needed where {}", because.reason());
        bool const with_id = find_field(std::string(row.key) + ".id") != nullptr;
        draft_.mistakes.push_back(
            mistake(ErrorCode::spec_missing, where, subject + why,
                    fmt::format("write `{}: …`{}", instance.entry ? std::string(word) : std::string(row.key),
                                with_id ? fmt::format(" or `{}: {{id: …}}`", word) : "")));
    }

    void contradictions() {
        for (auto const& row : statements()) {
            auto const wrong = Condition::parse(row.wrong);
            auto const keys = base::split(row.keys, '\n');
            auto const* field = find_field(keys.front());
            assert(field != nullptr);
            for (auto const& instance : instances(*field, draft_.tree)) {
                if (!wrong.holds(draft_.tree, instance) || doubtful(wrong, instance)) continue;
                json::Path at = bound(keys.front(), instance);
                for (auto const& key : keys)
                    if (place(bound(key, instance))) {
                        at = bound(key, instance);
                        break;
                    }
                tell(ErrorCode::spec_conflict, at, std::string(row.what), std::string(row.fix));
            }
        }
    }

    Draft& draft_;
    std::set<json::Path> out_of_place_;
};

}  // namespace

void complete(Draft& draft) {
    Completion(draft).run();
    relate(draft);
}

}  // namespace holdfast::spec

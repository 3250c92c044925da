#include "estate/draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace holdfast::estate {
namespace {

/// A tag's value holds 256 characters: one id a tag.
constexpr std::string_view kElsewhereTag = "holdfast-elsewhere";
constexpr std::size_t kTagValueMax = 256;

std::string group_name(spec::Spec const& spec) {
    if (auto const given = spec.maybe_text("azure.group.id")) {
        auto const id = ResourceId::parse(*given);
        return id ? std::string(id->name()) : *given;
    }
    if (auto const said = spec.maybe_text("azure.group")) return *said;
    return made_name(*name_rule("group"), NameParts{spec.name(), {}, {}, {}});
}

/// Whether a property of the envelope can be sent: some types only show it.
bool writes(std::string_view type_name, char const* property) {
    auto const* type = shapes::find(type_name);
    auto const* found = type ? shapes::property_at(*type, json::Path(property)) : nullptr;
    return found && (found->flags & shapes::read_only) == 0;
}

bool is_tagged(Resource const& resource) {
    auto const* rule = name_rule(resource.address);
    return writes(resource.type, "tags") && !(rule && rule->untagged);
}

}  // namespace

std::string last_word(std::string_view address) { return std::string(address.substr(address.rfind('/') + 1)); }

Draft::Draft(spec::Spec const& the_spec, Context const& the_context)
    : spec(the_spec), context(the_context), region(resource::normal_location(the_spec.text("azure.region"))) {
    parts_.name = spec.name();
    parts_.salt = salt(context.subscription, group_name(spec), spec.name());
}

std::string Draft::name_of(Address const& address, NameRule const& rule, bool elsewhere, std::string zone) {
    NameParts parts = parts_;
    parts.part = name_part(rule, address);
    parts.zone = std::move(zone);
    std::string said_at;
    std::string name;
    if (json::object_at(spec.tree, "names").contains(address)) {
        said_at = json::Path("names").child(address).text();
        name = json::object_at(spec.tree, "names").at(address).as_string();
        names_used_.push_back(address);
    } else if (address == "group") {
        said_at = "azure.group";
        name = group_name(spec);
    } else {
        said_at = "name";
        name = made_name(rule, parts, elsewhere);
    }
    if (auto const wrong = name_mistake(rule, name)) {
        mistake(said_at, fmt::format("the name '{}' of {} is not allowed: {}", name, address, *wrong),
                fmt::format("give it another name with `names: {{{}: …}}`", address));
        return made_name(rule, parts, elsewhere);
    }
    return name;
}

Resource& Draft::ours(Address const& address, Address const& parent, std::string zone) {
    NameRule const* const rule = name_rule(address);
    assert(rule && "every designed address has a row in data/names.yaml");
    Resource resource;
    resource.address = address;
    resource.type = rule->type;
    if (!parent.empty()) resource.parent = parent;
    bool const foreign = !parent.empty() && parent != "group" && !is_ours(parent);
    std::string const name = name_of(address, *rule, foreign, std::move(zone));
    ResourceId const above =
        parent.empty() ? ResourceId::subscription_of(context.subscription) : ResourceId(id(parent));
    resource.id = parent.empty() ? above.group(name) : above.with(rule->type, name);
    if (auto const* there = estate.graph.find(*resource.id)) {
        mistake(json::Path("names").child(address).text(),
                fmt::format("{} and {} would both be called {}", address, there->address, name),
                "name one of them otherwise", base::ErrorCode::spec_conflict);
    }
    bool const in_group_of_others = parent == "group" && !is_ours(parent);
    if (foreign || (in_group_of_others && !writes(rule->type, "tags"))) written_elsewhere(resource.id->text());
    Resource& added = estate.graph.add(std::move(resource));
    if (writes(added.type, "location")) {
        if (rule->location.empty()) {
            put(added, "location", region, "azure.region");
        } else {
            put_because(added, "location", rule->location, "this type stands in no region");
        }
    }
    return added;
}

Resource& Draft::standing(Address const& address, std::string const& key) {
    auto const id = ResourceId::parse(spec.text(key));
    assert(id && "the spec holds valid ids only");
    return standing(address, *id, key);
}

Resource& Draft::standing(Address const& address, ResourceId existing, std::string const& key) {
    if (auto const* there = estate.graph.find(existing)) {
        mistake(key, fmt::format("{} is already {}: one thing cannot be both", existing.name(), there->address),
                "name another, or leave one of the two to Holdfast", base::ErrorCode::spec_conflict);
    }
    Resource resource;
    resource.address = address;
    resource.type = existing.type();
    resource.ownership = resource::Ownership::existing;
    resource.id = std::move(existing);
    resource.origins[json::Path()] = spec.origin(key);
    return estate.graph.add(std::move(resource));
}

ResourceId const& Draft::id(Address const& address) const {
    auto const* resource = estate.graph.find(address);
    assert(resource && resource->id);
    return *resource->id;
}

bool Draft::is_ours(Address const& address) const {
    auto const* resource = estate.graph.find(address);
    return resource && resource->ownership == resource::Ownership::managed;
}

void Draft::put(Resource& resource, json::Path const& at, Given given, std::string const& key) {
    json::put(resource.body, at, std::move(given.value));
    resource.origins[at] = spec.origin(key);
}

void Draft::put_because(Resource& resource, json::Path const& at, Given given, std::string because) {
    json::put(resource.body, at, std::move(given.value));
    resource.origins[at] = {.by = resource::Origin::By::standard, .because = std::move(because)};
}

void Draft::await(Resource& resource, json::Path const& at, std::variant<resource::Output, resource::SecretName> from,
                  resource::Origin origin) {
    resource.pending.push_back({.at = at, .from = std::move(from)});
    resource.origins[at] = std::move(origin);
}

void Draft::refer(Address const& from, Address const& to, std::string because) {
    auto* resource = estate.graph.find(from);
    assert(resource && has(to));
    resource->references.push_back({.to = to, .because = std::move(because)});
}

void Draft::written_elsewhere(std::string id) {
    if (std::ranges::find(elsewhere_, id) == elsewhere_.end()) elsewhere_.push_back(std::move(id));
}

void Draft::mistake(std::string const& key, std::string what, std::string fix, base::ErrorCode code) {
    mistakes.push_back({.code = code, .where = where(key), .what = std::move(what), .fix = std::move(fix)});
}

base::Where Draft::where(std::string const& key) const {
    auto position = spec.origin(key).where;
    if (position.file.empty()) position.file = spec.file;
    return position;
}

Resource* Draft::keeper_of_the_record() {
    if (is_ours("group")) return estate.graph.find("group");
    resource::Needs const needs(estate.graph);
    for (auto& [address, resource] : estate.graph.resources()) {
        if (resource.ownership != resource::Ownership::managed || resource.parent != "group" || !is_tagged(resource))
            continue;
        if (std::ranges::none_of(needs.of(resource), [&](Address const& need) { return is_ours(need); }))
            return &resource;
    }
    // Nothing comes first: what bears our mark itself is found by it, what cannot would be lost.
    for (auto const& [address, resource] : estate.graph.resources()) {
        if (!resource.id || is_tagged(resource) ||
            std::ranges::find(elsewhere_, resource.id->text()) == elsewhere_.end())
            continue;
        if (auto const* type = shapes::find(resource.type); type && !type->mark_at.empty()) continue;
        mistake("azure.group.id",
                fmt::format("nothing of ours in this group could remember {}, which bears no tag", address),
                "let Holdfast make the group, or an identity in it", base::ErrorCode::unsupported);
    }
    return estate.graph.find("cluster");
}

void Draft::finish() {
    // Names for things that are not in the design: probably a slip of the pen.
    std::vector<std::string> addresses;
    for (auto const& [address, resource] : estate.graph.resources()) addresses.push_back(address);
    for (auto const& name : json::object_at(spec.tree, "names")) {
        std::string const address = name.key();
        if (std::ranges::find(names_used_, address) != names_used_.end()) continue;
        auto const near = base::nearest(address, addresses);
        mistake(json::Path("names").child(address).text(),
                has(address) ? fmt::format("{} stands already and cannot be named", address)
                             : fmt::format("nothing in this design is called {}", address),
                near && !has(address) ? fmt::format("did you mean {}?", *near) : "remove the line",
                base::ErrorCode::spec_conflict);
    }

    if (auto* const keeper = elsewhere_.empty() ? nullptr : keeper_of_the_record()) {
        std::ranges::sort(elsewhere_);
        for (std::size_t i = 0; i < elsewhere_.size(); ++i) {
            if (elsewhere_[i].size() > kTagValueMax) {
                mistake("name", fmt::format("'{}' is too long to be remembered in a tag", elsewhere_[i]),
                        "let what stands elsewhere have shorter names", base::ErrorCode::unsupported);
                continue;
            }
            std::string const tag = i == 0 ? std::string(kElsewhereTag) : fmt::format("{}-{}", kElsewhereTag, i + 1);
            put_because(*keeper, json::Path("tags").child(tag), elsewhere_[i],
                        "what we write into things that are not ours is remembered here");
        }
    }

    for (auto& [address, resource] : estate.graph.resources()) {
        if (resource.ownership != resource::Ownership::managed) continue;
        if (is_tagged(resource)) {
            for (auto const& tag : json::object_at(spec.tree, "tags")) {
                put(resource, json::Path("tags").child(tag.key()), tag.value(),
                    json::Path("tags").child(tag.key()).text());
            }
            put_because(resource, json::Path("tags").child(std::string(resource::owner_tag)), spec.name(),
                        "marks it as ours");
        }
        resource.body = resource::normal(resource.type, std::move(resource.body));
        std::ranges::sort(resource.pending, {}, &resource::Pending::at);
        std::ranges::sort(resource.references, {}, &resource::Reference::to);
    }
    std::ranges::sort(mistakes, {}, [](base::Error const& error) {
        auto const* position = std::get_if<base::SourcePos>(&error.where);
        return position ? *position : base::SourcePos{};
    });
}

}  // namespace holdfast::estate

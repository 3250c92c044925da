/// Graph, and what its nodes need.
#include <algorithm>
#include <cassert>
#include <set>

#include "resource/resource.hpp"

namespace holdfast::resource {

std::string_view name(Origin::By by) {
    switch (by) {
        case Origin::By::you:
            return "you";
        case Origin::By::profile:
            return "profile";
        case Origin::By::standard:
            return "default";
        case Origin::By::azure:
            return "azure";
    }
    return "default";
}

Resource& Graph::add(Resource resource) {
    auto address = resource.address;
    auto const [at, added] = resources_.emplace(std::move(address), std::move(resource));
    assert(added && "an address names one resource");
    return at->second;
}

void Graph::erase(Address const& address) { resources_.erase(address); }

Resource const* Graph::find(Address const& address) const {
    auto const found = resources_.find(address);
    return found == resources_.end() ? nullptr : &found->second;
}
Resource* Graph::find(Address const& address) { return const_cast<Resource*>(std::as_const(*this).find(address)); }

Resource const* Graph::find(ResourceId const& id) const {
    for (auto const& [_, resource] : resources_)
        if (resource.id && *resource.id == id) return &resource;
    return nullptr;
}

std::vector<Resource const*> Graph::of_type(std::string_view type) const {
    std::vector<Resource const*> out;
    for (auto const& [_, resource] : resources_)
        if (base::same_text(resource.type, type)) out.push_back(&resource);
    return out;
}

std::vector<Resource const*> Graph::children(Address const& parent) const {
    std::vector<Resource const*> out;
    for (auto const& [_, resource] : resources_)
        if (resource.parent == parent) out.push_back(&resource);
    return out;
}

namespace {

/// Calls `visit(text)` for every text and every member name that the writer decides. Read-only parts are skipped: they
/// point back at those who use a thing (a NAT gateway lists its subnets), and would turn the order of work into a
/// circle.
template <typename F>
void each_text(shapes::Type const* shape, json::Value const& value, F const& visit) {
    if (value.is_string()) return visit(std::string_view(value.get_string()));
    if (auto const* list = value.if_array()) {
        for (auto const& element : *list) each_text(shape ? shape->item : nullptr, element, visit);
    } else if (auto const* object = value.if_object()) {
        auto const* branch = shape ? shapes::variant(*shape, value) : nullptr;
        for (auto const& member : *object) {
            auto const* property = shape ? shapes::member(*shape, member.key()) : nullptr;
            if (!property && branch) property = shapes::member(*branch, member.key());
            if (property && (property->flags & shapes::read_only)) continue;
            visit(std::string_view(member.key()));
            each_text(property ? property->type : shape ? shape->item : nullptr, member.value(), visit);
        }
    }
}

}  // namespace

Needs::Needs(Graph const& graph) : graph_(graph) {
    for (auto const& [_, candidate] : graph.resources())
        if (candidate.id) by_key_.emplace(candidate.id->key(), &candidate);
}

std::vector<Address> Graph::needs(Resource const& resource) const { return Needs(*this).of(resource); }

std::vector<Address> Needs::of(Resource const& resource) const {
    std::set<Address> out;
    auto const need = [&](Address const& address) {
        if (graph_.find(address)) out.insert(address);
    };
    if (resource.parent) need(*resource.parent);
    for (auto const& pending : resource.pending)
        if (auto const* output = std::get_if<Output>(&pending.from)) need(output->address);
    for (auto const& reference : resource.references) need(reference.to);

    auto const* row = shapes::find(resource.type);
    auto const need_id = [&](std::string_view text) {
        if (text.empty() || text.front() != '/') return;
        auto const id = ResourceId::parse(text);
        // the thing itself, or what holds it: a key of a vault that is a node though the key is not
        for (std::optional<ResourceId> at = id ? std::optional(*id) : std::nullopt; at; at = at->parent()) {
            auto const found = by_key_.find(at->key());
            if (found == by_key_.end()) continue;
            bool const below = resource.id && found->second->id->is_within(*resource.id);
            if (!below) out.insert(found->second->address);
            break;
        }
    };
    // Tags are words of people, never references: the tag that remembers what we make elsewhere comes before those
    // things.
    if (auto const* body = resource.body.if_object()) {
        for (auto const& member : *body) {
            if (member.key() == "tags") continue;
            auto const* property = row ? shapes::member(*row->body, member.key()) : nullptr;
            if (property && (property->flags & shapes::read_only)) continue;
            each_text(property ? property->type : nullptr, member.value(), need_id);
        }
    }

    auto const is_descendant = [&](Address const& address) {
        auto const* at = graph_.find(address);
        for (int steps = 0; at && steps < 64; ++steps) {
            if (at->address == resource.address) return true;
            at = at->parent ? graph_.find(*at->parent) : nullptr;
        }
        return false;
    };
    std::erase_if(out, [&](Address const& address) { return address != resource.parent && is_descendant(address); });
    return {out.begin(), out.end()};
}

// ---------------------------------------------------------------------------------------------- making nodes and
// graphs

base::Result<Resource> from_arm(json::Value const& body, Address address) {
    auto const said = json::text_at(body, "id");
    if (!said) return base::fail(base::ErrorCode::not_recognised, "this JSON is no Azure resource: it has no id");
    auto id = ResourceId::parse(*said);
    if (!id) return base::fail(std::move(id.error()));
    Resource out;
    out.address = std::move(address);
    out.type = id->type();
    out.body = normal(out.type, unfold(*id, body).body);
    out.raw = body;
    for (auto const* spelled : {"etag", "eTag", "properties.eTag"})
        if (auto const etag = json::text_at(body, spelled)) out.etag = std::string(*etag);
    out.id = std::move(*id);
    return out;
}

std::string assignment_name(ResourceId const& scope, std::string_view principal_id, std::string_view role_guid) {
    // The namespace and the joining are those of the guid() function in ARM templates and Bicep, so that a template
    // written from the same triple names the same assignment.
    constexpr std::string_view arm_guid_namespace = "11fb06fb-712d-4ddd-98c7-e71bbd588830";
    return base::guid_v5(arm_guid_namespace,
                         scope.key() + "-" + base::lower(principal_id) + "-" + base::lower(role_guid));
}

}  // namespace holdfast::resource

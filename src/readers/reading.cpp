#include "readers/reading.hpp"

#include <algorithm>

namespace holdfast::readers {

namespace {

/// Lower-case words, digits, '-' and '.': what an address may hold.
std::string word_of(std::string_view text) {
    auto word = base::lower(text);
    for (char& c : word) {
        bool const fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
        if (!fits) c = '-';
    }
    return word.empty() ? "-" : word;
}

std::string last_word(std::string_view type) { return word_of(type.substr(type.rfind('/') + 1)); }

/// "pools" of "cluster/pools/system" under "cluster"; nullopt when the address does not begin with its parent's.
std::optional<std::string> kind_of(Address const& address, Address const& parent) {
    if (!address.starts_with(parent + "/")) return std::nullopt;
    auto const rest = address.substr(parent.size() + 1);
    auto const slash = rest.rfind('/');
    return slash == std::string::npos ? std::string{} : rest.substr(0, slash);
}

}  // namespace

Address Names::address_of(ResourceId const& id, Graph const& live) const {
    if (auto const* designed = estate_.find(id)) return designed->address;
    auto const type = id.type();
    auto const parent_id = id.parent();
    Resource const* parent = nullptr;
    if (parent_id) {
        parent = live.find(*parent_id);
        if (parent == nullptr) parent = estate_.find(*parent_id);
    }
    bool const hangs_on_parent = parent != nullptr && parent->type != group_type;

    Address prefix;
    bool found = false;
    for (auto const& [address, sibling] : estate_.resources()) {
        if (!base::same_text(sibling.type, type)) continue;
        auto const kind = hangs_on_parent && sibling.parent ? kind_of(address, *sibling.parent) : std::nullopt;
        if (kind) {
            prefix = parent->address + (kind->empty() ? "" : "/" + *kind);
        } else {
            auto const slash = address.rfind('/');
            if (slash == std::string::npos) continue;
            prefix = address.substr(0, slash);
        }
        found = true;
        break;
    }
    if (!found) prefix = (hangs_on_parent ? parent->address + "/" : std::string{}) + last_word(type);
    auto address = prefix + "/" + word_of(id.name());
    for (int number = 2; live.find(address) != nullptr || estate_.find(address) != nullptr; ++number)
        address = prefix + "/" + word_of(id.name()) + "-" + std::to_string(number);
    return address;
}

std::string owner_of(Graph const& estate) {
    json::Path const tag = json::Path("tags").child(std::string(resource::owner_tag));
    auto const of = [&tag](Resource const& resource) -> std::string {
        if (resource.ownership != resource::Ownership::managed) return {};
        return std::string(json::text_at(resource.body, tag).value_or(""));
    };
    for (auto const* group : estate.of_type(group_type))
        if (auto name = of(*group); !name.empty()) return name;
    for (auto const& [address, resource] : estate.resources())
        if (auto name = of(resource); !name.empty()) return name;
    return {};
}

bool bears_our_mark(std::string_view type, json::Value const& raw, std::string_view owner) {
    if (owner.empty()) return false;
    if (auto const tag = json::text_at(raw, json::Path("tags").child(std::string(resource::owner_tag))))
        return *tag == owner;
    auto const* known = shapes::find(type);
    if (known == nullptr || known->mark_at.empty()) return false;
    auto const text = json::text_at(raw, json::Path(known->mark_at));
    if (!text) return false;
    auto const mark = std::string(resource::owner_tag) + ":" + std::string(owner);
    return *text == mark || text->starts_with(mark + ":") || text->starts_with(mark + " ");
}

Result<Read> read_body(ResourceId const& id, json::Value raw, std::string etag, Address address,
                       Resource const* designed) {
    auto unfolded = resource::unfold(id, raw);
    if (auto* object = unfolded.body.if_object(); object != nullptr && !object->contains("id"))
        (*object)["id"] = id.text();
    auto made = resource::from_arm(unfolded.body, std::move(address));
    if (!made) return base::fail(made.error());
    Read read;
    read.resource = std::move(*made);
    read.children = std::move(unfolded.children);
    read.resource.id = id;
    if (read.resource.type.empty()) read.resource.type = id.type();
    if (designed != nullptr) {
        read.resource.ownership = designed->ownership;
        read.resource.parent = designed->parent;
        read.resource.api_version = designed->api_version;
        read.resource.type = designed->type;
    }
    if (!etag.empty()) {
        read.resource.etag = std::move(etag);
    } else if (auto const in_body = json::text_at(raw, "etag")) {
        read.resource.etag = *in_body;
    }
    read.resource.raw = std::move(raw);
    return read;
}

}  // namespace holdfast::readers

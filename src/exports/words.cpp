#include "exports/words.hpp"

#include <fmt/format.h>
#include <set>

#include "catalog/catalog.hpp"

namespace holdfast::exports {

using resource::Graph;
using resource::Resource;
using resource::ResourceId;

namespace {
constexpr std::string_view subscriptions = "/subscriptions/";

bool is_group(ResourceId const& id) { return id.type() == "Microsoft.Resources/resourceGroups"; }
}  // namespace

Text Words::below(ResourceId const& id, bool strictly) const {
    std::optional<ResourceId> at = strictly ? id.parent() : id;
    for (; at; at = at->parent()) {
        auto const* node = graph_.find(*at);
        if (!node) continue;
        auto rest = id.text().substr(at->text().size());
        Text out{IdOf{node->address}};
        if (!rest.empty()) out.emplace_back(Fixed{std::move(rest)});
        return out;
    }
    auto const& text = id.text();
    if (base::same_text(id.subscription(), choices_.subscription))
        return {Fixed{std::string(subscriptions)}, OwnSubscription{},
                Fixed{text.substr(subscriptions.size() + choices_.subscription.size())}};
    return {Fixed{text}};
}

Text Words::of(std::string_view text) const {
    if (text == choices_.region && !text.empty()) return {OwnRegion{}};
    if (base::same_text(text, choices_.tenant) && !text.empty()) return {OwnTenant{}};
    if (base::starts_with_text(text, subscriptions))
        if (auto const id = ResourceId::parse(text); id && id->text() == text) return below(*id, false);
    return {Fixed{std::string(text)}};
}

Text Words::id_of(Resource const& resource) const { return below(*resource.id, true); }

Filled::Filled(json::Value body, std::vector<resource::Pending> const& pending) : body_(std::move(body)) {
    for (auto const& one : pending) {
        json::put(body_, one.at, json::Value(""));
        base::match(one.from, [&](auto const& from) { open_.insert_or_assign(one.at, Piece{from}); });
    }
}

Text Filled::text(json::Path const& at, std::string_view text, Words const& words) const {
    auto const open = open_.find(at);
    return open == open_.end() ? words.of(text) : Text{open->second};
}

Symbols::Symbols(Graph const& graph, std::string (*plain)(std::string_view)) {
    std::set<std::string> used;
    for (auto const& [address, resource] : graph.resources()) {
        auto const wanted = plain(address);
        auto name = wanted;
        for (int more = 2; !used.insert(name).second; ++more) name = fmt::format("{}_{}", wanted, more);
        names_.emplace(address, std::move(name));
    }
}

Choices choices(estate::Estate const& estate, estate::Context const& context) {
    Choices out{context.subscription, context.tenant, {}};
    for (auto const& [address, node] : estate.graph.resources())
        if (node.id && node.ownership == resource::Ownership::managed && is_group(*node.id))
            out.region = std::string(json::text_at(node.body, "location").value_or(""));
    return out;
}

std::string called(Resource const& resource) {
    auto const* shape = shapes::find(resource.type);
    std::string const plain(shape && !shape->plain.empty() ? shape->plain : resource.type);
    return plain == resource.address ? plain : plain + " " + resource.address;
}

std::vector<FinalValue> final_values(Resource const& resource) {
    std::vector<FinalValue> out;
    // Any other value: only a row for every value can speak of it.
    json::Value const other("\x01other");
    json::each_leaf(resource.body, [&](json::Path const& at, json::Value const& leaf) {
        if (at == json::Path("location") || at == json::Path("tags")) return;
        auto const change = catalog::transition(resource.type, at, &leaf, &other);
        if (change.cost != catalog::Class::rebuild && change.cost != catalog::Class::refused) return;
        out.push_back({at, json::write(leaf), change.because});
    });
    return out;
}

}  // namespace holdfast::exports

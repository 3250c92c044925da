/// Statements whose truth needs arithmetic or names.
#include <fmt/format.h>

#include <algorithm>

#include "complete.hpp"
#include "value.hpp"

namespace holdfast::spec {

using base::Cidr;
using base::ErrorCode;
using base::SourcePos;
using resource::Origin;

namespace {

SourcePos const* said_at(Draft const& draft, json::Path const& at) {
    auto const found = draft.origins.find(at.text());
    return found != draft.origins.end() && found->second.by == Origin::By::you ? &found->second.where : nullptr;
}

std::optional<Cidr> range_at(Draft const& draft, json::Path const& at) {
    auto const text = plain_text(json::find(draft.tree, at));
    auto const range = text ? Cidr::parse(*text) : base::fail(ErrorCode::spec_value, "");
    return range ? std::optional(*range) : std::nullopt;
}

struct Subnet {
    json::Path at;
    std::string name;
    Cidr range;
};
std::vector<Subnet> subnets_of(Draft const& draft) {
    std::vector<Subnet> all;
    auto const add = [&](json::Path const& at, std::string name) {
        if (auto const range = range_at(draft, at)) all.push_back({at, std::move(name), *range});
    };
    for (auto const* row : members_of("network.subnets")) add(json::Path(row->key), std::string(last_word(row->key)));
    json::Path const more("network.moreSubnets");
    auto const& list = json::list_at(draft.tree, more);
    for (std::size_t i = 0; i < list.size(); ++i)
        add(more.child(i).child("range"), std::string(json::text_at(list[i], "name").value_or("?")));
    return all;
}

void dns_inside_services(Draft& draft) {
    auto const services = range_at(draft, "network.services");
    auto const text = plain_text(json::find(draft.tree, "network.dns"));
    auto const dns = text ? base::parse_ipv4(*text) : base::fail(ErrorCode::spec_value, "");
    auto const* where = said_at(draft, "network.dns");
    if (!services || !dns || where == nullptr || services->contains(*dns)) return;
    draft.mistakes.push_back(mistake(ErrorCode::spec_conflict, *where,
                                     fmt::format("{} is not in network.services, {}", *text, services->text()),
                                     "leave dns out: it takes the tenth address of the range"));
}

void subnets_inside_space(Draft& draft) {
    auto const& space = json::list_at(draft.tree, "network.space");
    if (space.empty()) return;
    for (auto const& subnet : subnets_of(draft)) {
        auto const* where = said_at(draft, subnet.at);
        bool const inside = std::ranges::any_of(space, [&](json::Value const& text) {
            auto const range = Cidr::parse(*plain_text(&text));
            return range && range->contains(subnet.range);
        });
        if (where == nullptr || inside) continue;
        draft.mistakes.push_back(mistake(ErrorCode::spec_conflict, *where,
                                         fmt::format("{} is not inside network.space", subnet.range.text()),
                                         "choose a range inside it, or add one to `space`"));
    }
}

void subnets_apart(Draft& draft) {
    auto const all = subnets_of(draft);
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t k = 0; k < i; ++k) {
            if (!all[i].range.overlaps(all[k].range)) continue;
            auto const* where = said_at(draft, all[i].at);
            if (where == nullptr) where = said_at(draft, all[k].at);
            if (where == nullptr) continue;
            draft.mistakes.push_back(mistake(ErrorCode::spec_conflict, *where,
                                             fmt::format("subnets {} ({}) and {} ({}) overlap", all[k].name,
                                                         all[k].range.text(), all[i].name, all[i].range.text()),
                                             "give each its own range"));
        }
}

/// A subnet that stands already stands in the network that is named.
void subnets_of_the_network(Draft& draft) {
    auto const network = json::text_at(draft.tree, "network.virtualNetwork.id");
    auto const home = network ? resource::ResourceId::parse(*network) : base::fail(ErrorCode::spec_value, "");
    if (!home) return;
    std::vector<json::Path> places;
    for (auto const* row : members_of("network.subnets")) places.push_back(json::Path(row->key).child("id"));
    json::Path const more("network.moreSubnets"), pools("pools");
    for (std::size_t i = 0; i < json::list_at(draft.tree, more).size(); ++i)
        places.push_back(more.child(i).child("id"));
    for (std::size_t i = 0; i < json::list_at(draft.tree, pools).size(); ++i)
        places.push_back(pools.child(i).child("subnet").child("id"));
    for (auto const& at : places) {
        auto const text = json::text_at(draft.tree, at);
        auto const id = text ? resource::ResourceId::parse(*text) : base::fail(ErrorCode::spec_value, "");
        auto const* where = said_at(draft, at);
        if (!id || where == nullptr || id->is_within(*home)) continue;
        draft.mistakes.push_back(mistake(ErrorCode::spec_conflict, *where,
                                         "this subnet is in another network than network.virtualNetwork",
                                         "take a subnet of that network: all pools of a cluster are in one"));
    }
}

void pools_in_named_subnets(Draft& draft) {
    std::vector<std::string> names;
    for (auto const& more : json::list_at(draft.tree, "network.moreSubnets"))
        if (auto const name = json::text_at(more, "name")) names.emplace_back(*name);
    json::Path const pools("pools");
    for (std::size_t i = 0; i < json::list_at(draft.tree, pools).size(); ++i) {
        auto const at = pools.child(i).child("subnet");
        auto const name = json::text_at(draft.tree, at);
        auto const* where = said_at(draft, at);
        if (!name || where == nullptr || std::ranges::find(names, *name) != names.end()) continue;
        auto const near = name->size() < 3 ? std::nullopt : base::nearest(*name, names);
        draft.mistakes.push_back(
            mistake(ErrorCode::spec_conflict, *where, fmt::format("network.moreSubnets has no {}", quoted(*name)),
                    near ? fmt::format("did you mean {}?", *near)
                         : fmt::format("write `network: {{moreSubnets: [{{name: {}, range: …}}]}}`", *name)));
    }
}

/// Certificates go to every node: what is no certificate stops it, and a private key must never go there.
void certificates(Draft& draft) {
    constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----", kEnd = "-----END CERTIFICATE-----";
    std::vector<json::Path> places{json::Path("operations.proxy.trustedCa")};
    json::Path const list("operations.certificateAuthorities");
    for (std::size_t i = 0; i < json::list_at(draft.tree, list).size(); ++i) places.push_back(list.child(i));
    for (auto const& at : places) {
        auto const text = plain_text(json::find(draft.tree, at));
        auto const* where = said_at(draft, at);
        if (!text || where == nullptr) continue;
        bool const key = text->find("PRIVATE KEY-----") != std::string::npos;
        if (!key && base::trimmed(*text).starts_with(kBegin) && base::trimmed(*text).ends_with(kEnd)) continue;
        draft.mistakes.push_back(mistake(ErrorCode::spec_value, *where,
                                         key ? "this holds a private key" : "this is no certificate in PEM form",
                                         key ? "name the certificate alone; its key stays where it is"
                                             : fmt::format("it begins with {} and ends with {}", kBegin, kEnd)));
    }
}

void windows_pool_names(Draft& draft) {
    constexpr std::size_t kMost = 6;
    json::Path const pools("pools");
    auto const& list = json::list_at(draft.tree, pools);
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto const name = json::text_at(list[i], "name");
        auto const* where = said_at(draft, pools.child(i).child("name"));
        if (!name || where == nullptr || json::text_at(list[i], "os") != "windows" || name->size() <= kMost) continue;
        draft.mistakes.push_back(mistake(ErrorCode::spec_value, *where,
                                         fmt::format("the name of a Windows pool has at most {} characters, '{}' has {}",
                                                     kMost, *name, name->size()),
                                         fmt::format("call it {}", name->substr(0, kMost))));
    }
}

}  // namespace

void relate(Draft& draft) {
    certificates(draft);
    windows_pool_names(draft);
    dns_inside_services(draft);
    subnets_inside_space(draft);
    subnets_apart(draft);
    subnets_of_the_network(draft);
    pools_in_named_subnets(draft);
}

}  // namespace holdfast::spec

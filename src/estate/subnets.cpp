#include "estate/subnets.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::estate {
namespace {

constexpr SubnetPart kParts[] = {
#include "subnet_parts.inc"
};

/// A word of an address from a name that Azure or a person chose.
std::string word_of(std::string_view name) {
    std::string out = base::lower(name);
    std::ranges::replace_if(
        out, [](char c) { return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'); }, '-');
    return out;
}

/// The address under which a subnet that stands is on the list.
std::optional<Address> wished(spec::Spec const& spec, std::vector<SubnetWish> const& wishes, std::string_view id) {
    for (auto const& wish : wishes) {
        if (!wish.is_new && base::same_text(spec.text(wish.id_key), id)) return wish.address;
    }
    return std::nullopt;
}

}  // namespace

bool SubnetPart::joins(std::string_view what) const {
    auto const all = base::split(joined, '\n');
    return std::ranges::find(all, what) != all.end();
}

SubnetPart const& subnet_part(Address const& subnet) {
    auto const found = std::ranges::find(kParts, last_word(subnet), &SubnetPart::part);
    return found != std::end(kParts) ? *found : *std::ranges::find(kParts, "*", &SubnetPart::part);
}

std::vector<SubnetWish> subnet_wishes(spec::Spec const& spec) {
    std::vector<SubnetWish> wishes;
    auto const wish = [&](Address address, std::string const& range_key, std::string const& id_key) {
        if (spec.has(id_key)) {
            wishes.push_back({.address = std::move(address), .range_key = range_key, .id_key = id_key});
        } else if (spec.maybe_text(range_key)) {
            wishes.push_back({.address = std::move(address), .range_key = range_key, .id_key = id_key, .is_new = true});
        }
    };
    for (auto const& part : kParts) {
        if (part.part == "*") continue;
        std::string const key = fmt::format("network.subnets.{}", part.part);
        wish(fmt::format("network/subnets/{}", part.part), key, key + ".id");
    }
    for (std::size_t i = 0; i < spec.count("network.moreSubnets"); ++i) {
        std::string const key = fmt::format("network.moreSubnets[{}]", i);
        wish("network/subnets/" + word_of(spec.text(key + ".name")), key + ".range", key + ".id");
    }
    // Subnets that only pools name: by their own name, unless the design uses that word for another.
    for (std::size_t i = 0; i < spec.count("pools"); ++i) {
        std::string const key = fmt::format("pools[{}].subnet.id", i);
        if (!spec.has(key) || wished(spec, wishes, spec.text(key))) continue;
        std::string const id = spec.text(key);
        std::string word = word_of(std::string_view(id).substr(id.rfind('/') + 1));
        auto const taken = [&] { return std::ranges::count(wishes, "network/subnets/" + word, &SubnetWish::address); };
        while (taken() || std::ranges::count(kParts, word, &SubnetPart::part)) word += "-existing";
        wishes.push_back({.address = "network/subnets/" + word, .range_key = {}, .id_key = key});
    }
    return wishes;
}

std::optional<Address> nodes_subnet(spec::Spec const& spec, std::size_t pool) {
    if (spec.maybe_text("network.virtualNetwork") == "none") return std::nullopt;
    std::string const key = fmt::format("pools[{}].subnet", pool);
    if (spec.has(key + ".id")) return wished(spec, subnet_wishes(spec), spec.text(key + ".id"));
    if (auto const name = spec.maybe_text(key)) return "network/subnets/" + word_of(*name);
    return "network/subnets/nodes";
}

}  // namespace holdfast::estate

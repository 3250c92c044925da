// Laws that hold for every input, tried on random ones.
#include <gtest/gtest.h>
#include <rapidcheck.h>
// (the gtest bridge wants gtest first)
#include <rapidcheck/gtest.h>

#include "resource/resource.hpp"

namespace holdfast::resource {
namespace {

/// The same inputs every time, unless RC_PARAMS says otherwise.
[[maybe_unused]] int const seeded = setenv("RC_PARAMS", "seed=20261124", 0);

rc::Gen<std::string> a_name() {
    return rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcXYZ019-_.("))));
}
rc::Gen<std::string> without_dots() {
    return rc::gen::suchThat(a_name(), [](std::string const& name) { return name != "." && name != ".."; });
}

/// The same id as another client would spell it.
std::string respelled(std::string text) {
    for (char& c : text) {
        bool const flip = *rc::gen::arbitrary<bool>();
        if (flip && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        else if (flip && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return *rc::gen::arbitrary<bool>() ? "/" + text + "/" : text;
}

RC_GTEST_PROP(ResourceId, is_built_and_read_the_same, ()) {
    auto const types = shapes::all();
    auto const& type = types[*rc::gen::inRange<std::size_t>(0, types.size())];
    RC_PRE(!type.name.starts_with("Microsoft.Resources/subscriptions"));
    std::string names;
    for (auto const c : type.name)
        if (c == '/') names += (names.empty() ? "" : "/") + *without_dots();
    auto const group = ResourceId::subscription_of(*without_dots()).group(*without_dots());
    if (type.name == "Microsoft.Resources/resourceGroups") return;
    auto const id = group.with(type.name, names);
    auto const read = ResourceId::parse(respelled(id.text()));
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == id);
    RC_ASSERT(read->type() == type.name);
    RC_ASSERT(read->is_within(group));
    auto const parent = read->parent();
    RC_ASSERT(parent.has_value());
    RC_ASSERT(parent->with(type.name, read->name()) == id);
    RC_ASSERT(ResourceId::parse(read->text())->text() == read->text());
}

RC_GTEST_PROP(ResourceId, any_text_is_refused_or_settles, (std::string const& text)) {
    for (auto const& tried : {text, "/subscriptions/" + text, "/subscriptions/s/resourceGroups/" + text}) {
        auto const id = ResourceId::parse(tried);
        if (!id) continue;
        auto const again = ResourceId::parse(id->text());
        RC_ASSERT(again.has_value());
        RC_ASSERT(*again == *id);
        RC_ASSERT(again->text() == id->text());
        RC_ASSERT(!id->type().empty());
        for (auto at = id->parent(); at; at = at->parent()) RC_ASSERT(id->is_within(*at));
    }
}

/// A random value that mostly fits the type: what a server, a tool or a person might write there.
json::Value drawn(shapes::Type const& type, int depth) {
    using shapes::Kind;
    if (*rc::gen::inRange(0, 12) == 0)
        return *rc::gen::element<json::Value>(nullptr, "", 5, true, json::Array{}, json::Object{}, "West Europe");
    auto const few = [] { return *rc::gen::inRange<std::size_t>(0, 3); };
    switch (type.kind) {
        case Kind::boolean:
            return *rc::gen::arbitrary<bool>();
        case Kind::integer:
            return *rc::gen::inRange(-3, 300);
        case Kind::choice: {
            auto const literal = type.literals[*rc::gen::inRange<std::size_t>(0, type.literals.size())];
            return json::Value(*rc::gen::arbitrary<bool>() ? std::string(literal) : base::lower(literal));
        }
        case Kind::string:
            return *rc::gen::element<json::Value>(
                "a", "B", "", "westeurope", "10.0.0.0/8",
                "/subscriptions/s/RESOURCEGROUPS/g/providers/microsoft.network/natgateways/N");
        case Kind::array: {
            json::Array out;
            if (depth > 0 && type.item)
                for (std::size_t i = few(); i-- > 0;) out.push_back(drawn(*type.item, depth - 1));
            return out;
        }
        case Kind::map: {
            json::Object out;
            if (depth > 0 && type.item)
                for (std::size_t i = few(); i-- > 0;)
                    out[*rc::gen::element<std::string>("a", "A", "/subscriptions/s/resourcegroups/G")] =
                        drawn(*type.item, depth - 1);
            return out;
        }
        case Kind::object:
        case Kind::discriminated: {
            json::Object out;
            if (depth <= 0) return out;
            auto const fill = [&](std::span<shapes::Property const> properties) {
                for (auto const& property : properties)
                    if (*rc::gen::inRange(0, 4) == 0) out[property.name] = drawn(*property.type, depth - 1);
            };
            fill(type.properties);
            if (!type.variants.empty()) {
                auto const& branch = type.variants[*rc::gen::inRange<std::size_t>(0, type.variants.size())];
                fill(branch.type->properties);
                out[type.discriminator] = branch.name;
            }
            if (*rc::gen::inRange(0, 8) == 0) out["unheardOf"] = "x";
            return out;
        }
        default:
            return nullptr;
    }
}

RC_GTEST_PROP(Normal, is_idempotent_and_means_the_same, ()) {
    auto const types = shapes::all();
    auto const& type = types[*rc::gen::inRange<std::size_t>(0, types.size())];
    auto const body = drawn(*type.body, 6);
    auto const once = normal(type.name, body);
    RC_ASSERT(json::write(normal(type.name, once)) == json::write(once));
    RC_ASSERT(same(type.name, {}, &once, &once));
    auto const bare = normal(type.name, body, false);
    RC_ASSERT(json::write(normal(type.name, once, false)) == json::write(bare));
    shapes::validate(type, body);  // whatever it is, it is judged, not crashed upon
}

}  // namespace
}  // namespace holdfast::resource

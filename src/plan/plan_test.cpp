// Properties of plans, over bodies and plans that a seed draws.
#include "plan/plan.hpp"
#include "plan/rows.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "plan/compare.hpp"

namespace holdfast::plan {
namespace {

using resource::Resource;

json::Value text(std::string const& value) { return json::Value(value.c_str()); }

/// A value of the published shape: what Azure could show or a person could want.
json::Value draw(shapes::Type const& type, base::Prng& prng, int depth) {
    using shapes::Kind;
    switch (type.kind) {
        case Kind::string:
            return text(fmt::format("word{}", prng.below(4)));
        case Kind::integer:
            return json::Value(static_cast<std::int64_t>(1 + prng.below(5)));
        case Kind::boolean:
            return json::Value(prng.chance(0.5));
        case Kind::choice:
            return type.literals.empty() ? text("any")
                                         : text(std::string(type.literals[prng.below(type.literals.size())]));
        case Kind::array: {
            json::Array out;
            for (auto n = prng.below(3); n > 0 && depth > 0 && type.item; --n)
                out.push_back(draw(*type.item, prng, depth - 1));
            return out;
        }
        case Kind::map: {
            json::Object out;
            for (auto n = prng.below(3); n > 0 && depth > 0; --n)
                out[fmt::format("key{}", n)] = type.item ? draw(*type.item, prng, depth - 1) : text("any");
            return out;
        }
        case Kind::object:
        case Kind::discriminated: {
            json::Object out;
            for (auto const& property : type.properties)
                if (depth > 0 && property.type && prng.chance(0.35))
                    out[property.name] = draw(*property.type, prng, depth - 1);
            return out;
        }
        default:
            return text("any");
    }
}

/// Whether an origin of change covers the path: it, or something it lies in, is decided.
bool covered(json::Value const& decided, json::Path at) {
    for (;; at = at.parent()) {
        if (auto const* there = json::find(decided, at)) return !there->is_object();
        if (at.empty()) return false;
    }
}
bool read_only(shapes::ResourceType const& shape, json::Path at) {
    for (; !at.empty(); at = at.parent())
        if (auto const* property = shapes::property_at(shape, at); property && (property->flags & shapes::read_only))
            return true;
    return false;
}

// After any update no property differs that nobody mentioned, and every mentioned one is as designed.
TEST(UpdateBody, sends_back_what_nobody_mentioned) {
    int compared = 0;
    for (auto const* name :
         {"Microsoft.Network/virtualNetworks", "Microsoft.Network/virtualNetworks/subnets", "Microsoft.KeyVault/vaults",
          "Microsoft.ContainerService/managedClusters", "Microsoft.ContainerService/managedClusters/agentPools",
          "Microsoft.ContainerRegistry/registries", "Microsoft.Network/networkSecurityGroups"}) {
        auto const* shape = shapes::find(name);
        ASSERT_TRUE(shape && shape->body) << name;
        for (std::uint64_t seed = 0; seed < 120; ++seed) {
            SCOPED_TRACE(fmt::format("{} seed {}", name, seed));
            base::Prng prng{seed};
            Resource live, desired;
            live.type = desired.type = name;
            live.raw = draw(*shape->body, prng, 5);
            live.body = resource::normal(name, *live.raw);
            desired.body = resource::normal(name, draw(*shape->body, prng, 3), false);
            auto const sent = update_body(live, desired);
            for (auto const& difference : json::differences(*live.raw, sent)) {
                auto const& at = difference.at;
                bool const envelope = at.segments().size() == 1 &&
                                      (at == json::Path("id") || at == json::Path("name") || at == json::Path("type"));
                if (envelope || read_only(*shape, at)) continue;
                // A list is compared whole: what it lost may be read-only parts of its elements.
                if (difference.before && difference.before->is_array() && !covered(desired.body, at)) continue;
                if (is_whole_map(name, at.parent().text()) && json::find(desired.body, at.parent())) continue;
                EXPECT_TRUE(covered(desired.body, at) || json::find(desired.body, at))
                    << at.text() << " changed and nobody mentioned it";
                ++compared;
            }
            auto const again = differences(desired, resource::normal(name, sent));
            EXPECT_TRUE(again.empty()) << again.front().at.text() << " is not as designed after the update";
        }
    }
    EXPECT_GT(compared, 500) << "the seeds draw nothing worth comparing";
}

// Azure gives ids and etags to the parts of a resource and refuses some of them when they come back; an id that the
// type knows is a reference, and other members that we do not know are not ours to drop.
TEST(UpdateBody, drops_what_azure_gives_to_parts_and_nothing_else) {
    Resource live, desired;
    live.type = desired.type = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups";
    live.raw = *json::parse(R"({"id":"x","properties":{"privateDnsZoneConfigs":[{"id":"x/privateDnsZoneConfigs/a",
        "etag":"1","name":"a","later":true,"properties":{"privateDnsZoneId":"/zone"}}]}})");
    live.body = resource::normal(live.type, *live.raw);
    desired.body = json::Object{};
    EXPECT_EQ(json::write(update_body(live, desired)),
              R"({"properties":{"privateDnsZoneConfigs":[{"later":true,"name":"a",)"
              R"("properties":{"privateDnsZoneId":"/zone"}}]}})");
    live.type = desired.type = "Microsoft.Network/virtualNetworks/subnets";
    live.raw = *json::parse(R"({"properties":{"addressPrefix":"10.0.0.0/24","natGateway":{"id":"/gateway"}}})");
    live.body = resource::normal(live.type, *live.raw);
    EXPECT_EQ(json::write(update_body(live, desired)), json::write(*live.raw));
}

std::string draw_text(base::Prng& prng) {
    static constexpr std::string_view words[] = {"", "a", "Ü \"quoted\"", "line\nbreak", "x/y", "{}", "[3]", "null"};
    return std::string(words[prng.below(std::size(words))]);
}
std::vector<std::string> draw_texts(base::Prng& prng) {
    std::vector<std::string> out;
    for (auto n = prng.below(3); n > 0; --n) out.push_back(draw_text(prng));
    return out;
}
json::Path draw_path(base::Prng& prng) {
    json::Path out;
    for (auto n = 1 + prng.below(4); n > 0; --n)
        out = prng.chance(0.2) ? out.child(std::size_t(prng.below(9)))
                               : out.child(prng.chance(0.2) ? "Microsoft.X/y'[" : "properties");
    return out;
}
std::optional<json::Value> draw_value(base::Prng& prng) {
    static constexpr std::string_view values[] = {
        "null", "1", "-7", "1.5", "true", R"("x")", "[]", "{}", R"([1,{"a":null}])"};
    if (prng.chance(0.3)) return std::nullopt;
    return *json::parse(values[prng.below(std::size(values))]);
}
resource::Origin draw_origin(base::Prng& prng) {
    resource::Origin out;
    out.by = static_cast<resource::Origin::By>(prng.below(4));
    out.because = draw_text(prng);
    if (prng.chance(0.5))
        out.where = {"cluster.yaml", int(prng.below(50)), int(prng.below(50)), 1 + int(prng.below(5))};
    return out;
}

Plan draw_plan(base::Prng& prng) {
    Plan plan;
    plan.name = draw_text(prng);
    for (auto n = prng.below(4); n > 0; --n) {
        Change change;
        change.address = fmt::format("a{}", n);
        change.type = draw_text(prng);
        change.resource = draw_text(prng);
        change.action = static_cast<Action>(prng.below(5));
        change.because = draw_text(prng);
        for (auto m = prng.below(3); m > 0; --m)
            change.properties.push_back({draw_path(prng), draw_value(prng), draw_value(prng), prng.chance(0.5),
                                         static_cast<catalog::Class>(prng.below(7)), draw_text(prng), draw_text(prng),
                                         draw_origin(prng)});
        plan.changes.push_back(std::move(change));
    }
    for (std::uint64_t i = 0, n = prng.below(5); i < n; ++i) {
        Step step;
        step.id = fmt::format("step {}", i);
        step.act = static_cast<Act>(prng.below(4));
        step.address = draw_text(prng);
        step.method = prng.chance(0.5) ? "PUT" : "DELETE";
        step.action = draw_text(prng);
        step.scope = draw_text(prng);
        step.inlines = draw_texts(prng);
        step.if_match = draw_text(prng);
        step.create_only = prng.chance(0.5);
        step.fresh = prng.chance(0.5);
        step.ours = prng.chance(0.5);
        step.grants = prng.chance(0.5);
        step.granted_at = draw_text(prng);
        for (std::uint64_t j = 0; j < i; ++j)
            if (prng.chance(0.5)) step.after.push_back(fmt::format("step {}", j));
        step.locks = draw_texts(prng);
        step.until = draw_text(prng);
        step.because = draw_text(prng);
        step.expected_s = int(prng.below(1000));
        if (prng.chance(0.5)) step.overlay = json::Object{{"a", 1}};
        if (prng.chance(0.5)) step.recovery = json::Object{{"b", 1}};
        if (prng.chance(0.5)) step.condition = Condition{"/x", draw_text(prng), draw_path(prng), draw_text(prng)};
        step.resource.address = draw_text(prng);
        step.resource.type = draw_text(prng);
        step.resource.api_version = draw_text(prng);
        if (prng.chance(0.5))
            step.resource.id = resource::ResourceId::subscription_of("00000000-0000-0000-0000-000000000001");
        if (prng.chance(0.5)) step.resource.parent = draw_text(prng);
        if (auto body = draw_value(prng)) step.resource.body = *body;
        if (prng.chance(0.5))
            step.resource.pending.push_back({draw_path(prng), resource::Output{"x", draw_path(prng), draw_text(prng)}});
        if (prng.chance(0.5))
            step.resource.pending.push_back(
                {draw_path(prng),
                 resource::SecretName{static_cast<resource::SecretName::Kind>(prng.below(3)), draw_text(prng)}});
        plan.steps.push_back(std::move(step));
    }
    for (auto n = prng.below(3); n > 0; --n)
        plan.guards.push_back({"delete", draw_text(prng), draw_text(prng), draw_text(prng)});
    for (auto n = prng.below(3); n > 0; --n) plan.unknowns.push_back({draw_text(prng), draw_text(prng)});
    for (auto n = prng.below(3); n > 0; --n) plan.unseen.push_back({draw_text(prng), draw_text(prng)});
    for (auto n = prng.below(3); n > 0; --n) plan.by_azure.push_back({draw_text(prng), draw_text(prng)});
    for (auto n = prng.below(3); n > 0; --n)
        plan.unjudged.push_back(
            {draw_text(prng), draw_path(prng), {draw_text(prng), int(prng.below(9)), int(prng.below(9))}});
    return plan;
}

/// Every field, in words: what the document must not lose.
std::string every_field(Plan const& plan) {
    std::string out = plan.name + "|";
    for (auto const& c : plan.changes) {
        out += fmt::format("{}|{}|{}|{}|{}\n", c.address, c.type, c.resource, name(c.action), c.because);
        for (auto const& p : c.properties)
            out +=
                fmt::format("  {}|{}|{}|{}|{}|{}|{}|{}|{}|{}:{}:{}:{}\n", p.at.text(),
                            p.before ? json::write(*p.before) : "-", p.after ? json::write(*p.after) : "-", p.pending,
                            catalog::name(p.cost), p.because, p.source, resource::name(p.origin.by), p.origin.because,
                            p.origin.where.file, p.origin.where.line, p.origin.where.column, p.origin.where.length);
    }
    for (auto const& s : plan.steps) {
        auto const& r = s.resource;
        out += fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}\n", s.id, name(s.act), s.address,
                           s.method, s.action, s.scope, fmt::join(s.inlines, ","), s.if_match, s.create_only, s.fresh,
                           s.ours, s.grants, s.granted_at, fmt::join(s.after, ","), fmt::join(s.locks, ","), s.until,
                           s.because, s.expected_s, json::write(s.overlay), json::write(s.recovery));
        if (s.condition)
            out += fmt::format("  {}|{}|{}|{}\n", s.condition->path, s.condition->api_version, s.condition->at.text(),
                               s.condition->value);
        out += fmt::format("  {}|{}|{}|{}|{}|{}\n", r.address, r.type, r.api_version, r.id ? r.id->text() : "-",
                           r.parent.value_or("-"), json::write(r.body));
        for (auto const& p : r.pending)
            out += base::match(
                p.from,
                [&p](resource::Output const& o) {
                    return fmt::format("  {} <- {} {} {}\n", p.at.text(), o.address, o.path.text(), o.suffix);
                },
                [&p](resource::SecretName const& n) {
                    return fmt::format("  {} <- {} {}\n", p.at.text(), int(n.kind), n.name);
                });
    }
    for (auto const& g : plan.guards) out += fmt::format("{}|{}|{}|{}\n", g.klass, g.name, g.because, g.address);
    for (auto const& u : plan.unknowns) out += fmt::format("{}|{}\n", u.what, u.because);
    for (auto const& u : plan.unseen) out += fmt::format("{}|{}\n", u.what, u.because);
    for (auto const& b : plan.by_azure) out += fmt::format("{}|{}\n", b.what, b.because);
    for (auto const& u : plan.unjudged)
        out += fmt::format("{}|{}|{}:{}:{}\n", u.address, u.at.text(), u.where.file, u.where.line, u.where.column);
    return out;
}

TEST(Document, says_the_same_plan_back) {
    auto const day = *base::parse_date("2026-11-24");
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        base::Prng prng{seed};
        auto const plan = draw_plan(prng);
        auto const bytes = json::write(to_json(plan, day));
        auto const back = from_json(*json::parse(bytes));
        ASSERT_TRUE(back) << "seed " << seed << ": " << back.error().what;
        ASSERT_EQ(every_field(*back), every_field(plan)) << "seed " << seed;
        ASSERT_EQ(json::write(to_json(*back, day)), bytes) << "seed " << seed;
    }
}

TEST(Document, refuses_what_it_does_not_understand_and_says_where) {
    struct Row {
        std::string_view document, want;
    };
    for (
        auto const& row : {
            Row{R"([])", "this is not a plan of ours"},
            Row{R"({"schema":"holdfast/findings","schemaVersion":1})", "this is not a plan of ours"},
            Row{R"({"schema":"holdfast/plan","schemaVersion":2})", "a plan of version 2 is not understood"},
            Row{R"({"schema":"holdfast/plan","schemaVersion":1,"steps":7})", "steps: expected a list"},
            Row{R"({"schema":"holdfast/plan","schemaVersion":1,"steps":[{"act":"write"}]})", "steps[0].id: is missing"},
            Row{R"({"schema":"holdfast/plan","schemaVersion":1,"steps":[{"id":"a","act":"burn"}]})",
                "steps[0].act: 'burn' is not a known word here"},
            Row{R"({"schema":"holdfast/plan","schemaVersion":1,"steps":[{"id":"a","act":"write","method":"PUT","after":["a"]}]})",
                "steps[0].after: 'a' is not a step before this one"},
            Row{R"({"schema":"holdfast/plan","schemaVersion":1,"steps":[{"id":"a","act":"write","method":"PUT","expectedSeconds":1e99}]})",
                "steps[0].expectedSeconds: expected a whole number"},
            Row{R"({"schema":"holdfast/plan","schemaVersion":1,"steps":[{"id":"a","act":"write","method":"PUT"},{"id":"a","act":"write","method":"PUT"}]})",
                "steps[1].id: two steps have this id"},
        }) {
        auto const plan = from_json(*json::parse(row.document));
        ASSERT_FALSE(plan) << row.document;
        EXPECT_EQ(plan.error().what, row.want);
    }
}

TEST(MovedSince, names_what_is_no_longer_so) {
    Plan then;
    then.changes.push_back(
        {"cluster", "t", "id", Action::update, {{"properties.a", json::Value(1), json::Value(2)}}, ""});
    then.changes.push_back({"network", "t", "id", Action::create, {}, ""});
    EXPECT_TRUE(moved_since(then, then).empty());
    auto now = then;
    now.changes[0].properties[0].before = json::Value(9);
    now.changes[1].action = Action::none;
    EXPECT_EQ(moved_since(then, now),
              (std::vector<std::string>{"cluster: properties.a has changed since the plan was made",
                                        "network: the plan says create, what stands now needs none"}));
}

TEST(Differences, what_is_sent_and_never_shown_again_is_none) {
    resource::Resource cluster;
    cluster.type = "Microsoft.ContainerService/managedClusters";
    cluster.body = *json::parse(
        R"({"etag":"1","location":"westeurope","properties":{"dnsPrefix":"a","servicePrincipalProfile":{"clientId":"c","secret":"s"}}})");
    auto const live = *json::parse(
        R"({"etag":"2","location":"westeurope","properties":{"dnsPrefix":"a","servicePrincipalProfile":{"clientId":"c"}}})");
    EXPECT_TRUE(differences(cluster, live).empty()) << "the secret is not shown, the etag is no state";
    auto const other = *json::parse(
        R"({"location":"westeurope","properties":{"dnsPrefix":"b","servicePrincipalProfile":{"clientId":"d"}}})");
    EXPECT_EQ(differences(cluster, other).size(), 2u) << "what stands beside them counts";
}

// What was sent and may have arrived is not sent again where Azure shows all of it.
TEST(Shows, all_that_was_asked_for_and_children_too) {
    auto const id = *resource::ResourceId::parse(
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/"
        "Microsoft.Network/virtualNetworks/vnet");
    auto const live =
        *json::parse(R"({"id":"x","name":"vnet","location":"West Europe","tags":{"holdfast":"prod","a":"1"},
        "properties":{"provisioningState":"Succeeded","addressSpace":{"addressPrefixes":["10.0.0.0/8"]},
        "enableDdosProtection":false,"subnets":[{"name":"nodes","properties":{"addressPrefix":"10.1.0.0/16",
        "provisioningState":"Succeeded"}},{"name":"other","properties":{"addressPrefix":"10.2.0.0/16"}}]}})");
    struct Row {
        char const* asked;
        bool shown;
    };
    for (auto const& row : {
             Row{R"({"location":"westeurope","tags":{"holdfast":"prod"},
                     "properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/8"]},
                     "subnets":[{"name":"nodes","properties":{"addressPrefix":"10.1.0.0/16"}}]}})",
                 true},
             Row{R"({"tags":{"holdfast":"dev"}})", false},  // somebody else's
             Row{R"({"tags":{"b":"2"}})", false},
             Row{R"({"tags":{"a":null}})", false},  // to be taken away
             Row{R"({"tags":{"b":null}})", true},
             Row{R"({"properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/8","11.0.0.0/8"]}}})", false},
             Row{R"({"properties":{"subnets":[{"name":"nodes","properties":{"addressPrefix":"10.9.0.0/16"}}]}})",
                 false},
             Row{R"({"properties":{"subnets":[{"name":"more","properties":{"addressPrefix":"10.3.0.0/16"}}]}})", false},
         }) {
        auto const asked = json::parse(row.asked);
        ASSERT_TRUE(asked) << row.asked;
        EXPECT_EQ(shows(id, *asked, live), row.shown) << row.asked;
    }
}

TEST(Versions, stops_and_meanings) {
    EXPECT_EQ(version_stops("1.31.2", "1.34"), (std::vector<std::string>{"1.32", "1.33", "1.34"}));
    EXPECT_EQ(version_stops("1.33.1", "1.33.4"), (std::vector<std::string>{"1.33.4"}));
    EXPECT_TRUE(version_means("1.3", "1.3.4"));
    EXPECT_FALSE(version_means("1.3", "1.34"));
    EXPECT_TRUE(version_below("1.9", "1.10"));
}

}  // namespace
}  // namespace holdfast::plan

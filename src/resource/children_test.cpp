#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "resource/resource.hpp"

namespace holdfast::resource {
namespace {

json::Value parsed(std::string_view text) {
    auto value = json::parse(text);
    EXPECT_TRUE(value) << text;
    return value ? *value : json::Value();
}

TEST(Unfold, subnets_and_peerings_become_resources) {
    auto const id =
        ResourceId::parse("/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/net");
    auto const out =
        unfold(*id, parsed(R"({"location":"a","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/8"]},
        "subnets":[{"name":"a","id":"/wrong","type":"t","etag":"1","properties":{"addressPrefix":"10.0.0.0/24"}},
                   {"properties":{}},5,{"name":"x/y"}],
        "virtualNetworkPeerings":[{"name":"p","properties":{"allowForwardedTraffic":true}}]}})"));
    EXPECT_EQ(json::write(out.body),
              R"({"location":"a","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/8"]},)"
              R"("subnets":[{"properties":{}},5,{"name":"x/y"}]}})");
    ASSERT_EQ(out.children.size(), 2u);
    EXPECT_EQ(out.children[0].first.text(), id->text() + "/subnets/a");
    EXPECT_EQ(
        json::write(out.children[0].second),
        R"({"etag":"1","id":")" + id->text() +
            R"(/subnets/a","name":"a","properties":{"addressPrefix":"10.0.0.0/24"},"type":"Microsoft.Network/virtualNetworks/subnets"})");
    EXPECT_EQ(out.children[1].first.type(), "Microsoft.Network/virtualNetworks/virtualNetworkPeerings");
}

TEST(Unfold, flat_pools_get_their_properties_back) {
    auto const id =
        ResourceId::parse("/subscriptions/S/resourceGroups/G/providers/Microsoft.ContainerService/managedClusters/c");
    auto const out = unfold(*id, parsed(R"({"properties":{"dnsPrefix":"d","agentPoolProfiles":[
        {"name":"system","count":3,"type":"VirtualMachineScaleSets","eTag":"9","tags":{"a":"b"}}]}})"));
    EXPECT_EQ(json::write(out.body), R"({"properties":{"dnsPrefix":"d"}})");
    ASSERT_EQ(out.children.size(), 1u);
    auto const pool = from_arm(out.children[0].second, "cluster/pools/system");
    ASSERT_TRUE(pool);
    EXPECT_EQ(pool->type, "Microsoft.ContainerService/managedClusters/agentPools");
    EXPECT_EQ(pool->etag, "9");
    EXPECT_EQ(json::write(pool->body),
              R"({"properties":{"count":3,"eTag":"9","tags":{"a":"b"},"type":"VirtualMachineScaleSets"}})");

    auto const cluster = from_arm(parsed(R"({"id":")" + id->text() + R"("})"), "cluster");
    Resource const* const children[] = {&*pool};
    EXPECT_EQ(json::write(fold(*cluster, children, out.body)),
              R"({"properties":{"agentPoolProfiles":[{"count":3,"eTag":"9","name":"system","tags":{"a":"b"},)"
              R"("type":"VirtualMachineScaleSets"}],"dnsPrefix":"d"}})");
}

TEST(Unfold, hostile_bodies_stay_as_they_are) {
    auto const id =
        ResourceId::parse("/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/net");
    for (auto const* body : {"5", "[]", R"({"properties":5})", R"({"properties":{"subnets":{}}})",
                             R"({"properties":{"subnets":[[]]}})", R"({"properties":{"subnets":[{"name":""}]}})"}) {
        auto const out = unfold(*id, parsed(body));
        EXPECT_EQ(json::write(out.body), json::write(parsed(body)));
        EXPECT_TRUE(out.children.empty());
    }
}

// ------------------------------------------------------------------------------------- bodies that Azure really
// answered

struct Recorded {
    std::string where;
    json::Value body;
};
/// Every answer body with an id in the recorded traffic beside the project; empty when it is not there.
std::vector<Recorded> recorded() {
    std::vector<Recorded> out;
    std::filesystem::path const base = std::filesystem::path(HOLDFAST_SOURCE_DIR) / ".." / "shared" / "azure";
    for (auto const* folder : {"recordings", "recordings-transcribed"}) {
        if (!std::filesystem::exists(base / folder)) continue;
        for (auto const& file : std::filesystem::directory_iterator(base / folder)) {
            if (file.path().extension() != ".jsonl") continue;
            std::ifstream in(file.path());
            for (std::string line; std::getline(in, line);) {
                auto const exchange = json::parse(line);
                if (!exchange) continue;
                auto const where =
                    file.path().filename().string() + " " + std::string(json::text_at(*exchange, "url").value_or(""));
                auto const* body = json::find(*exchange, "response_body");
                if (!body) continue;
                if (json::text_at(*body, "id")) out.push_back({where, *body});
                for (auto const& item : json::list_at(*body, "value"))
                    if (json::text_at(item, "id")) out.push_back({where, item});
            }
        }
    }
    return out;
}

TEST(Recorded, bodies_fold_back_as_they_were) {
    auto const bodies = recorded();
    if (bodies.empty()) GTEST_SKIP() << "no recorded traffic beside the project";
    int with_children = 0;
    for (auto const& [where, body] : bodies) {
        auto const parent = from_arm(body, "parent");
        if (!parent || !shapes::find(parent->type)) continue;
        auto const unfolded = unfold(*parent->id, body);
        if (unfolded.children.empty()) continue;
        ++with_children;
        std::vector<Resource> children;
        for (auto const& [id, value] : unfolded.children) {
            auto child = from_arm(value, id.text());
            ASSERT_TRUE(child) << where;
            EXPECT_EQ(*child->id, id);
            children.push_back(std::move(*child));
        }
        std::vector<Resource const*> pointers;
        for (auto const& child : children) pointers.push_back(&child);
        auto const folded = fold(*parent, pointers, parent->body);
        auto const again = unfold(*parent->id, folded);
        ASSERT_EQ(again.children.size(), children.size()) << where;
        for (std::size_t i = 0; i < children.size(); ++i) {
            EXPECT_EQ(again.children[i].first, children[i].id);
            EXPECT_EQ(json::write(normal(children[i].type, again.children[i].second)), json::write(children[i].body))
                << where;
        }
        EXPECT_EQ(json::write(again.body), json::write(parent->body)) << where;
    }
    EXPECT_GT(with_children, 100);
}

TEST(Recorded, bodies_have_one_normal_form) {
    auto const bodies = recorded();
    if (bodies.empty()) GTEST_SKIP() << "no recorded traffic beside the project";
    int seen = 0;
    for (auto const& [where, body] : bodies) {
        auto const id = ResourceId::parse(*json::text_at(body, "id"));
        if (!id || !shapes::find(id->type())) continue;
        ++seen;
        for (bool const keep : {true, false}) {
            auto const once = normal(id->type(), body, keep);
            EXPECT_EQ(json::write(normal(id->type(), once, keep)), json::write(once)) << where;
            EXPECT_TRUE(same(id->type(), {}, &once, &once));
        }
        auto const whole = normal(id->type(), body);
        EXPECT_TRUE(same(id->type(), "properties", json::find(body, "properties"), json::find(whole, "properties")))
            << where;
    }
    EXPECT_GT(seen, 500);
}

}  // namespace
}  // namespace holdfast::resource

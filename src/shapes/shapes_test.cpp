#include "shapes/shapes.hpp"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <set>

namespace holdfast::shapes {
namespace {

json::Value parsed(std::string_view text) {
    auto value = json::parse(text);
    EXPECT_TRUE(value) << text;
    return value ? *value : json::Value();
}
std::string said(std::vector<Mistake> const& mistakes) {
    std::string out;
    for (auto const& mistake : mistakes) out += mistake.at.text() + ": " + mistake.what + "\n";
    return out;
}

TEST(Types, are_found_without_case) {
    auto const* subnet = find("microsoft.network/VIRTUALNETWORKS/subnets");
    ASSERT_NE(subnet, nullptr);
    EXPECT_EQ(subnet->name, "Microsoft.Network/virtualNetworks/subnets");
    EXPECT_EQ(subnet->parent, "Microsoft.Network/virtualNetworks");
    EXPECT_EQ(subnet->inline_at, "properties.subnets");
    EXPECT_TRUE(subnet->etag);
    EXPECT_FALSE(subnet->tags);
    EXPECT_EQ(find("Microsoft.Network/virtualNetworks/subnets/x"), nullptr);
    EXPECT_EQ(find(""), nullptr);
    auto const* cluster = find("Microsoft.ContainerService/managedClusters");
    ASSERT_NE(cluster, nullptr);
    EXPECT_TRUE(cluster->tags && cluster->location && cluster->etag);
    EXPECT_EQ(cluster->api_version, "2026-05-01");
    EXPECT_EQ(cluster->plain, "cluster");
}

TEST(Types, every_row_hangs_together) {
    std::set<std::string> seen;
    for (auto const& type : all()) {
        SCOPED_TRACE(type.name);
        EXPECT_TRUE(seen.insert(base::lower(type.name)).second);
        ASSERT_FALSE(type.known_versions.empty());
        bool sent = false;
        for (std::size_t i = 0; i < type.known_versions.size(); ++i) {
            auto const version = type.known_versions[i];
            EXPECT_TRUE(RE2::FullMatch(version, R"(20\d\d-\d\d-\d\d(-preview)?)")) << version;
            sent = sent || version == type.api_version;
            if (i == 0) continue;
            EXPECT_GT(type.known_versions[i - 1].substr(0, 10), version.substr(0, 10)) << "newest first";
        }
        EXPECT_TRUE(sent) << "the version we send is a known one";
        EXPECT_FALSE(type.plain.empty());
        EXPECT_FALSE(type.source.empty());
        if (!type.parent.empty()) {
            auto const* parent = find(type.parent);
            ASSERT_NE(parent, nullptr);
            EXPECT_EQ(parent->name, type.parent);
            EXPECT_TRUE(type.name.starts_with(std::string(type.parent) + "/"));
            if (!type.inline_at.empty()) {
                auto const* list = property_at(*parent, json::Path(type.inline_at));
                ASSERT_NE(list, nullptr);
                EXPECT_EQ(list->type->kind, Kind::array);
                ASSERT_NE(list->type->item, nullptr);
                EXPECT_NE(member(*list->type->item, type.key), nullptr);
                EXPECT_EQ(member(*list->type->item, "properties") == nullptr, type.inline_flat);
            }
        }
        if (!type.mark_at.empty()) {
            auto const* mark = property_at(type, json::Path(type.mark_at));
            ASSERT_NE(mark, nullptr);
            EXPECT_EQ(mark->type->kind, Kind::string);
        }
    }
    EXPECT_GE(seen.size(), 50u);
}

TEST(Types, children_are_known_to_their_parent) {
    std::vector<std::string_view> names;
    for (auto const* child : children_of("microsoft.network/virtualnetworks")) names.push_back(child->name);
    EXPECT_EQ(names, (std::vector<std::string_view>{"Microsoft.Network/virtualNetworks/subnets",
                                                    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"}));
}

TEST(Properties, are_found_through_lists_maps_and_branches) {
    auto const& network = *find("Microsoft.Network/virtualNetworks");
    auto const& cluster = *find("Microsoft.ContainerService/managedClusters");
    auto const& rules = *find("Microsoft.Network/firewallPolicies/ruleCollectionGroups");
    struct Row {
        ResourceType const& type;
        char const* path;
        std::optional<Kind> kind;
        int flags;
    };
    for (auto const& row : {
             Row{network, "properties.subnets[0].properties.addressPrefix", Kind::string, 0},
             Row{network, "properties.subnets[7]", Kind::object, 0},
             Row{network, "properties.SUBNETS", Kind::array, 0},
             Row{network, "properties.subnets.name", std::nullopt, 0},
             Row{network, "properties.provisioningState", Kind::choice, read_only},
             Row{network, "tags.anything", Kind::string, 0},
             Row{cluster, "properties.networkProfile.podCidr", Kind::string, 0},
             Row{cluster, "properties.addonProfiles.omsagent.config.anything", Kind::string, 0},
             Row{cluster, "properties.servicePrincipalProfile.secret", Kind::string, sensitive},
             Row{cluster, "properties.securityProfile.nothingLikeIt", std::nullopt, 0},
             Row{rules, "properties.ruleCollections[0].rules[0].targetFqdns[1]", Kind::string, 0},
             Row{rules, "properties.ruleCollections[0].ruleCollectionType", Kind::choice, required},
         }) {
        auto const* property = property_at(row.type, json::Path(row.path));
        if (!row.kind) {
            EXPECT_EQ(property, nullptr) << row.path;
            continue;
        }
        ASSERT_NE(property, nullptr) << row.path;
        EXPECT_EQ(property->type->kind, *row.kind) << row.path;
        EXPECT_EQ(property->flags & (read_only | sensitive | required), row.flags) << row.path;
    }
}

TEST(Validate, says_every_mistake_where_it_is) {
    struct Row {
        char const* type;
        char const* body;
        char const* want;
    };
    for (auto const& row : {
             Row{"Microsoft.Network/virtualNetworks",
                 R"({"location":"westeurope","tags":{"a":"b"},"properties":{"addressSpace":{
                 "addressPrefixes":["10.0.0.0/8"]},"subnets":[{"name":"a","properties":{"addressPrefix":"10.1.0.0/24",
                 "networkSecurityGroup":{"id":"/x"}}}]}})",
                 ""},
             Row{"Microsoft.ContainerService/managedClusters",
                 R"({"location":"x","properties":{"networkProfile":{"podCidrz":"1"}}})",
                 "properties.networkProfile.podCidrz: unknown property 'podCidrz' (podCidr?)\n"},
             Row{"Microsoft.ContainerService/managedClusters",
                 R"({"location":"x","properties":{"agentPoolProfiles":[{"name":"a",
                 "count":"three","osType":"linux","scaleSetPriority":"Anything"},{"count":1.5,"spotMaxPrice":-0.5}]}})",
                 "properties.agentPoolProfiles[0].count: expected a whole number, not a text\n"
                 "properties.agentPoolProfiles[1].count: expected a whole number, not a fraction\n"
                 "properties.agentPoolProfiles[1]: 'name' is missing\n"},
             Row{"Microsoft.ContainerService/managedClusters", R"({"properties":{"disableLocalAccounts":"yes"}})",
                 "properties.disableLocalAccounts: expected true or false, not a text\n"
                 ": 'location' is missing\n"},
             Row{"Microsoft.ContainerService/managedClusters", R"({"location":"x","sku":{"tier":"Gold"}})", ""},
             Row{"Microsoft.ContainerRegistry/registries",
                 R"({"location":"x","sku":{"name":"Premium"},"identity":{"type":"UserAssignd"}})",
                 "identity.type: 'UserAssignd' is not allowed here (UserAssigned?)\n"},
             Row{"Microsoft.ContainerService/managedClusters", R"({"location":"x","identity":{"type":"userassigned"},
                 "properties":{"provisioningState":"Succeeded","dnsPrefix":null,"agentPoolProfiles":[{"name":"UPPER"}]}})",
                 "properties.agentPoolProfiles[0].name: 'UPPER' does not match ^[a-z][a-z0-9]{0,11}$\n"},
             Row{"Microsoft.KeyVault/vaults", R"({"location":"x"})", ": 'properties' is missing\n"},
             Row{"Microsoft.KeyVault/vaults", R"({"location":"x","properties":[]})",
                 "properties: expected an object, not a list\n"},
             Row{"Microsoft.Network/firewallPolicies/ruleCollectionGroups",
                 R"({"properties":{"priority":100,"ruleCollections":[
                 {"ruleCollectionType":"FirewallPolicyFilterRuleCollection","name":"a","action":{"type":"Allow"},"rules":[
                   {"ruleType":"ApplicationRule","name":"r","targetFqdns":["a"]},{"ruleType":"Odd"},{"name":"x"}]}]}})",
                 "properties.ruleCollections[0].rules[1].ruleType: 'Odd' is not allowed here; allowed: "
                 "ApplicationRule, NatRule, "
                 "NetworkRule\n"
                 "properties.ruleCollections[0].rules[2]: 'ruleType' is missing\n"},
             Row{"Microsoft.Compute/virtualMachineScaleSets", R"({"anything":[1]})", ""},
             Row{"Microsoft.Resources/resourceGroups", R"("text")", ": expected an object, not a text\n"},
         })
        EXPECT_EQ(said(validate(*find(row.type), parsed(row.body))), row.want) << row.body;
}

TEST(Validate, a_body_may_repeat_what_the_url_says) {
    auto const mistakes = validate(*find("Microsoft.Network/virtualNetworks"),
                                   parsed(R"({"id":"/x","name":5,"type":"other","apiVersion":"1","location":"a"})"));
    EXPECT_EQ(said(mistakes), "");
}

TEST(Validate, an_unknown_property_is_told_apart) {
    auto const mistakes =
        validate(*find("Microsoft.Network/virtualNetworks"), parsed(R"({"properties":{"adressSpace":{}}})"));
    ASSERT_EQ(mistakes.size(), 1u);
    EXPECT_TRUE(mistakes[0].is_unknown_property);
    EXPECT_EQ(mistakes[0].nearest, "addressSpace");
}

TEST(Validate, secrets_are_not_repeated) {
    auto const mistakes =
        validate(*find("Microsoft.ContainerService/managedClusters"),
                 parsed(R"({"location":"x","properties":{"windowsProfile":{"adminUsername":"a","adminPassword":7}}})"));
    for (auto const& mistake : mistakes) EXPECT_EQ(mistake.what.find("7"), std::string::npos) << mistake.what;
}

TEST(Rows, of_lists_and_defaults_name_properties_that_exist) {
    auto const path = [](std::string_view at) {  // "a[].b" -> "a[0].b"
        std::string out(at);
        for (std::size_t i = 0; (i = out.find("[]", i)) != std::string::npos;) out.replace(i, 2, "[0]");
        return json::Path(out);
    };
    for (auto const& rule : list_rules()) {
        auto const* type = find(rule.type);
        ASSERT_NE(type, nullptr) << rule.type;
        EXPECT_EQ(type->name, rule.type);
        if (type->body->kind == Kind::map) continue;  // no published shape to ask
        auto const* property = property_at(*type, path(rule.at));
        ASSERT_NE(property, nullptr) << rule.type << " " << rule.at;
        ASSERT_EQ(property->type->kind, Kind::array) << rule.type << " " << rule.at;
        if (!rule.key.empty()) {
            Property keyed = *property->type->element;
            auto const* key = member(*keyed.type, rule.key);
            for (auto const& branch : keyed.type->variants)
                if (!key) key = member(*branch.type, rule.key);
            EXPECT_NE(key, nullptr) << rule.type << " " << rule.at << " " << rule.key;
        }
    }
    for (auto const& row : server_defaults()) {
        auto const* type = find(row.type);
        ASSERT_NE(type, nullptr) << row.type;
        EXPECT_NE(property_at(*type, path(row.at)), nullptr) << row.type << " " << row.at;
        EXPECT_TRUE(json::parse(row.value_json)) << row.value_json;
    }
}

TEST(Roles, are_found_by_name_and_guid) {
    std::set<std::string> guids;
    for (auto const& role : roles()) {
        EXPECT_TRUE(base::is_guid(role.guid)) << role.name;
        EXPECT_TRUE(guids.insert(std::string(role.guid)).second) << role.name;
        EXPECT_FALSE(role.actions.empty() && role.data_actions.empty()) << role.name;
        EXPECT_EQ(find_role(role.name), &role);
        EXPECT_EQ(find_role(role.guid), &role);
    }
    EXPECT_EQ(find_role("NETWORK contributor")->guid, "4d97b98b-1d4f-4787-a291-c67834d212e7");
    EXPECT_EQ(find_role("B24988AC-6180-42a0-ab88-20f7382dd24c")->name, "Contributor");
    EXPECT_EQ(find_role("nobody"), nullptr);
}

TEST(Roles, patterns_cover_whole_actions) {
    struct Row {
        char const *pattern, *action;
        bool want;
    };
    for (auto const& row : {
             Row{"Microsoft.Network/*", "microsoft.network/virtualNetworks/subnets/join/action", true},
             Row{"*", "a", true},
             Row{"*", "", true},
             Row{"", "", true},
             Row{"", "a", false},
             Row{"*/read", "Microsoft.Network/virtualNetworks/read", true},
             Row{"*/read", "Microsoft.Network/virtualNetworks/readMore", false},
             Row{"a/*/read", "a/b/c/read", true},
             Row{"a/*/read", "a/read", true},
             Row{"a/*/read", "aread", false},
             Row{"a/*/*/read", "a/read", true},
             Row{"a/*/", "a/", true},
             Row{"a/*/b/*/c", "a/1/b/2/b/3/c", true},
             Row{"a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
             Row{"Microsoft.KeyVault/vaults/read", "Microsoft.KeyVault/vaults/write", false},
         })
        EXPECT_EQ(action_matches(row.pattern, row.action), row.want) << row.pattern << " " << row.action;
}

TEST(Roles, permit_what_azure_says) {
    struct Row {
        char const *role, *action;
        bool data, want;
    };
    for (auto const& row : {
             Row{"Network Contributor", "Microsoft.Network/virtualNetworks/subnets/join/action", false, true},
             Row{"Network Contributor", "Microsoft.KeyVault/vaults/write", false, false},
             Row{"Contributor", "Microsoft.ContainerService/managedClusters/write", false, true},
             Row{"Contributor", "microsoft.authorization/roleassignments/WRITE", false, false},
             Row{"Owner", "Microsoft.Authorization/roleAssignments/write", false, true},
             Row{"Owner", "Microsoft.KeyVault/vaults/keys/unwrap/action", true, false},
             Row{"Reader", "Microsoft.Compute/diskEncryptionSets/read", false, true},
             Row{"Reader", "Microsoft.Compute/diskEncryptionSets/write", false, false},
             Row{"User Access Administrator", "Microsoft.Authorization/locks/write", false, true},
             Row{"Role Based Access Control Administrator", "Microsoft.Authorization/roleAssignments/write", false,
                 true},
             Row{"Role Based Access Control Administrator", "Microsoft.Authorization/locks/write", false, false},
             Row{"Managed Identity Operator", "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", false,
                 true},
             Row{"Managed Identity Operator", "Microsoft.ManagedIdentity/userAssignedIdentities/write", false, false},
             Row{"Key Vault Reader", "Microsoft.KeyVault/vaults/read", false, true},
             Row{"Managed Identity Operator", "Microsoft.ManagedIdentity/userAssignedIdentities/x/assign/action", false,
                 true},
             Row{"Key Vault Crypto Service Encryption User", "Microsoft.KeyVault/vaults/keys/wrap/action", true, true},
             Row{"Key Vault Crypto Service Encryption User", "Microsoft.KeyVault/vaults/keys/sign/action", true, false},
             Row{"Key Vault Contributor", "Microsoft.KeyVault/vaults/deploy/action", false, true},
             Row{"Key Vault Contributor", "Microsoft.KeyVault/locations/deletedVaults/purge/action", false, false},
             Row{"Azure Kubernetes Service RBAC Admin", "Microsoft.ContainerService/managedClusters/pods/read", true,
                 true},
             Row{"Azure Kubernetes Service RBAC Admin", "Microsoft.ContainerService/managedClusters/namespaces/write",
                 true, false},
             Row{"Azure Kubernetes Service RBAC Cluster Admin",
                 "Microsoft.ContainerService/managedClusters/namespaces/write", true, true},
         }) {
        auto const* role = find_role(row.role);
        ASSERT_NE(role, nullptr) << row.role;
        EXPECT_EQ(row.data ? permits_data(*role, row.action) : permits(*role, row.action), row.want)
            << row.role << " " << row.action;
    }
}

}  // namespace
}  // namespace holdfast::shapes

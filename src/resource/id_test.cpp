#include <gtest/gtest.h>

#include "resource/resource.hpp"

namespace holdfast::resource {
namespace {

ResourceId id(std::string_view text) {
    auto parsed = ResourceId::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed ? *parsed : ResourceId::subscription_of("unreadable");
}

struct Read {
    char const *given, *text, *type, *name, *parent, *group;
};
class Ids : public testing::TestWithParam<Read> {};
TEST_P(Ids, are_read_and_written_canonically) {
    auto const& row = GetParam();
    auto const read = id(row.given);
    EXPECT_EQ(read.text(), row.text);
    EXPECT_EQ(read.key(), base::lower(row.text));
    EXPECT_EQ(read.type(), row.type);
    EXPECT_EQ(read.name(), row.name);
    EXPECT_EQ(read.parent() ? read.parent()->text() : "", row.parent);
    EXPECT_EQ(read.group(), row.group);
    EXPECT_EQ(id(read.text()).text(), read.text()) << "reading twice changes nothing";
    if (auto const parent = read.parent()) {
        EXPECT_TRUE(read.is_within(*parent));
        EXPECT_FALSE(parent->is_within(read));
        EXPECT_EQ(parent->with(read.type(), read.name()), read);
    }
}
INSTANTIATE_TEST_SUITE_P(
    Forms, Ids,
    testing::Values(
        Read{"/subscriptions/S", "/subscriptions/S", "Microsoft.Resources/subscriptions", "S", "", ""},
        Read{"/Subscriptions/S/resourcegroups/G", "/subscriptions/S/resourceGroups/G",
             "Microsoft.Resources/resourceGroups", "G", "/subscriptions/S", "G"},
        Read{"/subscriptions/S/RESOURCEGROUPS/G/PROVIDERS/microsoft.network/VIRTUALNETWORKS/Net/SUBNETS/Nodes",
             "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/Net/subnets/Nodes",
             "Microsoft.Network/virtualNetworks/subnets", "Nodes",
             "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/Net", "G"},
        Read{"//subscriptions//S/resourceGroups/G/", "/subscriptions/S/resourceGroups/G",
             "Microsoft.Resources/resourceGroups", "G", "/subscriptions/S", "G"},
        Read{"/subscriptions%2FS%2fresourceGroups/G", "/subscriptions/S/resourceGroups/G",
             "Microsoft.Resources/resourceGroups", "G", "/subscriptions/S", "G"},
        Read{"/subscriptions/S/resourceGroups/G/providers/Microsoft.Odd/things/T/parts/P",
             "/subscriptions/S/resourceGroups/G/providers/Microsoft.Odd/things/T/parts/P", "Microsoft.Odd/things/parts",
             "P", "/subscriptions/S/resourceGroups/G/providers/Microsoft.Odd/things/T", "G"},
        Read{
            "/subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V/providers/microsoft.authorization/"
            "roleassignments/1",
            "/subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V/providers/Microsoft.Authorization/"
            "roleAssignments/1",
            "Microsoft.Authorization/roleAssignments", "1",
            "/subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V", "G"},
        Read{"/subscriptions/S/resourceGroups/G/providers/Microsoft.Authorization/locks/L",
             "/subscriptions/S/resourceGroups/G/providers/Microsoft.Authorization/locks/L",
             "Microsoft.Authorization/locks", "L", "/subscriptions/S/resourceGroups/G", "G"},
        Read{"/subscriptions/S/providers/Microsoft.Security/pricings/Containers",
             "/subscriptions/S/providers/Microsoft.Security/pricings/Containers", "Microsoft.Security/pricings",
             "Containers", "/subscriptions/S", ""},
        Read{"/providers/Microsoft.Authorization/policySetDefinitions/a8640138",
             "/providers/Microsoft.Authorization/policySetDefinitions/a8640138",
             "Microsoft.Authorization/policySetDefinitions", "a8640138", "", ""},
        Read{"/providers/Microsoft.Management/managementGroups/mg/providers/Microsoft.Authorization/roleAssignments/1",
             "/providers/Microsoft.Management/managementGroups/mg/providers/Microsoft.Authorization/roleAssignments/1",
             "Microsoft.Authorization/roleAssignments", "1", "/providers/Microsoft.Management/managementGroups/mg", ""},
        Read{"/subscriptions/S/resourceGroups/providers/providers/Microsoft.Network/virtualNetworks/providers",
             "/subscriptions/S/resourceGroups/providers/providers/Microsoft.Network/virtualNetworks/providers",
             "Microsoft.Network/virtualNetworks", "providers", "/subscriptions/S/resourceGroups/providers",
             "providers"}));

TEST(Id, hostile_text_is_refused) {
    for (std::string const& text : std::vector<std::string>{
             "",
             "/",
             "///",
             "subscriptions/S",
             "/subscriptions",
             "/subscriptions/S/resourceGroups",
             "/subscriptions/S/things/T",
             "/subscriptions/S/resourceGroups/G/providers",
             "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network",
             "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks",
             "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/v/subnets",
             "/subscriptions/S/resourceGroups/G/providers/nodot/things/T",
             "/subscriptions/S/resourceGroups/..",
             "/subscriptions/./resourceGroups/G",
             "/subscriptions/S?api-version=1",
             "/subscriptions/S#x",
             "/subscriptions/S\nX",
             "/subscriptions/S\\..",
             "/subscriptions/ S",
             "https://management.azure.com/subscriptions/S",
             "/subscriptions/%2F%2F",
             std::string("/subscriptions/a\0b", 18),
             "/subscriptions/" + std::string(5000, 'a')}) {
        auto const parsed = ResourceId::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_LT(parsed.error().what.size(), 400u);
        EXPECT_EQ(parsed.error().what.find('\n'), std::string::npos);
    }
}

TEST(Id, compares_without_case_and_by_whole_segments) {
    auto const a = id("/subscriptions/S/resourceGroups/Group");
    EXPECT_EQ(a, id("/SUBSCRIPTIONS/s/resourcegroups/GROUP"));
    EXPECT_TRUE(id("/subscriptions/s/resourceGroups/group/providers/A.B/c/d").is_within(a));
    EXPECT_TRUE(a.is_within(a));
    EXPECT_FALSE(id("/subscriptions/S/resourceGroups/Group2").is_within(a));
    EXPECT_EQ(id("/providers/A.B/c/d").subscription(), "");
    EXPECT_EQ(a.subscription(), "S");
}

TEST(Id, is_built_from_a_group) {
    auto const group = ResourceId::subscription_of("S").group("G");
    auto const vault = group.with("Microsoft.KeyVault/vaults", "v");
    EXPECT_EQ(vault.text(), "/subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/v");
    EXPECT_EQ(vault.with("Microsoft.KeyVault/vaults/keys", "k").text(), vault.text() + "/keys/k");
    EXPECT_EQ(group.with("Microsoft.KeyVault/vaults/keys", "v/k"), vault.with("Microsoft.KeyVault/vaults/keys", "k"));
    EXPECT_EQ(vault.with("Microsoft.Authorization/locks", "l").text(),
              vault.text() + "/providers/Microsoft.Authorization/locks/l");
    EXPECT_EQ(group.with("Microsoft.Authorization/locks", "l").parent(), group);
    EXPECT_EQ(ResourceId::subscription_of("S").with("Microsoft.Resources/resourceGroups", "G"), group);
}

TEST(AssignmentName, is_the_guid_that_bicep_would_make) {
    auto const scope = id("/subscriptions/S/resourceGroups/G");
    auto const name = assignment_name(scope, "AAAA", "7F951DDA-4ed3-4680-a7ca-43fe172d538d");
    EXPECT_TRUE(base::is_guid(name));
    EXPECT_EQ(name,
              assignment_name(id("/SUBSCRIPTIONS/s/resourcegroups/g"), "aaaa", "7f951dda-4ed3-4680-a7ca-43fe172d538d"));
    EXPECT_EQ(name, base::guid_v5("11fb06fb-712d-4ddd-98c7-e71bbd588830",
                                  "/subscriptions/s/resourcegroups/g-aaaa-7f951dda-4ed3-4680-a7ca-43fe172d538d"));
    EXPECT_NE(name, assignment_name(scope, "AAAB", "7f951dda-4ed3-4680-a7ca-43fe172d538d"));
}

}  // namespace
}  // namespace holdfast::resource

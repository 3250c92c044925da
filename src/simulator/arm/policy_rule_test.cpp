#include "simulator/arm/policy_rule.hpp"

#include <gtest/gtest.h>

namespace holdfast::simulator::arm {
namespace {

json::Value read(std::string text) {
    std::replace(text.begin(), text.end(), '\'', '"');
    auto value = json::parse(text);
    EXPECT_TRUE(value) << text;
    return value ? *value : json::Value();
}

TEST(PolicyRule, holds_does_not_or_says_it_cannot_tell) {
    auto const body = read(
        "{'location':'westeurope','tags':{'env':'prod'},'sku':{'tier':'Free'},'properties':{'enableRBAC':true,"
        "'apiServerAccessProfile':{'enablePrivateCluster':false},'agentPoolProfiles':[{'osSKU':'AzureLinux'},{"
        "'osSKU':'Ubuntu'}]}}");
    PolicySubject const subject{
        .id = "/x", .name = "aks", .type = "Microsoft.ContainerService/managedClusters", .body = body};
    auto const parameters = read("{'places':['WestEurope','northeurope']}").as_object();
    auto const alias = [](std::string const& path) {
        return "'field':'Microsoft.ContainerService/managedClusters/" + path + "'";
    };
    struct Row {
        std::string condition;
        std::optional<bool> holds;
    };
    for (auto const& row : {
             Row{"'field':'type','equals':'microsoft.containerservice/managedclusters'", true},
             Row{"'field':'location','in':'[parameters(^places^)]'", true},
             Row{"'field':'location','notIn':'[parameters(^places^)]'", false},
             Row{"'field':'location','in':'[parameters(^none^)]'", std::nullopt},
             Row{"'field':'tags[^env^]','equals':'Prod'", true},
             Row{"'field':'tags.env','exists':'true'", true},
             Row{"'field':'tags[owner]','exists':false", true},
             Row{"'field':'tags','containsKey':'env'", true},
             Row{"'field':'name','like':'a*s'", true},
             Row{"'field':'name','notLike':'b*'", true},
             Row{"'field':'name','contains':'K'", true},
             Row{alias("enableRBAC") + ",'equals':'true'", true},
             Row{alias("apiServerAccessProfile.enablePrivateCluster") + ",'notEquals':'true'", true},
             Row{alias("sku.tier") + ",'equals':'Free'", true},
             Row{alias("disableLocalAccounts") + ",'equals':true", false},
             Row{alias("disableLocalAccounts") + ",'notEquals':true", true},
             Row{alias("agentPoolProfiles[*].osSKU") + ",'equals':'AzureLinux'", false},
             Row{alias("agentPoolProfiles[*].osSKU") + ",'in':['AzureLinux','Ubuntu']", true},
             Row{"'field':'Microsoft.Network/virtualNetworks/subnets[*].name','exists':'false'", true},
             Row{"'allOf':[{'field':'name','equals':'aks'},{'field':'location','equals':'westus'}]", false},
             Row{"'anyOf':[{'field':'name','equals':'aks'},{'count':{}}]", true},
             Row{"'allOf':[{'field':'name','equals':'aks'},{'count':{}}]", std::nullopt},
             Row{"'not':{'field':'name','equals':'aks'}", false},
             Row{"'value':'[utcNow()]','equals':'x'", std::nullopt},
         }) {
        auto text = "{" + row.condition + "}";
        std::replace(text.begin(), text.end(), '\'', '"');
        std::replace(text.begin(), text.end(), '^', '\'');
        auto const condition = json::parse(text);
        ASSERT_TRUE(condition) << text;
        EXPECT_EQ(rule_holds(*condition, subject, parameters), row.holds) << text;
    }
}

}  // namespace
}  // namespace holdfast::simulator::arm

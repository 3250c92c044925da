#include "simulator/templates/template.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "simulator/templates/jsonc.hpp"
#include "simulator/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

using templates::Surroundings;
using templates::Template;

Surroundings in_group() {
    Surroundings around{.tenant = "11111111-1111-1111-1111-111111111111",
                        .subscription = "00000000-0000-0000-0000-000000000001",
                        .subscription_name = "Simulated Azure",
                        .deployment = "main",
                        .now = *base::parse_time("2026-11-24T08:00:00Z"),
                        .seed = "seed"};
    around.group = json::Object{{"id", std::string(subscription) + "/resourceGroups/rg1"},
                                {"name", "rg1"},
                                {"location", "westeurope"},
                                {"tags", json::Object{{"env", "test"}}}};
    around.environment = json::Object{{"suffixes", json::Object{{"keyvaultDns", ".vault.azsim.test"}}}};
    return around;
}

/// The value of one expression, or its complaint.
std::string value_of(std::string_view expression) {
    json::Value const whole = json::Object{
        {"parameters",
         json::Object{{"p", json::Object{{"type", "string"}}},
                      {"when", json::Object{{"type", "string"}, {"defaultValue", "[utcNow('yyyy-MM-dd')]"}}}}},
        {"variables",
         json::Object{{"a", "[concat('x', variables('b'))]"},
                      {"b", "y"},
                      {"circle", "[variables('circle')]"},
                      {"copy", json::Array{json::Object{
                                   {"name", "loop"}, {"count", 3}, {"input", "[mul(copyIndex('loop'), 2)]"}}}}}},
        {"functions",
         json::Array{json::Object{
             {"namespace", "own"},
             {"members",
              json::Object{
                  {"twice", json::Object{{"parameters", json::Array{json::Object{{"name", "t"}, {"type", "string"}}}},
                                         {"output",
                                          json::Object{{"type", "string"},
                                                       {"value", "[concat(parameters('t'), parameters('t'))]"}}}}}}}}}},
        {"resources", json::Array{}},
        {"outputs", json::Object{{"o", json::Object{{"type", "object"}, {"value", json::Object{{"v", expression}}}}}}}};
    auto opened = Template::open(
        json::Object{{"template", whole}, {"parameters", json::Object{{"p", json::Object{{"value", "given"}}}}}},
        in_group());
    if (!opened) return "refused: " + opened.error().message;
    auto const outputs = opened->outputs();
    if (!outputs) return (outputs.error().later ? "later: " : "fault: ") + outputs.error().message;
    return json::write(*json::find(json::Value(*outputs), "o.value.v"));
}

TEST(Templates, functions) {
    struct Row {
        std::string_view expression, value;
    };
    for (
        auto const& row : {
            Row{"plain", R"("plain")"},
            Row{"[[not an expression]", R"("[not an expression]")"},
            Row{"[concat('it''s', 1, '-', true())]", R"("it's1-True")"},
            Row{"[parameters('P')]", R"("given")"},
            Row{"[variables('a')]", R"("xy")"},
            Row{"[variables('loop')]", "[0,2,4]"},
            Row{"[parameters('when')]", R"("2026-11-24")"},
            Row{"[own.twice('ab')]", R"("abab")"},
            Row{"[format('{0}-{1:D3} {{}}', 'a', 7)]", R"("a-007 {}")"},
            Row{"[resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', 's')]",
                R"("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg1/providers/Microsoft.Network/virtualNetworks/v/subnets/s")"},
            Row{"[resourceId('other', 'Microsoft.Network/virtualNetworks', 'v')]",
                R"("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/other/providers/Microsoft.Network/virtualNetworks/v")"},
            Row{"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'g')]",
                R"("/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Authorization/roleDefinitions/g")"},
            Row{"[subscriptionResourceId('Microsoft.Resources/resourceGroups', 'g')]",
                R"("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g")"},
            Row{"[extensionResourceId('/a', 'Microsoft.Authorization/locks', 'l')]",
                R"("/a/providers/Microsoft.Authorization/locks/l")"},
            Row{"[resourceGroup().tags.env]", R"("test")"},
            Row{"[resourceGroup().tags['env']]", R"("test")"},
            Row{"[subscription().subscriptionId]", R"("00000000-0000-0000-0000-000000000001")"},
            Row{"[environment().suffixes.keyvaultDns]", R"(".vault.azsim.test")"},
            // RFC 4122, name-based, with the namespace that the documentation of guid() names.
            Row{"[equals(guid('a', 'b'), guid('a-b'))]", "true"},
            Row{"[length(uniqueString('a'))]", "13"},
            Row{"[if(equals(1, 1), 'yes', variables('nowhere'))]", R"("yes")"},
            Row{"[or(true(), variables('nowhere'))]", "true"},
            Row{"[coalesce(null(), 'x')]", R"("x")"},
            Row{"[div(7, 2)]", "3"},
            Row{"[mod(-7, 2)]", "-1"},
            Row{"[union(createObject('a', createObject('b', 1)), createObject('a', createObject('c', 2)))]",
                R"({"a":{"b":1,"c":2}})"},
            Row{"[intersection(createArray(1, 2, 3), createArray(3, 2))]", "[2,3]"},
            Row{"[split('a,b;c', createArray(',', ';'))]", R"(["a","b","c"])"},
            Row{"[join(createArray('a', 'b'), '/')]", R"("a/b")"},
            Row{"[substring('abcdef', 2, 3)]", R"("cde")"},
            Row{"[take(skip(range(0, 9), 2), 3)]", "[2,3,4]"},
            Row{"[items(createObject('b', 1, 'a', 2))[0].key]", R"("a")"},
            Row{"[map(range(1, 3), lambda('x', mul(lambdaVariables('x'), 10)))]", "[10,20,30]"},
            Row{"[filter(range(1, 5), lambda('x', greater(lambdaVariables('x'), 3)))]", "[4,5]"},
            Row{"[reduce(range(1, 4), 0, lambda('s', 'x', add(lambdaVariables('s'), lambdaVariables('x'))))]", "10"},
            Row{"[toObject(createArray('a', 'b'), lambda('x', lambdaVariables('x')))]", R"({"a":"a","b":"b"})"},
            Row{"[tryGet(createObject('a', createArray(1)), 'a', 3)]", "null"},
            Row{"[cidrSubnet('10.0.0.0/16', 24, 3)]", R"("10.0.3.0/24")"},
            Row{"[cidrHost('10.0.3.0/24', 3)]", R"("10.0.3.4")"},
            Row{"[dateTimeAdd('2026-01-31T00:00:00Z', 'P1M')]", R"("2026-02-28T00:00:00Z")"},
            Row{"[json('{\"a\":[1]}').a[0]]", "1"},
            Row{"[base64ToString(base64('x'))]", R"("x")"},
            Row{"[padLeft(7, 3, '0')]", R"("007")"},
            Row{"[indexOf('abc', 'C')]", "2"},
            Row{"[string(createArray(1, 'a'))]", R"("[1,\"a\"]")"},
        })
        EXPECT_EQ(value_of(row.expression), row.value) << row.expression;
}

TEST(Templates, refuses_with_the_reason) {
    struct Row {
        std::string_view expression, begins;
    };
    for (auto const& row : {
             Row{"[variables('circle')]", "fault: the variable 'circle' is made of itself"},
             Row{"[variables('nowhere')]", "fault: the template variable 'nowhere' is not found"},
             Row{"[nonsense()]", "fault: the template function 'nonsense' is not valid"},
             Row{"[concat('a']", "fault: the expression ends too early"},
             Row{"[concat('a' 'b')]", "fault: the expression does not go on with"},
             Row{"['open]", "fault: a text in the expression does not end"},
             Row{"[add(9223372036854775807, 1)]", "fault: 'add': the result is no number"},
             Row{"[div(1, 0)]", "fault: 'div'"}, Row{"[createArray(1)[1]]", "fault: the index 1 is outside"},
             Row{"[range(0, 100000000)]", "fault: the template function 'range'"},
             Row{"[newGuid()]", "fault: newGuid() is for the default"},
             Row{"[resourceId('Microsoft.Network/virtualNetworks', 'a', 'b')]", "fault: 'resourceId': the type"},
             Row{"[reference('x').y]", "later: "},
             Row{"[concat(parameters('p'))", R"("[concat)"},  // no expression: it does not end in a bracket
         })
        EXPECT_TRUE(value_of(row.expression).starts_with(row.begins))
            << row.expression << " -> " << value_of(row.expression);
    std::string deep = "1";
    for (int i = 0; i < 200; ++i) deep = "add(" + deep + ", 1)";
    EXPECT_EQ(value_of("[" + deep + "]").substr(0, 40), "fault: the expression is nested too deep");
}

TEST(Templates, jsonc_as_az_sends_it) {
    auto const parsed = templates::parse_jsonc(
        "{\"properties\": {\"mode\": \"Incremental\", template:{\n // why\n \"a\": \"one\ntwo\", "
        "/* c */ \"u\": \"http://x//y\", \"list\": [1, 2,],}}}");
    ASSERT_TRUE(parsed) << parsed.error().what;
    EXPECT_EQ(json::write(*parsed),
              R"({"properties":{"mode":"Incremental","template":{"a":"one\ntwo","list":[1,2],"u":"http://x//y"}}})");
    for (auto const* bad : {"{", "{a:}", "{\"a\" 1}", "[1 2]", "{\"a\": nul}", "/*", "\"open"})
        EXPECT_FALSE(templates::parse_jsonc(bad)) << bad;
}

// ------------------------------------------------------------------------------------------------ deployed

class Deploying : public ::testing::Test {
protected:
    void SetUp() override { client.ready({"Microsoft.Network"}); }
    std::string at(std::string_view what, std::string_view base = "/resourcegroups/rg1") const {
        return fmt::format("{}{}/providers/Microsoft.Resources/deployments/main{}?api-version=2025-04-01", subscription,
                           base, what);
    }
    static std::string body(std::string_view resources, std::string_view rest = "",
                            std::string_view mode = "Incremental") {
        return fmt::format(
            R"({{"properties":{{"mode":"{}","template":{{"contentVersion":"1.0.0.0","resources":{}{}}}}}}})", mode,
            resources, rest);
    }
    Exchange deploy(std::string const& text, std::string_view base = "/resourcegroups/rg1") {
        auto const answer = client.call("PUT", at("", base), text);
        if (answer.status >= 400) return answer;
        client.settle();
        return client.get(at("", base));
    }
    Exchange get(std::string_view in_rg) {
        return client.get(fmt::format("{}/resourceGroups/rg1/providers/{}", subscription, in_rg));
    }
    Client client;
};

constexpr std::string_view network = R"([
  {"type":"Microsoft.Network/networkSecurityGroups","apiVersion":"2024-05-01","name":"nsg","location":"[resourceGroup().location]","properties":{}},
  {"type":"Microsoft.Network/virtualNetworks","apiVersion":"2024-05-01","name":"net","location":"westeurope",
   "properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]},
     "copy":[{"name":"subnets","count":3,"input":{"name":"[concat('s', copyIndex('subnets'))]",
        "properties":{"addressPrefix":"[cidrSubnet('10.0.0.0/16', 24, copyIndex('subnets'))]",
                      "networkSecurityGroup":{"id":"[reference('nsg', '2024-05-01', 'Full').id]"}}}}]}},
  {"type":"Microsoft.Network/routeTables","apiVersion":"2024-05-01","name":"never","condition":false,"location":"westeurope"}
])";

TEST_F(Deploying, a_template_with_copies_references_and_outputs) {
    auto const text = body(
        network,
        R"(,"outputs":{"first":{"type":"string","value":"[reference(resourceId('Microsoft.Network/virtualNetworks','net')).subnets[0].id]"}})");
    EXPECT_EQ(client.call("POST", at("/validate"), text).status, 200);
    auto const done = deploy(text);
    EXPECT_EQ(done.text("properties.provisioningState"), "Succeeded") << json::write(done.body);
    EXPECT_TRUE(done.text("properties.outputs.first.value").ends_with("/virtualNetworks/net/subnets/s0"));
    EXPECT_EQ(
        json::list_at(get("Microsoft.Network/virtualNetworks/net?api-version=2024-05-01").body, "properties.subnets")
            .size(),
        3u);
    EXPECT_EQ(get("Microsoft.Network/routeTables/never?api-version=2024-05-01").status, 404);
    auto const operations = client.get(at("/operations"));
    EXPECT_EQ(json::list_at(operations.body, "value").size(), 2u);
    auto const older = client.get(
        fmt::format("{}/resourcegroups/rg1/deployments/main/operations?api-version=2025-04-01", subscription));
    EXPECT_EQ(older.body, operations.body) << "the older form of the path";
    // The same again changes nothing.
    EXPECT_EQ(deploy(text).text("properties.provisioningState"), "Succeeded");
    EXPECT_FALSE(client.get(at("")).body.is_null());
    EXPECT_EQ(json::write(client.get(at("")).body).find("\"template\""), std::string::npos)
        << "templates are not shown";
}

TEST_F(Deploying, what_if_tells_what_would_change_and_nothing_else) {
    auto const changes = [&](std::string const& text) {
        auto const asked = client.call("POST", at("/whatIf"), text);
        EXPECT_EQ(asked.status, 202) << asked.message();
        client.settle();
        auto const answer = client.get(asked.header("Location"));
        std::string said;
        for (auto const& change : json::list_at(answer.body, "properties.changes")) {
            auto const id = std::string(json::text_at(change, "resourceId").value_or(""));
            said += std::string(json::text_at(change, "changeType").value_or("")) + " " + id.substr(id.rfind('/') + 1);
            for (auto const& delta : json::list_at(change, "delta"))
                said += " " + std::string(json::text_at(delta, "propertyChangeType").value_or("")) + ":" +
                        std::string(json::text_at(delta, "path").value_or(""));
            said += "; ";
        }
        return said;
    };
    EXPECT_EQ(changes(body(network)), "Create nsg; Create net; ");
    deploy(body(network));
    EXPECT_EQ(changes(body(network)), "NoChange nsg; NoChange net; ");
    std::string other(network);
    other.replace(other.find("\"count\":3"), 9, "\"count\":2");
    other.replace(other.find("\"name\":\"nsg\""), 12, "\"name\":\"nsg\",\"tags\":{\"a\":\"b\"}");
    EXPECT_EQ(changes(body(other)), "Modify nsg Create:tags; Modify net Array:properties.subnets; ");
    EXPECT_EQ(changes(body("[]")), "Ignore nsg; Ignore net; ");
    EXPECT_EQ(changes(body("[]", "", "Complete")), "Delete nsg; Delete net; ");
}

TEST_F(Deploying, refusals_and_failures_say_where) {
    struct Row {
        std::string_view resources, code, detail;
    };
    for (
        auto const& row : {
            Row{R"([{"type":"Microsoft.Network/virtualNetworks","apiVersion":"2024-05-01","name":"[nonsense()]"}])",
                "InvalidTemplate", ""},
            Row{R"([{"type":"Microsoft.Network/virtualNetworks/subnets","apiVersion":"2024-05-01","name":"one"}])",
                "InvalidTemplate", ""},
            Row{R"([{"type":"Microsoft.Network/routeTables","apiVersion":"2024-05-01","name":"a","dependsOn":["b"]}])",
                "InvalidTemplate", ""},
            Row{R"([{"type":"Microsoft.Network/routeTables","apiVersion":"2024-05-01","name":"a","dependsOn":["b"]},
                     {"type":"Microsoft.Network/routeTables","apiVersion":"2024-05-01","name":"b","dependsOn":["a"]}])",
                "InvalidTemplate", ""},
            Row{R"([{"type":"Microsoft.Network/routeTables","apiVersion":"2024-05-01","name":"a","location":"westeurope","properties":{"rotues":[]}}])",
                "InvalidTemplateDeployment", "InvalidRequestContent"},
        }) {
        auto const refused = client.call("POST", at("/validate"), body(row.resources));
        EXPECT_EQ(refused.code(), row.code) << row.resources;
        EXPECT_EQ(refused.text("error.details[0].code"), row.detail) << row.resources;
        EXPECT_EQ(client.call("PUT", at(""), body(row.resources)).code(), row.code);
    }
    // One fails, what depends on it is not sent.
    auto const done = deploy(body(R"([
      {"type":"Microsoft.Network/virtualNetworks","apiVersion":"2024-05-01","name":"net","location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.1/16"]}}},
      {"type":"Microsoft.Network/routeTables","apiVersion":"2024-05-01","name":"after","location":"westeurope","dependsOn":["net"]}])"));
    EXPECT_EQ(done.text("properties.provisioningState"), "Failed");
    EXPECT_EQ(done.text("properties.error.code"), "DeploymentFailed");
    EXPECT_EQ(done.text("properties.error.details[0].code"), "InvalidCIDRNotation") << json::write(done.body);
    EXPECT_EQ(get("Microsoft.Network/routeTables/after?api-version=2024-05-01").status, 404);
    EXPECT_EQ(json::list_at(client.get(at("/operations")).body, "value").size(), 1u);
}

TEST_F(Deploying, to_a_subscription_with_a_nested_deployment) {
    auto const text =
        R"({"location":"westeurope","properties":{"mode":"Incremental","parameters":{"name":{"value":"rg2"}},"template":{
      "parameters":{"name":{"type":"string"},"secret":{"type":"securestring","defaultValue":"hush"}},
      "resources":[
        {"type":"Microsoft.Resources/resourceGroups","apiVersion":"2024-11-01","name":"[parameters('name')]","location":"westeurope"},
        {"type":"Microsoft.Resources/deployments","apiVersion":"2025-04-01","name":"inside","resourceGroup":"[parameters('name')]",
         "dependsOn":["[parameters('name')]"],
         "properties":{"mode":"Incremental","expressionEvaluationOptions":{"scope":"inner"},
           "parameters":{"table":{"value":"[concat('rt-', parameters('name'))]"}},
           "template":{"parameters":{"table":{"type":"string"}},
             "resources":[{"type":"Microsoft.Network/routeTables","apiVersion":"2024-05-01","name":"[parameters('table')]","location":"westeurope"}],
             "outputs":{"id":{"type":"string","value":"[resourceId('Microsoft.Network/routeTables', parameters('table'))]"}}}}}],
      "outputs":{"table":{"type":"string","value":"[reference('inside').outputs.id.value]"}}}}})";
    auto const done = deploy(text, "");
    EXPECT_EQ(done.text("properties.provisioningState"), "Succeeded") << json::write(done.body);
    EXPECT_TRUE(done.text("properties.outputs.table.value")
                    .ends_with("/resourceGroups/rg2/providers/Microsoft.Network/routeTables/rt-rg2"))
        << json::write(done.body);
    EXPECT_EQ(done.text("properties.parameters.secret.value"), "");
    EXPECT_EQ(done.text("properties.parameters.name.value"), "rg2");
    EXPECT_EQ(
        client.call("PUT", at("", ""), R"({"properties":{"mode":"Incremental","template":{"resources":[]}}})").code(),
        "LocationRequired");
}

TEST_F(Deploying, complete_mode_takes_the_rest_away) {
    deploy(body(network));
    auto const done = deploy(body(
        R"([{"type":"Microsoft.Network/routeTables","apiVersion":"2024-05-01","name":"only","location":"westeurope"}])",
        "", "Complete"));
    EXPECT_EQ(done.text("properties.provisioningState"), "Succeeded") << json::write(done.body);
    EXPECT_EQ(get("Microsoft.Network/virtualNetworks/net?api-version=2024-05-01").status, 404);
    EXPECT_EQ(get("Microsoft.Network/networkSecurityGroups/nsg?api-version=2024-05-01").status, 404);
    EXPECT_EQ(get("Microsoft.Network/routeTables/only?api-version=2024-05-01").status, 200);
}

TEST_F(Deploying, a_killed_world_goes_on_with_it) {
    client.call("PUT", at(""), body(network));
    client.wait(3);
    client.reopen();
    client.settle();
    EXPECT_EQ(client.get(at("")).text("properties.provisioningState"), "Succeeded");
}

TEST_F(Deploying, what_is_exported_makes_the_same_again) {
    client.call("PUT", at(""), body(network));
    client.settle();
    auto const group = fmt::format("{}/resourceGroups/rg1", subscription);
    auto const stood = client.azure().resources();
    for (auto const* options : {"", "SkipAllParameterization"}) {
        auto const exported = client.call("POST", group + "/exportTemplate?api-version=2021-04-01",
                                          fmt::format(R"({{"resources":["*"],"options":"{}"}})", options));
        ASSERT_EQ(exported.status, 200) << exported.message();
        auto const& made = *json::find(exported.body, "template");
        EXPECT_EQ(json::object_at(made, "parameters").empty(), *options != 0) << json::write(made);
        for (auto const* name :
             {"Microsoft.Network/virtualNetworks/net", "Microsoft.Network/networkSecurityGroups/nsg"}) {
            client.call("DELETE", group + "/providers/" + name + "?api-version=2024-05-01");
            client.settle();
        }
        EXPECT_LT(
            client
                .call("PUT", at("again"),
                      fmt::format(R"({{"properties":{{"mode":"Incremental","template":{}}}}})", json::write(made)))
                .status,
            300);
        client.settle();
        EXPECT_EQ(client.get(at("again")).text("properties.provisioningState"), "Succeeded")
            << json::write(client.get(at("again")).body);
        for (auto const& [id, before] : stood) {
            if (id.find("microsoft.network") == std::string::npos) continue;
            auto const after = client.azure().resources();
            ASSERT_TRUE(after.contains(id)) << id;
            EXPECT_EQ(json::write(resource::normal(*json::text_at(before, "type"), before, false)),
                      json::write(resource::normal(*json::text_at(before, "type"), after.at(id), false)));
        }
    }
}

TEST_F(Deploying, a_stack_denies_what_its_settings_say) {
    auto const group = fmt::format("{}/resourceGroups/rg1/providers/", subscription);
    auto const stack = group + "Microsoft.Resources/deploymentStacks/st?api-version=2025-07-01";
    auto const thing = group + "Microsoft.Network/virtualNetworks/net";
    auto const put = [&](std::string_view deny, std::string_view resources = network) {
        return client.call(
            "PUT", stack,
            fmt::format(
                R"({{"properties":{{"actionOnUnmanage":{{"resources":"detach"}},"denySettings":{},"template":{{"resources":{}}}}}}})",
                deny, resources));
    };
    struct Row {
        char const *deny, *method, *below;
        int status;
    };
    constexpr char const* tags = R"({"tags":{"a":"b"}})";
    for (auto const& row : {
             Row{R"({"mode":"denyDelete"})", "PATCH", "", 200},
             Row{R"({"mode":"denyDelete"})", "DELETE", "", 403},
             Row{R"({"mode":"denyWriteAndDelete"})", "GET", "", 200},
             Row{R"({"mode":"denyWriteAndDelete"})", "PATCH", "", 403},
             Row{R"({"mode":"denyWriteAndDelete"})", "PUT", "/subnets/more", 201},
             Row{R"({"mode":"denyWriteAndDelete","applyToChildScopes":true})", "PUT", "/subnets/other", 403},
             Row{R"({"mode":"denyWriteAndDelete","excludedActions":["Microsoft.Network/virtualNetworks/write"]})",
                 "PATCH", "", 200},
             Row{R"({"mode":"denyWriteAndDelete","excludedPrincipals":["33333333-3333-3333-3333-333333333333"]})",
                 "PATCH", "", 200},
             Row{R"({"mode":"none"})", "PATCH", "", 200},
         }) {
        auto const answer = put(row.deny);
        ASSERT_LT(answer.status, 300) << answer.message();
        client.settle();
        auto const made = client.get(stack);
        EXPECT_EQ(made.text("properties.provisioningState"), "succeeded")
            << row.deny << ": its own changes are not denied " << json::write(made.body);
        auto const body = std::string_view(row.method) == "PATCH" ? tags
                          : std::string_view(row.method) == "PUT"
                              ? R"({"properties":{"addressPrefix":"10.0.200.0/28"}})"
                              : "";
        auto const tried = client.call(row.method, thing + row.below + "?api-version=2024-05-01", body);
        EXPECT_EQ(tried.status, row.status) << row.deny << ' ' << row.method << row.below << ": " << tried.message();
        if (row.status == 403) {
            EXPECT_EQ(tried.code(), "DenyAssignmentAuthorizationFailed");
        }
        client.settle();
    }
    EXPECT_EQ(put(R"({"mode":"denyAll"})").status, 400);
    // What the stack lets go is free, and so is what it leaves behind.
    put(R"({"mode":"denyDelete"})");
    client.settle();
    put(R"({"mode":"denyDelete"})", "[]");
    client.settle();
    EXPECT_EQ(client.call("DELETE", thing + "?api-version=2024-05-01").status, 202);
    client.settle();
    put(R"({"mode":"denyDelete"})");
    client.settle();
    EXPECT_EQ(client.call("DELETE", stack).status, 202);
    client.settle();
    EXPECT_EQ(client.call("DELETE", thing + "?api-version=2024-05-01").status, 202);
}

TEST_F(Deploying, a_stack_takes_off_no_other_stacks_denial) {
    auto const group = fmt::format("{}/resourceGroups/rg1/providers/", subscription);
    for (auto const& [name, mode] : {std::pair{"strict", "denyDelete"}, std::pair{"open", "none"}}) {
        auto const body = fmt::format(
            R"({{"properties":{{"actionOnUnmanage":{{"resources":"detach"}},"denySettings":{{"mode":"{}"}},"template":{{"resources":{}}}}}}})",
            mode, network);
        client.call("PUT", group + "Microsoft.Resources/deploymentStacks/" + name + "?api-version=2025-07-01", body);
        client.settle();
    }
    EXPECT_EQ(client.call("DELETE", group + "Microsoft.Resources/deploymentStacks/open?api-version=2025-07-01").status,
              202);
    client.settle();
    EXPECT_EQ(client.call("DELETE", group + "Microsoft.Network/virtualNetworks/net?api-version=2024-05-01").code(),
              "DenyAssignmentAuthorizationFailed");
}

TEST_F(Deploying, a_stack_lets_go_or_deletes_what_it_managed) {
    auto const stack =
        fmt::format("{}/resourceGroups/rg1/providers/Microsoft.Resources/deploymentStacks/st", subscription);
    auto const put = [&](std::string_view resources, std::string_view action) {
        auto const answer = client.call(
            "PUT", stack + "?api-version=2025-07-01",
            fmt::format(
                R"({{"properties":{{"actionOnUnmanage":{{"resources":"{}"}},"denySettings":{{"mode":"none"}},"template":{{"resources":{}}}}}}})",
                action, resources));
        EXPECT_LT(answer.status, 300) << answer.message();
        client.settle();
        return client.get(stack + "?api-version=2025-07-01");
    };
    auto const made = put(network, "delete");
    EXPECT_EQ(made.text("properties.provisioningState"), "succeeded") << json::write(made.body);
    EXPECT_EQ(json::list_at(made.body, "properties.resources").size(), 2u);
    auto const less = put(
        R"([{"type":"Microsoft.Network/networkSecurityGroups","apiVersion":"2024-05-01","name":"nsg","location":"westeurope","properties":{}}])",
        "delete");
    EXPECT_EQ(json::list_at(less.body, "properties.deletedResources").size(), 1u) << json::write(less.body);
    EXPECT_EQ(get("Microsoft.Network/virtualNetworks/net?api-version=2024-05-01").status, 404);
    EXPECT_EQ(client.call("DELETE", stack + "?api-version=2025-07-01&unmanageAction.Resources=delete").status, 202);
    client.settle();
    EXPECT_EQ(get("Microsoft.Network/networkSecurityGroups/nsg?api-version=2024-05-01").status, 404);
    EXPECT_EQ(client.get(stack + "?api-version=2025-07-01").status, 404);
}

}  // namespace
}  // namespace holdfast::simulator::testing

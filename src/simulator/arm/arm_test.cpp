#include "simulator/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

constexpr std::string_view S = subscription;
std::string in_subscription(std::string_view rest) { return std::string(S).append(rest); }
std::string in_group(std::string_view rest) { return std::string(S).append("/resourceGroups/rg1").append(rest); }
std::string version(std::string_view v) { return "?api-version=" + std::string(v); }

constexpr std::string_view reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
constexpr std::string_view contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c";

std::string assignment_body(std::string_view role, std::string_view principal,
                            std::string_view kind = "ServicePrincipal") {
    return fmt::format(
        R"({{"properties":{{"roleDefinitionId":"{}/providers/Microsoft.Authorization/roleDefinitions/{}","principalId":"{}"{}}}}})",
        S, role, principal, kind.empty() ? "" : fmt::format(R"(,"principalType":"{}")", kind));
}
std::string assignment(std::string_view scope, int n) {
    return fmt::format(
        "{}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-{:012}?api-version=2022-04-01",
        scope, n);
}

/// One line of conversation: what is sent, what comes back.
struct Line {
    std::string_view note, method, target, body;
    int status;
    std::string_view code;  // of an error, or empty
};

void hold(Client& client, std::span<Line const> lines) {
    for (auto const& line : lines) {
        auto const target =
            line.target.starts_with('/') ? std::string(line.target) : in_subscription("/" + std::string(line.target));
        auto const answer = client.call(std::string(line.method), target, std::string(line.body));
        EXPECT_EQ(answer.status, line.status) << line.note << "\n"
                                              << line.method << " " << target << "\n"
                                              << json::write(answer.body);
        EXPECT_EQ(answer.code(), line.code) << line.note << "\n" << json::write(answer.body);
        if (answer.status >= 400 && answer.status != 404) EXPECT_FALSE(answer.message().empty()) << line.note;
    }
}

TEST(Arm, answers_as_its_gateway_does) {
    Client client;
    constexpr Line lines[] = {
        {"no version", "GET", "resourceGroups", "", 400, "MissingApiVersionParameter"},
        {"no date", "GET", "resourceGroups/rg1?api-version=latest", "", 400, "NoRegisteredProviderFound"},
        {"too old", "GET", "resourceGroups/rg1?api-version=2001-01-01", "", 400, "NoRegisteredProviderFound"},
        {"newer than published", "GET", "resourceGroups/rg1?api-version=2031-01-01-preview", "", 404,
         "ResourceGroupNotFound"},
        {"query keys in percent", "GET", "resourceGroups?api%2Dversion=2021-04-01", "", 200, ""},
        {"double slashes", "GET",
         "//subscriptions//00000000-0000-0000-0000-000000000001/resourcegroups?api-version=2021-04-01", "", 200, ""},
        {"whole id in percent", "GET",
         "/%2Fsubscriptions%2F00000000-0000-0000-0000-000000000001/RESOURCEGROUPS?api-version=2021-04-01", "", 200, ""},
        {"other subscription", "GET", "/subscriptions/00000000-0000-0000-0000-000000000009?api-version=2021-04-01", "",
         404, "SubscriptionNotFound"},
        {"head of nothing", "HEAD", "resourceGroups/rg1?api-version=2021-04-01", "", 404, ""},
        {"no body", "PUT", "resourceGroups/rg1?api-version=2021-04-01", "", 400, "MissingRequestBody"},
        {"no JSON", "PUT", "resourceGroups/rg1?api-version=2021-04-01", "{", 400, "InvalidRequestContent"},
        {"a list", "PUT", "resourceGroups/rg1?api-version=2021-04-01", "[]", 400, "InvalidRequestContent"},
        {"no location", "PUT", "resourceGroups/rg1?api-version=2021-04-01", "{}", 400, "LocationRequired"},
        {"unknown property", "PUT", "resourceGroups/rg1?api-version=2021-04-01",
         R"({"location":"westeurope","tgas":{}})", 400, "InvalidRequestContent"},
        {"made", "PUT", "resourceGroups/rg1?api-version=2021-04-01", R"({"location":"West Europe","tags":{"a":"b"}})",
         201, ""},
        {"again", "PUT", "resourcegroups/RG1?api-version=2021-04-01", R"({"location":"westeurope","tags":{"a":"c"}})",
         200, ""},
        {"elsewhere", "PUT", "resourceGroups/rg1?api-version=2021-04-01", R"({"location":"eastus"})", 409,
         "InvalidResourceGroupLocation"},
        {"head", "HEAD", "resourceGroups/rg1?api-version=2021-04-01", "", 204, ""},
        {"tags", "PATCH", "resourceGroups/rg1?api-version=2021-04-01", R"({"tags":{"x":"y"}})", 200, ""},
        {"more than tags", "PATCH", "resourceGroups/rg1?api-version=2021-04-01", R"({"location":"eastus"})", 400,
         "PatchResourceNotSupported"},
        {"bad name", "PUT", "resourceGroups/ends-in.?api-version=2021-04-01", R"({"location":"westeurope"})", 400,
         "InvalidResourceGroup"},
        {"no such namespace", "GET", "resourceGroups/rg1/providers/Contoso.Things/boxes/a?api-version=2021-04-01", "",
         404, "InvalidResourceNamespace"},
        {"a type nobody here knows", "GET",
         "resourceGroups/rg1/providers/Microsoft.Network/boxes/a?api-version=2021-04-01", "", 404, "ResourceNotFound"},
        {"no such resource", "GET",
         "resourceGroups/rg1/providers/Microsoft.Network/virtualNetworks/a?api-version=2025-01-01", "", 404,
         "ResourceNotFound"},
        {"no such group", "GET",
         "resourceGroups/rg2/providers/Microsoft.Network/virtualNetworks/a?api-version=2025-01-01", "", 404,
         "ResourceGroupNotFound"},
        {"not registered", "PUT",
         "resourceGroups/rg1/providers/Microsoft.Network/virtualNetworks/a?api-version=2025-01-01",
         R"({"location":"westeurope"})", 409, "MissingSubscriptionRegistration"},
        {"delete of nothing", "DELETE",
         "resourceGroups/rg1/providers/Microsoft.Network/virtualNetworks/a?api-version=2025-01-01", "", 204, ""},
        {"delete of no group", "DELETE", "resourceGroups/rg7?api-version=2021-04-01", "", 404, "ResourceGroupNotFound"},
        {"tenants", "GET", "/tenants?api-version=2022-12-01", "", 200, ""},
        {"unknown path", "GET", "nothing?api-version=2022-12-01", "", 404, "NotFound"},
        {"unknown operation", "GET",
         "providers/Microsoft.Network/locations/westeurope/operations/"
         "11111111-2222-3333-4444-555555555555?api-version=2021-04-01",
         "", 404, "NotFound"},
    };
    hold(client, lines);
    auto const group = client.get(in_group(version("2021-04-01")));
    EXPECT_EQ(group.text("id"), in_group(""));
    EXPECT_EQ(group.text("location"), "westeurope");
    EXPECT_EQ(group.text("tags.x"), "y");
    EXPECT_EQ(group.text("properties.provisioningState"), "Succeeded");
    for (auto const* name :
         {"x-ms-request-id", "x-ms-correlation-request-id", "Date", "x-ms-ratelimit-remaining-subscription-reads"})
        EXPECT_FALSE(group.header(name).empty()) << name;
    EXPECT_EQ(client.get(in_subscription("/nothing?api-version=2022-12-01")).header("x-ms-failure-cause"), "gateway");
}

TEST(Arm, asks_for_a_token_that_holds) {
    Client client;
    auto const ask = [&](std::string bearer) {
        world::Request request{.method = "GET",
                               .url = std::string(arm_host) + in_subscription(version("2021-04-01")),
                               .headers = {},
                               .body = {}};
        if (!bearer.empty()) request.bearer = base::Secret(std::move(bearer));
        return client.send(request);
    };
    EXPECT_EQ(ask("").code(), "AuthenticationFailed");
    EXPECT_NE(ask("").header("WWW-Authenticate").find("authorization_uri=\"https://login.azsim.test/11111111"),
              std::string::npos);
    EXPECT_EQ(ask("a.b.c").code(), "InvalidAuthenticationToken");
    auto const good = client.token("https://management.azure.com/");
    EXPECT_EQ(ask(good).status, 200);
    auto forged = good;
    forged[forged.size() / 2] = forged[forged.size() / 2] == 'A' ? 'B' : 'A';
    EXPECT_EQ(ask(forged).code(), "InvalidAuthenticationToken");
    EXPECT_EQ(ask(client.token("https://vault.azsim.test")).code(), "InvalidAuthenticationTokenAudience");
    client.wait(3700);
    EXPECT_EQ(ask(good).code(), "ExpiredAuthenticationToken");
    EXPECT_EQ(ask(good).status, 401);
}

TEST(Arm, registers_providers_in_time) {
    Client client;
    auto const state = [&] {
        return client.get(in_subscription("/providers/microsoft.network?api-version=2021-04-01"))
            .text("registrationState");
    };
    EXPECT_EQ(state(), "NotRegistered");
    auto const answer =
        client.call("POST", in_subscription("/providers/microsoft.network/register?api-version=2016-02-01"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.text("registrationState"), "Registering");
    EXPECT_EQ(answer.text("namespace"), "Microsoft.Network");
    client.settle();
    EXPECT_EQ(state(), "Registered");
    EXPECT_EQ(client.call("POST", in_subscription("/providers/Contoso.Things/register?api-version=2021-04-01")).code(),
              "InvalidResourceNamespace");
    EXPECT_EQ(client.get(in_subscription("/providers/Microsoft.Authorization?api-version=2021-04-01"))
                  .text("registrationState"),
              "Registered");

    auto const feature =
        in_subscription("/providers/Microsoft.Features/providers/Microsoft.Compute/features/EncryptionAtHost");
    EXPECT_EQ(client.get(feature + version("2021-07-01")).text("properties.state"), "NotRegistered");
    EXPECT_EQ(client.call("POST", feature + "/register" + version("2021-07-01")).text("properties.state"),
              "Registering");
    client.settle();
    EXPECT_EQ(client.get(feature + version("2021-07-01")).text("properties.state"), "Registered");
}

TEST(Arm, roles_take_effect_when_they_do) {
    auto options = Client::defaults();
    options.propagation_least = 10;
    options.propagation_most = 60;
    options.directory.applications.push_back({.client_id = "44444444-4444-4444-4444-444444444444",
                                              .object_id = "55555555-5555-5555-5555-555555555555",
                                              .name = "deployer",
                                              .client_secret = "s",
                                              .certificate_pem = {},
                                              .federations = {}});
    Client client(options);
    client.ready({"Microsoft.Network"});
    auto const as_owner = [&] { client.sign_in_as("22222222-2222-2222-2222-222222222222", "simulated-secret"); };
    auto const as_deployer = [&] { client.sign_in_as("44444444-4444-4444-4444-444444444444", "s"); };
    auto const vnet = in_group("/providers/Microsoft.Network/virtualNetworks/vnet" + version("2025-01-01"));
    std::string const body =
        R"({"location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}})";

    as_deployer();
    auto const refused = client.call("PUT", vnet, body);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.code(), "AuthorizationFailed");
    for (auto const* part : {"44444444-4444-4444-4444-444444444444", "55555555-5555-5555-5555-555555555555",
                             "Microsoft.Network/virtualNetworks/write", "/virtualNetworks/vnet"})
        EXPECT_NE(refused.message().find(part), std::string::npos) << part;
    EXPECT_EQ(client.get("/subscriptions?api-version=2022-12-01").body.at("value").as_array().size(), 0u);

    as_owner();
    auto const made = client.call("PUT", assignment(in_group(""), 1),
                                  assignment_body(contributor, "55555555-5555-5555-5555-555555555555"));
    ASSERT_EQ(made.status, 201) << json::write(made.body);
    EXPECT_EQ(made.text("properties.scope"), in_group(""));

    as_deployer();
    EXPECT_EQ(client.call("PUT", vnet, body).status, 403) << "not yet in effect";
    client.wait(61);
    EXPECT_EQ(client.call("PUT", vnet, body).status, 201);
    EXPECT_EQ(
        client.call("PUT", assignment(in_group(""), 2), assignment_body(reader, "55555555-5555-5555-5555-555555555555"))
            .code(),
        "AuthorizationFailed")
        << "a Contributor gives no roles";
    EXPECT_EQ(client.get("/subscriptions?api-version=2022-12-01").body.at("value").as_array().size(), 1u);

    as_owner();
    auto const drawn = client.azure().drawn();
    auto const effect =
        std::find_if(drawn.begin(), drawn.end(), [](auto const& item) { return item.first.starts_with("EFFECT "); });
    ASSERT_NE(effect, drawn.end());
    EXPECT_GE(effect->second, 10);
    EXPECT_LE(effect->second, 60);
    EXPECT_EQ(client.call("DELETE", assignment(in_group(""), 1)).status, 200);
    EXPECT_EQ(client.call("DELETE", assignment(in_group(""), 1)).status, 204);
    as_deployer();
    EXPECT_EQ(client.get(vnet).status, 403);
}

TEST(Arm, role_assignments_are_triples) {
    Client client;
    client.ready({});
    auto const scope = in_group("");
    auto const owner = "33333333-3333-3333-3333-333333333333";
    auto const stranger = "66666666-6666-6666-6666-666666666666";
    struct Row {
        std::string note, target, body;
        int status;
        std::string code;
    };
    Row const rows[] = {
        {"made", assignment(scope, 1), assignment_body(reader, owner), 201, ""},
        {"the same again", assignment(scope, 1), assignment_body(reader, owner), 200, ""},
        {"same triple, other name", assignment(scope, 2), assignment_body(reader, owner), 409, "RoleAssignmentExists"},
        {"same name, other role", assignment(scope, 1), assignment_body(contributor, owner), 409,
         "RoleAssignmentUpdateNotPermitted"},
        {"nobody, no type", assignment(scope, 3), assignment_body(reader, stranger, ""), 400, "PrincipalNotFound"},
        {"nobody, but a type", assignment(scope, 3), assignment_body(reader, stranger), 201, ""},
        {"a group of the tenant", assignment(scope, 4),
         assignment_body(reader, "77777777-7777-7777-7777-777777777777", "Group"), 201, ""},
        {"wrong type", assignment(scope, 5), assignment_body(contributor, owner, "User"), 400,
         "UnmatchedPrincipalType"},
        {"client id", assignment(scope, 5), assignment_body(reader, "22222222-2222-2222-2222-222222222222"), 400,
         "PrincipalNotFound"},
        {"no such role", assignment(scope, 6), assignment_body("99999999-9999-9999-9999-999999999999", owner), 400,
         "RoleDefinitionDoesNotExist"},
        {"no GUID", scope + "/providers/Microsoft.Authorization/roleAssignments/mine?api-version=2022-04-01",
         assignment_body(reader, owner), 400, "InvalidRoleAssignmentId"},
    };
    for (auto const& row : rows) {
        auto const answer = client.call("PUT", row.target, row.body);
        EXPECT_EQ(answer.status, row.status) << row.note << json::write(answer.body);
        EXPECT_EQ(answer.code(), row.code) << row.note;
        if (row.code == "RoleAssignmentExists")
            EXPECT_NE(answer.message().find("00000000000040008000000000000001"), std::string::npos) << answer.message();
    }
    auto const count = [&](std::string const& at, std::string const& filter) {
        auto const answer =
            client.get(at + "/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01" + filter);
        EXPECT_EQ(answer.status, 200);
        return answer.body.at("value").as_array().size();
    };
    EXPECT_EQ(count(scope, "&$filter=atScope()"), 4u) << "three here and the owner's above";
    EXPECT_EQ(count(scope, "&$filter=principalId%20eq%20'66666666-6666-6666-6666-666666666666'"), 1u);
    EXPECT_EQ(count(scope, "&$filter=atScope()%20and%20assignedTo('33333333-3333-3333-3333-333333333333')"), 2u);
    EXPECT_EQ(count(std::string(S), ""), 4u);
    EXPECT_EQ(count(std::string(S), "&$filter=atScope()"), 1u);

    auto const role = client.get(in_subscription(
        "/providers/Microsoft.Authorization/"
        "roleDefinitions?api-version=2022-05-01-preview&$filter=roleName%20eq%20'Network%20Contributor'"));
    ASSERT_EQ(role.body.at("value").as_array().size(), 1u);
    EXPECT_EQ(json::text_at(role.body, "value[0].name"), "4d97b98b-1d4f-4787-a291-c67834d212e7");
    EXPECT_EQ(
        client.get("/providers/Microsoft.Authorization/roleDefinitions/" + std::string(reader) + version("2022-04-01"))
            .text("properties.roleName"),
        "Reader");
    EXPECT_EQ(client.get(scope + "/providers/Microsoft.Authorization/permissions" + version("2022-04-01")).status, 200);
}

TEST(Arm, writes_networks_with_their_children) {
    Client client;
    client.ready({"Microsoft.Network"});
    auto const vnet = in_group("/providers/Microsoft.Network/virtualNetworks/vnet");
    auto const at = version("2025-01-01");
    auto const body = [](std::string_view subnets) {
        return fmt::format(
            R"({{"location":"westeurope","properties":{{"addressSpace":{{"addressPrefixes":["10.0.0.0/16"]}},"subnets":[{}]}}}})",
            subnets);
    };
    auto const a = R"({"name":"a","properties":{"addressPrefix":"10.0.0.0/24"}})",
               b = R"({"name":"b","properties":{"addressPrefix":"10.0.1.0/24"}})";

    auto const made = client.call("PUT", vnet + at, body(std::string(a) + "," + b));
    ASSERT_EQ(made.status, 201) << json::write(made.body);
    EXPECT_EQ(made.text("properties.provisioningState"), "Updating");
    EXPECT_EQ(json::text_at(made.body, "properties.subnets[1].id"), vnet + "/subnets/b");
    auto const poll = made.header("Azure-AsyncOperation");
    EXPECT_TRUE(poll.starts_with("https://management.azsim.test/subscriptions/")) << poll;
    EXPECT_EQ(client.get(poll).text("status"), "InProgress");
    EXPECT_NE(client.get(poll).header("Retry-After"), "");

    // One write at a time under one network, children included; other networks are free.
    auto const busy = client.call("PUT", vnet + "/subnets/c" + at, R"({"properties":{"addressPrefix":"10.0.2.0/24"}})");
    EXPECT_EQ(busy.status, 409);
    EXPECT_EQ(busy.code(), "AnotherOperationInProgress");
    EXPECT_EQ(client.call("DELETE", vnet + at).status, 409);
    EXPECT_EQ(client.call("PUT", in_group("/providers/Microsoft.Network/virtualNetworks/other") + at, body("")).status,
              201);

    client.settle();
    EXPECT_EQ(client.get(poll).text("status"), "Succeeded");
    auto const stands = client.get(vnet + at);
    EXPECT_EQ(stands.text("properties.provisioningState"), "Succeeded");
    EXPECT_EQ(json::list_at(stands.body, "properties.subnets").size(), 2u);
    EXPECT_EQ(client.get(vnet + "/subnets/a" + at).text("properties.addressPrefix"), "10.0.0.0/24");
    EXPECT_TRUE(client.azure().drawn().contains("PUT " + base::lower(vnet)));

    // The etag changes with the body and only then.
    auto const etag = stands.text("etag");
    EXPECT_FALSE(etag.empty());
    EXPECT_EQ(client.call("PUT", vnet + at, body(std::string(a) + "," + b), {{"If-Match", etag}}).status, 200);
    client.settle();
    EXPECT_EQ(client.get(vnet + at).text("etag"), etag);
    EXPECT_EQ(client.call("PUT", vnet + at, body(a), {{"If-Match", "W/\"something else\""}}).code(),
              "PreconditionFailed");
    EXPECT_EQ(client.call("PUT", vnet + at, body(a), {{"If-None-Match", "*"}}).status, 412);

    // Replace: a subnet that is left out goes.
    EXPECT_EQ(client.call("PUT", vnet + at, body(a), {{"If-Match", etag}}).status, 200);
    client.settle();
    EXPECT_EQ(client.get(vnet + "/subnets/b" + at).code(), "ResourceNotFound");

    auto const deleted = client.call("DELETE", vnet + at);
    EXPECT_EQ(deleted.status, 202);
    EXPECT_EQ(client.get(deleted.header("Location")).status, 202);
    EXPECT_EQ(client.get(vnet + at).text("properties.provisioningState"), "Deleting");
    EXPECT_EQ(client.call("DELETE", vnet + at).header("Location"), deleted.header("Location"));
    client.settle();
    EXPECT_EQ(client.get(deleted.header("Location")).status, 204);
    EXPECT_EQ(client.get(deleted.header("Azure-AsyncOperation")).text("status"), "Succeeded");
    EXPECT_EQ(client.get(vnet + "/subnets/a" + at).status, 404);
    EXPECT_EQ(client.call("DELETE", vnet + at).status, 204);
}

TEST(Arm, a_link_must_exist_be_ready_and_permit) {
    Client client;
    client.ready({"Microsoft.Network"});
    auto const at = version("2025-01-01");
    auto const nsg = in_group("/providers/Microsoft.Network/networkSecurityGroups/nsg");
    auto const vnet = in_group("/providers/Microsoft.Network/virtualNetworks/vnet");
    auto const body = fmt::format(
        R"({{"location":"westeurope","properties":{{"addressSpace":{{"addressPrefixes":["10.0.0.0/16"]}},"subnets":[{{"name":"a","properties":{{"addressPrefix":"10.0.0.0/24","networkSecurityGroup":{{"id":"{}"}}}}}}]}}}})",
        nsg);
    EXPECT_EQ(client.call("PUT", vnet + at, body).code(), "InvalidResourceReference");
    EXPECT_EQ(client.call("PUT", nsg + at, R"({"location":"westeurope"})").status, 201);
    EXPECT_EQ(client.call("PUT", vnet + at, body).code(), "ReferencedResourceNotProvisioned");
    client.settle();
    EXPECT_EQ(client.call("PUT", vnet + at, body).status, 201);
    client.settle();
    EXPECT_EQ(client.call("DELETE", nsg + at).status, 400) << "in use";
}

TEST(Arm, a_group_goes_with_all_that_is_in_it) {
    Client client;
    client.ready({"Microsoft.Network", "Microsoft.KeyVault"});
    auto const at = version("2025-01-01");
    auto const nsg = in_group("/providers/Microsoft.Network/networkSecurityGroups/nsg");
    auto const vnet = in_group("/providers/Microsoft.Network/virtualNetworks/vnet");
    auto const vault = in_group("/providers/Microsoft.KeyVault/vaults/holdfast-kv1");
    ASSERT_EQ(client.call("PUT", nsg + at, R"({"location":"westeurope"})").status, 201);
    client.settle();
    ASSERT_EQ(
        client
            .call(
                "PUT", vnet + at,
                fmt::format(
                    R"({{"location":"westeurope","properties":{{"addressSpace":{{"addressPrefixes":["10.0.0.0/16"]}},"subnets":[{{"name":"a","properties":{{"addressPrefix":"10.0.0.0/24","networkSecurityGroup":{{"id":"{}"}}}}}}]}}}})",
                    nsg))
            .status,
        201);
    auto const made = client.call(
        "PUT", vault + version("2023-07-01"),
        R"({"location":"westeurope","properties":{"tenantId":"11111111-1111-1111-1111-111111111111","sku":{"family":"A","name":"standard"},"enableRbacAuthorization":true,"enablePurgeProtection":true}})");
    ASSERT_EQ(made.status, 200) << json::write(made.body);
    client.settle();

    auto const lock = in_group("/providers/Microsoft.Authorization/locks/keep") + version("2020-05-01");
    ASSERT_EQ(client.call("PUT", lock, R"({"properties":{"level":"CanNotDelete"}})").status, 201);
    EXPECT_EQ(client.call("DELETE", in_group(version("2021-04-01"))).code(), "ScopeLocked");
    EXPECT_EQ(client.call("DELETE", nsg + at).status, 409);
    EXPECT_EQ(client.call("PUT", nsg + at, R"({"location":"westeurope","tags":{"a":"b"}})").status, 200)
        << "CanNotDelete lets writes through";
    client.settle();
    EXPECT_EQ(client.call("DELETE", lock).status, 200);

    auto const deleted = client.call("DELETE", in_group(version("2021-04-01")));
    ASSERT_EQ(deleted.status, 202);
    EXPECT_EQ(deleted.header("Azure-AsyncOperation"), "");
    EXPECT_EQ(deleted.header("Retry-After"), "15");
    EXPECT_EQ(client.get(in_group(version("2021-04-01"))).text("properties.provisioningState"), "Deleting");
    EXPECT_EQ(client.call("PUT", nsg + at, R"({"location":"westeurope"})").code(), "ResourceGroupBeingDeleted");
    EXPECT_EQ(client.call("PUT", in_group(version("2021-04-01")), R"({"location":"westeurope"})").code(),
              "ResourceGroupBeingDeleted");
    client.settle();
    EXPECT_EQ(client.get(deleted.header("Location")).status, 200);
    EXPECT_EQ(client.get(in_group(version("2021-04-01"))).code(), "ResourceGroupNotFound");
    ASSERT_EQ(client.azure().soft_deleted().size(), 1u);
    EXPECT_EQ(client.azure().soft_deleted().front().name, "holdfast-kv1");
    EXPECT_TRUE(client.azure().soft_deleted().front().purge_protected);
    for (auto const& [id, shown] : client.azure().resources())
        EXPECT_EQ(id.find("/resourcegroups/rg1"), std::string::npos) << id;
}

TEST(Arm, refuses_bodies_that_would_do_harm) {
    Client client;
    client.ready({"Microsoft.Network"});
    auto const vnet = in_group("/providers/Microsoft.Network/virtualNetworks/vnet") + version("2025-01-01");
    auto const with_subnet = [](std::string_view subnet) {
        return fmt::format(
            R"({{"location":"westeurope","properties":{{"addressSpace":{{"addressPrefixes":["10.0.0.0/16"]}},"subnets":[{}]}}}})",
            subnet);
    };
    for (auto const& body :
         {with_subnet(R"({"name":"","properties":{"addressPrefix":"10.0.0.0/24"}})"),
          with_subnet(R"({"name":"a/b","properties":{"addressPrefix":"10.0.0.0/24"}})"),
          with_subnet(R"({"properties":{"addressPrefix":"10.0.0.0/24"}})"), with_subnet(R"({"name":7})"),
          with_subnet("7"), with_subnet("null"),
          with_subnet(R"({"name":"a","properties":{"addressPrefix":"10.0.0.0/99"}})"),
          with_subnet(R"({"name":"a","properties":{"addressPrefix":"10.0.0.7/24"}})"), std::string(R"({"location":7})"),
          std::string(R"({"location":"westeurope","properties":[]})"),
          std::string(R"({"location":"westeurope","tags":{"a":{"b":"c"}}})"), std::string(200, '['),
          "{\"location\":" + std::string(200, '{')}) {
        auto const answer = client.call("PUT", vnet, body);
        EXPECT_EQ(answer.status, 400) << body << json::write(answer.body);
        EXPECT_FALSE(answer.code().empty()) << body;
    }
    EXPECT_EQ(client.get(vnet).status, 404) << "nothing half-made stands";
    for (auto const* target :
         {"/", "//", "/providers", "/providers/Microsoft.Network", "/subscriptions//providers/x.y",
          "/providers/x.y/z?api-version=2021-04-01", "/subscriptions/%00/resourceGroups/%0a", "/%"}) {
        EXPECT_GE(client.get(target).status, 400) << target;
    }
}

/// Rows that refuse to be written when told so.
class Brittle final : public world::Rows {
public:
    explicit Brittle(bool& broken) : broken_(broken) {}
    world::Result<std::vector<std::pair<std::string, std::string>>> load() override { return rows_->load(); }
    world::Result<void> commit(std::span<world::RowChange const> changes) override {
        if (broken_) return base::fail(base::ErrorCode::unreadable, "the disk is full");
        return rows_->commit(changes);
    }

private:
    std::unique_ptr<world::Rows> rows_ = world::memory_rows();
    bool& broken_;
};

TEST(Arm, says_done_only_when_it_is_on_disk) {
    bool broken = false;
    Client client(Client::defaults(), std::make_unique<Brittle>(broken));
    auto const group = in_group(version("2021-04-01"));
    auto const token = client.token("https://management.azure.com");
    world::Request request{
        .method = "PUT", .url = std::string(arm_host) + group, .headers = {}, .body = R"({"location":"westeurope"})"};
    request.bearer = base::Secret(token);
    broken = true;
    EXPECT_EQ(client.send(request).status, 500);
    broken = false;
    EXPECT_EQ(client.send(request).status, 200) << "it did happen, and is written with the next answer";
    client.reopen();
    EXPECT_EQ(client.get(group).status, 200);
}

TEST(Arm, lays_tags_over_tags) {
    Client client;
    client.ready({});
    auto const tags = in_group("/providers/Microsoft.Resources/tags/default") + version("2021-04-01");
    struct Row {
        std::string method, body;
        int status;
        std::string after;
    };
    for (auto const& row :
         {Row{"PATCH", R"({"operation":"Merge","properties":{"tags":{"a":"1","b":"2"}}})", 200, R"({"a":"1","b":"2"})"},
          Row{"PATCH", R"({"operation":"Delete","properties":{"tags":{"a":"9","b":"2"}}})", 200, R"({"a":"1"})"},
          Row{"PATCH", R"({"operation":"Shuffle","properties":{"tags":{}}})", 400, R"({"a":"1"})"},
          Row{"PUT", R"({"properties":{"tags":{"c":"3"}}})", 200, R"({"c":"3"})"},
          Row{"PUT", R"({"properties":{"tags":{"c":3}}})", 400, R"({"c":"3"})"}, Row{"DELETE", "", 200, "{}"}}) {
        EXPECT_EQ(client.call(row.method, tags, row.body).status, row.status) << row.body;
        EXPECT_EQ(json::write(json::object_at(client.get(tags).body, "properties.tags")), row.after) << row.body;
        EXPECT_EQ(json::write(json::object_at(client.get(in_group(version("2021-04-01"))).body, "tags")), row.after);
    }
}

TEST(Arm, keeps_what_it_does_not_model_and_says_so) {
    Client client;
    client.ready({});
    auto const thing = in_group("/providers/Microsoft.Cdn/profiles/front") + version("2024-02-01");
    EXPECT_EQ(client.call("PUT", thing, R"({"location":"global"})").code(), "MissingSubscriptionRegistration");
    client.call("POST", in_subscription("/providers/Microsoft.Cdn/register?api-version=2021-04-01"));
    client.settle();
    auto const made = client.call("PUT", thing, R"({"location":"global","sku":{"name":"Standard"}})");
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.header("x-holdfast-fidelity"), "stored only");
    EXPECT_EQ(made.text("type"), "Microsoft.Cdn/profiles");
    EXPECT_EQ(client.get(thing).text("sku.name"), "Standard");
    EXPECT_EQ(client.call("PATCH", thing, R"({"tags":{"a":"b"}})").text("tags.a"), "b");
    auto const listed = client.get(in_group("/providers/Microsoft.Cdn/profiles") + version("2024-02-01"));
    EXPECT_EQ(json::list_at(listed.body, "value").size(), 1u);
    EXPECT_EQ(client.call("DELETE", thing).status, 200);
    EXPECT_EQ(client.get(thing).code(), "ResourceNotFound");
    auto const definition =
        "/providers/Microsoft.Authorization/policySetDefinitions/a8640138-9b0a-4a28-b8cb-1666c838647d";
    EXPECT_EQ(client.get(definition + version("2025-11-01")).text("properties.policyType"), "BuiltIn");
}

TEST(Arm, lists_in_pages) {
    Client client;
    for (int i = 0; i < 230; ++i) {
        auto const group = in_subscription(fmt::format("/resourceGroups/g{:03}?api-version=2021-04-01", i));
        if (client.call("PUT", group, R"({"location":"westeurope"})").status == 429) {
            client.wait(5);
            --i;
        }
    }
    std::size_t found = 0;
    int pages = 0;
    for (std::string next = in_subscription("/resourceGroups?api-version=2021-04-01"); !next.empty(); ++pages) {
        auto const page = client.get(next);
        found += page.body.at("value").as_array().size();
        next = page.text("nextLink");
        ASSERT_LT(pages, 10);
    }
    EXPECT_EQ(found, 230u);
    EXPECT_EQ(pages, 3);
    auto const seven = client.get(in_subscription("/resourceGroups?api-version=2021-04-01&$top=7"));
    EXPECT_EQ(seven.body.at("value").as_array().size(), 7u);
    EXPECT_EQ(client.get(in_subscription("/resourceGroups?api-version=2021-04-01&$top=500")).text("nextLink"), "");

    // Who goes meanwhile hides nobody else from the pages that follow.
    client.call("DELETE", in_subscription("/resourceGroups/g006?api-version=2021-04-01"), "");
    client.wait(3600);
    auto const next = client.get(seven.text("nextLink"));
    EXPECT_EQ(json::text_at(next.body.at("value").as_array().at(0), "name"), "g007");
}

TEST(Arm, throttles_by_buckets_that_refill) {
    Client client;
    Exchange last;
    int answered = 0;
    for (; answered < 300; ++answered) {
        last = client.get(in_subscription(version("2021-04-01")));
        if (last.status == 429) break;
    }
    EXPECT_EQ(answered, 250);
    EXPECT_EQ(last.code(), "SubscriptionRequestsThrottled");
    EXPECT_EQ(last.header("x-ms-ratelimit-remaining-subscription-reads"), "0");
    client.wait(std::stod(last.header("Retry-After")));
    EXPECT_EQ(client.get(in_subscription(version("2021-04-01"))).status, 200);
}

TEST(Arm, survives_being_killed_at_any_moment) {
    Client client;
    client.ready({"Microsoft.Network"});
    auto const vnet = in_group("/providers/Microsoft.Network/virtualNetworks/vnet") + version("2025-01-01");
    auto const made = client.call(
        "PUT", vnet, R"({"location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}})");
    ASSERT_EQ(made.status, 201);
    auto const token = client.token("https://management.azure.com");
    auto const before = client.azure().resources();
    auto const drawn = client.azure().drawn();
    auto const due = client.azure().next_due();
    client.reopen();
    EXPECT_EQ(client.azure().resources(), before);
    EXPECT_EQ(client.azure().drawn(), drawn);
    EXPECT_EQ(client.azure().next_due(), due);
    EXPECT_EQ(client.get(made.header("Azure-AsyncOperation")).text("status"), "InProgress");
    world::Request request{.method = "GET", .url = std::string(arm_host) + vnet, .headers = {}, .body = {}};
    request.bearer = base::Secret(token);
    EXPECT_EQ(client.send(request).status, 200) << "a token outlives the process that gave it";
    client.settle();
    EXPECT_EQ(client.get(vnet).text("properties.provisioningState"), "Succeeded");
    auto const later = client.azure().now();
    client.reopen();
    EXPECT_GE(client.azure().now() + Duration{1000}, later);
    EXPECT_EQ(client.azure().next_due(), std::nullopt);
}

TEST(Arm, the_same_seed_draws_the_same_whatever_the_order) {
    auto const run = [](bool reversed) {
        Client client;
        client.ready({"Microsoft.Network"});
        std::vector<std::string> names{"a", "b", "c"};
        if (reversed) std::reverse(names.begin(), names.end());
        for (auto const& name : names)
            client.call("PUT", in_group("/providers/Microsoft.Network/routeTables/" + name) + version("2025-01-01"),
                        R"({"location":"westeurope"})");
        client.settle();
        return client.azure().drawn();
    };
    EXPECT_EQ(run(false), run(true));
    EXPECT_GE(run(false).size(), 3u);
}

TEST(Arm, counts_creates_that_were_not_needed) {
    Client client;
    client.ready({});
    auto const group = in_group(version("2021-04-01"));
    EXPECT_EQ(client.azure().repeated_creates(), 0);
    client.call("PUT", group, R"({"location":"westeurope","tags":{"a":"b"}})");
    EXPECT_EQ(client.azure().repeated_creates(), 0) << "an update";
    client.call("PUT", group, R"({"tags":{"a":"b"},"location":"West Europe"})");
    EXPECT_EQ(client.azure().repeated_creates(), 1);
    client.reopen();
    EXPECT_EQ(client.azure().repeated_creates(), 1);
}

TEST(Arm, finds_resources_by_type_and_tag) {
    Client client;
    client.ready({"Microsoft.Network"});
    auto const at = version("2025-01-01");
    client.call("PUT", in_group("/providers/Microsoft.Network/routeTables/a") + at,
                R"({"location":"westeurope","tags":{"holdfast":"x"}})");
    client.call("PUT", in_group("/providers/Microsoft.Network/networkSecurityGroups/b") + at,
                R"({"location":"westeurope"})");
    client.settle();
    struct Row {
        std::string target;
        std::size_t count;
    };
    for (auto const& row :
         {Row{in_group("/resources?api-version=2021-04-01"), 2},
          Row{in_subscription("/resources?api-version=2021-04-01"), 2},
          Row{in_subscription(
                  "/resources?api-version=2021-04-01&$filter=resourceType%20eq%20'microsoft.network/routetables'"),
              1},
          Row{in_subscription(
                  "/resources?api-version=2021-04-01&$filter=tagName%20eq%20'holdfast'%20and%20tagValue%20eq%20'x'"),
              1},
          Row{in_subscription("/resources?api-version=2021-04-01&$filter=resourceGroup%20eq%20'other'"), 0},
          Row{in_subscription("/providers/Microsoft.Network/routeTables?api-version=2025-01-01"), 1},
          Row{in_group("/providers/Microsoft.Network/routeTables?api-version=2025-01-01"), 1}}) {
        auto const answer = client.get(row.target);
        EXPECT_EQ(answer.status, 200) << row.target;
        EXPECT_EQ(json::list_at(answer.body, "value").size(), row.count) << row.target;
    }
}

}  // namespace
}  // namespace holdfast::simulator::testing

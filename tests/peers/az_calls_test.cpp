// Every request that the real az 2.91 sent in 139 commands, in order, against the simulated Azure in process.
//
// The recording holds requests (evidence) and what a stub said to them (what az went on with, no more). A request
// passes when its answer has a status that az accepts there. What the stub invented (principal ids, key versions,
// tokens) is replaced by what the simulated Azure answered in its place; polls go on until the operation has ended, as
// az's would. Where a real Azure would refuse what the stub took, the row says so in `corrections`, by name, with the
// reason.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "simulator/testing.hpp"

namespace holdfast::simulator::testing {
namespace {

constexpr std::string_view recording = HOLDFAST_SOURCE_DIR "/../shared/azure/az-calls.jsonl";
constexpr std::string_view management = "https://management.azure.com", login = "https://login.microsoftonline.com",
                           graph = "https://graph.microsoft.com", vault_host = ".vault.azure.net";

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

struct Row {
    std::string command, method, url, body, audience;
    std::int64_t n = 0, status = 0;
    json::Value response;
};

std::vector<Row> rows_of(std::istream& in) {
    std::vector<Row> rows;
    for (std::string line; std::getline(in, line);) {
        auto const parsed = json::parse(line);
        if (!parsed) {
            ADD_FAILURE() << "line " << rows.size() + 1 << " of the recording is no JSON";
            continue;
        }
        auto const text = [&](char const* at) { return std::string(json::text_at(*parsed, at).value_or("")); };
        Row row{.command = text("command"), .method = text("method"), .url = text("url"), .body = {}, .audience = {}};
        row.n = json::whole_at(*parsed, "n").value_or(0);
        row.status = json::whole_at(*parsed, "status").value_or(0);
        if (auto const* body = json::find(*parsed, "body"))
            row.body = body->is_string() ? std::string(body->get_string()) : json::write(*body);
        if (auto const* response = json::find(*parsed, "response")) row.response = *response;
        constexpr std::string_view mark = "<token aud=";
        auto const authorization = text("headers.Authorization");
        if (auto const at = authorization.find(mark); at != std::string::npos)
            row.audience = authorization.substr(at + mark.size(), authorization.size() - at - mark.size() - 1);
        rows.push_back(std::move(row));
    }
    return rows;
}

/// A request that no strict Azure would take as it stands.
struct Correction {
    std::string_view command;  // as it begins
    std::string_view url;      // as it ends, before the query; empty: any
    std::string_view from, to;
    std::string_view because;
};
constexpr Correction corrections[] = {
    {"az keyvault update", "", R"("defaultAction":"Deny")", R"("defaultAction":"Allow")",
     "the data plane calls that follow come from an address such a firewall refuses"},
    {"az keyvault network-rule", "", R"("defaultAction":"Deny")", R"("defaultAction":"Allow")", "the same firewall"},
    {"az aks create -g rg1 -n aks-e", "/managedClusters/aks-e", R"("outboundType":"userDefinedRouting")",
     R"("outboundType":"loadBalancer")", "its subnet has no route table"},
    {"az aks create -g rg1 -n aks-b", "/managedClusters/aks-b", R"("outboundType":"userAssignedNATGateway")",
     R"("outboundType":"loadBalancer")", "its subnet has no NAT gateway"},
    {"az aks ", "/managedClusters/aks-a", R"("networkPolicy":"azure")", R"("networkPolicy":"calico")",
     "it gets a Windows pool, which policy azure no longer supports"},
};

/// What Azure refuses in this world too: az prints the message and ends. The rest of such a command is not asked.
struct Expected {
    std::string_view command, code, because;
};
constexpr Expected expected[] = {
    {"az aks get-credentials -g rg1 -n aks-a --admin", "BadRequest", "its local accounts are off by then"},
    {"az aks nodepool upgrade -g rg1 --cluster-name aks-a -n user1 --node-image-only", "NodeImageVersionAlreadyLatest",
     "the pool is a few minutes old"},
    {"az aks upgrade -g rg1 -n aks-a --node-image-only", "NodeImageVersionAlreadyLatest", "the pools are as new"},
    {"az aks update-credentials -g rg1 -n aks-c", "BadRequest", "it has moved to a managed identity by then"},
};
/// A role that the recorded commands never gave, and without which Azure would refuse what the stub took.
struct Grant {
    std::string_view before, principal_at, role, scope, because;  // before: the command as it begins
};
constexpr std::string_view crypto_user = "e147488a-f6f5-4113-8e2d-b22465e65bf6";
constexpr std::string_view network_contributor = "4d97b98b-1d4f-4787-a291-c67834d212e7";
constexpr std::string_view control_plane = "/userassignedidentities/id-cp";
constexpr std::string_view vault_contributor = "f25e0fa2-a7c8-4377-a976-54943a77a395";
constexpr std::string_view key_user = "12338af0-0e69-4776-bea7-57ae8d297424";
constexpr std::string_view reader_role = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
constexpr Grant grants[] = {
    {"az aks create -g rg1 -n aks-a", control_plane, reader_role,
     "/resourceGroups/rg1/providers/Microsoft.Compute/diskEncryptionSets/des1",
     "a cluster reads its set as its identity"},
    {"az disk-encryption-set create -g rg1 -n des2", control_plane, crypto_user,
     "/resourceGroups/rg1/providers/Microsoft.KeyVault/vaults/kvhf1", "a set reads its key as its identity"},
    {"az aks create -g rg1 -n aks-e", control_plane, network_contributor,
     "/resourceGroups/rg1/providers/Microsoft.Network/virtualNetworks/vnet1",
     "az gives no role on the API server's subnet"},
    {"az aks create -g rg1 -n aks-e ", control_plane, key_user,
     "/resourceGroups/rg1/providers/Microsoft.KeyVault/vaults/kvhf1", "the cluster encrypts etcd as its identity"},
    {"az aks create -g rg1 -n aks-e  ", control_plane, vault_contributor,
     "/resourceGroups/rg1/providers/Microsoft.KeyVault/vaults/kvhf1", "and approves its private endpoint at the vault"},
};
/// Properties of a pool that az sends back with an update as it read them; the stub had read others to it.
constexpr char const* read_back[] = {"osDiskType", "osDiskSizeGB", "maxPods", "osSKU", "vmSize", "nodeImageVersion"};

/// What az takes for an answer to this request.
bool accepts(Row const& row, int status) {
    if (status == row.status) return true;
    if (row.status >= 400) return false;
    auto const is = [&](std::string_view what) { return base::lower(row.url).find(what) != std::string::npos; };
    if (row.method == "PUT") {
        if (is("diagnosticsettings") || is("/pricings/")) return status == 200;
        if (is("diskencryptionsets")) return status == 200 || status == 202;
        return status == 200 || status == 201 || (status == 202 && !is("roleassignments"));
    }
    if (row.method == "DELETE") {
        if (is("managedclusters")) return status == 202 || status == 204;
        return status == 200 || status == 202 || status == 204;
    }
    if (row.method == "HEAD") return status == 200 || status == 204;
    return false;
}

/// A text the stub made up, and where the simulated Azure's own stands.
struct Invention {
    std::string_view text, resource, at;  // resource: as its id ends
};
constexpr Invention inventions[] = {
    {"0123456789abcdef0123456789abcdef", "/vaults/kvhf1/keys/des", "properties.keyUriWithVersion"},
    {"08e6ffe7-d56b-5f7e-9919-1474ad011c5e", "/diskencryptionsets/des1", "identity.principalId"},
    {"f4527622-8590-5cd9-a996-bee805d4f136", "/userassignedidentities/id-kubelet", "properties.clientId"},
    {"d3b11e5d-9ae4-56a7-bf5c-9b3e522991e3", "/userassignedidentities/id-kubelet", "properties.principalId"},
    {"f7cc54f8-665d-538d-a76a-f5277402ab05", "/userassignedidentities/id-cp", "properties.principalId"},
    {"e3443270-5720-59ab-83be-3e82ff014138", "/managedclusters/aks-d", "identity.principalId"},
    {"c5286cc9-30d5-5297-b54b-56a687c9fe80", "/managedclusters/aks-d",
     "properties.identityProfile.kubeletidentity.objectId"},
};
/// The version that the stub gave to every cluster, and az sends back with updates.
constexpr std::string_view invented_version = "1.33.5";
/// What the commands upgrade to: here the newest patch that the cluster may have.
constexpr std::string_view invented_upgrade = "1.34.2";

struct SigningKey {
    EVP_PKEY* key = EVP_RSA_gen(2048);
    std::string certificate;

    SigningKey() {
        auto* x509 = X509_new();
        ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
        X509_gmtime_adj(X509_getm_notBefore(x509), 0);
        X509_gmtime_adj(X509_getm_notAfter(x509), 86400);
        X509_set_pubkey(x509, key);
        X509_sign(x509, key, EVP_sha256());
        auto* out = BIO_new(BIO_s_mem());
        PEM_write_bio_X509(out, x509);
        char* data = nullptr;
        certificate.assign(data, static_cast<std::size_t>(BIO_get_mem_data(out, &data)));
        certificate.assign(data, certificate.size());
        BIO_free(out);
        X509_free(x509);
    }
    ~SigningKey() { EVP_PKEY_free(key); }
    SigningKey(SigningKey const&) = delete;
    SigningKey& operator=(SigningKey const&) = delete;

    std::string assertion(json::Object header, json::Object claims) const {
        auto const bytes = base::base64url(json::write(header)) + "." + base::base64url(json::write(claims));
        auto* context = EVP_MD_CTX_new();
        std::size_t size = 512;
        std::string signature(size, '\0');
        EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key);
        EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                       reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size());
        EVP_MD_CTX_free(context);
        signature.resize(size);
        return bytes + "." + base::base64url(signature);
    }
};

/// The world the recorded commands were typed in.
Options world(SigningKey const& key) {
    auto options = Client::defaults();
    options.owner.client_secret = "secret";
    options.owner.certificate_pem = key.certificate;
    options.owner.federations = {{.issuer = "https://x.example/", .subject = "somebody"}};
    options.directory.users = {{.object_id = "44444444-4444-4444-4444-444444444444",
                                .user_principal_name = "user@stub.onmicrosoft.com",
                                .name = "User",
                                .password = "x"}};
    options.directory.groups = {
        {.object_id = "12182594-2b90-5f65-b978-938d9b4aab97", .name = "admins", .members = {}},
        {.object_id = "77777777-7777-7777-7777-777777777777", .name = "cluster admins", .members = {}}};
    options.directory.applications = {{.client_id = "55555555-5555-5555-5555-555555555555",
                                       .object_id = "0020e1c1-f524-58eb-b050-cf76f83d73b8",
                                       .name = "five",
                                       .client_secret = "five",
                                       .certificate_pem = {},
                                       .federations = {}},
                                      {.client_id = "66666666-6666-6666-6666-666666666666",
                                       .object_id = "6ae1c8e1-aca7-5760-bb6d-000c38b9916d",
                                       .name = "six",
                                       .client_secret = "six",
                                       .certificate_pem = {},
                                       .federations = {}}};
    return options;
}

class Replay {
public:
    Replay() : client_(world(key_)) {}

    /// What az would make of the answer to one row; empty: it goes on.
    std::string step(Row row) {
        if (row.command != command_) {
            command_ = row.command;
            refused_ = false;
            for (auto const& grant : grants) {
                if (command_.starts_with(base::trimmed(grant.before))) give(grant);
            }
            if (command_.starts_with("az aks create -g rg1 -n aks-b")) register_host_encryption();
            polls_.clear();
            refresh_token_.clear();
        }
        if (refused_) return {};
        client_.wait(1);
        prepare(row);
        if (row.url.find("commandResults/") != std::string::npos) row.url = "{Location}";
        if (row.url == "{Azure-AsyncOperation}" || row.url == "{Location}") return poll(row);
        auto answer = ask(row);
        while (answer.code() == "MissingSubscriptionRegistration" && registers(answer.message())) answer = ask(row);
        return judge(row, answer);
    }

    int refusals = 0;  ///< expected ones

private:
    Exchange ask(Row const& row) {
        world::Request request{.method = row.method, .url = row.url, .headers = {}, .body = row.body};
        if (!row.audience.empty()) request.bearer = base::Secret(token(row));
        if (row.url.find("oauth2") != std::string::npos)
            request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
        return client_.send(std::move(request));
    }

    void give(Grant const& grant) {
        for (auto const& [id, shown] : client_.azure().resources()) {
            if (!id.ends_with(grant.principal_at)) continue;
            client_.client_secret = "secret";
            auto const answer = client_.call(
                "PUT",
                fmt::format("{}{}{}/providers/Microsoft.Authorization/roleAssignments/{}?api-version=2022-04-01",
                            management, subscription, grant.scope,
                            base::guid_v5("6ba7b811-9dad-11d1-80b4-00c04fd430c8", grant.before)),
                fmt::format(
                    R"({{"properties":{{"principalId":"{}","principalType":"ServicePrincipal","roleDefinitionId":"{}"}}}})",
                    json::text_at(shown, "properties.principalId").value_or(""),
                    fmt::format("{}/providers/Microsoft.Authorization/roleDefinitions/{}", subscription, grant.role)));
            EXPECT_EQ(answer.status, 201) << answer.message();
        }
    }

    /// The recorded scenario does so much later, when the stub had long taken the pool that needs it.
    void register_host_encryption() {
        Row row{.command = command_,
                .method = "POST",
                .url = fmt::format(
                    "{}{}/providers/Microsoft.Features/providers/Microsoft.Compute/features/EncryptionAtHost/"
                    "register?api-version=2021-07-01",
                    management, subscription),
                .body = {},
                .audience = "https://management.core.windows.net/"};
        EXPECT_EQ(ask(row).status, 200);
        client_.wait(1000);
    }

    /// az registers the namespace that the refusal quotes, waits, and sends the same request again.
    bool registers(std::string const& message) {
        constexpr std::string_view mark = "namespace '";
        auto const at = message.find(mark);
        if (at == std::string::npos) return false;
        auto const begin = at + mark.size();
        Row row{.command = command_,
                .method = "POST",
                .url = fmt::format("{}{}/providers/{}/register?api-version=2016-02-01", management, subscription,
                                   message.substr(begin, message.find('\'', begin) - begin)),
                .body = {},
                .audience = "https://management.core.windows.net/"};
        if (ask(row).status != 200) return false;
        replace_all(row.url, "/register", "");
        row.method = "GET";
        for (int i = 0; i < 60; ++i) {
            client_.wait(10);
            if (ask(row).text("registrationState") == "Registered") return true;
        }
        return false;
    }

    void prepare(Row& row) {
        auto const cut = row.url.find('?');
        auto const path = row.url.substr(0, cut);
        for (auto const& correction : corrections) {
            if (row.command.starts_with(correction.command) && path.ends_with(correction.url))
                replace_all(row.body, correction.from, correction.to);
        }
        put_real_texts(row);
        replace_all(row.url, "{arm}", management);
        replace_all(row.url, "{login}", login);
        replace_all(row.url, "{graph}", graph);
        auto const vault_at = row.command.find("--vault-name ");
        if (vault_at != std::string::npos) {
            auto const name = row.command.substr(vault_at + 13, row.command.find(' ', vault_at + 13) - vault_at - 13);
            replace_all(row.url, "{vault}", "https://" + name + std::string(vault_host));
        }
        auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(client_.now().time_since_epoch()).count();
        bool const wrong = row.command.find("-p wrong") != std::string::npos;
        bool const federated = row.command.find("--federated-token") != std::string::npos;
        replace_all(row.body, "<client_secret>", wrong ? "wrong" : "secret");
        replace_all(row.body, "<secret>", "six");
        replace_all(row.body, "<new secret>", "six");
        bool const signs_in = row.url.find("oauth2") != std::string::npos;
        replace_all(row.body, "<password>", signs_in ? "x" : "Simulated-Passw0rd");
        replace_all(row.body, "<refresh_token>", refresh_token_);
        replace_all(row.body, "<code>", device_code_);
        replace_all(row.body, "<device_code>", device_code_);
        if (row.body.find("<client_assertion>") != std::string::npos) {
            json::Object const claims = federated ? json::Object{{"iss", "https://x.example/"},
                                                                 {"sub", "somebody"},
                                                                 {"aud", "api://AzureADTokenExchange"},
                                                                 {"exp", seconds + 600}}
                                                  : json::Object{{"aud", row.url},
                                                                 {"iss", "22222222-2222-2222-2222-222222222222"},
                                                                 {"sub", "22222222-2222-2222-2222-222222222222"},
                                                                 {"jti", std::to_string(++assertions_)},
                                                                 {"iat", double(seconds) + 0.25},
                                                                 {"exp", double(seconds) + 600.25}};
            replace_all(row.body, "<client_assertion>", key_.assertion({{"alg", "RS256"}, {"typ", "JWT"}}, claims));
        }
    }

    void put_real_texts(Row& row) {
        auto const resources = client_.azure().resources();
        for (auto const& invention : inventions) {
            if (row.url.find(invention.text) == std::string::npos && row.body.find(invention.text) == std::string::npos)
                continue;
            for (auto const& [id, shown] : resources) {
                if (!id.ends_with(invention.resource)) continue;
                auto const real = json::text_at(shown, invention.at).value_or("");
                replace_all(row.url, invention.text, real.substr(real.rfind('/') + 1));
                replace_all(row.body, invention.text, real.substr(real.rfind('/') + 1));
            }
        }
        auto const cluster = base::lower(row.url).find("/managedclusters/");
        if (cluster == std::string::npos) return;
        auto const end = row.url.find_first_of("/?", cluster + 17);
        auto const id = base::lower(row.url.substr(0, end));
        auto const stands = resources.find(id.substr(std::min(id.size(), id.find('/'))));
        if (stands == resources.end()) return;
        replace_all(row.body, invented_version,
                    json::text_at(stands->second, "properties.kubernetesVersion").value_or(invented_version));
        if (row.body.find(invented_upgrade) != std::string::npos) {
            auto const profile =
                client_.get(id.substr(id.find('/')) + "/upgradeProfiles/default?api-version=2026-05-01");
            auto version = profile.text("properties.controlPlaneProfile.kubernetesVersion");
            auto const offered = profile.text("properties.controlPlaneProfile.upgrades[0].kubernetesVersion");
            if (row.url.find("/agentPools/") == std::string::npos && !offered.empty()) version = offered;
            replace_all(row.body, invented_upgrade, version);
        }
        auto body = json::parse(row.body);
        auto* pools = body ? json::find(*body, "properties.agentPoolProfiles") : nullptr;
        auto const whole_id = base::lower(row.url.substr(0, row.url.find('?')));
        auto const pool = resources.find(whole_id.substr(std::min(whole_id.size(), whole_id.find('/'))));
        if (row.method == "PUT" && body && pool != resources.end() &&
            pool->first.find("/agentpools/") != std::string::npos) {
            for (auto const* property : read_back) {
                auto const path = json::Path("properties").child(std::string(property));
                if (auto const* value = json::find(pool->second, path)) json::put(*body, path, *value);
            }
            row.body = json::write(*body);
        }
        if (row.method != "PUT" || !pools || !pools->is_array()) return;
        for (auto& one : pools->get_array()) {
            for (auto const& real : json::list_at(stands->second, "properties.agentPoolProfiles")) {
                if (json::text_at(real, "name") != json::text_at(one, "name")) continue;
                for (auto const* property : read_back) {
                    if (auto const* value = json::find(real, property)) json::put(one, property, *value);
                }
            }
        }
        row.body = json::write(*body);
    }

    std::string poll(Row const& row) {
        auto const header = row.url.substr(1, row.url.size() - 2);
        auto const url = polls_.find(header);
        if (url == polls_.end()) return "no " + header + " to poll";
        Row asked = row;
        asked.url = url->second;
        // Recorded polls are the stub's: as many as it wanted. Ours go on until the operation has ended.
        Exchange answer;
        for (int i = 0; i < 5000; ++i) {
            answer = ask(asked);
            bool const running = answer.status == 202 || answer.text("status") == "InProgress" ||
                                 answer.text("status") == "Accepted" || answer.text("status") == "Running";
            if (!running) break;
            auto const due = client_.azure().next_due();
            client_.wait(due && *due > client_.now() ? double((*due - client_.now()).count()) / 1000 : 5);
        }
        if (header == "Azure-AsyncOperation" && answer.text("status") != "Succeeded")
            return fmt::format("the operation ended {}: {}", answer.text("status"), json::write(answer.body));
        if (header == "Location" && answer.status >= 400)
            return fmt::format("{} {}", answer.status, json::write(answer.body));
        return {};
    }

    std::string judge(Row const& row, Exchange const& answer) {
        for (auto const* name : {"Azure-AsyncOperation", "Location"}) {
            if (auto const value = answer.header(name); !value.empty()) polls_[name] = value;
        }
        if (auto const given = answer.text("refresh_token"); !given.empty()) refresh_token_ = given;
        if (auto const given = answer.text("device_code"); !given.empty()) device_code_ = given;
        if (answer.header("Retry-After") == "0") return "Retry-After: 0 makes az wait thirty seconds";
        for (auto const& refusal : expected) {
            if (!row.command.starts_with(refusal.command) || answer.code() != refusal.code) continue;
            refused_ = true;
            ++refusals;
            return {};
        }
        // az reads the existing assignment and goes on.
        if (answer.code() == "RoleAssignmentExists") return {};
        if (!accepts(row, answer.status))
            return fmt::format("{}, not {}: {}", answer.status, row.status, json::write(answer.body).substr(0, 600));
        settle(row);
        return {};
    }
    /// Where the stub was done at once, az would have polled ours. It looks at clusters while they are created, though.
    void settle(Row const& row) {
        if (row.method != "PUT" || base::lower(row.url).find("managedclusters") != std::string::npos) return;
        while (auto const due = client_.azure().next_due()) {
            client_.wait(std::max(1.0, double((*due - client_.now()).count()) / 1000));
            client_.send(
                {.method = "GET", .url = std::string(login) + "/common/discovery/keys", .headers = {}, .body = {}});
        }
    }

    /// The stub answered /me to a service principal too; Azure only knows who a user is.
    std::string token(Row const& row) {
        bool const user = row.url.ends_with("/v1.0/me") || row.command.find("--use-device-code") != std::string::npos ||
                          row.command.find("-u user@") != std::string::npos;
        auto const form =
            user ? "grant_type=password&client_id=04b07795-8ddb-461a-bbee-02f9e1bf7b46&username=user%40stub."
                   "onmicrosoft.com&"
                   "password=x"
                 : "grant_type=client_credentials&client_id=22222222-2222-2222-2222-222222222222&client_secret=secret";
        auto const answer =
            client_.send({.method = "POST",
                          .url = std::string(login) + "/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token",
                          .headers = {},
                          .body = std::string(form) + "&scope=" + base::percent_encoded(row.audience + "/.default")});
        EXPECT_EQ(answer.status, 200) << row.audience;
        return answer.text("access_token");
    }

    SigningKey key_;
    Client client_;
    std::string command_, refresh_token_, device_code_;
    std::map<std::string, std::string> polls_;
    int assertions_ = 0;
    bool refused_ = false;
};

TEST(AzCalls, every_recorded_request_is_answered_as_az_accepts) {
    std::ifstream in{std::string(recording)};
    if (!in) GTEST_SKIP() << "no recording at " << recording;
    auto const rows = rows_of(in);
    ASSERT_GT(rows.size(), 400u);
    Replay replay;
    std::vector<std::pair<std::string, std::pair<int, int>>> counts;  // command -> accepted, asked
    int failed = 0;
    for (auto const& row : rows) {
        auto const name = row.command.substr(0, row.command.find(" -"));
        if (counts.empty() || counts.back().first != name) counts.push_back({name, {0, 0}});
        auto const wrong = replay.step(row);
        ++counts.back().second.second;
        if (wrong.empty()) {
            ++counts.back().second.first;
            continue;
        }
        ++failed;
        ADD_FAILURE() << row.command.substr(0, 160) << "\n  " << row.n << ": " << row.method << " " << row.url << "\n  "
                      << wrong;
    }
    for (auto const& [name, count] : counts)
        std::cout << fmt::format("{:>4} of {:<4} {}\n", count.first, count.second, name);
    std::cout << fmt::format(
        "{} of {} requests answered as az accepts, {} of them refusals of {} commands that Azure refuses\n",
        rows.size() - std::size_t(failed), rows.size(), replay.refusals, std::size(expected));
}

}  // namespace
}  // namespace holdfast::simulator::testing

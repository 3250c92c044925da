#include "keys/keys.hpp"

#include <gtest/gtest.h>

#include "../../tests/scenarios/graph_text.hpp"
#include "../../tests/scenarios/published.hpp"

namespace holdfast::keys {
namespace {

std::string const folder = HOLDFAST_SOURCE_DIR "/tests/scenarios/checks";
resource::Graph graph(std::string const& changes = {}) {
    return scenario::graph_of("graph secure.graph\n" + changes, folder);
}

std::vector<std::string> addresses(Chain const& chain) {
    std::vector<std::string> out;
    for (auto const& link : chain.links) out.push_back(link.address);
    return out;
}

TEST(Keys, properties_are_published) {
    int seen = 0;
    EXPECT_EQ(scenario::unpublished(HOLDFAST_SOURCE_DIR "/src/keys/paths.hpp", seen), std::vector<std::string>{});
    EXPECT_GE(seen, 12);
}

TEST(Keys, chains_of_a_secure_cluster) {
    auto const all = chains(graph());
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].purpose, "disks");
    EXPECT_EQ(addresses(all[0]), (std::vector<std::string>{"vault/disk", "keys/disk", "disk-encryption", "cluster"}));
    EXPECT_EQ(all[0].links[1].what, "key 'disk' (RSA-HSM 3072, rotates 90 days after creation)");
    EXPECT_EQ(all[0].who_can_use,
              std::vector<std::string>{"identity/disk as Key Vault Crypto Service Encryption User on key 'disk'"});
    EXPECT_EQ(all[1].purpose, "etcd");
    EXPECT_EQ(addresses(all[1]), (std::vector<std::string>{"vault/etcd", "keys/etcd", "cluster"}));
    for (auto const& chain : all) {
        EXPECT_TRUE(chain.unknowns.empty());
        for (auto const& link : chain.links) EXPECT_FALSE(link.lose.empty()) << link.address;
    }
}

TEST(Keys, a_key_written_as_url_is_found_by_vault_and_name_without_case) {
    auto const all = chains(graph(
        "set disk-encryption properties.activeKey.keyUrl \"https://KV-Prod-Disk.vault.azure.net/keys/Disk/0f0f\""));
    EXPECT_EQ(all[0].key, "keys/disk");
}

TEST(Keys, what_cannot_be_followed_is_unknown) {
    for (std::string const change :
         {"set disk-encryption properties.activeKey.keyUrl \"https://elsewhere.vault.azure.net/keys/disk/1\"",
          "set disk-encryption properties.activeKey.keyUrl \"nonsense\"", "unread vault/disk: 403",
          "hollow disk-encryption", "unread access/disk-crypto-key: 403"})
        EXPECT_FALSE(chains(graph(change))[0].unknowns.empty()) << change;
    EXPECT_FALSE(chains(graph("unread cluster: 403"))[0].unknowns.empty());
}

TEST(Keys, principals_are_recognised_by_id_when_they_stand) {
    auto const all = chains(
        graph("answered identity/disk properties.principalId \"aaaaaaaa-0000-4000-8000-000000000001\"\n"
              "drop access/disk-crypto-key\n"
              "access/x Authorization/roleAssignments in vault/disk as g "
              "{\"properties\":{\"roleDefinitionId\":\"/x/"
              "e147488a-f6f5-4113-8e2d-b22465e65bf6\",\"principalId\":\"AAAAAAAA-0000-4000-8000-000000000001\"}}"));
    ASSERT_EQ(all[0].users.size(), 1u);
    EXPECT_EQ(all[0].users[0].principal, "identity/disk");
    EXPECT_EQ(all[0].users[0].scope, "key vault 'kv-prod-disk'");
}

TEST(Keys, nothing_where_nothing_hangs_on_a_key) {
    EXPECT_TRUE(chains(graph("unset cluster properties.diskEncryptionSetID\nunset cluster properties.securityProfile"))
                    .empty());
    EXPECT_TRUE(chains(resource::Graph{}).empty());
}

}  // namespace
}  // namespace holdfast::keys

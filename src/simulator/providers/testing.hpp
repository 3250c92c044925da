/// For the tests of the providers: a world with what a cluster needs, and tables of wishes and answers.
#pragma once

#include "simulator/testing.hpp"

namespace holdfast::simulator::testing {

inline std::string in_group(std::string_view rest) {
    return std::string(subscription).append("/resourceGroups/rg1/providers/").append(rest);
}
inline std::string versioned(std::string id) { return id + "?api-version=2026-11-01"; }
/// Single quotes are easier to read in tables.
inline std::string as_json(std::string_view text) {
    std::string out(text);
    std::replace(out.begin(), out.end(), '\'', '"');
    return out;
}

inline constexpr std::string_view all_providers[] = {"Microsoft.Network",
                                                     "Microsoft.Compute",
                                                     "Microsoft.KeyVault",
                                                     "Microsoft.ManagedIdentity",
                                                     "Microsoft.ContainerService",
                                                     "Microsoft.Insights",
                                                     "Microsoft.Monitor",
                                                     "Microsoft.ContainerRegistry",
                                                     "Microsoft.OperationalInsights",
                                                     "Microsoft.Security",
                                                     "Microsoft.Storage",
                                                     "Microsoft.PolicyInsights",
                                                     "Microsoft.OperationsManagement"};

/// A client with every provider registered and the group rg1.
struct World : Client {
    explicit World(Options options = defaults()) : Client(std::move(options)) {
        for (auto const provider : all_providers)
            call("POST", std::string(subscription) + "/providers/" + std::string(provider) +
                             "/register?api-version=2021-04-01");
        call("POST", std::string(subscription) +
                         "/providers/Microsoft.Features/providers/Microsoft.Compute/features/EncryptionAtHost/"
                         "register?api-version=2021-07-01");
        settle();
        EXPECT_EQ(call("PUT", std::string(subscription) + "/resourceGroups/rg1?api-version=2021-04-01",
                       R"({"location":"westeurope"})")
                      .status,
                  201);
    }
    /// Written and finished; the resource as it stands then.
    Exchange make(std::string const& rest, std::string const& body) {
        auto const put = call("PUT", versioned(in_group(rest)), as_json(body));
        EXPECT_LT(put.status, 300) << rest << "\n" << json::write(put.body);
        settle();
        auto const stands = get(versioned(in_group(rest)));
        EXPECT_EQ(stands.status, 200) << rest;
        return stands;
    }
    std::string principal(std::string const& identity) {
        return get(versioned(in_group("Microsoft.ManagedIdentity/userAssignedIdentities/" + identity)))
            .text("properties.principalId");
    }
    void grant(std::string const& principal_id, std::string const& role, std::string const& scope) {
        auto const name = base::guid_v5("11111111-1111-1111-1111-111111111111", scope + principal_id + role);
        auto const body = "{'properties':{'roleDefinitionId':'" + std::string(subscription) +
                          "/providers/Microsoft.Authorization/roleDefinitions/" + role + "','principalId':'" +
                          principal_id + "','principalType':'ServicePrincipal'}}";
        auto const put = call(
            "PUT", scope + "/providers/Microsoft.Authorization/roleAssignments/" + name + "?api-version=2022-04-01",
            as_json(body));
        EXPECT_EQ(put.status, 201) << json::write(put.body);
        settle();
    }
};

namespace roles {
inline constexpr auto network_contributor = "4d97b98b-1d4f-4787-a291-c67834d212e7";
inline constexpr auto identity_operator = "f1a07417-d97a-45cb-824c-7a7467783830";
inline constexpr auto crypto_encryption_user = "e147488a-f6f5-4113-8e2d-b22465e65bf6";
inline constexpr auto crypto_user = "12338af0-0e69-4776-bea7-57ae8d297424";
inline constexpr auto reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
inline constexpr auto zone_contributor = "b12aa53e-6015-4669-85d0-8515ebb3ae7f";
}  // namespace roles

/// A wish and Azure's answer.
struct Wish {
    std::string_view note, resource, body;
    int status;
    std::string_view code;  ///< empty: accepted
};

/// Every wish in a world of its own made by `prepare`.
template <typename Prepare>
void hold_each(std::span<Wish const> wishes, Prepare&& prepare) {
    for (auto const& wish : wishes) {
        World world;
        prepare(world);
        auto const answer = world.call("PUT", versioned(in_group(wish.resource)), as_json(wish.body));
        EXPECT_EQ(answer.status, wish.status) << wish.note << "\n" << json::write(answer.body);
        EXPECT_EQ(answer.code(), wish.code) << wish.note << "\n" << json::write(answer.body);
    }
}
/// All wishes in one world, one after the other, each finished.
inline void hold_all(World& world, std::span<Wish const> wishes) {
    for (auto const& wish : wishes) {
        auto const answer = world.call("PUT", versioned(in_group(wish.resource)), as_json(wish.body));
        EXPECT_EQ(answer.status, wish.status) << wish.note << "\n" << json::write(answer.body);
        EXPECT_EQ(answer.code(), wish.code) << wish.note << "\n" << json::write(answer.body);
        world.settle();
    }
}

}  // namespace holdfast::simulator::testing

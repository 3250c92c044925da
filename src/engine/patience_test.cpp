#include "engine/patience.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/filling.hpp"

namespace holdfast::engine {
namespace {

Duration const start{0};

base::Error azure_error(int status, std::string code, std::string message = "no") {
    base::Error error;
    error.azure =
        base::AzureError{.status = status, .code = code, .message = message, .chain = {code + ": " + message}};
    error.what = message;
    return error;
}
base::Error plain_error(base::ErrorCode code) { return base::fail(code, "broke").value(); }

std::string say(Reaction const& reaction) {
    return base::match(
        reaction, [](Accept const&) { return std::string("accept"); },
        [](Repeat const& r) { return fmt::format("repeat after {} ms", r.after.count()); },
        [](Reread const&) { return std::string("read again"); }, [](Recover const&) { return std::string("recover"); },
        [](Fail const& f) { return fmt::format("fail {}", base::name(f.error.code)); });
}

TEST(Patience, reads_the_rows) {
    struct Row {
        std::string what;
        base::Error error;
        bool granted, accepted;
        std::string want;
    };
    auto const azure = std::string(base::name(base::ErrorCode::azure));
    for (auto const& row : {
             Row{"a role just granted", azure_error(403, "LinkedAuthorizationFailed"), true, false,
                 "repeat after 2000 ms"},
             Row{"a role nobody granted", azure_error(403, "LinkedAuthorizationFailed"), false, false, "fail " + azure},
             Row{"not yet, whoever granted what", azure_error(400, "PrincipalNotFound"), false, false,
                 "repeat after 2000 ms"},
             Row{"somebody holds the lock", azure_error(409, "AnotherOperationInProgress"), false, false,
                 "repeat after 2000 ms"},
             Row{"already so", azure_error(409, "RoleAssignmentExists"), false, false, "accept"},
             Row{"stale", azure_error(412, "PreconditionFailed"), false, false, "read again"},
             Row{"never", azure_error(400, "InvalidParameter"), false, false, "fail " + azure},
             Row{"a deleted one keeps the name", azure_error(409, "VaultAlreadyExists"), false, false, "recover"},
             Row{"a code nobody knows", azure_error(400, "Baffling"), true, false, "fail " + azure},
             Row{"a code nobody knows, after Azure took it", azure_error(200, "Baffling"), false, true,
                 "repeat after 2000 ms"},
             Row{"a server in trouble", azure_error(503, "Baffling"), false, false, "repeat after 2000 ms"},
             Row{"came out failed", azure_error(200, "ResourceDeploymentFailure"), false, true, "repeat after 2000 ms"},
             Row{"an answer that was lost", plain_error(base::ErrorCode::connection_lost), false, false,
                 "repeat after 2000 ms"},
             Row{"an operation that never ends", plain_error(base::ErrorCode::timeout), false, true, "fail timeout"},
             Row{"no token", plain_error(base::ErrorCode::sign_in), true, false, "fail sign_in"},
         }) {
        Patience patience({}, row.granted);
        EXPECT_EQ(say(patience.after(row.error, row.accepted, start)), row.want) << row.what;
    }
}

TEST(Patience, ends) {
    Limits const limits;
    struct Row {
        base::Error error;
        bool accepted;
        Duration most;
    };
    for (auto const& row : {Row{azure_error(403, "LinkedAuthorizationFailed"), false, limits.grant_deadline},
                            Row{azure_error(409, "AnotherOperationInProgress"), false, limits.conflict_deadline},
                            Row{azure_error(503, "Baffling"), false, limits.conflict_deadline},
                            Row{plain_error(base::ErrorCode::connection_failed), false, limits.conflict_deadline},
                            Row{azure_error(200, "Baffling"), true, Duration{60'000}}}) {
        Patience patience(limits, true);
        auto now = start;
        int tries = 0;
        for (; tries < 10'000; ++tries) {
            auto const reaction = patience.after(row.error, row.accepted, now);
            if (std::holds_alternative<Fail>(reaction)) break;
            auto const after = std::get<Repeat>(reaction).after;
            EXPECT_GE(after, Duration{2'000});
            EXPECT_LE(after, Duration{15'000});
            now += after;
        }
        EXPECT_LT(tries, 400) << "it asks too often";
        EXPECT_LE(now - start, row.most + Duration{15'000});
    }
}

// What is waited too long stays small against what was waited: the makespan is measured.
TEST(Patience, overshoots_by_an_eighth_at_most) {
    for (int heals_ms : {1'000, 10'000, 30'000, 60'000, 260'000}) {
        Patience patience({}, true);
        auto now = start;
        while (now - start < Duration{heals_ms})
            now += std::get<Repeat>(patience.after(azure_error(403, "LinkedAuthorizationFailed"), false, now)).after;
        EXPECT_LE((now - start).count(), std::max<std::int64_t>(heals_ms + 2'000, heals_ms * 9 / 8 + 1)) << heals_ms;
    }
}

TEST(Patience, rereads_once) {
    Patience patience({}, false);
    EXPECT_EQ(say(patience.after(azure_error(412, "PreconditionFailed"), false, start)), "read again");
    EXPECT_EQ(say(patience.after(azure_error(412, "PreconditionFailed"), false, start)), "fail moved");
}

TEST(Filling, late_values_secrets_and_the_name_of_an_assignment) {
    plan::Plan plan;
    plan::Step step;
    step.id = "write access/x";
    step.address = "access/x";
    step.resource.type = "Microsoft.Authorization/roleAssignments";
    step.scope = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg";
    step.resource.body = *json::parse(
        R"({"properties":{"roleDefinitionId":"/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7"}})");
    step.resource.pending = {{"properties.principalId", resource::Output{"identity/cluster", "properties.principalId"}},
                             {"properties.secret", resource::SecretName{resource::SecretName::Kind::environment, "S"}}};
    plan.steps.push_back(step);
    Outputs outputs(plan);
    Secrets const secrets = [](resource::SecretName const& name) -> Result<base::Secret> {
        return base::Secret("of " + name.name);
    };

    auto const too_early = ready(step, outputs, secrets);
    ASSERT_FALSE(too_early);
    EXPECT_EQ(too_early.error().code, base::ErrorCode::moved);

    auto const answer =
        *json::parse(R"({"properties":{"principalId":"88888888-8888-8888-8888-888888888888","clientId":"x"}})");
    EXPECT_TRUE(outputs.take("identity/cluster", answer).empty());
    EXPECT_EQ(json::write(outputs.to_json("identity/cluster")),
              R"({"identity/cluster":{"properties.principalId":"88888888-8888-8888-8888-888888888888"}})");
    Outputs restored(plan);
    restored.restore(outputs.to_json("identity/cluster"));

    auto const sent = ready(step, restored, secrets);
    ASSERT_TRUE(sent) << sent.error().what;
    auto const scope = *resource::ResourceId::parse(step.scope);
    EXPECT_EQ(sent->write.id.name(), resource::assignment_name(scope, "88888888-8888-8888-8888-888888888888",
                                                               "4d97b98b-1d4f-4787-a291-c67834d212e7"));
    EXPECT_EQ(json::text_at(sent->write.body, "properties.principalId"), "88888888-8888-8888-8888-888888888888");
    ASSERT_EQ(sent->write.secrets.size(), 1u);
    EXPECT_FALSE(json::find(sent->write.body, "properties.secret")) << "the secret stands in a JSON value";

    auto const missing = outputs.take("identity/cluster", json::Object{});
    EXPECT_TRUE(missing.empty()) << "what is known already is not missing";
}

}  // namespace
}  // namespace holdfast::engine

// The engine on a virtual clock against an Azure in memory.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/scripted.hpp"

namespace holdfast::engine {
namespace {

using namespace std::chrono_literals;
using resource::Output;

plan::Plan plan_of(std::vector<plan::Step> steps) {
    plan::Plan plan;
    plan.name = "prod";
    plan.steps = std::move(steps);
    return plan;
}

/// An identity, a network beside it, a role that needs both, a cluster that needs the role, something short after it.
plan::Plan small_estate() {
    auto role = write_step("access/subnet", "Microsoft.Authorization/roleAssignments", "r", 1,
                           {"write identity", "write network"});
    role.resource.id.reset();
    role.grants = true;
    role.scope = in_group + "Microsoft.Network/virtualNetworks/vnet";
    role.resource.body = *json::parse(
        R"({"properties":{"principalType":"ServicePrincipal","roleDefinitionId":"/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7"}})");
    role.resource.pending = {{"properties.principalId", Output{"identity", "properties.principalId"}}};
    auto cluster = write_step("cluster", "Microsoft.ContainerService/managedClusters", "aks", 300,
                              {"write access/subnet", "write network"});
    cluster.create_only = true;
    cluster.locks = {"cluster"};
    cluster.resource.pending = {
        {"properties.identityProfile.kubeletidentity.clientId", Output{"identity", "properties.clientId"}}};
    auto window =
        write_step("cluster/maintenance/a", "Microsoft.ContainerService/managedClusters", "a", 3, {"write cluster"});
    window.resource.type = "Microsoft.ContainerService/managedClusters/maintenanceConfigurations";
    window.resource.id = *resource::ResourceId::parse(
        in_group + "Microsoft.ContainerService/managedClusters/aks/maintenanceConfigurations/a");
    window.locks = {"cluster"};
    auto gone = write_step("old", "Microsoft.Network/publicIPAddresses", "old", 5);
    gone.id = "delete old";
    gone.act = plan::Act::remove;
    gone.method = "DELETE";
    return plan_of({write_step("identity", "Microsoft.ManagedIdentity/userAssignedIdentities", "id", 2),
                    write_step("network", "Microsoft.Network/virtualNetworks", "vnet", 20), role, cluster, window,
                    gone});
}

struct World {
    ScriptedAzure azure;
    std::unique_ptr<world::Files> files = world::memory_files();
    World() {
        azure.seconds = {{"vnet", 20}, {"aks", 300}, {"a", 3}};
        azure.shows["id"] =
            *json::parse(R"({"properties":{"principalId":"88888888-8888-8888-8888-888888888888","clientId":"c1"}})");
        azure.things[base::lower(in_group + "Microsoft.Network/publicIPAddresses/old")] = {json::Object{}, noon};
    }
    std::string journal() const { return *files->read("s/runs/r1.jsonl"); }
};

/// What stands, without what changes with every write.
std::map<std::string, std::string> standing(ScriptedAzure const& azure) {
    std::map<std::string, std::string> out;
    for (auto const& [path, thing] : azure.things) out[path] = json::write(thing.body);
    return out;
}

std::string saw(std::vector<Event> const& events) {
    std::string out;
    for (auto const& event : events) out += json::write(to_json(event)) + "\n";
    return out;
}

TEST(Apply, deploys_in_parallel_and_in_order) {
    World world;
    Life life(world.azure, *world.files, noon);
    auto const run = life.apply(small_estate());
    ASSERT_TRUE(run);
    EXPECT_EQ(run->outcome, "succeeded") << saw(life.events);
    EXPECT_EQ(run->critical_path, (std::vector<std::string>{"write network", "write access/subnet", "write cluster",
                                                            "write cluster/maintenance/a"}));
    auto const took = std::chrono::duration<double>(run->ended - run->started).count();
    EXPECT_LE(took, 1.05 * (20 + 0 + 300 + 3) + 1) << "the makespan is the critical path";
    EXPECT_EQ(world.azure.creations.at("aks"), 1);
    EXPECT_EQ(world.azure.deletes.at("old"), 1);
    auto const& aks = world.azure.things.at(base::lower(in_group + "Microsoft.ContainerService/managedClusters/aks"));
    EXPECT_EQ(json::text_at(aks.body, "properties.identityProfile.kubeletidentity.clientId"), "c1");
    auto const state = journal::load(*world.files, "s", "r1");
    ASSERT_TRUE(state);
    EXPECT_EQ(state->outcome, "succeeded");
    EXPECT_TRUE(state->in_flight.empty());
    EXPECT_EQ(state->done.size(), 6u);
    EXPECT_EQ(run->timeline.size(), 6u);
    EXPECT_GT(run->calls, 6);
    auto const document = to_json(*run);
    EXPECT_EQ(json::text_at(document, "schema"), "holdfast/run");
    EXPECT_EQ(json::list_at(document, "criticalPath").size(), 4u);
}

// The process may die after any record. Whoever goes on ends in the same state, and nothing is created twice.
TEST(Apply, survives_death_after_every_record) {
    World calm;
    {
        Life life(calm.azure, *calm.files, noon);
        ASSERT_EQ(life.apply(small_estate())->outcome, "succeeded");
    }
    auto const records = std::ranges::count(calm.journal(), '\n');
    ASSERT_GT(records, 12);
    for (std::ptrdiff_t died = 1; died < records; ++died) {
        SCOPED_TRACE(fmt::format("died after record {}", died));
        World world;
        auto moment = noon;
        {
            Life life(world.azure, *world.files, noon);
            auto const run =
                life.live(small_estate(), [&] { return std::ranges::count(world.journal(), '\n') >= died; });
            EXPECT_FALSE(run);
            moment = life.clock.now();
        }
        auto const done_then = journal::load(*world.files, "s", "r1")->done;
        auto const writes_then = world.azure.writes;
        Life life(world.azure, *world.files, moment + 1s);
        auto const run = life.apply(small_estate());
        ASSERT_TRUE(run) << run.error().what;
        EXPECT_EQ(run->outcome, "succeeded") << saw(life.events);
        EXPECT_EQ(standing(world.azure), standing(calm.azure));
        for (auto const& [word, count] : world.azure.creations) EXPECT_EQ(count, 1) << word;
        EXPECT_EQ(world.azure.writes.at("aks"), 1) << "the cluster is never sent again when Azure has it";
        auto const word = std::map<std::string, std::string>{
            {"write identity", "id"}, {"write network", "vnet"}, {"write cluster", "aks"}};
        for (auto const& [step, _] : done_then)
            if (auto const it = word.find(step); it != word.end())
                EXPECT_EQ(world.azure.writes.at(it->second), writes_then.at(it->second))
                    << step << " was done and was sent again";
    }
}

// Between two records lie the acts themselves: die after every exchange with Azure, too, and a second time later.
TEST(Apply, survives_death_after_every_exchange) {
    World calm;
    {
        Life life(calm.azure, *calm.files, noon);
        ASSERT_EQ(life.apply(small_estate())->outcome, "succeeded");
    }
    auto const exchanges = calm.azure.log.size();
    for (std::size_t died = 1; died <= exchanges; ++died) {
        SCOPED_TRACE(fmt::format("died after exchange {}", died));
        World world;
        auto moment = noon;
        for (auto const& again : {died, died + 3}) {
            Life life(world.azure, *world.files, moment + 1s);
            static_cast<void>(life.live(small_estate(), [&] { return world.azure.log.size() >= again; }));
            moment = life.clock.now();
        }
        Life life(world.azure, *world.files, moment + 1s);
        auto const run = life.apply(small_estate());
        ASSERT_TRUE(run) << run.error().what;
        EXPECT_EQ(run->outcome, "succeeded") << saw(life.events);
        EXPECT_EQ(standing(world.azure), standing(calm.azure));
        for (auto const& [word, count] : world.azure.writes)
            EXPECT_EQ(count, 1) << word << ": what Azure took is looked for, not sent again";
    }
}

TEST(Apply, waits_for_a_role_it_granted_and_for_no_other) {
    enum class Grant { before, never, after };
    for (auto const grant : {Grant::before, Grant::never, Grant::after}) {
        bool const granted = grant == Grant::before;
        World world;
        world.azure.refuses["aks"] = {
            {403, "LinkedAuthorizationFailed", "the identity may not join the subnet", noon + 90s}};
        auto plan = small_estate();
        if (!granted)
            for (auto& step : plan.steps) step.grants = false;
        if (grant == Grant::after) plan.steps.back().grants = true, plan.steps.back().after = {"write cluster"};
        Life life(world.azure, *world.files, noon);
        auto const run = life.apply(plan);
        ASSERT_TRUE(run);
        EXPECT_EQ(run->outcome, granted ? "succeeded" : "failed");
        auto const took = std::chrono::duration<double>(run->ended - run->started).count();
        if (granted) EXPECT_LE(took, 1.05 * (90 + 300 + 3)) << "it waited too long";
        else EXPECT_LT(took, 60) << "nothing was granted before: there is nothing to wait for";
    }
}

TEST(Apply, believes_a_role_that_an_earlier_run_granted_just_now) {
    for (auto const* granted_at : {"2026-11-24T11:59:00Z", "2026-11-24T10:00:00Z"}) {
        World world;
        world.azure.refuses["aks"] = {{403, "LinkedAuthorizationFailed", "no", noon + 30s}};
        auto step = write_step("cluster", "Microsoft.ContainerService/managedClusters", "aks", 300);
        step.granted_at = granted_at;
        Life life(world.azure, *world.files, noon);
        EXPECT_EQ(life.apply(plan_of({step}))->outcome, granted_at[12] == '1' ? "succeeded" : "failed") << granted_at;
    }
}

TEST(Apply, waits_for_a_lock_that_somebody_else_holds) {
    World world;
    world.azure.refuses["vnet"] = {{409, "AnotherOperationInProgress", "somebody writes a subnet", noon + 40s}};
    Life life(world.azure, *world.files, noon);
    auto const run = life.apply(small_estate());
    EXPECT_EQ(run->outcome, "succeeded");
    EXPECT_NE(saw(life.events).find("AnotherOperationInProgress"), std::string::npos) << "it says what it waits for";
}

TEST(Apply, a_failure_stops_what_hangs_on_it_and_nothing_else) {
    World world;
    world.azure.refuses["vnet"] = {{400, "NetcfgInvalidSubnet", "no", {}}};
    Life life(world.azure, *world.files, noon);
    auto const run = life.apply(small_estate());
    ASSERT_TRUE(run);
    EXPECT_EQ(run->outcome, "failed");
    std::map<std::string, std::string> outcomes;
    for (auto const& row : run->timeline) outcomes[row.step] = row.outcome;
    EXPECT_EQ(outcomes, (std::map<std::string, std::string>{{"delete old", "done"},
                                                            {"write access/subnet", "skipped"},
                                                            {"write cluster", "skipped"},
                                                            {"write cluster/maintenance/a", "skipped"},
                                                            {"write identity", "done"},
                                                            {"write network", "failed"}}));
    EXPECT_EQ(run->errors.size(), 1u);
    // Resumed when the cause is gone, it does the rest.
    Life again(world.azure, *world.files, noon + 1h);
    EXPECT_EQ(again.apply(small_estate())->outcome, "succeeded");
    EXPECT_EQ(world.azure.writes.at("id"), 1);
}

TEST(Apply, repeats_what_came_out_failed_three_times) {
    for (int const failures : {1, 3, 4}) {
        World world;
        world.azure.fails["aks"] = failures;
        Life life(world.azure, *world.files, noon);
        auto const run = life.apply(small_estate());
        EXPECT_EQ(run->outcome, failures <= 3 ? "succeeded" : "failed") << failures;
        EXPECT_EQ(world.azure.creations.at("aks"), 1);
        EXPECT_EQ(world.azure.writes.at("aks"), std::min(failures + 1, 4));
    }
}

TEST(Apply, what_fails_in_the_first_answer_already_is_repeated_no_more_often) {
    World world;
    world.azure.fails["vnet"] = 1'000;
    world.azure.seconds["vnet"] = 0;
    Life life(world.azure, *world.files, noon);
    auto const run = life.apply(plan_of({write_step("network", "Microsoft.Network/virtualNetworks", "vnet", 20)}));
    EXPECT_EQ(run->outcome, "failed");
    EXPECT_EQ(world.azure.writes.at("vnet"), 4);
    EXPECT_LE(run->ended - run->started, 1min);
}

TEST(Apply, does_not_make_twice_what_it_made_when_the_answer_was_lost) {
    World world;
    world.azure.loses_answer = {"aks", "vnet", "id"};
    Life life(world.azure, *world.files, noon);
    EXPECT_EQ(life.apply(small_estate())->outcome, "succeeded") << saw(life.events);
    EXPECT_EQ(world.azure.creations.at("aks"), 1);
    EXPECT_EQ(world.azure.writes.at("aks"), 1);
}

TEST(Apply, leaves_a_cluster_that_somebody_else_made_meanwhile) {
    World world;
    auto& theirs = world.azure.things[base::lower(in_group + "Microsoft.ContainerService/managedClusters/aks")];
    theirs.body = json::Object{{"tags", json::Object{{"holdfast", "other"}}}};
    theirs.ready = noon;
    Life life(world.azure, *world.files, noon);
    auto const run = life.apply(small_estate());
    EXPECT_EQ(run->outcome, "failed");
    EXPECT_EQ(run->errors.at(0).code, base::ErrorCode::moved);
    EXPECT_FALSE(world.azure.writes.contains("aks"));
}

plan::Step update_step(std::string if_match) {
    auto step = write_step("network", "Microsoft.Network/virtualNetworks", "vnet", 20);
    step.overlay = *json::parse(R"({"tags":{"team":"blue"}})");
    step.resource.body = *json::parse(R"({"tags":{"team":"blue","seen":"then"}})");
    step.if_match = std::move(if_match);
    return step;
}

// A life that met it and ended leaves an intent behind: that is no reason to take what stands for ours.
TEST(Apply, leaves_a_strangers_failed_cluster_alone_also_when_resumed) {
    World world;
    auto cluster = write_step("cluster", "Microsoft.ContainerService/managedClusters", "aks", 300);
    cluster.create_only = true;
    json::put(cluster.resource.body, json::Path("tags").child(std::string(resource::owner_tag)), "prod");
    auto const key = base::lower(in_group + "Microsoft.ContainerService/managedClusters/aks");
    world.azure.things[key] = {json::Object{{"tags", json::Object{{"made", "by hand"}}}}, noon, true};
    for (int life_number = 0; life_number < 3; ++life_number) {
        Life life(world.azure, *world.files, noon + life_number * 1h);
        auto const run = life.apply(plan_of({cluster}));
        ASSERT_TRUE(run);
        EXPECT_EQ(run->outcome, "failed");
        ASSERT_FALSE(run->errors.empty());
        EXPECT_EQ(run->errors.front().code, base::ErrorCode::moved) << life_number;
        EXPECT_EQ(json::text_at(world.azure.things.at(key).body, "tags.made"), "by hand") << life_number;
    }
}

TEST(Apply, an_update_never_undoes_what_somebody_else_did_meanwhile) {
    World world;
    auto& vnet = world.azure.things[base::lower(in_group + "Microsoft.Network/virtualNetworks/vnet")];
    vnet = {*json::parse(R"({"tags":{"team":"red","seen":"now"},"properties":{"provisioningState":"Succeeded"}})"),
            noon};
    vnet.version = 7;
    for (auto const* etag : {"v6", "v8"}) {  // stale both times
        Life life(world.azure, *world.files, noon + 1h * (etag[1] - '0'));
        auto const run = life.apply(plan_of({update_step(etag)}), fmt::format("run-{}", etag));
        EXPECT_EQ(run->outcome, "succeeded") << saw(life.events);
        EXPECT_EQ(json::write(vnet.body), R"({"properties":{},"tags":{"seen":"now","team":"blue"}})");
        vnet.version = 9;
    }
    // Fresh by plan: read first, no refused write.
    auto step = update_step("");
    step.fresh = true;
    Life life(world.azure, *world.files, noon + 20h);
    EXPECT_EQ(life.apply(plan_of({step}), "fresh")->retries, 0);
    EXPECT_EQ(vnet.version, 10);
}

TEST(Apply, an_update_writes_over_nothing_that_bears_our_mark_no_more) {
    World world;
    auto& vnet = world.azure.things[base::lower(in_group + "Microsoft.Network/virtualNetworks/vnet")];
    int number = 0;
    for (auto const* tags : {R"({"team":"red"})", R"({"holdfast":"other"})", R"({"holdfast":"test"})"}) {
        vnet = {*json::parse(fmt::format(R"({{"tags":{},"properties":{{"provisioningState":"Succeeded"}}}})", tags)), noon};
        vnet.version = 7;
        auto step = update_step("v6");  // stale: it is read again
        step.ours = true;
        json::put(step.overlay, json::Path("tags.holdfast"), "test");
        Life life(world.azure, *world.files, noon);
        auto const run = life.apply(plan_of({step}), fmt::format("run-{}", number++));
        bool const ours = std::string_view(tags).ends_with(R"("test"})");
        EXPECT_EQ(run->outcome, ours ? "succeeded" : "failed") << tags;
        EXPECT_EQ(vnet.version, ours ? 8 : 7) << tags;
        if (!ours) EXPECT_EQ(run->errors.front().code, base::ErrorCode::moved);
    }
}

TEST(Apply, an_existing_assignment_is_what_we_wanted) {
    World world;
    auto role = small_estate().steps[2];
    role.after.clear();
    role.resource.id =
        *resource::ResourceId::parse(role.scope + "/providers/Microsoft.Authorization/roleAssignments/g");
    role.resource.pending.clear();
    world.azure.refuses["g"] = {{409, "RoleAssignmentExists", "The role assignment already exists.", {}}};
    Life life(world.azure, *world.files, noon);
    EXPECT_EQ(life.apply(plan_of({role}))->outcome, "succeeded");
}

plan::Step register_step() {
    plan::Step step;
    step.id = "register Microsoft.Network";
    step.act = plan::Act::call;
    step.method = "POST";
    step.action = "providers/Microsoft.Network/register";
    step.resource.id = resource::ResourceId::subscription_of("00000000-0000-0000-0000-000000000001");
    step.resource.api_version = "2021-04-01";
    step.condition = plan::Condition{"/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Network",
                                     "2021-04-01", "registrationState", "Registered"};
    step.until = "Microsoft.Network is Registered";
    return step;
}

TEST(Apply, registers_and_waits_until_it_is_so) {
    World world;
    world.azure.seconds["register"] = 45;
    Life life(world.azure, *world.files, noon);
    auto const run = life.apply(plan_of({register_step()}));
    EXPECT_EQ(run->outcome, "succeeded") << saw(life.events);
    EXPECT_EQ(world.azure.posts.at("register"), 1);
    auto const took = run->ended - run->started;
    EXPECT_GE(took, 45s);
    EXPECT_LE(took, 52s);
}

TEST(Apply, while_it_waits_neither_a_guest_network_nor_a_refused_token_is_a_failure) {
    World world;
    world.azure.seconds["register"] = 45;
    world.azure.page_until = noon + 3min;
    world.azure.revoked_since = noon + 3min;
    world.azure.revoked_until = noon + 6min;
    Life life(world.azure, *world.files, noon);
    auto const run = life.apply(plan_of({register_step()}));
    EXPECT_EQ(run->outcome, "succeeded") << saw(life.events);
    EXPECT_GE(run->ended - run->started, 6min);
}

TEST(Apply, a_sign_in_that_stays_refused_ends_the_wait) {
    World world;
    world.azure.seconds["register"] = 45;
    world.azure.revoked_since = noon + 5s;
    Life life(world.azure, *world.files, noon);
    auto const run = life.apply(plan_of({register_step()}));
    ASSERT_EQ(run->errors.size(), 1u);
    EXPECT_EQ(run->errors.front().code, base::ErrorCode::sign_in) << run->errors.front().what;
    EXPECT_NE(run->errors.front().fix.find("sign in again"), std::string::npos);
    EXPECT_LE(run->ended - run->started, 15min);
}

TEST(Apply, what_never_becomes_so_is_given_up_by_name) {
    World world;
    world.azure.seconds["register"] = 24 * 3'600;
    Life life(world.azure, *world.files, noon);
    auto const run = life.apply(plan_of({register_step()}));
    ASSERT_EQ(run->errors.size(), 1u);
    EXPECT_EQ(run->errors.front().code, base::ErrorCode::timeout);
    EXPECT_NE(run->errors.front().what.find("Microsoft.Network is Registered"), std::string::npos);
    EXPECT_NE(run->errors.front().what.find("it is Registering"), std::string::npos) << run->errors.front().what;
    EXPECT_FALSE(run->errors.front().fix.empty());
}

TEST(Apply, waits_for_what_somebody_else_began_and_reads_what_it_gives) {
    for (bool const comes_out_failed : {false, true}) {
        World world;
        auto& identity =
            world.azure.things[base::lower(in_group + "Microsoft.ManagedIdentity/userAssignedIdentities/id")];
        identity.body = *json::parse(R"({"properties":{"clientId":"c9"}})");
        identity.ready = noon + 60s;
        identity.comes_out_failed = comes_out_failed;
        auto await = write_step("identity", "Microsoft.ManagedIdentity/userAssignedIdentities", "id", 2);
        await.id = "await identity";
        await.act = plan::Act::await;
        await.method = "GET";
        await.overlay = *json::parse(R"({"tags":{"team":"blue"}})");
        await.condition =
            plan::Condition{await.resource.id->text(), "2024-11-30", "properties.provisioningState", "Succeeded"};
        auto user = write_step("cluster", "Microsoft.ContainerService/managedClusters", "aks", 300, {"await identity"});
        user.resource.pending = {{"properties.x", Output{"identity", "properties.clientId"}}};
        Life life(world.azure, *world.files, noon);
        auto const run = life.apply(plan_of({await, user}));
        EXPECT_EQ(run->outcome, "succeeded") << saw(life.events);
        EXPECT_EQ(world.azure.writes["id"], comes_out_failed ? 1 : 0) << "only what came out failed is written again";
        EXPECT_EQ(json::text_at(world.azure.bodies.back(), "properties.x"), comes_out_failed ? "c1" : "c9");
    }
}

// A destroy that was still under way when the plan was made leaves a deleted vault behind.
TEST(Apply, recovers_what_keeps_the_name_and_writes_it_as_designed) {
    World world;
    world.azure.refuses["kv"] = {
        {409, "ConflictError", "A vault with the same name already exists in deleted state.", {}},
        {409, "AnotherOperationInProgress", "bringing it back meets a lock, too", {}}};
    auto vault = write_step("vault", "Microsoft.KeyVault/vaults", "kv", 5);
    vault.recovery = *json::parse(R"({"properties":{"createMode":"recover"}})");
    Life life(world.azure, *world.files, noon);
    EXPECT_EQ(life.apply(plan_of({vault}))->outcome, "succeeded") << saw(life.events);
    ASSERT_EQ(world.azure.bodies.size(), 2u);
    EXPECT_EQ(json::text_at(world.azure.bodies[0], "properties.createMode"), "recover");
    EXPECT_FALSE(json::find(world.azure.bodies[1], "properties.createMode"));
}

TEST(Apply, ends_at_once_when_told_to_and_goes_on_where_it_was) {
    World world;
    std::string url;
    {
        Life life(world.azure, *world.files, noon);
        auto const run = life.apply(small_estate(), "r1", {}, [&life] { return life.clock.now() >= noon + 100s; });
        ASSERT_TRUE(run);
        EXPECT_EQ(run->outcome, "interrupted");
        EXPECT_LE(run->ended - run->started, 101s) << "it does not wait for what Azure is at work on";
        auto const state = journal::load(*world.files, "s", "r1");
        EXPECT_EQ(state->outcome, "interrupted");
        url = state->in_flight.at("write cluster");
        EXPECT_FALSE(url.empty()) << "the journal knows where to poll";
        // What was left behind wakes up and touches nothing.
        auto const before = world.journal();
        life.clock.run();
        EXPECT_EQ(world.journal(), before);
    }
    Life life(world.azure, *world.files, noon + 150s);
    auto const run = life.apply(small_estate());
    EXPECT_EQ(run->outcome, "succeeded");
    EXPECT_EQ(world.azure.writes.at("aks"), 1) << "it polled on instead of writing again";
    auto const finished_before = std::ranges::count_if(life.events, [](Event const& event) {
        auto const* finished = std::get_if<StepFinished>(&event.what);
        return finished && finished->was_done;
    });
    EXPECT_EQ(finished_before, 4);
}

// Azure took the write and works on; it is on our side that something failed. Whoever goes on polls, and writes nothing
// again.
TEST(Apply, a_step_that_failed_after_azure_took_it_is_polled_when_taken_up) {
    struct Row {
        char const* what;
        void (*fails)(ScriptedAzure&);
        base::ErrorCode code;
    };
    for (auto const& row : {
             Row{"sign-in gone", [](ScriptedAzure& azure) { azure.revoked_since = noon + 5s; }, base::ErrorCode::sign_in},
             Row{"network gone", [](ScriptedAzure& azure) { azure.silent_since = noon + 5s; }, base::ErrorCode::timeout},
             Row{"patience ended", [](ScriptedAzure& azure) { azure.seconds["vnet"] = 9'000; }, base::ErrorCode::timeout},
         }) {
        World world;
        world.azure.seconds["vnet"] = 3'000;
        row.fails(world.azure);
        auto const plan = plan_of({write_step("network", "Microsoft.Network/virtualNetworks", "vnet", 20)});
        {
            Life life(world.azure, *world.files, noon);
            auto const run = life.apply(plan);
            ASSERT_TRUE(run);
            EXPECT_EQ(run->outcome, "failed") << row.what;
            ASSERT_EQ(run->errors.size(), 1u);
            EXPECT_EQ(run->errors.front().code, row.code) << row.what << ": " << run->errors.front().what;
            EXPECT_FALSE(run->errors.front().fix.empty());
            auto const state = journal::load(*world.files, "s", "r1");
            EXPECT_NE(state->in_flight.at("write network"), "") << "the journal still knows where to poll";
        }
        world.azure.revoked_since.reset();
        world.azure.silent_since.reset();
        Life life(world.azure, *world.files, noon + 2h);
        auto const run = life.apply(plan);
        ASSERT_TRUE(run);
        EXPECT_EQ(run->outcome, "succeeded") << row.what << saw(life.events);
        EXPECT_EQ(world.azure.writes.at("vnet"), 1) << row.what;
    }
}

// A simulated Azure that came back on another port: no token goes to the old one, and the resource knows as well.
TEST(Apply, a_polling_address_elsewhere_is_not_asked_and_hinders_nobody) {
    World world;
    world.azure.seconds["vnet"] = 300;
    auto const plan = plan_of({write_step("network", "Microsoft.Network/virtualNetworks", "vnet", 20)});
    {
        Life life(world.azure, *world.files, noon);
        ASSERT_EQ(life.apply(plan, "r1", {}, [&life] { return life.clock.now() >= noon + 30s; })->outcome,
                  "interrupted");
    }
    auto text = world.journal();
    auto const at = text.find("https://management.azure.com/operations");
    ASSERT_NE(at, std::string::npos);
    text.replace(at, std::string_view("https://management").size(), "https://elsewhere");
    ASSERT_TRUE(world.files->write("s/runs/r1.jsonl", text));
    Life life(world.azure, *world.files, noon + 40s);
    auto const run = life.apply(plan);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->outcome, "succeeded") << saw(life.events);
    EXPECT_EQ(world.azure.writes.at("vnet"), 1);
}

// Azure said that it failed: the old operation is not asked again, or mending the cause would help nobody.
TEST(Apply, a_step_that_azure_failed_is_sent_again_when_taken_up) {
    World world;
    auto const plan = plan_of({write_step("network", "Microsoft.Network/virtualNetworks", "vnet", 20)});
    world.azure.fails["vnet"] = 4;
    {
        Life life(world.azure, *world.files, noon);
        EXPECT_EQ(life.apply(plan)->outcome, "failed");
        EXPECT_EQ(journal::load(*world.files, "s", "r1")->in_flight.at("write network"), "");
    }
    Life life(world.azure, *world.files, noon + 30min);
    EXPECT_EQ(life.apply(plan)->outcome, "succeeded") << saw(life.events);
    EXPECT_EQ(world.azure.writes.at("vnet"), 5);
}

TEST(Apply, runs_no_more_at_once_than_it_may) {
    World world;
    std::vector<plan::Step> steps;
    for (int i = 0; i < 20; ++i) {
        auto const name = fmt::format("ip{}", i);
        world.azure.seconds[name] = 10;
        steps.push_back(write_step("ip/" + name, "Microsoft.Network/publicIPAddresses", name, 10));
    }
    Limits limits;
    limits.parallel = 4;
    Life life(world.azure, *world.files, noon);
    auto const run = life.apply(plan_of(steps), "r1", limits);
    EXPECT_EQ(run->outcome, "succeeded");
    for (auto const& one : run->timeline) {
        auto const together = std::ranges::count_if(run->timeline, [&one](StepTime const& other) {
            return other.started <= one.started && one.started < other.ended;
        });
        EXPECT_LE(together, 4);
    }
    EXPECT_GE(run->ended - run->started, 50s);
}

TEST(Apply, keeps_secrets_out_of_journal_and_events) {
    World world;
    auto step = write_step("cluster", "Microsoft.ContainerService/managedClusters", "aks", 300);
    step.resource.pending = {{"properties.windowsProfile.adminPassword",
                              resource::SecretName{resource::SecretName::Kind::environment, "WINDOWS"}}};
    Life life(world.azure, *world.files, noon);
    auto const run = life.apply(plan_of({step}));
    EXPECT_EQ(run->outcome, "succeeded") << saw(life.events);
    EXPECT_EQ(json::text_at(world.azure.bodies.at(0), "properties.windowsProfile.adminPassword"), "the secret WINDOWS");
    auto const told = world.journal() + saw(life.events) + json::write(to_json(*run));
    EXPECT_EQ(told.find("the secret"), std::string::npos);
}

TEST(Apply, does_nothing_it_cannot_write_down) {
    struct FullDisk : world::Files {
        explicit FullDisk(int records) : left(records) {}
        int left;
        std::string text;
        struct Append : world::AppendFile {
            explicit Append(FullDisk* d) : disk(d) {}
            Result<void> append(std::string_view bytes) override {
                if (disk->left-- <= 0) return base::fail(base::ErrorCode::unreadable, "no space left on device");
                disk->text += bytes;
                return {};
            }
            FullDisk* disk;
        };
        Result<std::string> read(std::string) override { return text; }
        Result<void> write(std::string, std::string_view, world::Privacy) override { return {}; }
        Result<std::unique_ptr<world::AppendFile>> open_append(std::string, world::Privacy) override {
            return std::make_unique<Append>(this);
        }
        bool exists(std::string) override { return !text.empty(); }
        bool is_folder(std::string) override { return true; }
        Result<std::vector<std::string>> list(std::string) override { return std::vector<std::string>{}; }
        Result<void> remove(std::string) override { return {}; }
        Result<std::unique_ptr<world::FileLock>> lock(std::string) override { return nullptr; }
    };
    for (int records = 1; records < 12; ++records) {
        ScriptedAzure azure = World().azure;
        FullDisk disk(records);
        auto moment = noon;
        {
            Life life(azure, disk, noon);
            auto const run = life.apply(small_estate());
            ASSERT_TRUE(run);
            EXPECT_EQ(run->outcome, "failed") << records;
            ASSERT_FALSE(run->errors.empty());
            EXPECT_EQ(run->errors.back().code, base::ErrorCode::unreadable);
            moment = life.clock.now();
        }
        auto const state = journal::read(disk.text, "r1");
        ASSERT_TRUE(state);
        std::size_t const begun = state->done.size() + state->in_flight.size();
        EXPECT_LE(azure.writes.size() + azure.deletes.size(), begun) << "something was done that no record announces";
        disk.left = 1000;
        Life again(azure, disk, moment + 1s);
        EXPECT_EQ(again.apply(small_estate())->outcome, "succeeded") << records;
        for (auto const& [word, count] : azure.creations) EXPECT_EQ(count, 1) << word;
    }
}

TEST(Apply, an_empty_plan_asks_nothing) {
    World world;
    Life life(world.azure, *world.files, noon);
    auto const run = life.apply(plan_of({}));
    EXPECT_EQ(run->outcome, "succeeded");
    EXPECT_EQ(run->calls, 0);
}

}  // namespace
}  // namespace holdfast::engine

// For tests: a page, a plan and a run as a person would meet them, made by hand.
#pragma once

#include "../../tests/scenarios/graph_text.hpp"
#include "report/report.hpp"

namespace holdfast::report::fixture {

inline std::string const checks_folder = HOLDFAST_SOURCE_DIR "/tests/scenarios/checks";

inline resource::Graph graph(std::string const& changes = {}) {
    return scenario::graph_of("graph secure.graph\n" + changes, checks_folder);
}

/// Every resource of the graph is created; steps need what their resources need.
inline plan::Plan plan(resource::Graph const& graph) {
    plan::Plan plan;
    plan.name = "prod-weu";
    for (auto const& [address, resource] : graph.resources()) {
        plan::Change change{.address = address,
                            .type = resource.type,
                            .resource = resource.id ? resource.id->text() : "",
                            .action = plan::Action::create};
        plan.changes.push_back(change);
        plan::Step step;
        step.id = "write " + address;
        step.address = address;
        step.resource = resource;
        for (auto const& need : graph.needs(resource)) step.after.push_back("write " + need);
        auto const* row = catalog::find_duration(resource.type, "write");
        step.expected_s = row ? row->typical_s : 2;
        step.until = "it is Succeeded";
        plan.steps.push_back(std::move(step));
    }
    plan.by_azure = {{"virtual machine scale sets, one a pool", "the nodes"},
                     {"a load balancer", "Kubernetes services of type LoadBalancer"}};
    plan.unjudged = {{"cluster", "properties.autoScalerProfile.expander", {"cluster.yaml", 31, 5}}};
    return plan;
}

inline base::Time at(int seconds) { return *base::parse_time("2026-11-24T18:25:00Z") + std::chrono::seconds(seconds); }

/// Every step starts when all it needs has ended, and takes what is expected.
inline engine::Run run(plan::Plan const& plan) {
    engine::Run run{.run = "20261124T182500Z-4f2a", .outcome = "succeeded", .started = at(0), .ended = at(0)};
    std::map<std::string, int> ended;
    std::map<std::string, std::string> latest;
    std::vector<plan::Step const*> left;
    for (auto const& step : plan.steps) left.push_back(&step);
    while (!left.empty()) {
        std::vector<plan::Step const*> next;
        for (auto const* step : left) {
            int start = 0;
            bool ready = true;
            for (auto const& id : step->after) {
                if (!ended.contains(id)) ready = false;
                else if (ended[id] > start) start = ended[id], latest[step->id] = id;
            }
            if (!ready) {
                next.push_back(step);
                continue;
            }
            ended[step->id] = start + step->expected_s;
            run.timeline.push_back({step->id, at(start), at(start + step->expected_s), "done"});
            run.ended = std::max(run.ended, at(start + step->expected_s));
        }
        if (next.size() == left.size()) break;
        left = std::move(next);
    }
    std::string last;
    for (auto const& [id, end] : ended)
        if (last.empty() || end > ended[last]) last = id;
    for (auto id = last; !id.empty(); id = latest.contains(id) ? latest[id] : "")
        run.critical_path.insert(run.critical_path.begin(), id);
    run.calls = 214;
    run.retries = 3;
    return run;
}

inline Page page(std::string const& changes = {}) {
    auto const made = graph("answered network/nat-ip properties.ipAddress \"20.50.2.3\"\n" + changes);
    Page page;
    page.title = "prod-weu";
    page.cloud = "simulated";
    page.subscription = "00000000-0000-0000-0000-000000000001";
    page.region = "westeurope";
    page.as_of = *base::parse_date("2026-11-24");
    page.plan = plan(made);
    page.run = run(page.plan);
    page.findings = checks::inspect(made);
    page.network = network::map(made);
    page.chains = keys::chains(made);
    page.access = access::paths(made);
    page.by_azure = page.plan.by_azure;
    page.decisions = {
        {"network.mode", "overlay", "you", "", true},
        {"network.policy", "cilium", "you", "", false},
        {"encryption.disks", "customer", "you", "", true},
        {"encryption.hosts", "true", "profile", "caches and temporary disks would lie in the clear", true},
        {"access.localAccounts", "false", "profile", "a shared certificate belongs to nobody", false},
        {"network.services", "10.0.0.0/16", "default", "as Azure leaves it", true},
        {"operations.version", "1.36", "profile", "the newest that Azure supports for long enough", false}};
    return page;
}

}  // namespace holdfast::report::fixture

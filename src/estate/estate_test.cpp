#include "estate/estate.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "estate/draft.hpp"

namespace holdfast::estate {
namespace {

namespace fs = std::filesystem;

Context const kContext{.tenant = "11111111-1111-1111-1111-111111111111",
                       .subscription = "00000000-0000-0000-0000-000000000001",
                       .vault_suffix = "vault.azsim.test",
                       .registry_suffix = "azurecr.azsim.test"};

std::string read_file(fs::path const& path) {
    std::ifstream in(path);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
}

std::vector<fs::path> files(fs::path const& folder, std::string const& extension) {
    std::vector<fs::path> out;
    for (auto const& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == extension) out.push_back(entry.path());
    }
    std::ranges::sort(out);
    return out;
}
fs::path source() { return HOLDFAST_SOURCE_DIR; }

// ---------------------------------------------------------------------------------------------- printing

std::string plain_errors(std::vector<base::Error> const& errors) {
    std::string out;
    for (auto const& error : errors) {
        auto const* at = std::get_if<base::SourcePos>(&error.where);
        out += fmt::format("{}:{} error: {}\n    fix: {}\n", at ? at->line : 0, at ? at->column : 0, error.what,
                           error.fix);
    }
    return out;
}

/// Ids without the part that all of them share.
std::string shorter(std::string text) {
    std::string const shared = "/subscriptions/" + kContext.subscription;
    for (auto at = text.find(shared); at != std::string::npos; at = text.find(shared))
        text.replace(at, shared.size(), "~");
    return text;
}

std::string said(std::variant<resource::Output, resource::SecretName> const& from) {
    return base::match(
        from, [](resource::Output const& output) { return fmt::format("{} {}{}", output.address, output.path.text(),
                               output.suffix.empty() ? "" : " + \"" + output.suffix + "\""); },
        [](resource::SecretName const& secret) {
            constexpr char const* kKinds[] = {"environment", "file", "generated"};
            return fmt::format("secret {} {}", kKinds[static_cast<int>(secret.kind)], secret.name);
        });
}

std::string printed(Estate const& estate) {
    std::string out;
    for (auto const& [address, resource] : estate.graph.resources()) {
        bool const ours = resource.ownership == resource::Ownership::managed;
        out += fmt::format("{} {}\n", ours ? "+" : "=", address);
        out +=
            fmt::format("    {}\n", resource.id ? shorter(resource.id->text()) : "(named when its principal is known)");
        if (resource.parent) out += fmt::format("    in {}\n", *resource.parent);
        json::Value const sorted = *json::parse(json::write(resource.body));
        for (auto const& identity : json::object_at(sorted, "identity.userAssignedIdentities")) {
            out += shorter(fmt::format("    as {}\n", std::string_view(identity.key())));
        }
        json::each_leaf(sorted, [&](json::Path const& at, json::Value const& leaf) {
            out += shorter(fmt::format("    {} = {}\n", at.text(), json::write(leaf)));
        });
        for (auto const& pending : resource.pending) {
            out += fmt::format("    {} <- {}\n", shorter(pending.at.text()), said(pending.from));
        }
        for (auto const& reference : resource.references) {
            out += fmt::format("    after {}: {}\n", reference.to, reference.because);
        }
    }
    out += fmt::format("providers {}\n", base::join(estate.providers, " "));
    for (auto const& feature : estate.features) {
        out += fmt::format("feature {}/{}: {}\n", feature.provider, feature.name, feature.because);
    }
    for (auto const& thing : estate.by_azure) out += fmt::format("by Azure: {}: {}\n", thing.what, thing.because);
    for (auto const& one : estate.unjudged) {
        out += fmt::format("unjudged {} {} (line {})\n", one.address, one.at.text(), one.where.line);
    }
    return out;
}

/// What a scenario shows: everything, or after `only: WORDS` in its comment the resources whose address begins with
/// one.
std::string answer(std::string const& text) {
    auto const spec = spec::read(text, "cluster.yaml");
    if (!spec) return "the spec is not valid\n" + plain_errors(spec.error());
    auto const estate = design(*spec, kContext);
    if (!estate) return plain_errors(estate.error());
    return printed(*estate);
}

/// Keeps the blocks that the scenario is about: its comment says `# shows: network/ cluster`.
std::string shown(std::string const& scenario, std::string const& all) {
    auto const at = scenario.find("# shows:");
    if (at == std::string::npos) return all;
    auto const line = scenario.substr(at + 8, scenario.find('\n', at) - at - 8);
    auto const wanted = base::split(std::string(base::trimmed(line)), ' ');
    std::string out;
    bool keep = true;
    for (auto const& one : base::split(all, '\n')) {
        if (one.empty()) continue;
        if (!one.starts_with("    ")) {
            auto const name = one.starts_with("+ ") || one.starts_with("= ") ? one.substr(2) : one;
            keep = std::ranges::any_of(wanted, [&](std::string const& word) {
                return name == word || (word.ends_with('*') && name.starts_with(word.substr(0, word.size() - 1))) ||
                       one.find(" error: ") != std::string::npos;
            });
        }
        if (keep) out += one + "\n";
    }
    return out;
}

TEST(Estate, scenarios) {
    auto const scenarios = files(source() / "tests/scenarios/estate", ".txt");
    ASSERT_FALSE(scenarios.empty());
    for (auto const& path : scenarios) {
        std::string const whole = read_file(path);
        std::string const separator = "----\n";
        auto const cut = whole.find(separator);
        ASSERT_NE(cut, std::string::npos) << path << " has no ---- line";
        std::string const input = whole.substr(0, cut);
        std::string const now = shown(input, answer(input));
        if (std::getenv("ACCEPT")) {
            std::ofstream(path) << input << separator << now;
            continue;
        }
        EXPECT_EQ(now, whole.substr(cut + separator.size())) << path << "\n(ACCEPT=1 records it anew)";
    }
}

// ---------------------------------------------------------------------------------------------- what always holds

struct Example {
    std::string name;
    spec::Spec spec;
    Estate estate;
};

/// The examples, and every scenario whose spec stands: what always holds is held against all of them.
std::vector<Example> read_examples() {
    std::vector<Example> out;
    for (auto const& path : files(source() / "tests/scenarios/estate", ".txt")) {
        auto const whole = read_file(path);
        auto spec = spec::read(whole.substr(0, whole.find("----\n")), path.string());
        if (!spec) continue;
        auto estate = design(*spec, kContext);
        if (estate) out.push_back({path.filename().string(), std::move(*spec), std::move(*estate)});
    }
    EXPECT_GE(out.size(), 15u);
    for (auto const& path : files(source() / "examples", ".yaml")) {
        auto spec = spec::read(read_file(path), path.string());
        EXPECT_TRUE(spec) << path << "\n" << (spec ? "" : plain_errors(spec.error()));
        if (!spec) continue;
        auto estate = design(*spec, kContext);
        EXPECT_TRUE(estate) << path << "\n" << (estate ? "" : plain_errors(estate.error()));
        if (estate) out.push_back({path.filename().string(), std::move(*spec), std::move(*estate)});
    }
    EXPECT_GE(out.size(), 21u);
    return out;
}

std::vector<Example> const& examples() {
    static std::vector<Example> const all = read_examples();
    return all;
}

/// The body as it would be sent: something plausible stands where values are still pending.
json::Value with_pending(Resource const& resource) {
    json::Value body = resource.body;
    for (auto const& pending : resource.pending) json::put(body, pending.at, json::Value("later"));
    return body;
}

void expect_published_bodies(Example const& example) {
    for (auto const& [address, resource] : example.estate.graph.resources()) {
        if (resource.ownership == resource::Ownership::existing) {
            EXPECT_TRUE(resource.body.as_object().empty()) << example.name << " " << address;
            continue;
        }
        auto const* type = shapes::find(resource.type);
        ASSERT_TRUE(type) << resource.type;
        EXPECT_EQ(resource.type, type->name) << "not canonical";
        for (auto const& mistake : shapes::validate(*type, with_pending(resource))) {
            ADD_FAILURE() << example.name << " " << address << " " << mistake.at.text() << ": " << mistake.what;
        }
        EXPECT_EQ(resource.body, resource::normal(resource.type, resource.body)) << example.name << " " << address;
    }
}

void expect_an_order(Example const& example) {
    auto const& graph = example.estate.graph;
    std::set<Address> done, open;
    std::function<void(Address const&)> const visit = [&](Address const& address) {
        if (done.contains(address)) return;
        ASSERT_TRUE(open.insert(address).second) << example.name << ": " << address << " waits for itself";
        auto const* resource = graph.find(address);
        ASSERT_TRUE(resource) << example.name << ": " << address << " is needed and not designed";
        for (auto const& need : graph.needs(*resource)) visit(need);
        done.insert(address);
    };
    for (auto const& [address, resource] : graph.resources()) {
        visit(address);
        for (auto const& pending : resource.pending) {
            auto const* output = std::get_if<resource::Output>(&pending.from);
            EXPECT_TRUE(!output || graph.find(output->address)) << example.name << " " << address;
        }
        for (auto const& reference : resource.references)
            EXPECT_TRUE(graph.find(reference.to)) << example.name << " " << address;
    }
}

void expect_places(Example const& example) {
    std::set<std::string> keys;
    for (auto const& [address, resource] : example.estate.graph.resources()) {
        if (!resource.id) {
            EXPECT_EQ(resource.type, "Microsoft.Authorization/roleAssignments") << address;
            continue;
        }
        EXPECT_TRUE(keys.insert(resource.id->key()).second) << example.name << ": two of " << resource.id->text();
        if (resource.ownership == resource::Ownership::existing || !resource.parent) continue;
        auto const* parent = example.estate.graph.find(*resource.parent);
        ASSERT_TRUE(parent) << address;
        EXPECT_TRUE(resource.id->is_within(*parent->id)) << address;
    }
}

TEST(Estate, every_body_is_what_azure_publishes) {
    for (auto const& example : examples()) expect_published_bodies(example);
}
TEST(Estate, the_order_of_work_exists) {
    for (auto const& example : examples()) expect_an_order(example);
}
TEST(Estate, ids_are_unique_and_lie_where_their_parents_do) {
    for (auto const& example : examples()) expect_places(example);
}

/// Any words of the language together: a spec that is valid can be designed, and the design holds what every design
/// holds.
TEST(Estate, whatever_the_spec_says) {
    std::string const vnet =
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-hub/providers/Microsoft.Network/"
        "virtualNetworks/vnet-hub";
    std::string const kv =
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-sec/providers/"
        "Microsoft.KeyVault/vaults/kv-";
    using Words = std::vector<std::string>;
    std::vector<std::pair<std::string, Words>> const choices = {
        {"profile", {"hardened", "regulated", "development", "seed-2020"}},
        {"lock", {"", "delete", "none"}},
        {"apiServer",
         {"", "{access: public}", "{access: private}", "{access: private, zone: own}", "{access: private, zone: none}",
          "{vnetIntegration: true}", "{access: private, vnetIntegration: true, zone: own}",
          "{access: private, zone: {id: "
          "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-hub/providers/Microsoft.Network/"
          "privateDnsZones/privatelink.westeurope.azmk8s.io}}"}},
        {"network.plugin", {"", "azure", "kubenet"}},
        {"network.mode", {"", "overlay", "nodeSubnet", "podSubnet"}},
        {"network.policy", {"", "cilium", "calico", "none"}},
        {"network.virtualNetwork", {"", "", "none", "{id: " + vnet + "}"}},
        {"network.subnets",
         {"", "", "{nodes: {id: " + vnet + "/subnets/a}}", "{nodes: 10.0.64.0/20}",
          "{nodes: {id: " + vnet + "/subnets/a}, pods: 10.0.128.0/20}"}},
        {"network.egress",
         {"", "loadBalancer", "natGateway", "managedNatGateway", "firewall", "none",
          "{by: natGateway, publicIps: 3, idleMinutes: 10, zone: \"1\"}", "{by: nextHop, address: 10.9.9.4}",
          "{by: loadBalancer, publicIps: 2}"}},
        {"network.privateEndpoints", {"", "", "[diskVault]", "[registry, etcdVault]"}},
        {"network.securityGroup", {"", "new", "none"}},
        {"network.observability", {"", "true"}},
        {"network.peerings", {"", "", "[{name: hub, id: " + vnet + "}]"}},
        {"encryption.disks",
         {"", "platform", "customer", "{key: customer, vault: {id: " + kv + "a}}",
          "{key: customer, existingKey: {id: " + kv + "a/keys/k}}", "{key: customer, double: true}"}},
        {"encryption.etcd",
         {"", "platform", "customer", "{key: customer, vaultAccess: private}",
          "{key: customer, vault: {id: " + kv + "b}}"}},
        {"identity",
         {"", "{controlPlane: systemAssigned}", "{kubelet: azure}",
          "{controlPlane: servicePrincipal, servicePrincipal: {clientId: 33333333-3333-3333-3333-333333333333, "
          "objectId: 44444444-4444-4444-4444-444444444444, secret: {file: sp.txt}}}"}},
        {"access",
         {"", "{entra: false}", "{adminGroups: [aaaaaaaa-0000-0000-0000-000000000001]}",
          "{grants: [{to: bbbbbbbb-0000-0000-0000-000000000002, level: azure, role: reader}]}"}},
        {"operations.registry", {"", "new", "none"}},
        {"operations.diagnostics", {"", "true", "false"}},
        {"operations.defender", {"", "true"}},
        {"operations.metrics", {"", "true"}},
        {"operations.maintenance", {"", "{day: monday}"}},
        {"pools",
         {"[{name: system, mode: system, count: 3}]",
          "[{name: system, mode: system, min: 1, max: 3}, {name: win, os: windows, count: 1}]",
          "[{name: system, mode: system, count: 1}, {name: b, count: 1, subnet: {id: " + vnet + "/subnets/b}}]"}},
    };
    int designed = 0;
    for (std::uint64_t seed = 1; seed <= 600; ++seed) {
        base::Prng prng(seed);
        std::string text = "name: any\nazure: {cloud: simulated, region: westeurope}\n";
        std::map<std::string, std::string> sections;
        for (auto const& [key, words] : choices) {
            // Most keys stay unsaid, so that many of the specs are valid.
            bool const said = key == "pools" || key == "profile" || prng.chance(0.35);
            auto const& word = words[prng.below(words.size())];
            if (!said || word.empty()) continue;
            auto const dot = key.find('.');
            if (dot == std::string::npos) {
                text += key + ": " + word + "\n";
            } else {
                sections[key.substr(0, dot)] += "  " + key.substr(dot + 1) + ": " + word + "\n";
            }
        }
        for (auto const& [section, lines] : sections) text += section + ":\n" + lines;
        auto spec = spec::read(text, "any.yaml");
        if (!spec) continue;
        auto estate = design(*spec, kContext);
        if (!estate) {
            for (auto const& error : estate.error()) EXPECT_FALSE(error.fix.empty()) << error.what;
            continue;
        }
        ++designed;
        Example const example{fmt::format("seed {}\n{}", seed, text), std::move(*spec), std::move(*estate)};
        expect_published_bodies(example);
        expect_an_order(example);
        expect_places(example);
        if (HasFailure()) return;
    }
    EXPECT_GE(designed, 50);
}

TEST(Estate, every_grant_says_what_for_and_to_what_kind_of_principal) {
    for (auto const& example : examples()) {
        auto const grants = example.estate.graph.of_type("Microsoft.Authorization/roleAssignments");
        for (auto const* grant : grants) {
            EXPECT_TRUE(json::text_at(grant->body, "properties.principalType")) << grant->address;
            auto const description = json::text_at(grant->body, "properties.description").value_or("");
            EXPECT_TRUE(description.starts_with("holdfast:" + example.spec.name() + ": ")) << grant->address;
            EXPECT_FALSE(grant->origins.at(json::Path()).because.empty()) << grant->address;
            auto const role = json::text_at(grant->body, "properties.roleDefinitionId").value_or("");
            EXPECT_TRUE(shapes::find_role(role.substr(role.rfind('/') + 1))) << grant->address << " " << role;
        }
    }
}

TEST(Estate, what_identities_need_is_granted_before_it_is_needed) {
    for (auto const& example : examples()) {
        auto const* cluster = example.estate.graph.find("cluster");
        // A system-assigned identity exists only once the cluster does: its rights come after it.
        if (example.spec.maybe_text("identity.controlPlane") == "systemAssigned") continue;
        auto const needs = example.estate.graph.needs(*cluster);
        for (auto const& [address, resource] : example.estate.graph.resources()) {
            bool const before =
                address.starts_with("access/subnet-") || address == "access/kubelet" || address == "access/etcd-key";
            if (before) EXPECT_TRUE(std::ranges::count(needs, address)) << example.name << " " << address;
        }
        for (auto const& reference : cluster->references) EXPECT_FALSE(reference.because.empty()) << reference.to;
    }
}

TEST(Estate, every_value_says_who_decided_it) {
    for (auto const& example : examples()) {
        for (auto const& [address, resource] : example.estate.graph.resources()) {
            if (resource.ownership == resource::Ownership::existing) continue;
            json::each_leaf(resource.body, [&](json::Path const& at, json::Value const&) {
                json::Path path = at;
                while (!path.empty() && !resource.origins.contains(path)) path = path.parent();
                ASSERT_FALSE(path.empty()) << example.name << " " << address << " " << at.text();
                auto const& origin = resource.origins.at(path);
                EXPECT_TRUE(!origin.because.empty() || origin.where.line > 0)
                    << example.name << " " << address << " " << at.text() << " is decided by nobody";
            });
            for (auto const& pending : resource.pending) EXPECT_TRUE(resource.origins.contains(pending.at)) << address;
        }
    }
}

TEST(Estate, everything_with_tags_bears_the_mark) {
    for (auto const& example : examples()) {
        for (auto const& [address, resource] : example.estate.graph.resources()) {
            auto const* tags = shapes::property_at(*shapes::find(resource.type), "tags");
            auto const* rule = name_rule(address);  // role assignments are named by what they are
            bool const taggable = tags && (tags->flags & shapes::read_only) == 0 && !(rule && rule->untagged);
            if (resource.ownership == resource::Ownership::existing || !taggable) continue;
            auto const at = json::Path("tags").child(std::string(resource::owner_tag));
            EXPECT_EQ(json::text_at(resource.body, at), example.spec.name()) << example.name << " " << address;
        }
    }
}

TEST(Estate, the_same_spec_gives_the_same_estate) {
    for (auto const& example : examples()) {
        auto const again = design(example.spec, kContext);
        ASSERT_TRUE(again);
        EXPECT_EQ(printed(example.estate), printed(*again)) << example.name;
    }
}

TEST(Estate, no_parent_holds_its_children) {
    for (auto const& example : examples()) {
        for (auto const& type : shapes::all()) {
            if (type.inline_at.empty()) continue;
            for (auto const* parent : example.estate.graph.of_type(type.parent)) {
                EXPECT_FALSE(json::find(parent->body, json::Path(type.inline_at)))
                    << example.name << " " << parent->address;
            }
        }
    }
}

// ---------------------------------------------------------------------------------------------- the tables

TEST(EstateTables, the_spec_language_lands_in_the_published_types) {
    for (auto const& row : spec::fields()) {
        if (row.arm_at.empty() || row.kind == spec::FieldKind::section || row.kind == spec::FieldKind::list) continue;
        auto const* type = shapes::find(row.arm_type);
        if (!type) continue;  // a type that nothing of ours has
        std::string at(row.arm_at);
        for (auto list = at.find("[]"); list != std::string::npos; list = at.find("[]")) at.replace(list, 2, "[0]");
        bool const plain = at == "tags" || at == "location" || at == "name" || at == "properties.scope";
        EXPECT_TRUE(plain || shapes::property_at(*type, json::Path(at)))
            << row.key << " -> " << row.arm_type << " " << at;
    }
}

// ---------------------------------------------------------------------------------------------- names

TEST(Names, made_names_are_always_allowed) {
    std::vector<std::string> const names = {"a", "prod",
                                            "payments-production-west-europe-blue-2026-with-a-very-long-tail"};
    for (auto const& rule : name_rules()) {
        if (rule.make == "{zone}") continue;
        for (auto const& name : names) {
            for (bool const elsewhere : {false, true}) {
                bool const guid = rule.what == "access/*";
                NameParts const parts{
                    .name = name, .salt = "k3m7q", .part = guid ? std::string(36, 'a') : "nodes", .zone = ""};
                auto const made = made_name(rule, parts, elsewhere);
                EXPECT_FALSE(name_mistake(rule, made))
                    << rule.what << " " << made << ": " << name_mistake(rule, made).value_or("");
            }
        }
    }
}

TEST(Names, long_names_stay_different) {
    auto const& rule = *name_rule("network");
    std::string const stem(70, 'x');
    EXPECT_NE(made_name(rule, {stem + "1", "", "", ""}), made_name(rule, {stem + "2", "", "", ""}));
    EXPECT_NE(salt("sub", "group", "prod"), salt("sub", "group2", "prod"));
    EXPECT_EQ(salt("SUB", "Group", "prod"), salt("sub", "group", "prod"));
}

TEST(Names, mistakes_are_told_in_words) {
    struct Row {
        char const* address;
        char const* name;
        char const* want;
    };
    for (auto const& row : {
             Row{"vault/disk", "kv-prod", ""},
             Row{"vault/disk", "kv", "it has 2 characters; Azure allows 3 to 24"},
             Row{"vault/disk", "1kv", "it must begin with a letter"},
             Row{"vault/disk", "kv--x", "it must not hold two hyphens in a row"},
             Row{"vault/disk", "kv_x", "'_' is not allowed in it: only letters, digits and -"},
             Row{"registry", "cr-prod", "'-' is not allowed in it: only letters, digits"},
             Row{"network", "vnet-", "it must end with a letter, digit or '_'"},
             Row{"cluster/pools/system", "", "it has 0 characters; Azure allows 1 to 12"},
         }) {
        EXPECT_EQ(name_mistake(*name_rule(row.address), row.name).value_or(""), row.want)
            << row.address << " " << row.name;
    }
}

TEST(Names, the_plainest_row_speaks) {
    EXPECT_EQ(name_rule("network/subnets/firewall")->make, "AzureFirewallSubnet");
    EXPECT_EQ(name_rule("network/subnets/nodes")->what, "network/subnets/*");
    EXPECT_EQ(name_rule("network/nat-ip-2")->what, "network/nat-ip-*");
    EXPECT_EQ(name_rule("network/nat-ip")->what, "network/nat-ip");
    EXPECT_EQ(name_part(*name_rule("network/nat-ip-2"), "network/nat-ip-2"), "2");
    EXPECT_EQ(name_rule("nothing/like/this"), nullptr);
}

}  // namespace
}  // namespace holdfast::estate

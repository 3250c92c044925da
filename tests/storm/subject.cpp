#include "subject.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "process.hpp"

namespace holdfast::storm {

namespace {

std::string const examples = HOLDFAST_SOURCE_DIR "/examples";

std::string read_file(std::string const& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

/// What is laid over an example: values by key, and further entries of its lists.
struct Settings {
    std::vector<std::pair<std::string, std::string>> set, entries;
    std::string text() const {
        std::string out;
        for (auto const& [key, value] : set) out += fmt::format(" --set '{}={}'", key, value);
        for (auto const& [name, entry] : entries) out += fmt::format(" --overlay '{}'", entry);
        return out;
    }
};

struct Made {
    spec::Spec spec;
    estate::Estate estate;
};
/// What stands before anything is deployed: ARM bodies, or nothing.
std::string world_of(spec::Spec const& spec) {
    auto const world = spec.maybe_text("azure.world");
    return world ? read_file(examples + "/" + *world) : std::string();
}
/// Nothing, when the language, the design or the checks refuse it, beside what stands.
std::optional<Made> make(std::string const& text, std::string const& path, Settings const& set) {
    auto spec = spec::read(text, path, {.set = set.set, .overlays = set.entries});
    if (!spec) return std::nullopt;
    auto const cloud = credentials::find_cloud("simulated");
    simulator::Identity const owner;
    auto estate = estate::design(*spec, {.tenant = owner.tenant,
                                         .subscription = owner.subscription,
                                         .vault_suffix = cloud->vault_suffix,
                                         .registry_suffix = cloud->registry_suffix});
    if (!estate) return std::nullopt;
    auto const world = world_of(*spec);
    auto after = estate->graph;
    if (!world.empty()) {
        auto stands = readers::from_json(world, path, &estate->graph);
        if (!stands) throw std::runtime_error(path + ": its world cannot be read");
        stands->unread.clear();  // nothing else is there
        after = resource::overlay(*stands, after);
    }
    if (checks::inspect(after).blocking()) return std::nullopt;
    return Made{std::move(*spec), std::move(*estate)};
}

Subject from(Made made, std::string name) {
    Subject subject;
    subject.name = std::move(name);
    subject.world = world_of(made.spec);
    subject.estate = std::move(made.estate);
    auto const& nodes = subject.estate.graph.resources();
    for (auto const& [address, node] : nodes) {
        if (!node.id && node.parent && nodes.contains(*node.parent) && nodes.at(*node.parent).id)
            subject.scopes.insert(nodes.at(*node.parent).id->key());
        if (node.id && node.ownership == resource::Ownership::managed) subject.writable.insert(node.id->key());
    }
    return subject;
}

// ---------------------------------------------------------------------------------------------- what stands

/// Moments, versions, and what Azure hands out in the order of asking.
bool is_chance(std::string_view at, std::string const& value) {
    auto const lower = base::lower(at);
    return base::parse_time(value) || lower.find("ipaddress") != std::string::npos || lower.ends_with("etag") ||
           lower.ends_with("resourceguid") || lower.ends_with("keyuriwithversion") ||
           lower.ends_with("customerid") || lower.ends_with("attributes.created") ||
           lower.ends_with("attributes.updated");
}

void keep(json::Value const& value, std::string const& at, std::map<std::string, std::string> const& holders,
          std::map<std::string, std::string>& out) {
    if (auto const* object = value.if_object()) {
        for (auto const& member : *object) keep(member.value(), at + "." + std::string(member.key()), holders, out);
    } else if (auto const* array = value.if_array()) {
        for (std::size_t i = 0; i < array->size(); ++i) keep((*array)[i], fmt::format("{}[{}]", at, i), holders, out);
    } else {
        auto text = value.is_string() ? std::string(value.get_string()) : json::write(value);
        if (auto const holder = holders.find(base::lower(text)); holder != holders.end())
            text = "principal of " + holder->second;
        if (!is_chance(at, text)) out.emplace(base::lower(at), base::lower(text));  // Azure compares without case
    }
}

/// Azure draws names for what it makes by itself for a cluster: a GUID, eight digits in the middle, or
/// eight letters for a zone's link.
std::string without_drawn_names(std::string_view id) {
    constexpr std::string_view providers = "/providers/";
    constexpr std::size_t drawn = 8;
    constexpr std::string_view digits = "0123456789";
    auto const names = id.rfind(providers);
    if (names == std::string_view::npos) return std::string(id);
    std::string out(id.substr(0, names));
    for (auto segment : base::split(id.substr(names + 1), '/')) {
        bool const link = out.ends_with("/virtualnetworklinks") && segment.size() == drawn;
        if (base::is_guid(segment) || link) segment = "#";
        for (std::size_t from = 0; (from = segment.find_first_of(digits, from)) != std::string::npos;) {
            auto const to = std::min(segment.find_first_not_of(digits, from), segment.size());
            if (to - from == drawn) segment.replace(from, drawn, "#");
            from = to - from == drawn ? from + 1 : to;
        }
        out += '/' + segment;
    }
    return out;
}

/// Who holds which principal id: resources with an identity of their own.
std::map<std::string, std::string> holders_of(std::map<std::string, json::Value> const& things) {
    std::map<std::string, std::string> holders;
    for (auto const& [id, body] : things) {
        if (id.find("/roleassignments/") != std::string::npos) continue;
        for (auto const* at : {"properties.principalId", "identity.principalId"})
            if (auto const principal = json::text_at(body, at)) holders.emplace(base::lower(*principal), id);
    }
    return holders;
}

// ---------------------------------------------------------------------------------------------- rehearsal

/// What differs between two calm worlds is chance, and not asked of a third. Nothing: they hold different things.
std::optional<Standing> what_both_hold(Standing const& one, Standing const& other) {
    Standing both;
    for (auto const& [id, body] : one) {
        auto& kept = both[id];
        auto const twin = other.find(id);
        if (twin == other.end()) return std::nullopt;
        for (auto const& [at, value] : body)
            if (auto const same = twin->second.find(at); same != twin->second.end() && same->second == value)
                kept.emplace(at, value);
    }
    return one.size() == other.size() ? std::optional(std::move(both)) : std::nullopt;
}

/// Not what is granted on one.
bool is_key(std::string_view id) {
    constexpr std::string_view keys = "/keys/";
    auto const at = id.rfind(keys);
    return at != std::string_view::npos && id.find_first_of("/ ", at + keys.size()) == std::string_view::npos;
}

/// Made by AKS for a cluster's nodes, wherever it was told to.
bool in_a_node_group(std::string_view id, Standing const& stands) {
    return std::ranges::any_of(stands, [id](auto const& one) {
        auto const group = one.second.find(".properties.noderesourcegroup");
        if (group == one.second.end()) return false;
        auto const in = "/resourcegroups/" + group->second;
        auto const at = id.find(in);
        return at != id.npos && (at + in.size() == id.size() || id[at + in.size()] == '/' || id[at + in.size()] == ' ');
    });
}

std::string told(Ended const& ended) {
    std::string words;
    for (auto const& error : ended.errors) {
        words += "; " + error.what;
        if (auto const& said = error.azure)
            words += fmt::format(" [{} {}: {}]", said->status, said->code, said->message);
    }
    for (auto const& guard : ended.guards)
        words += fmt::format("; guard {}:{}: {}", guard.klass, guard.name, guard.because);
    return words;
}

void rehearse(Subject& subject) {
    auto const once = [&](std::uint64_t seed, bool keep) -> std::optional<Standing> {
        Shelf rows;
        auto azure = simulator::Azure::open(rows, options(seed));
        if (!azure) throw std::runtime_error(azure.error().what);
        if (!subject.world.empty())
            if (auto const loaded = (*azure)->load(subject.world); !loaded)
                throw std::runtime_error(loaded.error().what);
        auto const before = standing(**azure);
        auto const disk = world::memory_files();
        Scene scene;
        scene.clear = true;
        scene.writable = subject.writable;
        scene.scopes = subject.scopes;
        Process process(scene, **azure, *disk, (*azure)->now(), seed);
        auto const say = [&](std::string_view doing, Ended const& ended) {
            subject.refusal = fmt::format("{}", doing);
            subject.refusal += told(ended);
            for (auto const& broken : scene.broken) subject.refusal += "; " + broken;
            return std::nullopt;
        };
        if (keep && process.blocked(subject.estate)) {
            subject.blocked = true;
            return std::nullopt;
        }
        auto const made = process.carry_out(subject.estate, Will::apply);
        if (!made.done || !scene.broken.empty()) return say("a calm apply does not succeed", made);
        auto const after = standing(**azure);
        auto const plan = process.look(subject.estate, Will::apply);
        if (!plan || !plan->empty() || !plan->guards.empty()) {
            auto refused = say("after a calm apply something is left to do", made);
            for (auto const& step : plan ? plan->steps : std::vector<plan::Step>{})
                subject.refusal += "; " + step.id + ": " + step.because;
            return refused;
        }
        if (!keep) return after;
        subject.before = before;
        subject.deployed = rows;
        subject.deployed_at = process.now();
        auto const gone = process.carry_out(subject.estate, Will::destroy);
        if (!gone.done || !scene.broken.empty()) return say("a calm destroy does not succeed", gone);
        auto left = standing(**azure);
        // A key in a vault that is not ours stays: Resource Manager deletes none.
        for (auto const& [id, body] : left)
            if (is_key(id) && !before.contains(id)) subject.before.emplace(id, Standing::mapped_type{});
        std::erase_if(left, [&](auto const& one) { return subject.before.contains(one.first) && !before.contains(one.first); });
        if (left != before) {
            auto refused = say("a calm destroy leaves not what was before", gone);
            for (auto const& [id, body] : left)
                if (auto const was = before.find(id); was == before.end()) subject.refusal += "; left over: " + id;
                else if (was->second != body) subject.refusal += "; not as it was: " + id;
            for (auto const& [id, body] : before)
                if (!left.contains(id)) subject.refusal += "; gone: " + id;
            return refused;
        }
        subject.destroyed = rows;
        subject.destroyed_at = process.now();
        subject.keeps_a_vault = !(*azure)->soft_deleted().empty();
        return after;
    };
    auto const one = once(1, true);
    auto const other = one ? once(2, false) : std::nullopt;
    if (!one || !other) return;
    auto agreed = what_both_hold(*one, *other);
    if (agreed) {
        subject.after = std::move(*agreed);
        return;
    }
    subject.refusal = "two calm worlds hold different things";
    for (auto const& [id, body] : *one)
        if (!other->contains(id)) subject.refusal += "; only one: " + id;
}

/// From the design before, deployed, to the subject's own, with all that a user may allow allowed.
void rehearse_the_change(Subject& subject, Subject const& before) {
    Subject::Earlier earlier;
    earlier.writable = before.writable;
    earlier.scopes = before.scopes;
    auto const once = [&](std::uint64_t seed) -> std::optional<Standing> {
        Shelf rows;
        auto azure = simulator::Azure::open(rows, options(seed));
        if (!azure) throw std::runtime_error(azure.error().what);
        if (!subject.world.empty())
            if (auto const loaded = (*azure)->load(subject.world); !loaded)
                throw std::runtime_error(loaded.error().what);
        auto const disk = world::memory_files();
        Scene first;
        first.clear = true;
        first.writable = before.writable;
        first.scopes = before.scopes;
        Process making(first, **azure, *disk, (*azure)->now(), seed);
        if (!making.carry_out(before.estate, Will::apply).done || !first.broken.empty()) return std::nullopt;
        earlier.rows = rows;
        earlier.at = making.now();
        Scene scene;
        scene.clear = true;
        scene.writable = subject.writable;
        scene.writable.insert(before.writable.begin(), before.writable.end());
        scene.scopes = subject.scopes;
        scene.scopes.insert(before.scopes.begin(), before.scopes.end());
        Process process(scene, **azure, *disk, earlier.at, seed + 1);
        if (process.blocked(subject.estate)) return std::nullopt;
        auto const plan = process.look(subject.estate, Will::apply);
        if (!plan || plan->empty()) return std::nullopt;
        earlier.allowed.clear();
        for (auto const& guard : plan->guards) earlier.allowed.insert(allowance(guard));
        if (earlier.allowed.contains("")) return std::nullopt;
        scene.allowed = earlier.allowed;
        auto const changed = process.carry_out(subject.estate, Will::apply);
        if (!changed.done || !scene.broken.empty()) {
            subject.refusal = "a calm change does not succeed";
            subject.refusal += told(changed);
            for (auto const& broken : scene.broken) subject.refusal += "; " + broken;
            return std::nullopt;
        }
        // A changed estate holds what one made anew would; what Azure keeps for itself is its own.
        auto after = standing(**azure);
        auto const differs = [&](Standing const& here, Standing const& there, std::string_view how) {
            for (auto const& [id, body] : here)
                if (!there.contains(id) && !is_key(id) && !in_a_node_group(id, here))
                    subject.refusal += fmt::format("; a calm change {} {}", how, id);
        };
        differs(after, subject.after, "leaves over");
        differs(subject.after, after, "lacks");
        return subject.refusal.empty() ? std::optional(std::move(after)) : std::nullopt;
    };
    auto const other = once(2);
    auto const one = other ? once(1) : std::nullopt;
    auto agreed = one ? what_both_hold(*one, *other) : std::nullopt;
    if (!agreed) return;
    for (auto const& [id, body] : *agreed) {
        auto const vault = id.substr(0, id.rfind("/keys/"));
        if (is_key(id) && !earlier.writable.contains(vault) && !subject.writable.contains(vault)) earlier.keys.insert(id);
    }
    earlier.after = std::move(*agreed);
    subject.earlier = std::move(earlier);
}

// ---------------------------------------------------------------------------------------------- drawing

std::string one_of(std::string_view lines, base::Prng& prng) {
    auto words = base::split(lines, '\n');
    std::erase_if(words, [](auto const& word) { return word.empty(); });
    return words.empty() ? std::string() : words[prng.below(words.size())];
}

/// What stands in a world that is lent to a spec: ids by type.
std::string const lent = "../tests/storm/there.json";
std::map<std::string, std::vector<std::string>> const& ids_there() {
    static auto const all = [] {
        std::map<std::string, std::vector<std::string>> ids;
        auto const there = json::parse(read_file(examples + "/" + lent));
        for (auto const& body : there->as_array()) {
            std::string const id(*json::text_at(body, "id")), type(*json::text_at(body, "type"));
            ids[type].push_back(id);
            for (auto const& subnet : json::list_at(body, "properties.subnets"))
                ids[type + "/subnets"].push_back(id + "/subnets/" + std::string(*json::text_at(subnet, "name")));
        }
        return ids;
    }();
    return all;
}

/// For keys whose values have a form of their own.
struct Sample {
    std::string_view key, values;  ///< one a line
};
constexpr Sample samples[] = {
    {"access.sshKey", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHolds7Fast7Storm7Holds7Fast7Storm7Holds7Fast7St me"},
    {"pools[].surge", "33%\n1\n2"},
    {"operations.proxy.http", "http://proxy.test:3128"},
    {"operations.proxy.https", "http://proxy.test:3128"},
    {"operations.proxy.except", "[10.0.0.0/8]\n[.corp.test, localhost]"},
    {"network.egress.allow", "[mcr.microsoft.com]\n[\"*.ubuntu.com\", api.test]"},
    {"network.rules[].from", "[\"*\"]\n[VirtualNetwork]\n[198.51.100.0/24]"},
    {"network.rules[].to", "[\"*\"]\n[AzureCloud]\n[10.0.0.0/8]"},
    {"network.rules[].ports", "[\"443\"]\n[\"8000-8100\", \"22\"]"},
    {"pools[].taints", "[\"sku=gpu:NoSchedule\"]\n[\"CriticalAddonsOnly=true:PreferNoSchedule\"]"},
    {"apiServer.authorizedRanges", "[203.0.113.0/24]\n[198.51.100.7/32, 203.0.113.0/24]"},
    {"network.space", "[10.20.0.0/14]\n[10.16.0.0/12]"},
    {"network.dns", "10.0.0.10\n172.16.0.10\n10.100.0.10"},
    {"network.egress.address", "10.20.3.4\n10.8.255.4"},
    {"network.dnsServers", "[10.20.0.4]\n[168.63.129.16]"},
    {"identity.servicePrincipal.clientId", "22222222-2222-2222-2222-222222222222"},  // the only one there
    {"identity.servicePrincipal.objectId", "33333333-3333-3333-3333-333333333333"},
    {"operations.maintenance.utcOffset", "\"+01:00\"\n\"-05:30\""},
};

/// What is only valid together; `@` is the group of what is lent, without which the line is not drawn.
constexpr std::string_view together[] = {
    "azure.group.id=@\nnetwork.virtualNetwork.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there\n"
    "network.subnets.nodes=172.20.64.0/20",
    "azure.group.id=@\nencryption.disks.key=customer\n"
    "encryption.disks.vault.id=@/providers/Microsoft.KeyVault/vaults/kv-there",
    "azure.group.id=@\nencryption.etcd.key=customer\n"
    "encryption.etcd.vault.id=@/providers/Microsoft.KeyVault/vaults/kv-there",
    "network.virtualNetwork.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there\n"
    "network.subnets.nodes.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there/subnets/snet-nodes",
    "network.virtualNetwork.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there\n"
    "network.subnets.nodes=172.20.64.0/20",
    "network.virtualNetwork.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there\nnetwork.mode=podSubnet\n"
    "network.subnets.nodes.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there/subnets/snet-nodes\n"
    "network.subnets.pods.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there/subnets/snet-pods",
    "network.virtualNetwork.id=@/providers/Microsoft.Network/virtualNetworks/"
    "vnet-there\napiServer.vnetIntegration=true\n"
    "network.subnets.nodes=172.20.80.0/20\n"
    "network.subnets.apiserver.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there/subnets/snet-api",
    "operations.diagnostics.on=true\n"
    "operations.workspace.id=@/providers/Microsoft.OperationalInsights/workspaces/log-there",
    "network.virtualNetwork.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there\n"
    "network.subnets.nodes=172.20.96.0/20\n"
    "network.securityGroup.id=@/providers/Microsoft.Network/networkSecurityGroups/nsg-there",
    "network.egress.by=nextHop\nnetwork.egress.address=10.200.0.4\n"
    "network.routeTable.id=@/providers/Microsoft.Network/routeTables/rt-there",
    "network.virtualNetwork.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there\n"
    "network.subnets.nodes.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there/subnets/snet-nodes\n"
    "network.moreSubnets=[{name: more, id: "
    "@/providers/Microsoft.Network/virtualNetworks/vnet-there/subnets/snet-more}]\n"
    "pools[0].subnet=more",
    "network.virtualNetwork.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there\n"
    "network.subnets.nodes.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there/subnets/snet-nodes\n"
    "pools[0].subnet.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there/subnets/snet-more",
    "network.virtualNetwork.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there\nnetwork.egress.by=firewall\n"
    "network.subnets.nodes=172.20.112.0/20\n"
    "network.subnets.firewall.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there/subnets/AzureFirewallSubnet",
    "network.virtualNetwork.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there\n"
    "network.privateEndpoints=[registry]\nnetwork.subnets.nodes=172.20.128.0/20\n"
    "network.subnets.endpoints.id=@/providers/Microsoft.Network/virtualNetworks/vnet-there/subnets/snet-more",
    "encryption.etcd.key=customer\n"
    "encryption.etcd.existingKey.id=@/providers/Microsoft.KeyVault/vaults/kv-there/keys/key-there",
    "apiServer.access=private\n"
    "apiServer.zone.id=@/providers/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io",
    "network.space=[10.16.0.0/12]\nnetwork.mode=podSubnet\nnetwork.subnets.pods=10.24.0.0/16",
    "network.space=[10.16.0.0/12]\napiServer.vnetIntegration=true\nnetwork.subnets.apiserver=10.31.0.0/27",
    "network.space=[10.16.0.0/12]\nnetwork.egress.by=firewall\nnetwork.subnets.firewall=10.30.0.0/26",
    "network.space=[10.16.0.0/12]\nnetwork.privateEndpoints=[registry]\nnetwork.subnets.endpoints=10.29.0.0/26",
    "network.space=[10.16.0.0/12]\nnetwork.moreSubnets=[{name: more, range: 10.28.0.0/24}]\npools[0].subnet=more",
    "network.egress.by=nextHop\nnetwork.egress.address=10.200.0.4",
    "network.plugin=kubenet\nnetwork.mode=\nnetwork.policy=calico\nnetwork.routeTable=new",
    "network.dataplane=cilium\nnetwork.policy=cilium",
    "access.ssh=localUser\naccess.sshUser=keeper\n"
    "access.sshKey=ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHolds7Fast7Storm7Holds7Fast7Storm7Holds7Fast7St me",
    "pools[0].min=1\npools[0].max=3",
    "pools[1].min=0\npools[1].max=3",
    "encryption.etcd.key=customer\nencryption.etcd.vault=new\nencryption.etcd.keySize=4096",
    "operations.tier=premium\noperations.longTermSupport=true",
    "operations.proxy.http=http://proxy.test:3128\noperations.proxy.except=[.corp.test, localhost]",
    "identity.controlPlane=servicePrincipal\nidentity.servicePrincipal.clientId=22222222-2222-2222-2222-222222222222\n"
    "identity.servicePrincipal.objectId=33333333-3333-3333-3333-333333333333\n"
    "identity.servicePrincipal.secret={env: STORM_SECRET}",
    "windows.password={env: STORM_SECRET}",
    "cluster.azure={properties.autoScalerProfile.expander: least-waste}",
    "pools[0].azure={properties.kubeletDiskType: Temporary}",
    "resources={network: {properties.flowTimeoutInMinutes: 10}}",
    "names={network: vnet-named}",
    "operations.certificateAuthorities=[\"-----BEGIN CERTIFICATE-----\\nMIIBszCCAVmgAwIBAgIUStorm\\n-----END "
    "CERTIFICATE-----\\n\"]",
    "operations.proxy.https=http://proxy.test:3128\n"
    "operations.proxy.trustedCa=\"-----BEGIN CERTIFICATE-----\\nMIIBszCCAVmgAwIBAgIUStorm\\n-----END "
    "CERTIFICATE-----\\n\"",
};

/// What is never drawn, and why; a key stands for all that begin with it.
struct Undrawn {
    std::string_view key, because;
};
constexpr Undrawn undrawn[] = {
    {"name", "another name is another estate"},
    {"azure.group", "another group is another estate"},
    {"azure.subscription", "another subscription is another estate"},
    {"azure.tenant", "the simulated Azure has one tenant"},
    {"azure.region", "another region is another estate"},
    {"azure.world", "it says what is lent"},
    {"azure.cloud", "there is one simulated Azure"},
    {"azure.endpoints.", "there is one simulated Azure"},
    {"network.egress.id", "whether nodes that leave by a gateway of others are authorized nobody can know"},
    {"encryption.disks.set.id", "a set that works needs its vault, key and role: more than is lent"},
    {"pools[].version", "its skew to the control plane's is Azure's to refuse: nobody says so before"},
};
constexpr std::string_view lent_group = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-there";

/// A value of the field's kind, or nothing where a random one could only be refused.
std::optional<std::string> value_of(spec::FieldRow const& field, bool lent_to, base::Prng& prng) {
    using spec::FieldKind;
    if (auto const sample = std::ranges::find(samples, field.key, &Sample::key); sample != std::end(samples))
        return one_of(sample->values, prng);
    auto const whole = [&] {
        auto const most = field.max > field.min ? std::min<std::int64_t>(field.max, field.min + 40) : field.min + 10;
        return std::to_string(field.min +
                              static_cast<std::int64_t>(prng.below(static_cast<std::uint64_t>(most - field.min + 1))));
    };
    switch (field.kind) {
        case FieldKind::truth:
            return prng.chance(0.5) ? "true" : "false";
        case FieldKind::choice:
            return one_of(field.allowed, prng);
        case FieldKind::whole:
            if (field.key == "pools[].count" || field.key == "pools[].min" || field.key == "pools[].max")
                return std::to_string(1 + prng.below(5));  // a fresh subscription has few cores
            return whole();
        case FieldKind::days:
            return whole() + "d";
        case FieldKind::version:
            return prng.chance(0.5) ? "1.35" : "1.34";
        case FieldKind::time:
            return fmt::format("\"{:02}:00\"", prng.below(24));
        case FieldKind::list_choice: {
            std::set<std::string> chosen;
            for (int i = 0; i < 2; ++i) chosen.insert(one_of(field.allowed, prng));
            std::string out;
            for (auto const& word : chosen) out += (out.empty() ? "" : ", ") + fmt::format("\"{}\"", word);
            return "[" + out + "]";
        }
        case FieldKind::list_guid:
            return fmt::format("[{}]", prng.guid());
        case FieldKind::guid:
            return prng.guid();
        case FieldKind::id: {
            auto const there = ids_there().find(one_of(field.allowed, prng));
            if (!lent_to || there == ids_there().end()) return std::nullopt;
            return there->second[prng.below(there->second.size())];
        }
        case FieldKind::cidr:
            return fmt::format("10.{}.{}.0/{}", 20 + prng.below(60), prng.below(4) * 64, 16 + prng.below(8));
        case FieldKind::map_text:
            return fmt::format("{{team: blue, cost: \"{}\"}}", prng.below(1000));
        case FieldKind::name:
            if (field.key == "pools[].size") {
                constexpr std::string_view sizes[] = {"Standard_D4s_v5", "Standard_D8ds_v5", "Standard_D4ds_v5",
                                                      "Standard_D2s_v5"};
                return std::string(sizes[prng.below(std::size(sizes))]);
            }
            return fmt::format("n{}", prng.below(1000));
        default:
            return std::nullopt;
    }
}

bool worth_drawing(spec::FieldRow const& field) { return why_undrawn(field).empty(); }

/// The keys that a setting says: "pools[0].min", and those of the one entry of "[{name: more, …}]".
void add_keys(std::string key, std::string_view value, std::vector<std::string>& keys) {
    if (auto const open = key.find('['); open != std::string::npos) key.replace(open, key.find(']') + 1 - open, "[]");
    keys.push_back(key);
    if (!value.starts_with("[{")) return;
    for (auto const& pair : base::split(value.substr(2), ','))
        keys.push_back(key + "[]." + std::string(base::trimmed(std::string_view(pair).substr(0, pair.find(':')))));
}

/// One more entry of a list of the language: what it needs, and a fifth of what it may have. `keys`: what it says.
std::string entry_of(std::string const& list, bool lent_to, base::Prng& prng, std::vector<std::string>& keys) {
    std::string entry;
    for (auto const& field : spec::fields()) {
        if (!field.key.starts_with(list + "[].") || !worth_drawing(field)) continue;
        auto const key = field.key.substr(list.size() + 3);
        bool const needed = field.needed == "always" || key == "range";
        if (key.find('.') != std::string_view::npos || !(needed || prng.chance(0.2))) continue;
        auto const value = key == "name" ? fmt::format("more{}", prng.below(100)) : value_of(field, lent_to, prng).value_or("");
        if (value.empty()) continue;
        keys.emplace_back(field.key);
        entry += fmt::format("{}{}: {}", entry.empty() ? "" : ", ", key, value);
    }
    auto out = "[{" + entry + "}]";
    std::string_view rest = list;
    for (auto dot = rest.rfind('.');; dot = rest.rfind('.')) {
        auto const key = rest.substr(dot + 1);  // npos + 1 is 0
        if (dot == std::string_view::npos) return fmt::format("{}: {}", key, out);
        out = fmt::format("{{{}: {}}}", key, out);
        rest = rest.substr(0, dot);
    }
}

}  // namespace

std::string why_undrawn(spec::FieldRow const& field) {
    if (!field.refused.empty()) return "the language refuses it";
    for (auto const& row : undrawn)
        if (field.key == row.key || (row.key.ends_with('.') && field.key.starts_with(row.key)))
            return std::string(row.because);
    return {};
}

world::Result<std::vector<std::pair<std::string, std::string>>> Shelf::load() {
    return std::vector<std::pair<std::string, std::string>>(rows_.begin(), rows_.end());
}
world::Result<void> Shelf::commit(std::span<world::RowChange const> changes) {
    for (auto const& change : changes) {
        if (change.value) rows_[change.key] = *change.value;
        else rows_.erase(change.key);
    }
    return {};
}

Standing standing(simulator::Azure const& azure) {
    auto const things = azure.resources();
    auto const holders = holders_of(things);
    Standing out;
    for (auto const& [id, body] : things) {
        auto key = without_drawn_names(id);
        if (auto const cut = id.find("/providers/microsoft.authorization/roleassignments/"); cut != std::string::npos) {
            auto const role = json::text_at(body, "properties.roleDefinitionId").value_or("");
            auto who = base::lower(json::text_at(body, "properties.principalId").value_or(""));
            if (auto const holder = holders.find(who); holder != holders.end()) who = holder->second;
            key = fmt::format("{} grants {} to {}", id.substr(0, cut), role.substr(role.rfind('/') + 1), who);
        }
        std::map<std::string, std::string> leaves;
        keep(body, "", holders, leaves);
        while (out.contains(key)) key += '\'';
        out.emplace(std::move(key), std::move(leaves));
    }
    return out;
}

simulator::Options options(std::uint64_t seed, simulator::Fate* fate) {
    simulator::Options options;
    options.start = *base::parse_time("2026-11-24T00:00:00Z");
    options.seed = seed;
    options.fate = fate;
    return options;
}

Subject example(std::string const& name) {
    auto const path = examples + "/" + name + ".yaml";
    auto made = make(read_file(path), path, {});
    if (!made) throw std::runtime_error(path + " is not valid");
    auto subject = from(std::move(*made), name);
    rehearse(subject);
    return subject;
}

std::vector<std::string> example_names() {
    std::vector<std::string> names;
    for (auto const& entry : std::filesystem::directory_iterator(examples))
        if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem());
    std::ranges::sort(names);
    return names;
}

Drawn drawn(std::uint64_t seed) {
    base::Prng prng(seed ^ 0x5bec5bec5bec5becull);
    auto const names = example_names();
    auto const base_name = names[prng.below(names.size())];
    auto const path = examples + "/" + base_name + ".yaml";
    auto const text = read_file(path);
    std::vector<spec::FieldRow const*> fields;
    for (auto const& field : spec::fields())
        if (worth_drawing(field)) fields.push_back(&field);
    std::vector<std::string> lists;
    for (auto const& field : spec::fields())
        if (field.kind == spec::FieldKind::list && worth_drawing(field)) lists.emplace_back(field.key);
    Drawn out;
    Settings set;
    auto made = make(text, path, set);
    if (!made) throw std::runtime_error(path + " is not valid");
    auto const base = made->spec.maybe_text("azure.world");
    bool const lends = !base && prng.chance(0.4);
    if (lends) {
        set.set.emplace_back("azure.world", lent);
        made = make(text, path, set);
        if (!made) throw std::runtime_error(path + " is not valid beside what is lent to it");
    }
    auto const keep = [&](Settings next, std::vector<std::string> const& keys) {
        ++out.tried;
        if (auto tried = make(text, path, next)) {
            made = std::move(tried);
            set = std::move(next);
            for (auto const& key : keys) ++out.taken[key];
        } else {
            ++out.rejected;
        }
    };
    for (int wanted = 4 + static_cast<int>(prng.below(10)); wanted > 0; --wanted) {
        auto next = set;
        if (prng.chance(0.15)) {
            auto const& list = lists[prng.below(lists.size())];
            std::vector<std::string> keys{list};
            next.entries.emplace_back("more", entry_of(list, lends, prng, keys));
            keep(std::move(next), keys);
            continue;
        }
        if (prng.chance(0.15)) {
            auto const& lines = together[prng.below(std::size(together))];
            if (!lends && lines.find('@') != std::string_view::npos) continue;
            std::vector<std::string> keys;
            for (auto const& line : base::split(lines, '\n')) {
                auto const equals = line.find('=');
                auto value = line.substr(equals + 1);
                for (auto at = value.find('@'); at != std::string::npos; at = value.find('@'))
                    value.replace(at, 1, lent_group);
                auto const key = line.substr(0, equals);
                add_keys(key, value, keys);
                next.set.emplace_back(key, std::move(value));
            }
            keep(std::move(next), keys);
            continue;
        }
        auto const& field = *fields[prng.below(fields.size())];
        auto const value = value_of(field, lends, prng);
        if (!value || value->empty()) continue;
        std::string key(field.key);
        if (auto const list = key.find("[]"); list != std::string::npos)
            key.replace(list, 2, fmt::format("[{}]", prng.chance(0.7) ? 0 : prng.below(3)));
        next.set.emplace_back(key, *value);
        keep(std::move(next), {std::string(field.key)});
    }
    out.subject = from(std::move(*made), fmt::format("drawn {}", seed));
    out.subject.settings = base_name + set.text();
    if (set.text().empty()) {
        rehearse(out.subject);
        return out;
    }
    Settings as_it_is;  // beside the same things
    if (lends) as_it_is.set.push_back(set.set.front());
    // In the same group: whoever names another designs another estate, and that one's stands where it is.
    auto const group =
        std::ranges::find(set.set, std::string("azure.group.id"), &std::pair<std::string, std::string>::first);
    if (group != set.set.end()) as_it_is.set.push_back(*group);
    auto before = from(*make(text, path, as_it_is), base_name);
    if (prng.chance(0.3)) {  // and back from it: what was added is taken away
        std::swap(before, out.subject);
        out.subject.name = before.name;
        out.subject.settings = "back from " + before.settings;
    }
    rehearse(out.subject);
    if (out.subject.refusal.empty() && !out.subject.blocked) rehearse_the_change(out.subject, before);
    return out;
}

}  // namespace holdfast::storm

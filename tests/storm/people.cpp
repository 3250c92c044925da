#include "people.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace holdfast::storm {

using resource::Resource;
using world::Request;
using world::Response;
using world::Result;
using world::Task;

namespace {

constexpr std::string_view arm = "https://management.azsim.test";

std::string url_of(Resource const& thing) {
    auto const* shape = shapes::find(thing.type);
    auto const version = !thing.api_version.empty() ? std::string(thing.api_version)
                         : shape                    ? std::string(shape->api_version)
                                                    : std::string();
    return fmt::format("{}{}?api-version={}", arm, thing.id->text(), version);
}

/// A truth or a number that the estate decides, anywhere in the body; or a tag.
std::pair<json::Path, json::Value> something_else(Resource const& thing, base::Prng& dice) {
    std::vector<std::pair<json::Path, json::Value>> found;
    json::each_leaf(thing.body, [&](json::Path const& at, json::Value const& leaf) {
        if (leaf.is_bool()) found.emplace_back(at, !leaf.get_bool());
        if (leaf.is_int64()) found.emplace_back(at, leaf.get_int64() + 1);
    });
    found.emplace_back(json::Path("tags").child("touched"), "by hand");
    return found[dice.below(found.size())];
}

/// One person's signed-in calls.
struct Hands {
    Process& process;
    base::Secret shown;
    Task<Result<Response>> send(std::string method, Resource const& thing, json::Value const& body) {
        Request request{.method = std::move(method), .url = url_of(thing), .headers = {}, .body = {}};
        request.bearer = shown;
        if (!body.is_null()) {
            request.body = json::write(body);
            request.headers.push_back({"Content-Type", "application/json"});
        }
        auto sending = process.wire().send(std::move(request));
        auto answer = co_await std::move(sending);
        co_return answer;
    }
};

Task<std::optional<base::Secret>> sign_in(Process* process) {
    Request request{
        .method = "POST",
        .url = fmt::format("https://login.azsim.test/{}/oauth2/v2.0/token", simulator::Identity{}.tenant),
        .headers = {},
        .body = fmt::format("grant_type=client_credentials&client_id={}&client_secret={}&scope={}%2F.default",
                            simulator::Identity{}.client_id, simulator::Identity{}.client_secret,
                            base::percent_encoded(arm))};
    auto signing_in = process->wire().send(std::move(request));
    auto const token = co_await std::move(signing_in);
    auto const bearer = token ? json::parse(token->body) : json::parse("{}");
    if (!bearer) co_return std::nullopt;
    auto const text = json::text_at(*bearer, "access_token");
    if (!text) co_return std::nullopt;
    co_return base::Secret(std::string(*text));
}

constexpr std::string_view cluster_type = "Microsoft.ContainerService/managedClusters";
json::Value a_cluster_of_theirs(Resource const& ours) {
    return json::Object{
        {"location", json::text_at(ours.body, "location").value_or("westeurope")},
        {"tags", json::Object{{"made", "by hand"}}},
        {"identity", json::Object{{"type", "SystemAssigned"}}},
        {"properties",
         json::Object{{"dnsPrefix", "theirs"},
                      {"agentPoolProfiles",
                       json::Array{json::Object{
                           {"name", "theirs"}, {"count", 1}, {"vmSize", "Standard_D2s_v5"}, {"mode", "System"}}}}}}};
}

/// What this kind of hand may fall on now, by the kind of thing: one group is as likely to be touched as twenty grants.
std::map<Doing, std::vector<Resource const*>> within_reach(Kind how, resource::Graph const& estate,
                                                           std::map<std::string, json::Value> const& there) {
    std::map<Doing, std::vector<Resource const*>> kinds;
    for (auto const& [address, node] : estate.resources()) {
        if (!node.id || node.ownership != resource::Ownership::managed) continue;
        auto const at = thing(node.id->text());
        if (!cannot_happen(how, at).empty()) continue;
        bool const stands = there.contains(node.id->key());
        if (how == Kind::human_creates) {
            auto const parent = node.id->parent();
            bool const has_a_place = parent && (there.contains(parent->key()) || parent->parent() == std::nullopt);
            if (stands || !has_a_place || node.type != cluster_type) continue;
        } else if (!stands) {
            continue;
        }
        kinds[at].push_back(&node);
    }
    return kinds;
}

constexpr int most_tries = 40;
constexpr base::Duration between_tries = std::chrono::minutes(1);

}  // namespace

Task<void> meddle(Process* process, Scene* scene, Kind how, Aim* aim, resource::Graph estate, base::Duration later,
                  ByHand* did) {
    auto& dice = scene->weather.dice(how);
    auto const tries = aim ? most_tries : 1;
    for (int tried = 0; tried < tries && !scene->dead; ++tried) {
        auto waiting = process->time().sleep(tried == 0 ? later : between_tries);
        co_await std::move(waiting);
        auto const there = process->azure().resources();
        auto kinds = within_reach(how, estate, there);
        if (aim) std::erase_if(kinds, [aim](auto const& kind) { return kind.first != aim->at.doing; });
        if (kinds.empty()) continue;
        auto const& standing = std::next(kinds.begin(), static_cast<std::ptrdiff_t>(dice.below(kinds.size())))->second;
        auto const& chosen = *standing[dice.below(standing.size())];

        auto signing_in = sign_in(process);
        auto const shown = co_await std::move(signing_in);
        if (!shown) co_return;
        Hands hands{*process, *shown};
        std::string words = fmt::format("{} deleted", chosen.address), method = "DELETE";
        json::Value body;
        if (how == Kind::human_changes) {
            auto const change = something_else(chosen, dice);
            body = there.at(chosen.id->key());
            json::put(body, change.first, change.second);
            words = fmt::format("{} at {}", chosen.address, change.first.text());
            method = "PUT";
        } else if (how == Kind::human_creates) {
            body = a_cluster_of_theirs(chosen);
            words = fmt::format("{} made", chosen.address);
            method = "PUT";
        }
        scene->doubts.unsure(chosen.id->key());  // theirs may be the second of the same
        // Noted before it is sent: the process that dies meanwhile takes this person's answer with it.
        scene->note("    by hand: " + words);
        did->words.push_back(words);
        did->touched.insert(chosen.id->key());
        scene->meddled = true;
        if (how == Kind::human_creates) {
            did->made.insert(chosen.id->key());
            did->unanswered = chosen.id->key();
            scene->strangers = true;
        }
        auto sending = hands.send(std::move(method), chosen, body);
        auto const answer = co_await std::move(sending);
        if (!answer || answer->status >= 300) {
            did->words.erase(std::ranges::find(did->words, words));
            if (how == Kind::human_creates) did->made.erase(std::exchange(did->unanswered, {}));
            continue;
        }
        if (how == Kind::human_creates) {
            scene->theirs.insert(chosen.id->key());
            did->unanswered.clear();
        }
        scene->tally.struck(how, thing(chosen.id->text()));
        if (aim) --aim->left;
        if (how ==
            Kind::human_deletes) {  // what comes back, from a bin or a deletion that failed, is written once more
            scene->doubts.unsure(chosen.id->key());
            scene->doubts.unsure_below(chosen.id->key());
            for (auto const& key : scene->writable)
                if (key.starts_with(chosen.id->key())) did->made.erase(key), scene->theirs.erase(key);
        }
        co_return;
    }
}

}  // namespace holdfast::storm

#include "people.hpp"

#include <fmt/format.h>

namespace holdfast::storm {

using resource::Resource;
using world::Request;
using world::Response;
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

/// A truth or a number that the estate decides, anywhere in the body.
std::optional<std::pair<json::Path, json::Value>> something_else(Resource const& thing, base::Prng& dice) {
    std::vector<std::pair<json::Path, json::Value>> found;
    json::each_leaf(thing.body, [&](json::Path const& at, json::Value const& leaf) {
        if (leaf.is_bool()) found.emplace_back(at, !leaf.get_bool());
        if (leaf.is_int64()) found.emplace_back(at, leaf.get_int64() + 1);
    });
    auto const tags = json::find(thing.body, "tags");
    if (tags && tags->is_object())
        for (auto const& tag : tags->get_object())
            if (tag.key() != resource::owner_tag)
                found.emplace_back(json::Path("tags").child(std::string(tag.key())), "by hand");
    if (found.empty()) return std::nullopt;
    return found[dice.below(found.size())];
}

}  // namespace

Task<void> meddle(Process* process, Scene* scene, Kind how, resource::Graph estate, base::Duration later,
                  std::vector<std::string>* did) {
    auto waiting = process->time().sleep(later);
    co_await std::move(waiting);
    auto& dice = scene->weather.dice(how);

    Request sign_in{
        .method = "POST",
        .url = fmt::format("https://login.azsim.test/{}/oauth2/v2.0/token", simulator::Identity{}.tenant),
        .headers = {},
        .body = fmt::format("grant_type=client_credentials&client_id={}&client_secret={}&scope={}%2F.default",
                            simulator::Identity{}.client_id, simulator::Identity{}.client_secret,
                            base::percent_encoded(arm))};
    auto signing_in = process->wire().send(std::move(sign_in));
    auto const token = co_await std::move(signing_in);
    auto const bearer = token ? json::parse(token->body) : json::parse("{}");
    if (!bearer || !json::text_at(*bearer, "access_token")) co_return;
    base::Secret const shown(std::string(*json::text_at(*bearer, "access_token")));

    std::map<Doing, std::vector<Resource const*>> kinds;  // one group is as likely to be touched as twenty grants
    auto const there = process->azure().resources();
    for (auto const& [address, node] : estate.resources())
        if (node.id && node.ownership == resource::Ownership::managed && there.contains(node.id->key()))
            kinds[thing(node.id->text())].push_back(&node);
    if (kinds.empty()) co_return;
    auto const& standing = std::next(kinds.begin(), static_cast<std::ptrdiff_t>(dice.below(kinds.size())))->second;
    auto const& chosen = *standing[dice.below(standing.size())];

    Request request{
        .method = how == Kind::human_deletes ? "DELETE" : "PUT", .url = url_of(chosen), .headers = {}, .body = {}};
    request.bearer = shown;
    std::string words = fmt::format("{} deleted", chosen.address);
    if (how == Kind::human_changes) {
        auto const change = something_else(chosen, dice);
        if (!change) co_return;
        auto body = there.at(chosen.id->key());
        json::put(body, change->first, change->second);
        request.body = json::write(body);
        request.headers.push_back({"Content-Type", "application/json"});
        words = fmt::format("{} at {}", chosen.address, change->first.text());
    }
    auto sending = process->wire().send(std::move(request));
    auto const answer = co_await std::move(sending);
    if (!answer || answer->status >= 300) co_return;
    scene->tally.struck(how, thing(chosen.id->text()));
    scene->note("    by hand: " + words);
    did->push_back(std::move(words));
}

}  // namespace holdfast::storm

// What was PUT against what Azure then returned, through the planner's eyes: nothing may look changed.
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <algorithm>

#include "plan/plan.hpp"
#include "readers/readers.hpp"
#include "recording.hpp"

namespace holdfast::recordings {
namespace {

struct Pair {
    std::string where;
    std::string type;
    json::Value sent, returned;
};

bool settled(json::Value const& body) {
    auto const state = json::text_at(body, "properties.provisioningState");
    return !state || base::same_text(*state, "Succeeded");
}

std::optional<resource::ResourceId> id_of(Exchange const& exchange) {
    if (host_of(exchange.url) != "management.azure.com") return std::nullopt;
    auto const start = exchange.url.find('/', 9);
    if (start == std::string::npos) return std::nullopt;
    auto id = resource::ResourceId::parse(exchange.url.substr(start, exchange.url.find('?') - start));
    return id ? std::optional(*id) : std::nullopt;
}

/// Whether the operation that a write began was seen to fail: nothing of it stands then.
bool failed(Recording const& recording, Exchange const& write) {
    auto const operation = path_of(world::find(write.response.headers, "Azure-AsyncOperation").value_or(""));
    return !operation.empty() &&
           std::any_of(recording.exchanges.begin(), recording.exchanges.end(), [&](auto const& poll) {
               return path_of(poll.url) == operation && json::text_at(poll.body, "status").value_or("") == "Failed";
           });
}

/// Every PUT with a body and the next settled answer that shows the same resource, be it the PUT's own or a GET's,
/// while nobody else wrote it or a child of it.
std::vector<Pair> pairs(bool own_answers) {
    std::vector<Pair> out;
    for (auto const& recording : all()) {
        struct Sent {
            std::size_t index;
            resource::ResourceId id;
            json::Value body;
        };
        std::map<std::string, Sent> open;
        for (auto const i : recording.in_time()) {
            auto const& exchange = recording.exchanges[i];
            auto const id = id_of(exchange);
            if (!id) continue;
            bool const fine = exchange.response.status < 300;
            if (exchange.method != "GET" && exchange.method != "HEAD" && exchange.method != "POST") {
                std::erase_if(open, [&](auto const& entry) {
                    return entry.second.id == *id || (id->is_within(entry.second.id) && exchange.method != "GET") ||
                           (exchange.method == "DELETE" && entry.second.id.is_within(*id));
                });
            }
            bool const shows = fine && exchange.body.is_object() && !exchange.cut && settled(exchange.body);
            if (exchange.method == "PUT" && fine && exchange.request_body.is_object() && !failed(recording, exchange))
                open.insert_or_assign(id->key(), Sent{i, *id, exchange.request_body});
            if (exchange.method == "PUT" ? !own_answers : exchange.method != "GET") continue;
            auto const sent = open.find(id->key());
            // Dates have seconds: a read of the same one may have come before the write.
            bool const after = exchange.method == "PUT" || !exchange.date ||
                               exchange.date > recording.exchanges[sent == open.end() ? i : sent->second.index].date;
            if (sent == open.end() || !shows || !after || json::find(exchange.body, "id") == nullptr) continue;
            auto body = sent->second.body;
            body.as_object()["id"] = sent->second.id.text();
            out.push_back({fmt::format("{} {} -> {}", recording.name, sent->second.index, i), id->type(),
                           std::move(body), exchange.body});
            if (exchange.method == "GET") open.erase(sent);
        }
    }
    return out;
}

/// What the planner would change if the body sent were the design and the body returned were what stands.
base::Result<std::vector<std::string>> differences(Pair const& pair) {
    auto designed = readers::from_json(json::write(pair.sent), "sent", nullptr);
    if (!designed) return base::fail(designed.error());
    auto live = readers::from_json(json::write(pair.returned), "returned", &*designed);
    if (!live) return base::fail(live.error());
    for (auto& [address, resource] : designed->resources()) resource.raw.reset();
    estate::Estate estate;
    estate.graph = *designed;
    auto const plan = plan::make(estate, *live, {});
    std::vector<std::string> lines;
    for (auto const& change : plan.changes) {
        if (change.action == plan::Action::none) continue;
        auto line = fmt::format("{} {} {}:", plan::symbol(change.action), change.type, change.because);
        for (auto const& property : change.properties)
            line +=
                fmt::format(" {} {} -> {};", property.at.text(), property.before ? json::write(*property.before) : "-",
                            property.after ? json::write(*property.after) : "-");
        lines.push_back(line);
    }
    return lines;
}

TEST(Pairs, what_was_put_is_what_stands) {
    if (!folder()) GTEST_SKIP() << "no recordings here";
    int seen = 0;
    std::map<std::string, std::pair<int, int>> types;
    for (bool const own_answers : {false, true}) {
        int count = 0, different = 0;
        for (auto const& pair : pairs(own_answers)) {
            auto const found = differences(pair);
            ++count;
            auto& type = types[pair.type];
            ++type.first;
            if (found && found->empty()) continue;
            ++different;
            ++type.second;
            if (!found) {
                ADD_FAILURE() << pair.where << " " << pair.type << ": " << found.error().what;
                continue;
            }
            for (auto const& line : *found) ADD_FAILURE() << pair.where << " " << pair.type << "\n  " << line;
        }
        std::printf("%s: %d pairs, %d look changed\n", own_answers ? "PUT and any answer" : "PUT and GET", count,
                    different);
        seen += count;
    }
    for (auto const& [type, count] : types)
        std::printf("  %5d pairs %4d changed  %s\n", count.first, count.second, type.c_str());
    EXPECT_GT(seen, 0);
}

/// The other way round: a value of the answer that is not what was sent must look changed, or the first test proves
/// nothing.
TEST(Pairs, what_differs_looks_changed) {
    if (!folder()) GTEST_SKIP() << "no recordings here";
    int changed = 0, noticed = 0;
    std::map<std::string, int> missed;
    for (auto const& pair : pairs(false)) {
        std::vector<json::Path> places;
        json::each_leaf(pair.sent, [&](json::Path const& at, json::Value const& leaf) {
            auto const* there = json::find(pair.returned, at);
            bool const names_it = at == json::Path("id") || at == json::Path("name") || at == json::Path("type");
            if (!names_it && there != nullptr && leaf.is_string() && !leaf.get_string().empty() && *there == leaf)
                places.push_back(at);
        });
        if (places.size() > 6) places.resize(6);
        for (auto const& at : places) {
            auto other = pair;
            *json::find(other.returned, at) = "something else";
            ++changed;
            auto const found = differences(other);
            if (!found || !found->empty()) ++noticed;
            else ++missed[pair.type + " " + at.text()];
        }
    }
    std::printf("%d values changed, %d noticed\n", changed, noticed);
    for (auto const& [what, count] : missed) std::printf("  not noticed %d times: %s\n", count, what.c_str());
    EXPECT_GE(noticed * 100, changed * 95);
}

}  // namespace
}  // namespace holdfast::recordings
